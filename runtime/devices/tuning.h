/* The few values that decide speed and are measured (clnorm/tuning.h), as plain data. Which of them a
 * kernel's launch depends on must not show in its results. */
#ifndef CLNORM_DEVICES_TUNING_H
#define CLNORM_DEVICES_TUNING_H

#include <clnorm/tuning.h>

typedef enum tuning_index {
    TUNING_STREAM_BYTES,
    TUNING_PIECES_PER_UNIT,
    TUNING_SMALL_TENSOR,
    TUNING_STRIP_VALUES,
    TUNING_GROUPS_PER_UNIT,
    TUNING_MAP_LANES,
    TUNING_COUNT,
} tuning_index;

/* 0: the usual value. So a device that a test invents has the usual ones. */
typedef struct tuning {
    size_t values[TUNING_COUNT];
} tuning;

/* TUNING_COUNT: there is none of this name. */
size_t tuning_find(const char *name);

/* The value that counts: in range, whatever `values` holds. */
size_t tuning_value(const tuning *values, tuning_index index);

#endif
