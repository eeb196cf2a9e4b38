/* From an operation to kernels that can be trusted with it: chosen, built, verified. */
#ifndef CLNORM_EXECUTE_PLAN_BUILD_H
#define CLNORM_EXECUTE_PLAN_BUILD_H

#include "execute/context.h"
#include "execute/launch.h"
#include "operations/op.h"

enum { PLAN_REFUSALS_SIZE = 4096 };

typedef struct plan_kernels {
    char variant[VARIANT_SIZE];
    launch launches[MAX_STEPS];
    size_t launch_count;
    size_t scratch_bytes;
    char *refusals; /* a line for each variant that the driver could not be trusted with; NULL: none */
} plan_kernels;

/*
 * Fills `made`, which is zeroed. Where the driver ended a process at a program, or what it made of one gives
 * wrong results or does not build, the next variant is taken, and a line added to refusals. `op` has passed
 * all checks. Errors: UNTRUSTED_DRIVER (with all variants), BUILD_FAILED (none compiles), those of choose, of
 * program_find and program_build, OUT_OF_MEMORY, OPENCL_ERROR. What was made is the caller's to destroy, also
 * then.
 */
clnorm_status plan_build(plan_kernels *made, clnorm_context *context, const clnorm_op *op,
                         const op_definition *definition);

void plan_kernels_destroy(plan_kernels *made);

#endif
