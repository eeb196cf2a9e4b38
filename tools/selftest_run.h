/* One case of the self-test: on the device, on the host, and what they differ by. */
#ifndef CLNORM_TOOLS_SELFTEST_RUN_H
#define CLNORM_TOOLS_SELFTEST_RUN_H

#include "selftest_cases.h"

enum { SELFTEST_FAULT_SIZE = 512 };

typedef struct selftest_result {
    double error;                    /* the largest, as a fraction of what is allowed */
    char fault[SELFTEST_FAULT_SIZE]; /* what went wrong; "" if nothing did */
    bool lacking; /* nothing did: the device's image does not hold the kernel, as `fault` says */
} selftest_result;

void selftest_run(clnorm_context *context, const selftest_case *test, selftest_result *result);

#endif
