/* What the call of clnorm_plan_execute costs, the device's work apart. */
#ifndef CLNORM_TOOLS_BENCH_CALLS_H
#define CLNORM_TOOLS_BENCH_CALLS_H

#include "bench_measure.h"

/* Sets execute_us and enqueue_us; median_us and launches are known. */
int bench_calls(const bench_run *run, clnorm_context *context, bench_result *result);

#endif
