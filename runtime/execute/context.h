/* An OpenCL context, a device and a queue, and the programs built for them. Counted references: plans
 * hold their context. */
#ifndef CLNORM_EXECUTE_CONTEXT_H
#define CLNORM_EXECUTE_CONTEXT_H

#include "devices/device_info.h"
#include "programs/program.h"
#include <stdatomic.h>

struct clnorm_context {
    atomic_uint references;
    cl_context context;
    cl_device_id device;
    cl_command_queue queue;
    cl_command_queue own_queue;         /* in order, not the caller's: where plans try their kernels */
    caps caps;                          /* without the tuning, which may change */
    atomic_size_t tuning[TUNING_COUNT]; /* 0: the usual value */
    atomic_size_t stored[TUNING_COUNT]; /* the same, as it stands in the file */
    _Atomic(clnorm_kernels) kernels;    /* as set by clnorm_context_set_kernels */
    clnorm_verify verify;               /* OFF, NEW or ALWAYS */
    bool ignores_environment;
    program_directories directories; /* the context's own texts */
    program_store *programs;
    atomic_int processor; /* what processor_check has found */
};

void context_retain(clnorm_context *context);
void context_release(clnorm_context *context);

/* The schedule that plans of this context use now: as set, else CLNORM_KERNELS, else by device type. */
clnorm_status context_schedule(const clnorm_context *context, clnorm_kernels *schedule);

#endif
