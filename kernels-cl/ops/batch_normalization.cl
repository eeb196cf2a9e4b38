/*
 * y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, a mean and a variance for each channel.
 *
 * MAP: mean and variance are buffers. REDUCE and REDUCE_MAP: they are the batch's own, the variance divided
 * by the number of elements; and running = decay * running + (1 - decay) * batch.
 * A group is a channel. Scalars ending in _rest are what the fp32 value before them left of a double.
 */
#include "groups.cl"
#include "accumulators/moments.cl"
#include "roots.cl"

#if LANES == 1

#if WORK_MAP

#define FORMULA_PARAMETERS                                                                                   \
    INPUT(gamma), INPUT(beta), INPUT(mean), INPUT(mean_residual), INPUT(variance), real epsilon,             \
        real epsilon_rest

typedef struct formula {
    __global const real *gamma, *beta, *mean, *mean_residual, *variance;
    real epsilon, epsilon_rest;
} formula;

#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        AT_OFFSET(gamma), AT_OFFSET(beta), AT_OFFSET(mean), AT_OFFSET(mean_residual), AT_OFFSET(variance),   \
            epsilon, epsilon_rest                                                                            \
    }

#else

#define FORMULA_PARAMETERS                                                                                   \
    INPUT(gamma), INPUT(beta), OUTPUT(running_mean), OUTPUT(running_variance), OUTPUT(batch_mean),           \
        OUTPUT(batch_variance), OUTPUT(batch_mean_residual), OUTPUT(inverse_deviation), OUTPUT(count),       \
        real epsilon, real epsilon_rest, real decay, real one_minus_decay, real elements,                    \
        real inverse_elements, real inverse_elements_rest, real running_variance_factor

typedef struct formula {
    __global const real *gamma, *beta;
    __global real *running_mean, *running_variance, *batch_mean, *batch_variance, *batch_mean_residual;
    __global real *inverse_deviation, *count;
    real epsilon, epsilon_rest, decay, one_minus_decay, elements, inverse_elements, inverse_elements_rest;
    real running_variance_factor;
} formula;

#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        AT_OFFSET(gamma), AT_OFFSET(beta), AT_OFFSET(running_mean), AT_OFFSET(running_variance),             \
            AT_OFFSET(batch_mean), AT_OFFSET(batch_variance), AT_OFFSET(batch_mean_residual),                \
            AT_OFFSET(inverse_deviation), AT_OFFSET(count), epsilon, epsilon_rest, decay, one_minus_decay,   \
            elements, inverse_elements, inverse_elements_rest, running_variance_factor                       \
    }

#endif

/* What formula_apply needs of a channel. */
enum { MEAN, MEAN_REST, SCALE, SHIFT, COEFFICIENTS };

#endif

static V NAME(inverse_deviation_of)(const formula *f, NAME(pair) variance)
{
    const NAME(pair) sum = NAME(two_sum)(variance.value, (V)(f->epsilon));
    const NAME(pair) shifted = NAME(renormalize)(sum.value, sum.rest + (variance.rest + f->epsilon_rest));
    return NAME(inverse_square_root)(shifted.value, shifted.rest);
}

INLINED void NAME(set_coefficients)(const formula *f, index_t group, uint groups, V mean, V mean_rest,
                                   V inverse_deviation, V *coefficients)
{
    coefficients[MEAN] = mean;
    coefficients[MEAN_REST] = mean_rest;
    coefficients[SCALE] =
        f->gamma ? NAME(load_groups)(f->gamma, group, groups) * inverse_deviation : inverse_deviation;
    coefficients[SHIFT] = f->beta ? NAME(load_groups)(f->beta, group, groups) : (V)(0.0f);
}

#if WORK_MAP

INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *coefficients)
{
    const V mean = NAME(load_groups)(f->mean, group, groups);
    const V rest = f->mean_residual ? NAME(load_groups)(f->mean_residual, group, groups) : (V)(0.0f);
    const NAME(pair) variance = {NAME(load_groups)(f->variance, group, groups), (V)(0.0f)};
    NAME(set_coefficients)
    (f, group, groups, mean, rest, NAME(inverse_deviation_of)(f, variance), coefficients);
}

#else

static NAME(pair) NAME(variance_of)(const formula *f, NAME(accumulator) moments)
{
    const V inverse = (V)(f->inverse_elements);
    const V m2 = select((V)(NAN), moments.m2, isfinite(moments.mean));
    const V variance = m2 * inverse;
    const V rest =
        fma(m2, inverse, -variance) + fma(m2, (V)(f->inverse_elements_rest), moments.m2_rest * inverse);
    return NAME(renormalize)(variance, rest);
}

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) moments,
                                 V *coefficients)
{
    const V inverse = NAME(inverse_deviation_of)(f, NAME(variance_of)(f, moments));
    NAME(set_coefficients)(f, group, groups, moments.mean, moments.mean_rest, inverse, coefficients);
}

static void NAME(save)(V lanes, __global real *to, index_t group, uint groups)
{
    if (to)
        NAME(store_groups)(lanes, to, group, groups);
}

/* What the batch adds to a running value. */
static void NAME(update)(const formula *f, __global real *running, index_t group, uint groups, V batch)
{
    if (!running)
        return;
    const V old = NAME(load_groups)(running, group, groups);
    NAME(store_groups)(fma((V)(f->decay), old, f->one_minus_decay * batch), running, group, groups);
}

/* Writes what training leaves behind, once a channel. */
INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) moments)
{
    const NAME(pair) variance = NAME(variance_of)(f, moments);
    NAME(save)(moments.mean, f->batch_mean, group, groups);
    NAME(save)(moments.mean_rest, f->batch_mean_residual, group, groups);
    NAME(save)(variance.value, f->batch_variance, group, groups);
    if (f->inverse_deviation)
        NAME(save)(NAME(inverse_deviation_of)(f, variance), f->inverse_deviation, group, groups);
    if (f->count && group == 0)
        f->count[0] = f->elements;
    NAME(update)(f, f->running_mean, group, groups, moments.mean);
    NAME(update)(f, f->running_variance, group, groups, variance.value * f->running_variance_factor);
}

#endif

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
    return fma((o.x - coefficients[MEAN]) - coefficients[MEAN_REST], coefficients[SCALE],
               coefficients[SHIFT]);
}
