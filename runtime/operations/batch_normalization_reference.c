/* Batch normalization on the host, in double. */
#include "base/tensor.h"
#include "operations/batch_normalization.h"

#include <stdlib.h>
#include <string.h>

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
static clnorm_tensor over_x(const clnorm_op *op, const clnorm_tensor *given)
{
    clnorm_tensor tensor = op_parameter(op, given, op->axis);
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

/* gamma or beta at the elements of a channel, one after the other. */
typedef struct parameter {
    const double *values; /* NULL: it is `value` everywhere */
    double value;
    walk at;
} parameter;

static parameter parameter_along(const clnorm_op *op, const clnorm_tensor *tensor, unsigned axis,
                                 const channel *c, clnorm_reference_array array, double absent)
{
    if (array.values == NULL || op_parameter_is_usual(op, tensor, op->axis))
        return (parameter){.value = value_of(array, c->index, absent)};
    const clnorm_tensor all = over_x(op, tensor);
    return (parameter){.values = array.values, .at = walk_along(&all, axis, c)};
}

static double parameter_next(parameter *p)
{
    return p->values == NULL ? p->value : p->values[next(&p->at)];
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
    walk of_x = walk_along(&op->x, axis, c), of_y = walk_along(&op->y, axis, c);
    parameter gammas = parameter_along(op, &op->gamma_tensor, axis, c, arrays->gamma, 1);
    parameter betas = parameter_along(op, &op->beta_tensor, axis, c, arrays->beta, 0);
    const bool usual = op_parameter_is_usual(op, &op->gamma_tensor, op->axis) &&
                       op_parameter_is_usual(op, &op->beta_tensor, op->axis);
    const double deviation = sqrt(c->variance + op->epsilon);
    double largest = 0, furthest = 0;
    for (size_t i = 0; i < c->count; i++) {
        const double x = arrays->x.values[next(&of_x)];
        const double gamma = parameter_next(&gammas), beta = parameter_next(&betas);
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
        const double gamma = parameter_next(&gammas), beta = parameter_next(&betas);
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

static clnorm_status gradient_begin(gradient *g, const clnorm_op *op, const clnorm_tensor *tensor,
                                    clnorm_reference_array array)
{
    *g = (gradient){op_parameter(op, tensor, op->axis), over_x(op, tensor), NULL, NULL};
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
    if (g->sum == NULL)
        return;
    const size_t at = next(place);
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
    walk of_dx = walk_along(&op->dx, axis, c), of_dgamma = walk_along(&dgamma->over_x, axis, c);
    walk of_dbeta = walk_along(&dbeta->over_x, axis, c);
    parameter gammas = parameter_along(op, &op->gamma_tensor, axis, c, arrays->gamma, 1);
    for (size_t i = 0; i < c->count; i++) {
        const double normalized = (arrays->x.values[next(&of_x)] - c->mean) * inverse;
        const double dy = arrays->dy.values[next(&of_dy)];
        const double scaled = parameter_next(&gammas) * dy;
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
        const double scaled = parameter_next(&gammas) * dy;
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

clnorm_status batch_normalization_reference(const clnorm_op *op, const clnorm_reference_arrays *arrays)
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
