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

enum { MAX_STEPS = 8, MAX_SOURCES = 10, MAX_REFUSALS = 512 };

/* One kernel and its launch. */
typedef struct step {
    const char *sources[MAX_SOURCES]; /* .cl files, in order */
    size_t source_count;
    char options[320]; /* for clBuildProgram */
    const char *kernel;
    unsigned index_bits;
    cl_uint dimensions;
    size_t global[2], local[2];
    size_t local_memory; /* bytes that the kernel declares */
    /* The first is `work`: how much there is to do, as the kernel counts it. 0 does nothing. */
    argument_list arguments;
} step;

typedef struct choice {
    char variant[48]; /* "cpu/plane/fused" */
    step steps[MAX_STEPS];
    size_t step_count;
    size_t scratch_bytes;
    char refusals[MAX_REFUSALS]; /* "variant: reason; ...", as far as there is room */
} choice;

/* A problem without elements has no steps. OUT_OF_MEMORY: its scratch has more bytes than size_t holds. The
 * fpga schedule may fail with UNSUPPORTED_DEVICE. */
clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out);

#endif
