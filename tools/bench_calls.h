/* Measures the time of a call of clnorm_plan_execute without the work on the device. */
#ifndef CLNORM_TOOLS_BENCH_CALLS_H
#define CLNORM_TOOLS_BENCH_CALLS_H

#include "bench_measure.h"

/* Sets execute_us and enqueue_us; median_us and launches must have been set before. */
int bench_calls(const bench_run *run, clnorm_context *context, bench_result *result);

#endif
