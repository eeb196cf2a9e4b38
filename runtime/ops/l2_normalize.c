#include "op.h"
#include "../tensor.h"

#include <math.h>

static const clnorm_attribute_info attributes[] = {
    ATTRIBUTE_AXIS(dim, true, -1, "", "the axis that is summed over; negative counts from the end"),
    ATTRIBUTE_REAL(epsilon, 1e-12, "1e-12", 0, INFINITY,
                   "the least squared norm; smaller ones count as this"),
};

static const clnorm_buffer_info infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_mode_info modes[] = {
    MODE(INFER, "infer", infer_buffers),
};

/* value = mantissa * 4^(exponent / 2), 1 <= mantissa < 4, so that a root of it has half the exponent. */
static void add_mantissa_and_exponent(argument_list *arguments, double value)
{
    int exponent = 0;
    double mantissa = value == 0 ? 0 : frexp(value, &exponent) * 2;
    exponent -= value == 0 ? 0 : 1;
    if (exponent % 2 != 0) {
        mantissa *= 2;
        exponent -= 1;
    }
    add_real(arguments, mantissa);
    add_int(arguments, exponent);
}

static void lower(const clnorm_op *op, problem *p)
{
    problem_collapse_along(p, &op->x, &op->y, op->dim);
    p->work = WORK_REDUCE_MAP;
    p->formula = "ops/l2_normalize.cl";
    add_mantissa_and_exponent(&p->arguments, op->epsilon);
    add_mantissa_and_exponent(&p->arguments, op->epsilon == 0 ? 0 : 1 / sqrt(op->epsilon));
}

static clnorm_status reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    unsigned dim = 0;
    tensor_axis(&op->x, op->dim, &dim);
    const size_t count = op->x.dims[dim], fibres = fibre_count(&op->x, dim);
    for (size_t i = 0; i < fibres; i++) {
        const fibre f = fibre_get(&op->x, &op->y, dim, i);
        const double *x = arrays->x.values + f.x;
        double sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += x[k * f.x_step] * x[k * f.x_step];
        const double norm = sqrt(sum < op->epsilon ? op->epsilon : sum);
        for (size_t k = 0; k < count; k++) {
            const double y = sum == 0 ? x[k * f.x_step] : x[k * f.x_step] / norm;
            arrays->y.values[f.y + k * f.y_step] = y;
            if (arrays->y.bound != NULL)
                arrays->y.bound[f.y + k * f.y_step] = 4 * ulp_of(y);
        }
    }
    return CLNORM_OK;
}

const op_definition l2_normalize_op = {
    .info = {CLNORM_L2_NORMALIZE, "l2_normalize", "y = x / sqrt(max(sum(x^2), epsilon)) along dim", 1,
             CLNORM_MAX_RANK, true, COUNT_OF(attributes), attributes, COUNT_OF(modes), modes},
    .lower = lower,
    .reference = reference,
};
