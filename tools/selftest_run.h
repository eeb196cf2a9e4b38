/* One case of the self-test: on the device, on the host, and what they differ by. */
#ifndef CLNORM_TOOLS_SELFTEST_RUN_H
#define CLNORM_TOOLS_SELFTEST_RUN_H

#include "selftest_cases.h"

enum { SELFTEST_FAULT_SIZE = 512, SELFTEST_VARIANT_SIZE = 64, SELFTEST_REFUSALS_SIZE = 4096 };

typedef struct selftest_result {
    double error;                    /* the largest, as a fraction of what is allowed */
    char fault[SELFTEST_FAULT_SIZE]; /* what went wrong; "" if nothing did */
    bool lacking; /* nothing went wrong, but the device's image lacks the kernel, as `fault` says */
    char variant[SELFTEST_VARIANT_SIZE];   /* that computed it; "": there was no plan */
    char refusals[SELFTEST_REFUSALS_SIZE]; /* a line for each variant that the driver failed with */
} selftest_result;

/* Whether the device computes with subnormal numbers (below FLT_MIN), which OpenCL does not require. If not,
 * cases contain no subnormal inputs, and results may be off by 2 FLT_MIN more (docs/ops.md, Accuracy). */
bool selftest_has_subnormals(clnorm_context *context);

/* Whether the case is a gradient that takes what training saved. */
bool selftest_reads_saved(const selftest_case *test);

/* `subnormals`: the result of selftest_has_subnormals for the context. */
void selftest_run(clnorm_context *context, bool subnormals, const selftest_case *test,
                  selftest_result *result);

#endif
