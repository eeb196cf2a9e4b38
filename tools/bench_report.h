/* Prints what was measured: a table, or an object a line. */
#ifndef CLNORM_TOOLS_BENCH_REPORT_H
#define CLNORM_TOOLS_BENCH_REPORT_H

#include "bench_measure.h"
#include "bench_start.h"

typedef struct bench_report {
    bool json, profile;
    char device[256];
    cl_uint compute_units; /* of the device */
    int case_width;
} bench_report;

void bench_report_header(const bench_report *report);

/* `start` is NULL where it was not measured. Warns on stderr of a limit that is none. Returns an exit status.
 */
int bench_report_case(const bench_report *report, const bench_case *c, const bench_result *result,
                      const bench_start *start);

/* The second table: how long processes take to their first result. */
void bench_report_start_header(const bench_report *report);
void bench_report_start(const bench_report *report, const bench_case *c, const bench_start *start);

#endif
