/* A second opinion of which attributes are valid, for the operations' `faults`: of docs/ops.md, not of the
 * library's code. */
#ifndef CLNORM_TESTS_OPERATIONS_FAULTS_H
#define CLNORM_TESTS_OPERATIONS_FAULTS_H

#include <clnorm/clnorm.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

static inline uint64_t fault(bool wrong, clnorm_status status)
{
    return wrong ? UINT64_C(1) << status : 0;
}

static inline bool is_within(double value, double low, double high)
{
    return isfinite(value) && value >= low && value <= high;
}

/* fp32 holds it, if only as a subnormal. */
static inline bool is_held(double value, double low, double high)
{
    return is_within(value, low, high) && (value == 0 || fabs(value) >= (double)FLT_TRUE_MIN);
}

static inline uint64_t axis_faults(const clnorm_op *op, int axis)
{
    const long long rank = op->x.rank;
    return fault(axis < -rank || axis >= rank, CLNORM_INVALID_AXIS);
}

static inline uint64_t rank_faults(const clnorm_op *op, unsigned least)
{
    return fault(op->x.rank < least, CLNORM_INVALID_RANK);
}

/* Of an operation whose training is its inference. */
static inline uint64_t three_mode_faults(const clnorm_op *op)
{
    return fault(op->mode != CLNORM_INFER && op->mode != CLNORM_TRAIN && op->mode != CLNORM_BACKWARD,
                 CLNORM_INVALID_MODE);
}

#endif
