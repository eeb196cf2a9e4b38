/* The one place that sets kernel arguments and enqueues. */
#ifndef CLNORM_EXECUTE_LAUNCH_H
#define CLNORM_EXECUTE_LAUNCH_H

#include "choose/steps.h"
#include "execute/context.h"

/* A step with its kernel. Scalar arguments are set once, buffers at each execution. Two threads must not use
 * the same cl_kernel at once; therefore the plan's lock is held from setting the buffers to enqueueing. */
typedef struct launch {
    cl_kernel kernel;
    const char *name;
    cl_uint dimensions;
    size_t global[2], local[2];
    struct binding {
        cl_uint index; /* of the pointer; its offset is the next argument */
        bool scratch;
        size_t field;    /* of clnorm_buffers, where not scratch */
        uint64_t offset; /* into the scratch, in elements */
        uint64_t bound;  /* the offset that the argument has now */
    } bindings[MAX_ARGUMENTS];
    size_t binding_count;
} launch;

/* Makes the kernel, sets all scalars, and leaves all buffers null. */
clnorm_status launch_create(launch *made, cl_program program, const step *s);

/* Runs the kernel once without work, so that drivers which compile at the first launch do so now. Does
 * nothing on a device with no_guarded_loads, where a launch without buffers crashes. `made` must not have
 * been bound yet, and is left unchanged. */
clnorm_status launch_warm_up(const launch *made, const step *s, const clnorm_context *context);

void launch_destroy(launch *made);

/* Sets every pointer and offset. Buffers that were not given become null. */
clnorm_status launch_bind(launch *bound, const clnorm_buffers *buffers, clnorm_buffer scratch);

clnorm_status launch_enqueue(const launch *bound, cl_command_queue queue, cl_uint n_wait,
                             const cl_event *wait_list, cl_event *event);

#endif
