/*
 * Chooses the kernels for a canonical problem and a device's limits. Never calls OpenCL, so that tests can
 * invent devices.
 *
 * A schedule is an ordered list of variants. The first that does not refuse the problem is taken; the
 * strided variants at the end of every list take all of them.
 */
#ifndef CLNORM_CHOOSE_CHOOSE_H
#define CLNORM_CHOOSE_CHOOSE_H

#include "choose/steps.h"
#include "devices/device_info.h"

/* A problem without elements has no steps. OUT_OF_MEMORY: its scratch has more bytes than size_t holds. The
 * fpga schedule may fail with UNSUPPORTED_DEVICE. */
clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out);

enum { MAX_EXCLUDED = 16 };

/* Names of variants that are not to be taken: a driver failed with them. */
typedef struct exclusions {
    char names[MAX_EXCLUDED][VARIANT_SIZE];
    size_t count;
} exclusions;

/* The same, but never chooses an excluded variant. UNTRUSTED_DRIVER: no other variant takes the problem. */
clnorm_status choose_except(const problem *p, const caps *device, clnorm_kernels schedule,
                            const exclusions *excluded, choice *out);

/* The steps of the variant of this name; false: it refuses the problem, or there is none. */
bool choose_variant(const problem *p, const caps *device, const char *name, choice *out);

#endif
