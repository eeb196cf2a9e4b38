/* How long a new process takes to its first result. */
#ifndef CLNORM_TOOLS_BENCH_START_H
#define CLNORM_TOOLS_BENCH_START_H

#include "bench_cases.h"
#include "command.h"

/* Milliseconds from the process's start. */
typedef struct bench_start {
    double cold_ms;    /* nothing cached, by clnorm or by the driver */
    double warm_ms;    /* clnorm's cache on disk is warm, the driver's empty */
    double devices_ms; /* to a list of the devices, for comparison */
} bench_start;

/* Runs this program again, several times. Complains and returns an exit status. */
int bench_start_measure(bench_start *start, const global_options *options, const bench_case *c);

/* The process that is measured. `what` is "devices", or a case, whose tensor is made small. Writes one byte
 * to standard output when it has its result. */
int bench_start_child(const global_options *options, const char *what);

#endif
