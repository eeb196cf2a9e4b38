/*
 * y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, a mean and a variance for each channel.
 *
 * MAP: mean and variance are read from buffers. REDUCE and REDUCE_MAP: they are the batch's own, the variance
 * being M2 divided by the number of elements; and running = decay * running + (1 - decay) * batch, for which
 * the batch's variance is multiplied by moving_variance_factor. A group is a channel. small_epsilon is
 * epsilon times 2^192 where that is a float, else 0. OPERANDS: gamma and beta are tensors of any shape, and
 * scale and shift are found anew for each element.
 */
#define MAP_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                                   \
    INPUT(gamma) AND INPUT(beta)                                                                             \
    AND INPUT(mean)                                                                                          \
    AND INPUT(mean_residual)                                                                                 \
    AND INPUT(variance)                                                                                      \
    AND PAIR(epsilon)                                                                                        \
    AND PAIR(small_epsilon)

#define REDUCE_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                                \
    INPUT(gamma) AND INPUT(beta)                                                                             \
    AND OUTPUT(moving_mean)                                                                                  \
    AND OUTPUT(moving_variance)                                                                              \
    AND OUTPUT(batch_mean)                                                                                   \
    AND OUTPUT(batch_variance)                                                                               \
    AND OUTPUT(batch_mean_residual)                                                                          \
    AND OUTPUT(inverse_deviation)                                                                            \
    AND OUTPUT(count)                                                                                        \
    AND PAIR(epsilon)                                                                                        \
    AND PAIR(small_epsilon)                                                                                  \
    AND REAL(decay)                                                                                          \
    AND REAL(one_minus_decay)                                                                                \
    AND REAL(elements)                                                                                       \
    AND PAIR(inverse_elements)                                                                               \
    AND REAL(moving_variance_factor)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define scale_of_batch       RENAMED(scale_of_batch)
#define extreme_coefficients RENAMED(extreme_coefficients)
#define set_coefficients     RENAMED(set_coefficients)
#define variance_of          RENAMED(variance_of)
#define save                 RENAMED(save)
#define update               RENAMED(update)
#define MEAN                 RENAMED(MEAN)
#define MEAN_REST            RENAMED(MEAN_REST)
#define SCALE                RENAMED(SCALE)
#define SHIFT                RENAMED(SHIFT)
#define BEFORE               RENAMED(BEFORE)
#define INVERSE              RENAMED(INVERSE)
#define INVERSE_SCALE        RENAMED(INVERSE_SCALE)
#define set_group            RENAMED(set_group)
#define any_spread           RENAMED(any_spread)
#define spread_of_batch      RENAMED(spread_of_batch)
#endif

#if OPERANDS && LANES == 1
#define FORMULA_OPERANDS(OPERAND) OPERAND(gamma, 1.0f) OPERAND(beta, 0.0f)
#endif

#include "groups.cl"
#include "accumulators/moments.cl"

#if LANES == 1

#if WORK_MAP
#define FORMULA_ARGUMENTS MAP_ARGUMENTS
#else
#define FORMULA_ARGUMENTS REDUCE_ARGUMENTS
#endif
FORMULA_STRUCT;

/* A channel's coefficients for formula_apply. x is multiplied by BEFORE, a power of two; MEAN and MEAN_REST
 * already are. With OPERANDS the last two are the channel's spread instead, from which SCALE and SHIFT are
 * found for each element. */
enum { BEFORE, MEAN, MEAN_REST, SCALE, SHIFT, COEFFICIENTS, INVERSE = SCALE, INVERSE_SCALE = SHIFT };

#endif

#include "ops/inverse_deviation.cl"

/* Corrects a channel's coefficients where fp32 may not hold gamma / deviation or a factor of it. */
RARE void NAME(extreme_coefficients)(V gamma, NAME(spread) spread, V *coefficients)
{
    const V scale = coefficients[BEFORE], mean = coefficients[MEAN];
    const INTEGERS own = NAME(exponent_of_power)(scale);
    const NAME(factor) product =
        NAME(factor_of)(gamma, spread.inverse, NAME(exponent_of_power)(spread.scale), own);
    const INTEGERS change = NAME(exponent_of_power)(product.before) - own;
    const V moved = NAME(times_power_of_two)(mean, change);
    /* If that makes the mean infinite, the mean is so large that even the next float to it has an infinite
     * y. */
    const INTEGERS stays = isfinite(mean) && !isfinite(moved);
    coefficients[BEFORE] = select(product.before, scale, stays);
    coefficients[MEAN] = select(moved, mean, stays);
    coefficients[MEAN_REST] =
        select(NAME(times_power_of_two)(coefficients[MEAN_REST], change), coefficients[MEAN_REST], stays);
    coefficients[SCALE] = select(product.value, copysign((V)(FLT_MAX), product.value), stays);
}

/* All coefficients, of which BEFORE, MEAN and MEAN_REST are set. */
INLINED void NAME(set_coefficients)(V gamma, V beta, NAME(spread) spread, V *coefficients)
{
    const V product = gamma * spread.inverse, size = fabs(product);
    coefficients[SCALE] = product;
    coefficients[SHIFT] = beta;
    if (ALL(coefficients[BEFORE] == spread.scale && size >= FLT_MIN && size <= FLT_MAX))
        return;
    V corrected[COEFFICIENTS]; /* a copy, so that the coefficients of other groups need not be in memory */
#pragma unroll
    for (uint c = 0; c < COEFFICIENTS; c++)
        corrected[c] = coefficients[c];
    NAME(extreme_coefficients)(gamma, spread, corrected);
#pragma unroll
    for (uint c = 0; c < COEFFICIENTS; c++)
        coefficients[c] = corrected[c];
}

/* `mean` and `mean_rest` are those of the values times `scale`. */
INLINED void NAME(set_group)(const formula *f, index_t group, uint groups, V mean, V mean_rest, V scale,
                             NAME(spread) spread, V *coefficients)
{
    coefficients[BEFORE] = scale;
    coefficients[MEAN] = mean;
    coefficients[MEAN_REST] = mean_rest;
#if OPERANDS
    coefficients[INVERSE] = spread.inverse;
    coefficients[INVERSE_SCALE] = spread.scale;
#else
    const V gamma = f->gamma ? NAME(load_groups)(f->gamma, group, groups) : (V)(1.0f);
    const V beta = f->beta ? NAME(load_groups)(f->beta, group, groups) : (V)(0.0f);
    NAME(set_coefficients)(gamma, beta, spread, coefficients);
#endif
}

#if WORK_MAP

INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *coefficients)
{
    const V mean = NAME(load_groups)(f->mean, group, groups), scale = NAME(scale_of_mean)(mean);
    const V rest = f->mean_residual ? NAME(load_groups)(f->mean_residual, group, groups) : (V)(0.0f);
    const NAME(spread) spread =
        NAME(spread_of_given)(NAME(epsilons_of)(f), NAME(load_groups)(f->variance, group, groups));
    NAME(set_group)(f, group, groups, mean * scale, rest * scale, scale, spread, coefficients);
}

#else

/* The variance of the values times `scale`. */
static NAME(pair) NAME(variance_of)(const formula *f, NAME(accumulator) moments, V scale)
{
    const V inverse = (V)(f->inverse_elements), ratio = scale * NAME(inverse_power)(moments.scale);
    /* multiplied by `ratio` twice, before and after the division: M2 may be out of range although the
     * variance is not */
    const V m2 = select((V)(NAN), moments.m2 * ratio, isfinite(moments.mean)),
            m2_rest = moments.m2_rest * ratio;
    const V variance = m2 * inverse;
    const V rest = fma(m2, inverse, -variance) + fma(m2, (V)(f->inverse_elements_rest), m2_rest * inverse);
    return NAME(renormalize)(variance * ratio, rest * ratio);
}

/* The power of two by which values are multiplied so that fp32 holds their variance. */
static V NAME(scale_of_batch)(const formula *f, NAME(accumulator) moments)
{
    const V unscale = NAME(inverse_power)(moments.scale);
    const V variance = moments.m2 * unscale * f->inverse_elements * unscale;
    return NAME(scale_of_variance)(select((V)(NAN), variance, isfinite(moments.mean)));
}

/* 1 / deviation of any batch. */
static NAME(spread) NAME(any_spread)(const formula *f, NAME(accumulator) moments)
{
    const V scale = NAME(scale_of_batch)(f, moments);
    return NAME(spread_of)(NAME(epsilons_of)(f), NAME(variance_of)(f, moments, scale), scale);
}

#if LANES == 16

RARE spread_16 extreme_spread(const formula *f, float16 mean, float16 m2, float16 m2_rest, float16 scale)
{
    const accumulator_16 moments = {(float16)(1.0f), mean, (float16)(0.0f), m2, m2_rest, scale};
    return any_spread_16(f, moments);
}

/* The same; quickly if all scales are 1 and neither the variance nor its root leaves fp32's range, in which
 * case the steps are those of any_spread with what is then 1 or 0 left out. */
INLINED spread_16 spread_of_batch_16(const formula *f, accumulator_16 moments)
{
    const float16 inverse = (float16)(f->inverse_elements), variance = moments.m2 * inverse;
    const float16 rest = fma(moments.m2, inverse, -variance) +
                         fma(moments.m2, (float16)(f->inverse_elements_rest), moments.m2_rest * inverse);
    const pair_16 known = quick_sum_16(variance, rest), sum = two_sum_16(known.value, (float16)(f->epsilon));
    const pair_16 shifted = quick_sum_16(sum.value, sum.rest + (known.rest + f->epsilon_rest));
    if (!ALL(moments.scale == 1.0f && variance >= LEAST_VARIANCE && is_ordinary_square_16(shifted.value)))
        return extreme_spread(f, moments.mean, moments.m2, moments.m2_rest, moments.scale);
    const spread_16 spread = {refined_root_16(rsqrt(shifted.value), shifted.value, shifted.rest),
                              moments.scale};
    return spread;
}

#else

static NAME(spread) NAME(spread_of_batch)(const formula *f, NAME(accumulator) moments)
{
    return NAME(any_spread)(f, moments);
}

#endif

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) moments,
                                  V *coefficients)
{
    const NAME(spread) spread = NAME(spread_of_batch)(f, moments);
    NAME(set_group)
    (f, group, groups, moments.mean, moments.mean_rest, moments.scale, spread, coefficients);
}

static void NAME(save)(V lanes, __global real *to, index_t group, uint groups)
{
    if (to)
        NAME(store_groups)(lanes, to, group, groups);
}

/* Updates a moving average with the batch's value, which is batch * unscale * unscale_again. */
static void NAME(update)(const formula *f, __global real *running, index_t group, uint groups, V batch,
                         V unscale, V unscale_again)
{
    if (!running)
        return;
    const V old = NAME(load_groups)(running, group, groups);
    const V added = f->one_minus_decay * batch * unscale * unscale_again;
    NAME(store_groups)(fma((V)(f->decay), old, added), running, group, groups);
}

/* Writes a channel's statistics and moving averages. Called once for each channel. */
INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) moments,
                                const V *known)
{
    const V scale = NAME(scale_of_batch)(f, moments), unscale = NAME(inverse_power)(scale);
    const V unscale_mean = NAME(inverse_power)(moments.scale), mean = moments.mean * unscale_mean;
    const V rest = ((moments.mean - mean * moments.scale) + moments.mean_rest) * unscale_mean;
    const NAME(pair) variance = NAME(variance_of)(f, moments, scale);
    NAME(save)(mean, f->batch_mean, group, groups);
    NAME(save)(select((V)(0.0f), rest, isfinite(mean)), f->batch_mean_residual, group, groups);
    NAME(save)(variance.value * unscale * unscale, f->batch_variance, group, groups);
    if (f->inverse_deviation) {
        const NAME(spread) spread = NAME(spread_of_batch)(f, moments);
        NAME(save)(spread.inverse * spread.scale, f->inverse_deviation, group, groups);
    }
    if (f->count && group == 0)
        f->count[0] = f->elements;
    NAME(update)(f, f->moving_mean, group, groups, moments.mean, unscale_mean, (V)(1.0f));
    NAME(update)
    (f, f->moving_variance, group, groups, variance.value * f->moving_variance_factor, unscale, unscale);
}

#endif

static V NAME(formula_apply)(NAME(operands) o, const V *of_group)
{
#if OPERANDS
    const NAME(spread) spread = {of_group[INVERSE], of_group[INVERSE_SCALE]};
    V coefficients[COEFFICIENTS] = {of_group[BEFORE], of_group[MEAN], of_group[MEAN_REST]};
    NAME(set_coefficients)(o.gamma, o.beta, spread, coefficients);
#else
    const V *coefficients = of_group;
#endif
    const V deviation = fma(o.x, coefficients[BEFORE], -coefficients[MEAN]) - coefficients[MEAN_REST];
    return fma(deviation, coefficients[SCALE], coefficients[SHIFT]);
}

#endif
