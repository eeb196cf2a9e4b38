/*
 * The operations computed on the host: slow, in double precision, directly from the formulas. Meant for
 * checking the results of a device: each result comes with the largest error that a device may make.
 */
#ifndef CLNORM_REFERENCE_H
#define CLNORM_REFERENCE_H

#include <clnorm/ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The values of a tensor, laid out by its strides, in the caller's memory. For results, `bound`, if not NULL,
 * receives the largest absolute error that docs/ops.md allows for each element; for inputs it is ignored. */
typedef struct clnorm_reference_array {
    double *values; /* NULL: not given */
    double *bound;
} clnorm_reference_array;

/* The same fields as in clnorm_buffers. Buffers that are updated (the moving averages and accumulated
 * gradients) are overwritten by the new values. */
typedef struct clnorm_reference_arrays {
    size_t size; /* sizeof(clnorm_reference_arrays) */
    clnorm_reference_array x, y;
    clnorm_reference_array dy, dx;
    clnorm_reference_array gamma, beta;
    clnorm_reference_array dgamma, dbeta;
    clnorm_reference_array moving_mean, moving_variance;
    clnorm_reference_array batch_mean, batch_variance;
    clnorm_reference_array batch_mean_residual;
    clnorm_reference_array inverse_deviation;
    clnorm_reference_array count;
} clnorm_reference_arrays;

/* Checks `op` and computes it. Errors: those of clnorm_op_check, MISSING_BUFFER, UNEXPECTED_BUFFER,
 * OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_reference(const clnorm_op *op, const clnorm_reference_arrays *arrays);

static inline clnorm_reference_array *clnorm_reference_field(clnorm_reference_arrays *arrays,
                                                             const clnorm_buffer_info *info)
{
    return (clnorm_reference_array *)(void *)((char *)arrays + info->reference_offset);
}

#ifdef __cplusplus
}
#endif

#endif
