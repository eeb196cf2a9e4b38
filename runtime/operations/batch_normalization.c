#include "base/tensor.h"
#include "operations/arguments.h"
#include "operations/op.h"

#define CLNORM_HOST 1
#include "../../kernels-cl/ops/batch_normalization.cl"
#include "../../kernels-cl/ops/batch_normalization_backward.cl"
#include "../../kernels-cl/ops/beta_gradient.cl"
#include "../../kernels-cl/ops/gamma_gradient.cl"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const clnorm_attribute_info *const attributes[] = {
    ATTRIBUTE_AXIS(axis, false, -1, "-1", "the channels; negative counts from the end"),
    ATTRIBUTE_REAL(epsilon, 1e-5, "1e-05", 0, FLT_MAX, "added to the variance"),
    ATTRIBUTE_REAL(decay, 0.9, "0.9", 0, 1, "weight of the old moving average"),
    ATTRIBUTE_SWITCH(unbiased_moving_variance, "N/(N-1) goes into the moving variance, as in PyTorch"),
    ATTRIBUTE_ACCUMULATE(dx),
    ATTRIBUTE_ACCUMULATE(dgamma),
    ATTRIBUTE_ACCUMULATE(dbeta),
};

static const clnorm_buffer_info *const infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(moving_mean, INPUT, CHANNEL, true),
    BUFFER(moving_variance, INPUT, CHANNEL, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info *const train_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(moving_mean, UPDATED, CHANNEL, false),
    BUFFER(moving_variance, UPDATED, CHANNEL, false),
    BUFFER(y, OUTPUT, Y, true),
    BUFFER(batch_mean, OUTPUT, CHANNEL, false),
    BUFFER(batch_variance, OUTPUT, CHANNEL, false),
    BUFFER(inverse_deviation, OUTPUT, CHANNEL, false),
    BUFFER(batch_mean_residual, OUTPUT, CHANNEL, false),
};

static const clnorm_buffer_info *const statistics_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(batch_mean, OUTPUT, CHANNEL, false),
    BUFFER(batch_variance, OUTPUT, CHANNEL, false),
    BUFFER(batch_mean_residual, OUTPUT, CHANNEL, false),
    BUFFER(count, OUTPUT, SCALAR, false),
};

static const clnorm_buffer_info *const apply_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(batch_mean, INPUT, CHANNEL, true),
    BUFFER(batch_variance, INPUT, CHANNEL, true),
    BUFFER(batch_mean_residual, INPUT, CHANNEL, false),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info *const backward_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(batch_mean, INPUT, CHANNEL, true),
    BUFFER(batch_mean_residual, INPUT, CHANNEL, false),
    BUFFER(inverse_deviation, INPUT, CHANNEL, true),
    BUFFER(dx, GRADIENT, DX, false),
    BUFFER(dgamma, GRADIENT, GAMMA, false),
    BUFFER(dbeta, GRADIENT, BETA, false),
};

static const clnorm_buffer_info *const backward_infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(moving_mean, INPUT, CHANNEL, true),
    BUFFER(moving_variance, INPUT, CHANNEL, true),
    BUFFER(dx, GRADIENT, DX, false),
    BUFFER(dgamma, GRADIENT, GAMMA, false),
    BUFFER(dbeta, GRADIENT, BETA, false),
};

static const clnorm_mode_info *const modes[] = {
    MODE(INFER, "infer", infer_buffers),
    MODE(TRAIN, "train", train_buffers),
    MODE(BACKWARD, "backward", backward_buffers),
    MODE(BACKWARD_INFER, "backward_infer", backward_infer_buffers),
    MODE(STATISTICS, "statistics", statistics_buffers),
    MODE(APPLY, "apply", apply_buffers),
};

DECLARE_ARGUMENTS(map_arguments, MAP_ARGUMENTS)
DECLARE_ARGUMENTS(reduce_arguments, REDUCE_ARGUMENTS)
DECLARE_ARGUMENTS(backward_arguments, BACKWARD_ARGUMENTS)
DECLARE_ARGUMENTS(gamma_gradient_arguments, GAMMA_GRADIENT_ARGUMENTS)
DECLARE_ARGUMENTS(beta_gradient_arguments, BETA_GRADIENT_ARGUMENTS)

/* ---- Problems ---- */

static bool has_usual_gamma(const clnorm_op *op)
{
    return op_parameter_is_usual(op, &op->gamma_tensor, op->axis);
}

static bool has_usual_parameters(const clnorm_op *op)
{
    return has_usual_gamma(op) && op_parameter_is_usual(op, &op->beta_tensor, op->axis);
}

static void add_parameter(problem *p, const clnorm_op *op, size_t field, double absent,
                          const clnorm_tensor *parameter)
{
    const clnorm_tensor tensor = op_parameter(op, parameter, op->axis);
    problem_add_operand(p, field, absent, &tensor);
}

/* epsilon times 2^192, for kernels that scale very small variances by the same factor; 0 if epsilon is so
 * large that they do not need it. */
static double small_epsilon(const clnorm_op *op)
{
    return op->epsilon < 0x1p-64 ? ldexp(op->epsilon, 192) : 0;
}

static map_arguments arguments_of_map(const clnorm_op *op)
{
    const bool apply = op->mode == CLNORM_APPLY;
    return (map_arguments){
        .gamma = FIELD(gamma),
        .beta = FIELD(beta),
        .mean = apply ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = apply ? FIELD(batch_mean_residual) : NO_BUFFER,
        .variance = apply ? FIELD(batch_variance) : FIELD(moving_variance),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
    };
}

static reduce_arguments arguments_of_reduce(const clnorm_op *op, size_t count)
{
    const bool train = op->mode == CLNORM_TRAIN, unbiased = op->unbiased_moving_variance && count > 1;
    return (reduce_arguments){
        .gamma = train ? FIELD(gamma) : NO_BUFFER,
        .beta = train ? FIELD(beta) : NO_BUFFER,
        .moving_mean = train ? FIELD(moving_mean) : NO_BUFFER,
        .moving_variance = train ? FIELD(moving_variance) : NO_BUFFER,
        .batch_mean = FIELD(batch_mean),
        .batch_variance = FIELD(batch_variance),
        .batch_mean_residual = FIELD(batch_mean_residual),
        .inverse_deviation = train ? FIELD(inverse_deviation) : NO_BUFFER,
        .count = train ? NO_BUFFER : FIELD(count),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .decay = op->decay,
        .one_minus_decay = 1 - op->decay,
        .elements = (double)count,
        .inverse_elements = 1 / (double)count,
        .moving_variance_factor = unbiased ? (double)count / (double)(count - 1) : 1,
    };
}

static backward_arguments arguments_of_backward(const clnorm_op *op, size_t count)
{
    const bool train = op->mode == CLNORM_BACKWARD;
    return (backward_arguments){
        .gamma = FIELD(gamma),
        .mean = train ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = train ? FIELD(batch_mean_residual) : NO_BUFFER,
        .inverse_deviation = train ? FIELD(inverse_deviation) : NO_BUFFER,
        .variance = train ? NO_BUFFER : FIELD(moving_variance),
        .dgamma = has_usual_gamma(op) ? FIELD(dgamma) : NO_BUFFER,
        .dbeta = has_usual_parameters(op) ? FIELD(dbeta) : NO_BUFFER,
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .inverse_elements = 1 / (double)count,
        .accumulate_dgamma = op->accumulate_dgamma,
        .accumulate_dbeta = op->accumulate_dbeta,
    };
}

static void lower_backward(const clnorm_op *op, problem *p)
{
    if (!has_usual_gamma(op))
        add_parameter(p, op, FIELD(gamma), 1, &op->gamma_tensor);
    if (op->mode == CLNORM_BACKWARD_INFER)
        problem_define(p, "CONSTANT_STATISTICS", 1);
    problem_collapse_around(p, op, op->axis);
    p->formula = "ops/batch_normalization_backward.cl";
    p->work = WORK_REDUCE_MAP;
    const backward_arguments values = arguments_of_backward(op, p->group_size);
    add_backward_arguments(&p->arguments, &values);
}

/* dgamma alone. */
static void lower_gamma_gradient(const clnorm_op *op, problem *p)
{
    const bool train = op->mode == CLNORM_BACKWARD;
    const gamma_gradient_arguments values = {
        .mean = train ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = train ? FIELD(batch_mean_residual) : NO_BUFFER,
        .inverse_or_variance = train ? FIELD(inverse_deviation) : FIELD(moving_variance),
        .dgamma = FIELD(dgamma),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .is_variance = !train,
        .accumulate = op->accumulate_dgamma,
    };
    const clnorm_tensor sums = op_parameter(op, &op->gamma_tensor, op->axis);
    const clnorm_tensor of_channel = op_parameter(op, &(clnorm_tensor){.rank = 0}, op->axis);
    problem_add_operand(p, values.mean, 0, &of_channel);
    problem_add_operand(p, values.mean_residual, 0, &of_channel);
    problem_add_operand(p, values.inverse_or_variance, 1, &of_channel);
    problem_collapse_sums(p, op, FIELD(dgamma), &sums);
    p->formula = "ops/gamma_gradient.cl";
    p->work = WORK_REDUCE;
    add_gamma_gradient_arguments(&p->arguments, &values);
}

/* dbeta alone. */
static void lower_beta_gradient(const clnorm_op *op, problem *p)
{
    const beta_gradient_arguments values = {.dbeta = FIELD(dbeta), .accumulate = op->accumulate_dbeta};
    const clnorm_tensor sums = op_parameter(op, &op->beta_tensor, op->axis);
    problem_collapse_sums(p, op, FIELD(dbeta), &sums);
    p->formula = "ops/beta_gradient.cl";
    p->work = WORK_REDUCE;
    add_beta_gradient_arguments(&p->arguments, &values);
}

static void lower_forward(const clnorm_op *op, problem *p)
{
    if (op->mode != CLNORM_STATISTICS && !has_usual_parameters(op)) {
        add_parameter(p, op, FIELD(gamma), 1, &op->gamma_tensor);
        add_parameter(p, op, FIELD(beta), 0, &op->beta_tensor);
    }
    problem_collapse_around(p, op, op->axis);
    p->formula = "ops/batch_normalization.cl";
    p->work = op->mode == CLNORM_TRAIN        ? WORK_REDUCE_MAP
              : op->mode == CLNORM_STATISTICS ? WORK_REDUCE
                                              : WORK_MAP;
    if (p->work == WORK_MAP) {
        const map_arguments values = arguments_of_map(op);
        add_map_arguments(&p->arguments, &values);
    } else {
        const reduce_arguments values = arguments_of_reduce(op, p->group_size);
        add_reduce_arguments(&p->arguments, &values);
    }
}

/* In backward modes with usual parameters dx, dgamma and dbeta are one problem. Otherwise sums of another
 * shape than a channel's are problems of their own: dgamma, then dbeta. dx comes last, since it may be
 * written where x or dy is. */
static bool lower(const clnorm_op *op, size_t index, problem *p)
{
    void (*problems[MAX_PROBLEMS])(const clnorm_op *, problem *);
    size_t count = 0;
    if (op_is_backward(op) && !has_usual_gamma(op))
        problems[count++] = lower_gamma_gradient;
    if (op_is_backward(op) && !has_usual_parameters(op))
        problems[count++] = lower_beta_gradient;
    problems[count++] = op_is_backward(op) ? lower_backward : lower_forward;
    if (index < count)
        problems[index](op, p);
    return index < count;
}

/* For x without elements: sums are 0. The batch's mean and variance are set to 0, too: nothing uses them, and
 * 0, unlike NaN, has no effect in a merge. The moving averages do not change. */
static size_t fill(const clnorm_op *op, op_fill fills[MAX_FILLS])
{
    size_t count = 0, elements = 1;
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    for (unsigned i = 0; i < op->x.rank; i++)
        elements *= i == axis ? 1 : op->x.dims[i];
    if (op->mode == CLNORM_TRAIN || op->mode == CLNORM_STATISTICS) {
        fills[count++] = (op_fill){FIELD(batch_mean), 0};
        fills[count++] = (op_fill){FIELD(batch_mean_residual), 0};
        fills[count++] = (op_fill){FIELD(batch_variance), 0};
        fills[count++] = op->mode == CLNORM_STATISTICS
                             ? (op_fill){FIELD(count), (float)elements}
                             : (op_fill){FIELD(inverse_deviation), (float)(1 / sqrt(op->epsilon))};
    }
    if (op_is_backward(op) && !op->accumulate_dgamma)
        fills[count++] = (op_fill){FIELD(dgamma), 0};
    if (op_is_backward(op) && !op->accumulate_dbeta)
        fills[count++] = (op_fill){FIELD(dbeta), 0};
    return count;
}

/* ---- Reference ---- */

typedef struct channel {
    size_t index, count;
    double mean, variance;
} channel;

static double value_of(clnorm_reference_array array, size_t index, double absent)
{
    return array.values == NULL ? absent : array.values[index];
}

static void set(clnorm_reference_array array, size_t index, double value, double bound)
{
    if (array.values == NULL)
        return;
    array.values[index] = value;
    if (array.bound != NULL)
        array.bound[index] = bound;
}

/* gamma_tensor or beta_tensor with x's dims: its strides are 0 along the axes that it does not vary along. */
static clnorm_tensor over_x(const clnorm_op *op, const clnorm_tensor *parameter)
{
    clnorm_tensor tensor = op_parameter(op, parameter, op->axis);
    memcpy(tensor.dims, op->x.dims, sizeof tensor.dims);
    return tensor;
}

/* The elements of a channel in a tensor, one after the other. */
typedef struct walk {
    clnorm_tensor others; /* the tensor, one channel wide */
    size_t index[CLNORM_MAX_RANK], place;
} walk;

static walk walk_along(const clnorm_tensor *tensor, unsigned axis, const channel *c)
{
    walk begun = {*tensor, {0}, c->index * tensor->strides[axis]};
    begun.others.dims[axis] = 1;
    return begun;
}

/* The place of the next element, the first at the first call, and again after the last. */
static size_t next(walk *w)
{
    const size_t place = w->place;
    for (unsigned axis = w->others.rank; axis-- > 0;) {
        if (++w->index[axis] < w->others.dims[axis]) {
            w->place += w->others.strides[axis];
            break;
        }
        w->place -= (w->others.dims[axis] - 1) * w->others.strides[axis];
        w->index[axis] = 0;
    }
    return place;
}

static void find_statistics(const clnorm_op *op, unsigned axis, const double *x, channel *c)
{
    walk of_x = walk_along(&op->x, axis, c);
    double sum = 0, squares = 0, first = x[of_x.place];
    for (size_t i = 0; i < c->count; i++)
        sum += x[next(&of_x)] - first;
    c->mean = first + sum / (double)c->count;
    if (isnan(c->mean)) { /* perhaps because of infinities: take what the plain sum gives */
        c->mean = 0;
        for (size_t i = 0; i < c->count; i++)
            c->mean += x[next(&of_x)];
    }
    for (size_t i = 0; i < c->count; i++) {
        const double deviation = x[next(&of_x)] - c->mean;
        squares += deviation * deviation;
    }
    c->variance = squares / (double)c->count;
}

/* As ulp_of, but also for values beyond FLT_MAX. */
static double ulp_beyond(double value)
{
    return fabs(value) > (double)FLT_MAX ? fabs(value) * (double)FLT_EPSILON : ulp_of(value);
}

/* 4 ulp and FLT_MIN, since values below fp32's normal range may be lost. */
static double variance_bound(const channel *c)
{
    return 4 * ulp_beyond(c->variance) + (double)FLT_MIN;
}

/* The outputs of train other than y, and those of statistics, for a channel. */
static void save_statistics(const clnorm_op *op, const channel *c, const clnorm_reference_arrays *arrays)
{
    const size_t i = c->index;
    const double deviation = sqrt(c->variance);
    const double mean_bound = ulp_of(c->mean) + ulp_of(deviation);
    const double inverse = 1 / sqrt(c->variance + op->epsilon);
    const double unbiased = op->unbiased_moving_variance && c->count > 1
                                ? c->variance * (double)c->count / (double)(c->count - 1)
                                : c->variance;
    set(arrays->batch_mean, i, c->mean, mean_bound);
    set(arrays->batch_mean_residual, i, isfinite(c->mean) ? c->mean - (double)(float)c->mean : 0, mean_bound);
    set(arrays->batch_variance, i, c->variance, variance_bound(c));
    set(arrays->inverse_deviation, i, inverse, 4 * ulp_of(inverse));
    if (i == 0)
        set(arrays->count, 0, (double)c->count, ulp_of((double)c->count) / 2);
    if (arrays->moving_mean.values != NULL) {
        const double old = arrays->moving_mean.values[i];
        const double new = op->decay *old + (1 - op->decay) * c->mean;
        set(arrays->moving_mean, i, new,
            mean_bound + 2 * ulp_of(fabs(op->decay * old) + fabs((1 - op->decay) * c->mean)));
    }
    if (arrays->moving_variance.values != NULL) {
        const double old = arrays->moving_variance.values[i];
        const double new = op->decay *old + (1 - op->decay) * unbiased;
        set(arrays->moving_variance, i, new,
            (1 - op->decay) * (5 * ulp_beyond(unbiased) + (double)FLT_MIN) +
                2 * ulp_beyond(fabs(op->decay * old) + fabs((1 - op->decay) * unbiased)));
    }
}

/* y of a channel, and its bound: 4 ulp of the largest of |y|, |beta| and |gamma * (x - mean) / deviation|;
 * where gamma or beta vary in the channel, of an element's own |y| and |beta|, and of |gamma| times the
 * largest |x - mean| / deviation. */
static void apply(const clnorm_op *op, unsigned axis, const channel *c, const clnorm_reference_arrays *arrays)
{
    const clnorm_tensor gammas = over_x(op, &op->gamma_tensor), betas = over_x(op, &op->beta_tensor);
    walk of_x = walk_along(&op->x, axis, c), of_y = walk_along(&op->y, axis, c);
    walk of_gamma = walk_along(&gammas, axis, c), of_beta = walk_along(&betas, axis, c);
    const bool usual = has_usual_parameters(op);
    const double deviation = sqrt(c->variance + op->epsilon);
    double largest = 0, furthest = 0;
    for (size_t i = 0; i < c->count; i++) {
        const double x = arrays->x.values[next(&of_x)];
        const double gamma = value_of(arrays->gamma, next(&of_gamma), 1);
        const double beta = value_of(arrays->beta, next(&of_beta), 0);
        const double scaled = (x - c->mean) * gamma / deviation;
        const double y = scaled + beta, distance = fabs(x - c->mean) / deviation;
        if (isfinite(beta))
            largest = fmax(largest, fabs(beta));
        if (isfinite(y))
            largest = fmax(largest, fmax(fabs(scaled), fabs(y)));
        if (isfinite(distance))
            furthest = fmax(furthest, distance);
        arrays->y.values[next(&of_y)] = y;
    }
    for (size_t i = 0; arrays->y.bound != NULL && i < c->count; i++) {
        const size_t place = next(&of_y);
        const double gamma = value_of(arrays->gamma, next(&of_gamma), 1);
        const double beta = value_of(arrays->beta, next(&of_beta), 0);
        const double own = fmax(fmax(fabs(arrays->y.values[place]), fabs(beta)), fabs(gamma) * furthest);
        arrays->y.bound[place] = 4 * ulp_beyond(usual ? largest : own);
    }
}

/* new, or new added to what is there. */
static void add(clnorm_reference_array array, size_t index, bool accumulates, double new, double bound)
{
    if (array.values == NULL)
        return;
    const double sum = accumulates ? array.values[index] + new : new;
    set(array, index, sum, accumulates ? bound + ulp_beyond(sum) : bound);
}

/* dgamma or dbeta: for each of its elements the sum of the terms, and that of their absolute values. */
typedef struct gradient {
    clnorm_tensor tensor, over_x;
    double *sum, *size; /* NULL: not wanted */
} gradient;

static clnorm_status gradient_begin(gradient *g, const clnorm_op *op, const clnorm_tensor *parameter,
                                    clnorm_reference_array array)
{
    *g = (gradient){op_parameter(op, parameter, op->axis), over_x(op, parameter), NULL, NULL};
    if (array.values == NULL)
        return CLNORM_OK;
    const size_t span = clnorm_tensor_span(&g->tensor);
    g->sum = calloc(span, sizeof *g->sum);
    g->size = calloc(span, sizeof *g->size);
    return g->sum != NULL && g->size != NULL
               ? CLNORM_OK
               : fail(CLNORM_OUT_OF_MEMORY, "no memory for a gradient of %zu values", span);
}

static void gradient_add(gradient *g, walk *place, double term)
{
    const size_t at = next(place);
    if (g->sum == NULL)
        return;
    g->sum[at] += term;
    g->size[at] += fabs(term);
}

static void gradient_write(const gradient *g, bool accumulates, clnorm_reference_array array)
{
    for (size_t i = 0; array.values != NULL && i < tensor_elements(&g->tensor); i++) {
        const size_t at = tensor_offset(&g->tensor, i);
        add(array, at, accumulates, g->sum[at], 4 * ulp_beyond(g->size[at]));
    }
}

static void gradient_end(gradient *g)
{
    free(g->sum);
    free(g->size);
}

/* dx = inverse * (gamma * dy - sum(gamma * dy) / N - x^ * sum(gamma * dy * x^) / N), x^ = (x - mean) *
 * inverse; dbeta sums dy, and dgamma dy * x^. If mean and inverse do not depend on x (backward_infer), dx
 * does not contain the sums. */
static void differentiate(const clnorm_op *op, unsigned axis, const channel *c, double inverse,
                          const clnorm_reference_arrays *arrays, gradient *dgamma, gradient *dbeta)
{
    double sum = 0, product = 0, largest = 0;
    walk of_x = walk_along(&op->x, axis, c), of_dy = walk_along(&op->dy, axis, c);
    walk of_dx = walk_along(&op->dx, axis, c), of_gamma = walk_along(&dgamma->over_x, axis, c);
    walk of_dgamma = of_gamma, of_dbeta = walk_along(&dbeta->over_x, axis, c);
    for (size_t i = 0; i < c->count; i++) {
        const double normalized = (arrays->x.values[next(&of_x)] - c->mean) * inverse;
        const double dy = arrays->dy.values[next(&of_dy)];
        const double scaled = value_of(arrays->gamma, next(&of_gamma), 1) * dy;
        gradient_add(dgamma, &of_dgamma, dy * normalized);
        gradient_add(dbeta, &of_dbeta, dy);
        sum += scaled;
        product += scaled * normalized;
        if (isfinite(dy))
            largest = fmax(largest, fabs(scaled * inverse));
    }
    const double bound = 6 * ulp_beyond(largest);
    const double share = op->mode == CLNORM_BACKWARD ? 1 / (double)c->count : 0;
    for (size_t i = 0; arrays->dx.values != NULL && i < c->count; i++) {
        const double normalized = (arrays->x.values[next(&of_x)] - c->mean) * inverse;
        const double dy = arrays->dy.values[next(&of_dy)];
        const double scaled = value_of(arrays->gamma, next(&of_gamma), 1) * dy;
        const double through = share == 0 ? 0 : sum * share + normalized * (product * share);
        add(arrays->dx, next(&of_dx), op->accumulate_dx, (scaled - through) * inverse, bound);
    }
}

static void differentiate_all(const clnorm_op *op, unsigned axis, const clnorm_reference_arrays *arrays,
                              gradient *dgamma, gradient *dbeta)
{
    const bool train = op->mode == CLNORM_BACKWARD;
    for (size_t i = 0; i < op->x.dims[axis]; i++) {
        channel c = {.index = i, .count = tensor_elements(&op->x) / op->x.dims[axis]};
        c.mean = train ? arrays->batch_mean.values[i] + value_of(arrays->batch_mean_residual, i, 0)
                       : arrays->moving_mean.values[i];
        const double inverse = train ? arrays->inverse_deviation.values[i]
                                     : 1 / sqrt(arrays->moving_variance.values[i] + op->epsilon);
        differentiate(op, axis, &c, inverse, arrays, dgamma, dbeta);
    }
}

static clnorm_status reference_backward(const clnorm_op *op, unsigned axis,
                                        const clnorm_reference_arrays *arrays)
{
    gradient dgamma, dbeta = {.sum = NULL};
    clnorm_status status = gradient_begin(&dgamma, op, &op->gamma_tensor, arrays->dgamma);
    if (status == CLNORM_OK)
        status = gradient_begin(&dbeta, op, &op->beta_tensor, arrays->dbeta);
    if (status == CLNORM_OK) {
        differentiate_all(op, axis, arrays, &dgamma, &dbeta);
        gradient_write(&dgamma, op->accumulate_dgamma, arrays->dgamma);
        gradient_write(&dbeta, op->accumulate_dbeta, arrays->dbeta);
    }
    gradient_end(&dgamma);
    gradient_end(&dbeta);
    return status;
}

static clnorm_status reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
{
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    if (op_is_backward(op))
        return reference_backward(op, axis, arrays);
    const bool finds = op->mode == CLNORM_TRAIN || op->mode == CLNORM_STATISTICS;
    for (size_t i = 0; i < op->x.dims[axis]; i++) {
        channel c = {.index = i, .count = tensor_elements(&op->x) / op->x.dims[axis]};
        if (finds) {
            find_statistics(op, axis, arrays->x.values, &c);
            save_statistics(op, &c, arrays);
        } else if (op->mode == CLNORM_INFER) {
            c.mean = arrays->moving_mean.values[i];
            c.variance = arrays->moving_variance.values[i];
        } else {
            c.mean = arrays->batch_mean.values[i] + value_of(arrays->batch_mean_residual, i, 0);
            c.variance = arrays->batch_variance.values[i];
        }
        if (op->mode != CLNORM_STATISTICS)
            apply(op, axis, &c, arrays);
    }
    return CLNORM_OK;
}

const op_definition batch_normalization_op = {
    .info = {CLNORM_BATCH_NORMALIZATION, "batch_normalization",
             "y = (x - mean) * gamma / sqrt(variance + epsilon) + beta for each channel", 2, CLNORM_MAX_RANK,
             true, COUNT_OF(attributes), attributes, COUNT_OF(modes), modes},
    .lower = lower,
    .fill = fill,
    .reference = reference,
};
