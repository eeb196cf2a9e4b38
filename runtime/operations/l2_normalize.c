#include "base/tensor.h"
#include "operations/arguments.h"
#include "operations/op.h"

#define CLNORM_HOST 1
#include "../../kernels-cl/ops/l2_norm.cl"

#include <float.h>
#include <math.h>

static const clnorm_attribute_info *const attributes[] = {
    ATTRIBUTE_AXIS(dim, true, -1, "", "the axis that is summed over; negative counts from the end"),
    ATTRIBUTE_REAL(epsilon, 1e-12, "1e-12", 0, INFINITY,
                   "the least squared norm; smaller ones count as this"),
    ATTRIBUTE_ACCUMULATE(dx),
};

static const clnorm_buffer_info *const infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info *const backward_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(dx, GRADIENT, DX, true),
};

static const clnorm_mode_info *const modes[] = {
    MODE(INFER, "infer", infer_buffers),
    MODE(BACKWARD, "backward", backward_buffers),
};

DECLARE_ARGUMENTS(l2_arguments, FORMULA_ARGUMENTS)

/* value * 2^exponent, infinite where fp32 does not hold it. */
static double scaled(double value, int exponent)
{
    const double product = ldexp(value, exponent);
    return product > FLT_MAX ? INFINITY : product;
}

/* The floor as a product of two floats, the second of which is a power of two. */
static void set_floor(l2_arguments *values, double floor)
{
    int exponent = 0;
    frexp(floor, &exponent);
    const int first = exponent < -126 ? -126 : exponent > 126 ? 126 : exponent;
    values->floor = scaled(floor, first - exponent);
    values->floor_rest = scaled(1, exponent - first);
}

static bool lower(const clnorm_op *op, size_t index, problem *p)
{
    if (index > 0)
        return false;
    problem_collapse_along(p, op, op->dim);
    p->work = WORK_REDUCE_MAP;
    p->formula = p->backward ? "ops/l2_normalize_backward.cl" : "ops/l2_normalize.cl";
    /* the squares of the scales in kernels-cl/accumulators/scales.cl */
    l2_arguments values = {.epsilon = scaled(op->epsilon, 0),
                           .small_epsilon = scaled(op->epsilon, 2 * 96),
                           .large_epsilon = scaled(op->epsilon, 2 * -80)};
    set_floor(&values, op->epsilon == 0 ? 0 : 1 / sqrt(op->epsilon));
    add_l2_arguments(&p->arguments, &values);
    return true;
}

/* y of one group. */
static void normalize(const clnorm_op *op, fibre from, fibre to, size_t count,
                      const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first;
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += x[k * from.step] * x[k * from.step];
    const double norm = sqrt(sum < op->epsilon ? op->epsilon : sum);
    for (size_t k = 0; k < count; k++) {
        const double y = sum == 0 ? x[k * from.step] : x[k * from.step] / norm;
        arrays->y.values[to.first + k * to.step] = y;
        if (arrays->y.bound != NULL)
            arrays->y.bound[to.first + k * to.step] = 4 * ulp_of(y);
    }
}

/* dx of one group: dy / norm - x * sum(x * dy) / norm^3; without the second term if sum(x^2) < epsilon, since
 * the norm is then constant. For a vector of zeros with epsilon 0, y is zero, and so is dx. */
static void differentiate(const clnorm_op *op, fibre from, fibre gradient, fibre to, size_t count,
                          const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first, *dy = arrays->dy.values + gradient.first;
    double *dx = arrays->dx.values + to.first;
    double sum = 0, product = 0;
    for (size_t k = 0; k < count; k++) {
        sum += x[k * from.step] * x[k * from.step];
        product += x[k * from.step] * dy[k * gradient.step];
    }
    const bool floored = sum < op->epsilon;
    const double inverse = sum == 0 && !floored ? 0 : 1 / sqrt(floored ? op->epsilon : sum);
    for (size_t k = 0; k < count; k++) {
        const double direct = dy[k * gradient.step] * inverse;
        const double projected = floored ? 0 : x[k * from.step] * inverse * (product * inverse) * inverse;
        const double new = direct - projected, old = op->accumulate_dx ? dx[k * to.step] : 0;
        dx[k * to.step] = old + new;
        if (arrays->dx.bound != NULL)
            arrays->dx.bound[to.first + k * to.step] =
                4 * ulp_of_term(fmax(fabs(direct), fabs(projected))) + (old != 0 ? ulp_of(old + new) : 0);
    }
}

static clnorm_status reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    unsigned dim = 0;
    tensor_axis(&op->x, op->dim, &dim);
    const size_t count = op->x.dims[dim], fibres = fibre_count(&op->x, dim);
    for (size_t i = 0; i < fibres; i++) {
        const fibre x = fibre_get(&op->x, dim, i);
        if (op_is_backward(op))
            differentiate(op, x, fibre_get(&op->dy, dim, i), fibre_get(&op->dx, dim, i), count, arrays);
        else
            normalize(op, x, fibre_get(&op->y, dim, i), count, arrays);
    }
    return CLNORM_OK;
}

const op_definition l2_normalize_op = {
    .info = {CLNORM_L2_NORMALIZE, "l2_normalize", "y = x / sqrt(max(sum(x^2), epsilon)) along dim", 1,
             CLNORM_MAX_RANK, true, COUNT_OF(attributes), attributes, COUNT_OF(modes), modes},
    .lower = lower,
    .reference = reference,
};
