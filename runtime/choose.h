/*
 * From a canonical problem and a device's limits to the kernels that run it. Pure data in, pure data out: no
 * device is asked, so that a test can invent one.
 *
 * A schedule is an ordered list of variants. The first that does not refuse the problem is taken; the
 * strided variants at the end of every list take all of them.
 */
#ifndef CLNORM_RUNTIME_CHOOSE_H
#define CLNORM_RUNTIME_CHOOSE_H

#include "device_info.h"
#include "problem.h"

enum { MAX_STEPS = 8, MAX_SOURCES = 10, MAX_REFUSALS = 512, MAX_EXCLUDED = 16, VARIANT_SIZE = 48 };

/* One kernel and its launch. */
typedef struct step {
    const char *sources[MAX_SOURCES]; /* .cl files, in order */
    size_t source_count;
    char options[384]; /* for clBuildProgram */
    const char *kernel;
    unsigned index_bits;
    cl_uint dimensions;
    size_t global[2], local[2];
    size_t local_memory; /* bytes that the kernel declares */
    bool sub_groups;     /* its items exchange values by an extension */
    /* The first is `work`: how much there is to do, as the kernel counts it. 0 does nothing. */
    argument_list arguments;
} step;

typedef struct choice {
    char variant[VARIANT_SIZE]; /* "cpu/plane/fused" */
    step steps[MAX_STEPS];
    size_t step_count;
    size_t scratch_bytes;
    size_t parts;                /* of a group's first partial sums; 0: it is not summed in parts */
    char refusals[MAX_REFUSALS]; /* "variant: reason; ...", as far as there is room */
} choice;

/* A problem without elements has no steps. OUT_OF_MEMORY: its scratch has more bytes than size_t holds. The
 * fpga schedule may fail with UNSUPPORTED_DEVICE. */
clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out);

/* Names of variants that are not to be taken: a driver failed with them. */
typedef struct exclusions {
    char names[MAX_EXCLUDED][VARIANT_SIZE];
    size_t count;
} exclusions;

/* The same without these. UNTRUSTED_DRIVER: no other takes the problem. */
clnorm_status choose_except(const problem *p, const caps *device, clnorm_kernels schedule,
                            const exclusions *excluded, choice *out);

/* The steps of the variant of this name; false: it refuses the problem, or there is none. */
bool choose_variant(const problem *p, const caps *device, const char *name, choice *out);

#endif
