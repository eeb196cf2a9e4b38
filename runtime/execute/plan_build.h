/* From an operation to kernels that can be trusted with it: chosen, built, verified. */
#ifndef CLNORM_EXECUTE_PLAN_BUILD_H
#define CLNORM_EXECUTE_PLAN_BUILD_H

#include "execute/context.h"
#include "execute/launch.h"
#include "operations/op.h"

enum { PLAN_REFUSALS_SIZE = 4096, MAX_OUTPUTS = 8 };

/* What solves one of the operation's problems. */
typedef struct plan_part {
    launch *launches;
    size_t launch_count;
    size_t outputs[MAX_OUTPUTS]; /* the buffers that it writes, as offsets in clnorm_buffers */
    size_t output_count;
} plan_part;

typedef struct plan_kernels {
    char variant[MAX_PROBLEMS * (VARIANT_SIZE + 3)]; /* joined by " + " */
    plan_part parts[MAX_PROBLEMS];
    size_t part_count;
    size_t scratch_bytes; /* which the parts use one after the other */
    char *refusals;       /* a line for each variant that the driver could not be trusted with; NULL: none */
} plan_kernels;

/*
 * Fills `made`, which must be zeroed. If a variant's program does not build, has ended processes before, or
 * gives wrong results, a line is added to refusals and the next variant is tried. `op` has passed all checks.
 * Errors: UNTRUSTED_DRIVER (no variant is left), BUILD_FAILED (none compiles), those of choose, program_find
 * and program_build, OUT_OF_MEMORY, OPENCL_ERROR. The caller destroys `made`, even if this fails.
 */
clnorm_status plan_build(plan_kernels *made, clnorm_context *context, const clnorm_op *op,
                         const op_definition *definition);

void plan_kernels_destroy(plan_kernels *made);

#endif
