/* Which kernels an execution consists of, and how long each of them runs. */
#ifndef CLNORM_TOOLS_BENCH_KERNELS_H
#define CLNORM_TOOLS_BENCH_KERNELS_H

#include "bench_measure.h"

/* Sets the result's kernels; on a device that does not profile, one without a name. */
int bench_kernels(const bench_run *run, clnorm_context *context, bench_result *result);

#endif
