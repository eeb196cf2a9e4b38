/* The results for each variant, as text and as JSON. */
#ifndef CLNORM_TOOLS_ISOLATE_TABLE_H
#define CLNORM_TOOLS_ISOLATE_TABLE_H

#include "json.h"

#include <clnorm/ops.h>

enum { ISOLATE_VARIANT_SIZE = 80, ISOLATE_REASON_SIZE = 1024 };

/* A variant of one mode of one operation. */
typedef struct isolate_row {
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    char variant[ISOLATE_VARIANT_SIZE];
    size_t works, avoided, wrong;     /* numbers of problems */
    size_t ends;                      /* how many processes ended */
    size_t unrecorded;                /* problems given up because processes end without a record */
    char ending[128];                 /* how the last process ended */
    char reason[ISOLATE_REASON_SIZE]; /* why it is avoided, or what is wrong */
} isolate_row;

typedef struct isolate_table {
    isolate_row *rows;
    size_t count, room;
    bool failed; /* there was no memory for a row, so that results are missing */
} isolate_table;

/* The row of this variant, which is made where there is none. NULL: no memory. Valid until the next call. */
isolate_row *isolate_table_row(isolate_table *table, const clnorm_op_info *info, const clnorm_mode_info *mode,
                               const char *variant);

void isolate_table_clear(isolate_table *table);

/* Whether the variant has a fault that applications would not avoid. */
bool isolate_row_fails(const isolate_row *row);

void isolate_table_print(const isolate_table *table);
json_t *isolate_table_json(const isolate_table *table);

#endif
