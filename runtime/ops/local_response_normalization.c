#include "op.h"
#include "../tensor.h"

#include <float.h>
#include <limits.h>
#include <math.h>

static const clnorm_attribute_info attributes[] = {
    ATTRIBUTE_AXIS(axis, false, -1, "-1", "the channels; negative counts from the end"),
    ATTRIBUTE_INTEGER(depth_radius, 5, "5", 0, INT_MAX, "how many channels count on either side"),
    ATTRIBUTE_REAL(bias, 1.0, "1", -INFINITY, INFINITY, "added to the scaled sum"),
    ATTRIBUTE_REAL(alpha, 1e-4, "0.0001", -INFINITY, INFINITY, "scales the sum of squares"),
    ATTRIBUTE_REAL(beta, 0.75, "0.75", -INFINITY, INFINITY, "the exponent"),
    ATTRIBUTE_INTEGER(window_before, -1, "depth_radius", -1, INT_MAX,
                      "how many channels count before; -1: depth_radius"),
    ATTRIBUTE_INTEGER(window_after, -1, "depth_radius", -1, INT_MAX,
                      "how many channels count after; -1: depth_radius"),
    ATTRIBUTE_SWITCH(alpha_scaled_by_size, "divide alpha by the window's full size, as ONNX and PyTorch do"),
};

static const clnorm_buffer_info infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_mode_info modes[] = {
    MODE(INFER, "infer", infer_buffers),
};

static size_t window_before(const clnorm_op *op)
{
    return (size_t)(op->window_before < 0 ? op->depth_radius : op->window_before);
}

static size_t window_after(const clnorm_op *op)
{
    return (size_t)(op->window_after < 0 ? op->depth_radius : op->window_after);
}

static double scaled_alpha(const clnorm_op *op)
{
    const double size = (double)window_before(op) + (double)window_after(op) + 1;
    return op->alpha_scaled_by_size ? op->alpha / size : op->alpha;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Which path of the formula: beta * 4 for the powers that are roots and divisions, else the general one,
 * which also bears sums that cancel and powers that magnify an error. */
static void choose_exponent(const clnorm_op *op, problem *p)
{
    const double beta = op->beta, alpha = op->alpha;
    const bool cancels = alpha < 0 || op->bias < 0;
    const bool root = (beta == 0.5 || beta == 0.75) && op->bias >= 0x1p-100;
    const bool simple = beta == 0 || beta == 1 || root;
    if (simple && !cancels) {
        problem_define(p, "EXPONENT", (long)(beta * 4));
        return;
    }
    problem_define(p, "EXPONENT_GENERAL", 1);
    problem_define(p, "EXACT_WINDOW", cancels || fabs(beta) > 1.5);
}

static void lower(const clnorm_op *op, problem *p)
{
    problem_collapse_around(p, &op->x, &op->y, op->axis);
    p->work = WORK_WINDOW;
    p->formula = "ops/local_response_normalization.cl";
    p->window_before = window_before(op);
    p->window_after = window_after(op);
    choose_exponent(op, p);

    /* alpha = scaled * 2^(2 shift), 1 <= |scaled| < 4: x times 2^shift keeps S in range where alpha * S is */
    const double alpha = scaled_alpha(op);
    int exponent = 0;
    frexp(alpha, &exponent);
    int shift = (int)floor((exponent - 1) / 2.0);
    shift = alpha == 0 ? 0 : shift < -120 ? -120 : shift > 120 ? 120 : shift;
    add_real(&p->arguments, ldexp(1, shift));
    add_real_and_rest(&p->arguments, ldexp(alpha, -2 * shift));
    add_real_and_rest(&p->arguments, op->bias);
    add_real_and_rest(&p->arguments, op->beta);
    const bool integer = op->beta == floor(op->beta);
    add_int(&p->arguments, !integer ? 0 : fmod(op->beta, 2) == 0 ? 2 : 1);
}

static clnorm_status reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    const size_t channels = op->x.dims[axis], fibres = fibre_count(&op->x, axis);
    const size_t before = smaller(window_before(op), channels), after = smaller(window_after(op), channels);
    const double alpha = scaled_alpha(op);
    for (size_t i = 0; i < fibres; i++) {
        const fibre f = fibre_get(&op->x, &op->y, axis, i);
        const double *x = arrays->x.values + f.x;
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (size_t w = c - smaller(c, before); w < channels && w <= c + after; w++)
                sum += x[w * f.x_step] * x[w * f.x_step];
            const double y = x[c * f.x_step] / pow(op->bias + alpha * sum, op->beta);
            arrays->y.values[f.y + c * f.y_step] = y;
            if (arrays->y.bound != NULL)
                arrays->y.bound[f.y + c * f.y_step] = 6 * ulp_of(y);
        }
    }
    return CLNORM_OK;
}

const op_definition local_response_normalization_op = {
    .info = {CLNORM_LOCAL_RESPONSE_NORMALIZATION, "local_response_normalization",
             "y = x / (bias + alpha * S)^beta, S the sum of x^2 over neighbouring channels", 2,
             CLNORM_MAX_RANK, false, COUNT_OF(attributes), attributes, COUNT_OF(modes), modes},
    .lower = lower,
    .reference = reference,
};
