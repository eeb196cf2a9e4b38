/* Seeded values for the self-test. */
#ifndef CLNORM_TOOLS_SELFTEST_DATA_H
#define CLNORM_TOOLS_SELFTEST_DATA_H

#include <clnorm/ops.h>
#include <stdint.h>

/* Kinds of data. Careless numerics fail with some of them, but not with normal noise alone. */
typedef enum data_kind {
    DATA_NORMAL,
    DATA_LARGE_MEAN, /* mean 1e4, deviation 1 */
    DATA_TWO_VALUED,
    DATA_ONE_HOT,
    DATA_CONSTANT,
    DATA_IMAGE, /* 0 ... 255 */
    DATA_NAN,   /* one element of normal noise */
    DATA_INFINITY,
    DATA_ORDINARY_COUNT,             /* those above, on every shape; those below, on a few */
    DATA_HUGE = DATA_ORDINARY_COUNT, /* squares overflow */
    DATA_TINY,                       /* squares underflow, and some values are subnormal */
    DATA_LARGEST,                    /* sums of few overflow */
    DATA_OUTLIER,                    /* one huge value among normal ones */
    DATA_ALL_SIZES, /* every exponent that fp32 has, and zeros; in dy, gamma and variances, too */
    DATA_KIND_COUNT
} data_kind;

const char *data_kind_name(data_kind kind);

typedef struct random_state {
    uint64_t state;
} random_state;

uint64_t random_next(random_state *random);

/* One value of `buffer` where x holds data of `kind`. */
float data_value(random_state *random, const clnorm_buffer_info *buffer, data_kind kind);

/* What one element of x is replaced by: NaN, infinity, something huge. False for the other kinds. */
bool data_intruder(data_kind kind, float *value);

#endif
