#include "base/tensor.h"
#include "operations/arguments.h"
#include "operations/op.h"

#define CLNORM_HOST 1
#include "../../kernels-cl/ops/local_response_normalization.cl"

#include <float.h>
#include <limits.h>
#include <math.h>

static const clnorm_attribute_info *const attributes[] = {
    ATTRIBUTE_AXIS(axis, false, -1, "-1", "the channels; negative counts from the end"),
    ATTRIBUTE_INTEGER(depth_radius, 5, "5", 0, INT_MAX, "how many channels count on either side"),
    ATTRIBUTE_REAL(bias, 1.0, "1", -FLT_MAX, FLT_MAX, "added to the scaled sum"),
    ATTRIBUTE_REAL(alpha, 1e-4, "0.0001", -INFINITY, INFINITY, "scales the sum of squares"),
    ATTRIBUTE_REAL(beta, 0.75, "0.75", -FLT_MAX, FLT_MAX, "the exponent"),
    ATTRIBUTE_INTEGER(window_before, -1, "depth_radius", -1, INT_MAX,
                      "how many channels count before; -1: depth_radius"),
    ATTRIBUTE_INTEGER(window_after, -1, "depth_radius", -1, INT_MAX,
                      "how many channels count after; -1: depth_radius"),
    ATTRIBUTE_SWITCH(alpha_scaled_by_size, "divide alpha by the window's full size, as ONNX and PyTorch do"),
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

/* Whether cancellation can occur in the denominator bias + alpha * S. */
static bool cancels(const clnorm_op *op)
{
    return op->alpha < 0 || op->bias < 0;
}

/* Whether the power is computed by square roots: beta is 0.5 or 0.75, and the denominator stays far from 0 in
 * fp32. */
static bool is_root(const clnorm_op *op, const problem *p)
{
    if (p->one_path || cancels(op) || (op->beta != 0.5 && op->beta != 0.75))
        return false;
    return op->bias >= (p->backward ? 0x1p-30 : 0x1p-60) && op->bias <= 0x1p+100;
}

/* Chooses the path of the formula: EXPONENT, beta * 4, for powers computed by roots and divisions only;
 * otherwise the general path, which also handles cancellation and powers that magnify an error. */
static void choose_exponent(const clnorm_op *op, problem *p)
{
    const bool root = is_root(op, p), whole = op->beta == 0 || op->beta == 1;
    const bool general = p->one_path || cancels(op) || (!root && !whole);
    p->heavy = general;
    problem_define(p, general ? "EXPONENT_GENERAL" : "EXPONENT", general ? 1 : (long)(op->beta * 4));
    /* the gradient's z^-(beta + 1) magnifies the error of a sum */
    if (p->backward ? !root : general && (p->one_path || cancels(op) || fabs(op->beta) > 1))
        problem_define(p, "EXACT_WINDOW", 1);
}

/* If alpha is beyond fp32's range, or so large or small that products with it would come close to its ends, x
 * is multiplied by a power of two before it is squared, and alpha divided by the power's square. Returns the
 * exponent of the power, 0 if that is not necessary. */
static int square_exponent(double alpha)
{
    int exponent = 0;
    frexp(alpha, &exponent);
    if (alpha == 0 || (exponent > -40 && exponent <= 40))
        return 0;
    const int shift = (int)floor((exponent - 1) / 2.0);
    return shift < -100 ? -100 : shift > 100 ? 100 : shift;
}

/* value = mantissa * 2^exponent, 1 <= |mantissa| < 2. */
static double mantissa_of(double value, int *exponent)
{
    const double mantissa = 2 * frexp(value, exponent);
    *exponent -= 1;
    if (value == 0)
        *exponent = 0;
    return mantissa;
}

/* 2 alpha beta, as a factor for fp32. NaN, which makes kernels compute gradients by
 * local_response_extreme.cl, if a product with the factor might be out of range although the gradient is not,
 * or if x is multiplied by a power of two (`shift` is not 0), which may make it 0. */
static double gradient_factor(double alpha, double beta, int shift)
{
    const double factor = 2 * alpha * beta, size = fabs(factor);
    return factor == 0 || (shift == 0 && size >= 0x1p-60 && size <= 4) ? factor : NAN;
}

DECLARE_ARGUMENTS(window_arguments, FORMULA_ARGUMENTS)

enum { POWER_TERMS = 10 };

/* ((1 + r)^-beta - 1) / r */
static double power_slope(double r, double beta)
{
    return r == 0 ? -beta : expm1(-beta * log1p(r)) / r;
}

/* The polynomial through that function at the Chebyshev nodes between sqrt(1/2) and sqrt(2), less 1: with it
 * 1 + r * polynomial is within 2^-25 of the power for |beta| up to 1, where kernels use it. Newton's divided
 * differences, then multiplied out. */
static void power_polynomial(double beta, double coefficients[POWER_TERMS])
{
    const double pi = 3.14159265358979323846, low = sqrt(0.5) - 1, high = sqrt(2) - 1;
    double nodes[POWER_TERMS], differences[POWER_TERMS];
    for (int i = 0; i < POWER_TERMS; i++) {
        nodes[i] = (low + high) / 2 + (high - low) / 2 * cos(pi * (i + 0.5) / POWER_TERMS);
        differences[i] = power_slope(nodes[i], beta);
    }
    for (int order = 1; order < POWER_TERMS; order++) {
        for (int i = POWER_TERMS - 1; i >= order; i--)
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
    }
    for (int i = 0; i < POWER_TERMS; i++)
        coefficients[i] = 0;
    for (int i = POWER_TERMS - 1; i >= 0; i--) { /* times r - node, plus the difference */
        for (int k = POWER_TERMS - 1; k > 0; k--)
            coefficients[k] = coefficients[k - 1] - nodes[i] * coefficients[k];
        coefficients[0] = differences[i] - nodes[i] * coefficients[0];
    }
}

static void set_power(window_arguments *values, double beta)
{
    double *const fields[POWER_TERMS] = {
        &values->power_0, &values->power_1, &values->power_2, &values->power_3, &values->power_4,
        &values->power_5, &values->power_6, &values->power_7, &values->power_8, &values->power_9};
    double coefficients[POWER_TERMS] = {0};
    if (fabs(beta) <= 1)
        power_polynomial(beta, coefficients);
    for (size_t i = 0; i < POWER_TERMS; i++)
        *fields[i] = coefficients[i];
}

static window_arguments arguments_of(const clnorm_op *op, const problem *p)
{
    const double alpha = scaled_alpha(op);
    const int shift = square_exponent(alpha);
    const double fast_alpha = ldexp(alpha, -2 * shift);
    const bool integer = op->beta == floor(op->beta), root = p->backward && is_root(op, p);
    window_arguments values = {
        .square_scale = ldexp(1, shift),
        .alpha = fast_alpha,
        .bias = op->bias,
        .beta = op->beta,
        .beta_parity = !integer                 ? 0
                       : fmod(op->beta, 2) == 0 ? 2
                                                : 1,
        .gradient_factor = gradient_factor(fast_alpha, op->beta, shift),
        /* In the fast path, smaller denominators (for roots: smaller shares of a gradient) may be wrong. A
         * square that underflows is wrong by up to 2^-150, and the denominator by alpha times that. A
         * contribution is computed from numbers that are smaller than itself; on devices without subnormal
         * numbers, those below 2^-126 become 0. */
        .least = root ? 0x1p-100 / fmin(op->bias, 1) : 0x1p-90 * fmax(fabs(fast_alpha), 1),
        .alpha_exponent = 2 * shift,
    };
    int exponent = 0, of_factor = 0;
    values.bias_mantissa = mantissa_of(op->bias, &values.bias_exponent);
    const double factor = mantissa_of(alpha, &exponent) * op->beta;
    values.gradient_mantissa = mantissa_of(factor, &of_factor);
    values.gradient_exponent = exponent + of_factor + 1;
    set_power(&values, op->beta);
    return values;
}

static bool lower(const clnorm_op *op, size_t index, problem *p)
{
    if (index > 0)
        return false;
    problem_collapse_around(p, op, op->axis);
    p->work = WORK_WINDOW;
    p->formula = "ops/local_response_normalization.cl";
    p->window_before = window_before(op);
    p->window_after = window_after(op);
    choose_exponent(op, p);
    const window_arguments values = arguments_of(op, p);
    add_window_arguments(&p->arguments, &values);
    return true;
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

/* x / z^power * 2^exponent, also if z^power is out of double's range. */
static double divide_by_power(double x, double z, double power, int exponent)
{
    const double divisor = pow(z, power);
    if ((isnormal(divisor) && exponent == 0) || z == 0 || !isfinite(z) || isnan(divisor))
        return x / divisor;
    const double log = -power * log2(fabs(z)), whole = fmax(fmin(rint(log), 1e6), -1e6);
    const double sign = z < 0 && fmod(power, 2) != 0 ? -1 : 1;
    return ldexp(sign * x * exp2(log - whole), (int)whole + exponent);
}

static void normalize(const pixel *p, fibre from, fibre to, const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first;
    for (size_t c = 0; c < p->channels; c++) {
        const double z = denominator(p, x, from.step, c);
        const double y = divide_by_power(x[c * from.step], z, p->beta, 0);
        arrays->y.values[to.first + c * to.step] = y;
        if (arrays->y.bound != NULL)
            arrays->y.bound[to.first + c * to.step] = 6 * ulp_of(y);
    }
}

/* A channel's gradient; and `size`, the larger of its first term's absolute value and of the sum of the
 * absolute values of the other terms, for the error bound. */
typedef struct gradient {
    double value, size;
} gradient;

/* dx = dy / z^beta - sum(2 alpha beta x * dy * x / z^(beta + 1)), the sum over the mirrored window, times
 * 2^exponent. Products of five fp32 values fit a double, and are divided last. */
static gradient gradient_of(const pixel *p, const double *x, size_t x_step, const double *dy, size_t dy_step,
                            size_t c, int exponent)
{
    const double factor = 2 * p->alpha * p->beta * x[c * x_step];
    double sum = 0, size = 0;
    for (size_t w = c - smaller(c, p->after); w < p->channels && w <= c + p->before; w++) {
        const double z = denominator(p, x, x_step, w), product = factor * dy[w * dy_step] * x[w * x_step];
        const double term = divide_by_power(product, z, p->beta + 1, exponent);
        sum += term;
        size += fabs(term);
    }
    const double z = denominator(p, x, x_step, c);
    const double direct = divide_by_power(dy[c * dy_step], z, p->beta, exponent);
    return (gradient){direct - sum, fmax(fabs(direct), size)};
}

/* The exponent of the largest of these terms; 0 where it has none. */
static int largest_exponent(const pixel *p, const double *x, size_t x_step, const double *dy, size_t dy_step,
                            size_t c)
{
    const double factor = 2 * p->alpha * p->beta * x[c * x_step];
    double largest = log2(fabs(dy[c * dy_step])) - p->beta * log2(fabs(denominator(p, x, x_step, c)));
    for (size_t w = c - smaller(c, p->after); w < p->channels && w <= c + p->before; w++) {
        const double product = factor * dy[w * dy_step] * x[w * x_step];
        largest =
            fmax(largest, log2(fabs(product)) - (p->beta + 1) * log2(fabs(denominator(p, x, x_step, w))));
    }
    return fabs(largest) < 1e6 ? (int)largest : 0;
}

static void differentiate(const clnorm_op *op, const pixel *p, fibre from, fibre of_dy, fibre to,
                          const clnorm_reference_arrays *arrays)
{
    const double *x = arrays->x.values + from.first, *dy = arrays->dy.values + of_dy.first;
    double *dx = arrays->dx.values + to.first;
    for (size_t c = 0; c < p->channels; c++) {
        gradient new = gradient_of(p, x, from.step, dy, of_dy.step, c, 0);
        if (!isfinite(new.value)) { /* perhaps only its terms are too large for double: scale them */
            const int exponent = largest_exponent(p, x, from.step, dy, of_dy.step, c);
            new.value = ldexp(gradient_of(p, x, from.step, dy, of_dy.step, c, -exponent).value, exponent);
        }
        const double old = op->accumulate_dx ? dx[c * to.step] : 0;
        dx[c * to.step] = old + new.value;
        if (arrays->dx.bound != NULL)
            arrays->dx.bound[to.first + c * to.step] =
                6 * ulp_of_term(new.size) + (old != 0 ? ulp_of(old + new.value) : 0);
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
