/* The buffers of a case on the device, filled with seeded values. */
#ifndef CLNORM_TOOLS_BENCH_DATA_H
#define CLNORM_TOOLS_BENCH_DATA_H

#include "bench_cases.h"

typedef struct bench_data {
    clnorm_buffers buffers; /* what the plan is executed with */
    cl_mem copy_target;     /* as large as x: y, or a buffer of its own where the mode has no y */
    size_t x_bytes;
    bool own_target;
} bench_data;

/* Every input is given; of the outputs those that the mode requires, or all if it requires none.
 * Complains and returns an exit status. */
int bench_data_create(bench_data *data, clnorm_context *context, const bench_case *c);

void bench_data_destroy(bench_data *data, const bench_case *c);

#endif
