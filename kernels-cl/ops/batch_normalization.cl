/*
 * y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, a mean and a variance for each channel.
 *
 * MAP: mean and variance are buffers. REDUCE and REDUCE_MAP: they are the batch's own, the variance divided
 * by the number of elements; and running = decay * running + (1 - decay) * batch.
 * A group is a channel. Scalars ending in _rest are what the fp32 value before them left of a double.
 */
#include "accumulators/moments.cl"

#if LANES == 1

#if WORK_MAP

#define FORMULA_PARAMETERS                                                                                    \
    INPUT(gamma), INPUT(beta), INPUT(mean), INPUT(mean_residual), INPUT(variance), real epsilon,              \
        real epsilon_rest

typedef struct formula {
    __global const real *gamma, *beta, *mean, *mean_residual, *variance;
    real epsilon, epsilon_rest;
} formula;

#define FORMULA_BIND                                                                                          \
    {AT_OFFSET(gamma), AT_OFFSET(beta), AT_OFFSET(mean), AT_OFFSET(mean_residual), AT_OFFSET(variance),       \
     epsilon, epsilon_rest}

#else

#define FORMULA_PARAMETERS                                                                                    \
    INPUT(gamma), INPUT(beta), OUTPUT(running_mean), OUTPUT(running_variance), OUTPUT(batch_mean),            \
        OUTPUT(batch_variance), OUTPUT(batch_mean_residual), OUTPUT(inverse_deviation), OUTPUT(count),        \
        real epsilon, real epsilon_rest, real decay, real one_minus_decay, real elements,                     \
        real inverse_elements, real inverse_elements_rest, real running_variance_factor

typedef struct formula {
    __global const real *gamma, *beta;
    __global real *running_mean, *running_variance, *batch_mean, *batch_variance, *batch_mean_residual;
    __global real *inverse_deviation, *count;
    real epsilon, epsilon_rest, decay, one_minus_decay, elements, inverse_elements, inverse_elements_rest;
    real running_variance_factor;
} formula;

#define FORMULA_BIND                                                                                          \
    {AT_OFFSET(gamma), AT_OFFSET(beta), AT_OFFSET(running_mean), AT_OFFSET(running_variance),                 \
     AT_OFFSET(batch_mean), AT_OFFSET(batch_variance), AT_OFFSET(batch_mean_residual),                        \
     AT_OFFSET(inverse_deviation), AT_OFFSET(count), epsilon, epsilon_rest, decay, one_minus_decay, elements, \
     inverse_elements, inverse_elements_rest, running_variance_factor}

#endif

/* What formula_apply needs of a channel. */
enum { MEAN, MEAN_REST, SCALE, SHIFT, COEFFICIENTS };

real inverse_deviation_of(const formula *f, pair variance)
{
    const pair sum = two_sum(variance.value, f->epsilon);
    const pair shifted = renormalize(sum.value, sum.rest + (variance.rest + f->epsilon_rest));
    return inverse_square_root(shifted.value, shifted.rest);
}

void set_coefficients(const formula *f, index_t group, real mean, real mean_rest, real inverse_deviation,
                      real *coefficients)
{
    coefficients[MEAN] = mean;
    coefficients[MEAN_REST] = mean_rest;
    coefficients[SCALE] = f->gamma ? f->gamma[group] * inverse_deviation : inverse_deviation;
    coefficients[SHIFT] = f->beta ? f->beta[group] : 0.0f;
}

#if WORK_MAP

void formula_load(const formula *f, index_t group, real *coefficients)
{
    const pair variance = {f->variance[group], 0.0f};
    const real rest = f->mean_residual ? f->mean_residual[group] : 0.0f;
    set_coefficients(f, group, f->mean[group], rest, inverse_deviation_of(f, variance), coefficients);
}

#else

pair variance_of(const formula *f, accumulator moments)
{
    const real m2 = isfinite(moments.mean) ? moments.m2 : NAN;
    const real variance = m2 * f->inverse_elements;
    const real rest = fma(m2, f->inverse_elements, -variance) +
                      fma(m2, f->inverse_elements_rest, moments.m2_rest * f->inverse_elements);
    return renormalize(variance, rest);
}

void formula_finish(const formula *f, index_t group, accumulator moments, real rescale,
                    real *coefficients)
{
    (void)rescale;
    const real inverse = inverse_deviation_of(f, variance_of(f, moments));
    set_coefficients(f, group, moments.mean, moments.mean_rest, inverse, coefficients);
}

/* Writes what training leaves behind, once a channel. */
void formula_save(const formula *f, index_t group, accumulator moments)
{
    const pair variance = variance_of(f, moments);
    if (f->batch_mean)
        f->batch_mean[group] = moments.mean;
    if (f->batch_mean_residual)
        f->batch_mean_residual[group] = moments.mean_rest;
    if (f->batch_variance)
        f->batch_variance[group] = variance.value;
    if (f->inverse_deviation)
        f->inverse_deviation[group] = inverse_deviation_of(f, variance);
    if (f->count && group == 0)
        f->count[0] = f->elements;
    if (f->running_mean)
        f->running_mean[group] =
            fma(f->decay, f->running_mean[group], f->one_minus_decay * moments.mean);
    if (f->running_variance)
        f->running_variance[group] = fma(f->decay, f->running_variance[group],
                                           f->one_minus_decay * (variance.value * f->running_variance_factor));
}

#endif
#endif

V NAME(formula_apply)(V x, const V *coefficients)
{
    return fma((x - coefficients[MEAN]) - coefficients[MEAN_REST], coefficients[SCALE], coefficients[SHIFT]);
}
