/*
 * dbeta = sum(dy), dgamma = sum(dy * x^), x^ = (x - mean) * inverse,
 * dx = gamma * inverse * (dy - dbeta / N - x^ * dgamma / N), for each channel.
 *
 * CONSTANT_STATISTICS: mean and variance are moving averages, which do not depend on x, so dx is
 * gamma * inverse * dy. Otherwise mean and `inverse`, the inverse of the deviation, are those that training
 * saved. The sum is over dy * (x - mean), because fp32 may not hold x^; it is multiplied by `inverse` at the
 * end. A group is a channel. small_epsilon is epsilon times 2^192 where that is a float, else 0.
 */
#define BACKWARD_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                              \
    INPUT(gamma) AND INPUT(mean)                                                                             \
    AND INPUT(mean_residual)                                                                                 \
    AND INPUT(inverse_deviation)                                                                             \
    AND INPUT(variance)                                                                                      \
    AND OUTPUT(dgamma)                                                                                       \
    AND OUTPUT(dbeta)                                                                                        \
    AND PAIR(epsilon)                                                                                        \
    AND PAIR(small_epsilon)                                                                                  \
    AND REAL(inverse_elements)                                                                               \
    AND INT(accumulate_dgamma)                                                                               \
    AND INT(accumulate_dbeta)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define save       RENAMED(save)
#define dgamma_of  RENAMED(dgamma_of)
#define centred    RENAMED(centred)
#define normalized RENAMED(normalized)
#define MEAN       RENAMED(MEAN)
#define MEAN_REST  RENAMED(MEAN_REST)
#define SCALE      RENAMED(SCALE)
#define SHIFT      RENAMED(SHIFT)
#define INVERSE    RENAMED(INVERSE)
#define SLOPE      RENAMED(SLOPE)
#define BEFORE     RENAMED(BEFORE)
#define DY_BEFORE  RENAMED(DY_BEFORE)
#endif

#include "groups.cl"
#include "accumulators/products.cl"

#if LANES == 1

#define FORMULA_ARGUMENTS BACKWARD_ARGUMENTS
FORMULA_STRUCT;

/* A channel's coefficients: first the KNOWN ones, which are there before the sums, then those that only
 * formula_apply needs. x is multiplied by BEFORE, a power of two; MEAN and MEAN_REST already are, and INVERSE
 * is the inverse deviation of the multiplied values. dy is multiplied by DY_BEFORE; SHIFT and SLOPE already
 * are. */
enum { BEFORE, MEAN, MEAN_REST, INVERSE, KNOWN, DY_BEFORE = KNOWN, SCALE, SHIFT, SLOPE, COEFFICIENTS };

#endif

#include "ops/inverse_deviation.cl"

INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    const V mean = NAME(load_groups)(f->mean, group, groups), scale = NAME(scale_of_mean)(mean);
    const V rest = f->mean_residual ? NAME(load_groups)(f->mean_residual, group, groups) : (V)(0.0f);
#if CONSTANT_STATISTICS
    const NAME(spread) spread = NAME(spread_of_given)(f, NAME(load_groups)(f->variance, group, groups));
    const V inverse = spread.inverse * spread.scale;
#else
    const V inverse = NAME(load_groups)(f->inverse_deviation, group, groups);
#endif
    known[BEFORE] = scale;
    known[MEAN] = mean * scale;
    known[MEAN_REST] = rest * scale;
    /* if finite, it stays so: an infinite one would make NaN, not 0, of x that are the mean */
    known[INVERSE] = select(inverse, fmin(inverse * select((V)(1.0f), (V)(4.0f), scale < 1.0f), (V)(FLT_MAX)),
                            isfinite(inverse));
}

/* centred is (x - mean) * BEFORE, normalized is x^. */
INLINED V NAME(centred)(NAME(operands) o, const V *known)
{
    return fma(o.x, known[BEFORE], -known[MEAN]) - known[MEAN_REST];
}

INLINED V NAME(normalized)(NAME(operands) o, const V *known)
{
    return NAME(centred)(o, known) * known[INVERSE];
}

/* The two terms: dy, and (x - mean) * BEFORE. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return term == 0 ? o.dy : NAME(centred)(o, known);
}

/* dgamma / 2^exponent, about 1. */
INLINED V NAME(dgamma_of)(NAME(accumulator) sums, const V *known, INTEGERS *exponent)
{
    INTEGERS of_product, of_inverse;
    const V product = NAME(mantissa_of)(sums.product, &of_product);
    const V inverse = NAME(mantissa_of)(known[INVERSE], &of_inverse);
    *exponent = of_product + of_inverse - 2 * NAME(exponent_of_power)(sums.scale);
    return product * inverse;
}

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                  V *coefficients)
{
    const V gamma = f->gamma ? NAME(load_groups)(f->gamma, group, groups) : (V)(1.0f);
    const V inverse = coefficients[INVERSE], product = gamma * inverse * coefficients[BEFORE];
    coefficients[DY_BEFORE] = (V)(1.0f);
    coefficients[SCALE] = product;
#if CONSTANT_STATISTICS
    (void)sums;
    coefficients[SHIFT] = coefficients[SLOPE] = (V)(0.0f);
#else
    const V share = (V)(f->inverse_elements);
    INTEGERS of_sum, exponent;
    const V sum = NAME(mantissa_of)(sums.sum, &of_sum) * share;
    const V dgamma = NAME(dgamma_of)(sums, coefficients, &exponent) * share;
    of_sum -= NAME(exponent_of_power)(sums.sum_scale);
    coefficients[SHIFT] = NAME(times_power_of_two)(sum, of_sum);
    coefficients[SLOPE] = NAME(times_power_of_two)(dgamma, exponent);
#endif
    const V size = fabs(product), reach = fmax(fabs(coefficients[SHIFT]), fabs(coefficients[SLOPE]));
    const INTEGERS large = !(reach <= 0x1p+100f), small = reach < 0x1p-60f && size > 2.0f;
    if (ALL(size >= FLT_MIN && size <= FLT_MAX && !large && !small))
        return;
    /* small dy, SHIFT and SLOPE lose digits unless they are first multiplied by a power of two out of the
     * product */
    const INTEGERS raised = clamp(NAME(exponent_of_power)(size), (INTEGERS)(0), (INTEGERS)(60));
    const INTEGERS own = select(select((INTEGERS)(0), raised, small), (INTEGERS)(-30), large);
    const NAME(factor) factor =
        NAME(factor_of)(gamma, inverse, NAME(exponent_of_power)(coefficients[BEFORE]), own);
    coefficients[DY_BEFORE] = factor.before;
    coefficients[SCALE] = factor.value;
#if !CONSTANT_STATISTICS
    coefficients[SHIFT] = NAME(times_power_of_two)(sum, of_sum + NAME(exponent_of_power)(factor.before));
    coefficients[SLOPE] = NAME(times_power_of_two)(dgamma, exponent + NAME(exponent_of_power)(factor.before));
#endif
}

/* Writes gradient * 2^exponent, or adds it to what is there. */
static void NAME(save)(V gradient, INTEGERS exponent, __global real *to, int accumulate, index_t group,
                       uint groups)
{
    INTEGERS size;
    if (!to)
        return;
    const V mantissa = NAME(mantissa_of)(gradient, &size);
    /* fp32 may hold the sum although it does not hold the gradient alone */
    const INTEGERS all = size + exponent, lowered = select((INTEGERS)(0), (INTEGERS)(64), all > 120);
    V sum = NAME(times_power_of_two)(mantissa, all - lowered);
    if (accumulate)
        sum += NAME(load_groups)(to, group, groups) * NAME(power_of_two)(-lowered);
    NAME(store_groups)(sum * NAME(power_of_two)(lowered), to, group, groups);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                const V *known)
{
    INTEGERS exponent;
    const V dgamma = NAME(dgamma_of)(sums, known, &exponent);
    NAME(save)(dgamma, exponent, f->dgamma, f->accumulate_dgamma, group, groups);
    NAME(save)
    (sums.sum, -NAME(exponent_of_power)(sums.sum_scale), f->dbeta, f->accumulate_dbeta, group, groups);
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
#if CONSTANT_STATISTICS
    return RESULT(o, (o.dy * coefficients[DY_BEFORE]) * coefficients[SCALE]);
#else
    const V rest = fma(o.dy, coefficients[DY_BEFORE], -coefficients[SHIFT]);
    return RESULT(o,
                  fma(-NAME(normalized)(o, coefficients), coefficients[SLOPE], rest) * coefficients[SCALE]);
#endif
}

#endif
