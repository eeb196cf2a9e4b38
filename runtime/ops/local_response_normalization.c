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
    ATTRIBUTE_ACCUMULATE(dx),
};

static const clnorm_buffer_info infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info backward_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(dx, GRADIENT, DX, true),
};

static const clnorm_mode_info modes[] = {
    MODE(INFER, "infer", infer_buffers),
    MODE(BACKWARD, "backward", backward_buffers),
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

/* Denominators that may cancel. */
static bool cancels(const clnorm_op *op)
{
    return op->alpha < 0 || op->bias < 0;
}

/* Powers that are roots, of denominators in the range of the formula's. */
static bool is_root(const clnorm_op *op, const problem *p)
{
    if (p->one_path || cancels(op) || (op->beta != 0.5 && op->beta != 0.75))
        return false;
    return p->backward ? op->bias >= 0x1p-60 && op->bias <= 0x1p+100 : op->bias >= 0x1p-100;
}

/* Which path of the formula: beta * 4 for the powers that are roots and divisions, else the general one,
 * which also bears sums that cancel and powers that magnify an error. */
static void choose_exponent(const clnorm_op *op, problem *p)
{
    const bool root = is_root(op, p), whole = op->beta == 0 || op->beta == 1;
    const bool general = p->one_path || cancels(op) || (!root && !whole);
    p->heavy = general;
    problem_define(p, general ? "EXPONENT_GENERAL" : "EXPONENT", general ? 1 : (long)(op->beta * 4));
    /* the gradient's z^-(beta + 1) magnifies the error of a sum */
    if (p->backward ? !root : general && (cancels(op) || fabs(op->beta) > 1.5))
        problem_define(p, "EXACT_WINDOW", 1);
}

static void lower(const clnorm_op *op, problem *p)
{
    problem_collapse_around(p, op, op->axis);
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
    shift = alpha == 0 ? -100 : shift < -100 ? -100 : shift > 120 ? 120 : shift;
    const int root_shift = p->backward && is_root(op, p) ? -16 : 0;
    add_real(&p->arguments, ldexp(1, shift + root_shift));
    add_real_and_rest(&p->arguments, ldexp(alpha, -2 * shift));
    add_real_and_rest(&p->arguments, ldexp(op->bias, 2 * root_shift));
    add_real_and_rest(&p->arguments, op->beta);
    const bool integer = op->beta == floor(op->beta);
    add_int(&p->arguments, !integer ? 0 : fmod(op->beta, 2) == 0 ? 2 : 1);
    add_real(&p->arguments, 2 * ldexp(alpha, -2 * shift) * op->beta);
}

/* The channels of one pixel, and their windows. */
typedef struct pixel {
    size_t channels, before, after;
    double alpha, bias, beta;
} pixel;

/* bias + alpha * S of a channel. */
static double denominator(const pixel *p, const double *x, size_t step, size_t c)
{
    double sum = 0;
    for (size_t w = c - smaller(c, p->before); w < p->channels && w <= c + p->after; w++)
        sum += x[w * step] * x[w * step];
    return p->bias + p->alpha * sum;
}

static void normalize(const pixel *p, fibre from, fibre to, const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first;
    for (size_t c = 0; c < p->channels; c++) {
        const double y = x[c * from.step] / pow(denominator(p, x, from.step, c), p->beta);
        arrays->y.values[to.first + c * to.step] = y;
        if (arrays->y.bound != NULL)
            arrays->y.bound[to.first + c * to.step] = 6 * ulp_of(y);
    }
}

/* What channel c contributes to the gradients of those in its window: dy * x / z^(beta + 1). */
static double contribution(const pixel *p, const double *x, fibre from, const double *dy, fibre gradient,
                           size_t c)
{
    return dy[c * gradient.step] * x[c * from.step] / pow(denominator(p, x, from.step, c), p->beta + 1);
}

/* dx = dy / z^beta - 2 alpha beta x sum(dy * x / z^(beta + 1)), the sum over the mirrored window. */
static void differentiate(const clnorm_op *op, const pixel *p, fibre from, fibre gradient, fibre to,
                          const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first, *dy = arrays->dy.values + gradient.first;
    double *dx = arrays->dx.values + to.first;
    for (size_t c = 0; c < p->channels; c++) {
        double sum = 0, size = 0;
        for (size_t w = c - smaller(c, p->after); w < p->channels && w <= c + p->before; w++) {
            const double term = contribution(p, x, from, dy, gradient, w);
            sum += term;
            size += fabs(term);
        }
        const double direct = dy[c * gradient.step] / pow(denominator(p, x, from.step, c), p->beta);
        const double factor = 2 * p->alpha * p->beta * x[c * from.step];
        const double new = direct - factor *sum, old = op->accumulate_dx ? dx[c * to.step] : 0;
        dx[c * to.step] = old + new;
        if (arrays->dx.bound != NULL)
            arrays->dx.bound[to.first + c * to.step] =
                6 * ulp_of(fmax(fabs(direct), fabs(factor) * size)) + (old != 0 ? ulp_of(old + new) : 0);
    }
}

static clnorm_status reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    const size_t channels = op->x.dims[axis], fibres = fibre_count(&op->x, axis);
    const pixel p = {channels,
                     smaller(window_before(op), channels),
                     smaller(window_after(op), channels),
                     scaled_alpha(op),
                     op->bias,
                     op->beta};
    for (size_t i = 0; i < fibres; i++) {
        const fibre x = fibre_get(&op->x, axis, i);
        if (op_is_backward(op))
            differentiate(op, &p, x, fibre_get(&op->dy, axis, i), fibre_get(&op->dx, axis, i), arrays);
        else
            normalize(&p, x, fibre_get(&op->y, axis, i), arrays);
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
