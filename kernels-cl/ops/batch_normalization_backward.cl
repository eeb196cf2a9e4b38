/*
 * dbeta = sum(dy), dgamma = sum(dy * x^), x^ = (x - mean) * inverse,
 * dx = gamma * inverse * (dy - dbeta / N - x^ * dgamma / N), for each channel.
 *
 * CONSTANT_STATISTICS: mean and variance are moving averages, which do not depend on x, so dx is
 * gamma * inverse * dy. Otherwise mean and `inverse`, the inverse of the deviation, are those that training
 * saved. The sum is over dy * (x - mean), because fp32 may not hold x^; it is multiplied by `inverse` at the
 * end. A group is a channel. small_epsilon is epsilon times 2^192 where that is a float, else 0.
 *
 * OPERANDS: gamma is a tensor of any shape, so gamma * dy is in dy's place, and
 * dx = inverse * (gamma * dy - sum(gamma * dy) / N - x^ * sum(gamma * dy * x^) / N). dgamma and dbeta are
 * programs of their own then (ops/gamma_gradient.cl, ops/beta_gradient.cl).
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
#define dgamma_of          RENAMED(dgamma_of)
#define SCALE              RENAMED(SCALE)
#define SHIFT              RENAMED(SHIFT)
#define SLOPE              RENAMED(SLOPE)
#define DY_BEFORE          RENAMED(DY_BEFORE)
#define scaled_dy          RENAMED(scaled_dy)
#define DY_EXPONENT        RENAMED(DY_EXPONENT)
#define exponent_of_factor RENAMED(exponent_of_factor)
#endif

#if OPERANDS && LANES == 1
#define FORMULA_OPERANDS(OPERAND) OPERAND(gamma, 1.0f)
#endif

#include "groups.cl"
#include "accumulators/products.cl"

#if LANES == 1

#define FORMULA_ARGUMENTS BACKWARD_ARGUMENTS
FORMULA_STRUCT;

#endif

#include "ops/inverse_deviation.cl"
#include "ops/normalized.cl"
#include "ops/save_gradient.cl"

#if LANES == 1
/* A channel's coefficients: first the KNOWN ones, which are there before the sums, then those that only
 * formula_apply needs. dy is multiplied by DY_BEFORE, a power of two; SHIFT and SLOPE already are. With
 * OPERANDS it is multiplied by 2^DY_EXPONENT before that, which is in the sums, too. */
#if OPERANDS
enum { DY_EXPONENT = STATISTICS, KNOWN, DY_BEFORE = KNOWN, SCALE, SHIFT, SLOPE, COEFFICIENTS };
#else
enum { KNOWN = STATISTICS, DY_BEFORE = KNOWN, SCALE, SHIFT, SLOPE, COEFFICIENTS };
#endif
#endif

#if OPERANDS
/* The power of two of the factor that dx is multiplied by; if the deviation is infinite, so small that all is
 * 0. */
INLINED INTEGERS NAME(exponent_of_factor)(const V *known)
{
    INTEGERS of_inverse;
    NAME(mantissa_of)(known[INVERSE], &of_inverse);
    return select(of_inverse + NAME(exponent_of_power)(known[BEFORE]), (INTEGERS)(-1000),
                  known[INVERSE] == 0.0f);
}
#endif

INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    const V mean = NAME(load_groups)(f->mean, group, groups);
    const V rest = f->mean_residual ? NAME(load_groups)(f->mean_residual, group, groups) : (V)(0.0f);
#if CONSTANT_STATISTICS
    const NAME(spread) spread =
        NAME(spread_of_given)(NAME(epsilons_of)(f), NAME(load_groups)(f->variance, group, groups));
    const V inverse = spread.inverse * spread.scale;
#else
    const V inverse = NAME(load_groups)(f->inverse_deviation, group, groups);
#endif
    NAME(set_statistics)(mean, rest, inverse, known);
#if OPERANDS
    known[DY_EXPONENT] = CONVERT_REALS(NAME(exponent_of_factor)(known));
#endif
}

/* dy; with OPERANDS, gamma * dy * 2^DY_EXPONENT, where that is the power of two of the factor that dx is
 * multiplied by, so that fp32 holds it wherever it holds dx. */
INLINED V NAME(scaled_dy)(NAME(operands) o, const V *known)
{
#if OPERANDS
    INTEGERS of_dy, of_gamma;
    const V product = NAME(mantissa_of)(o.dy, &of_dy) * NAME(mantissa_of)(o.gamma, &of_gamma);
    return NAME(times_power_of_two)(product, of_dy + of_gamma + CONVERT_INTEGERS(known[DY_EXPONENT]));
#else
    return o.dy;
#endif
}

/* The two terms: dy, and (x - mean) * BEFORE. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return term == 0 ? NAME(scaled_dy)(o, known) : NAME(centred)(o.x, known);
}

#if OPERANDS && !CONSTANT_STATISTICS && LANES == 1
/* Where one dx of the channel is infinite, others need not be: their sums are found again with a smaller
 * power of two. */
#define FORMULA_RESCALED DY_EXPONENT
INLINED bool formula_rescale(accumulator sums, real *known)
{
    const int lowered = exponent_of_factor(known) - (int)known[DY_EXPONENT];
    if ((isfinite(sums.sum) && isfinite(sums.product)) || lowered >= 240)
        return false;
    known[DY_EXPONENT] -= 60.0f;
    return true;
}
#endif

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
    const INTEGERS of_before = NAME(exponent_of_power)(coefficients[BEFORE]);
#if OPERANDS
    /* what is not in scaled_dy */
    const V gamma = (V)(1.0f), inverse = coefficients[INVERSE];
    const INTEGERS outside = of_before - CONVERT_INTEGERS(coefficients[DY_EXPONENT]);
    const V product = NAME(times_power_of_two)(inverse, outside);
#else
    const V gamma = f->gamma ? NAME(load_groups)(f->gamma, group, groups) : (V)(1.0f);
    const V inverse = coefficients[INVERSE], product = gamma * inverse * coefficients[BEFORE];
    const INTEGERS outside = of_before;
#endif
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
    const INTEGERS large = !(reach <= 0x1p+100f), small = reach < 0x1p-60f && (size > 2.0f || reach > 0.0f);
    if (ALL(size >= FLT_MIN && size <= FLT_MAX && !large && !small))
        return;
    /* small dy, SHIFT and SLOPE lose digits unless they are first multiplied by a power of two out of the
     * product */
    const INTEGERS raised = clamp(NAME(exponent_of_power)(size), (INTEGERS)(0), (INTEGERS)(60));
    const INTEGERS own = select(select((INTEGERS)(0), raised, small), (INTEGERS)(-30), large);
    const NAME(factor) factor = NAME(factor_of)(gamma, inverse, outside, own);
    coefficients[DY_BEFORE] = factor.before;
    coefficients[SCALE] = factor.value;
#if !CONSTANT_STATISTICS
    of_sum += NAME(exponent_of_power)(factor.before);
    exponent += NAME(exponent_of_power)(factor.before);
    /* x^ may be large, and multiplies the rounding error of a tiny SLOPE: a power of two moves from one to
     * the other */
    const INTEGERS moves = small && coefficients[INVERSE] < 0x1p+90f;
    const V power = select((V)(1.0f), (V)(0x1p-30f), moves);
    coefficients[BEFORE] *= power;
    coefficients[MEAN] *= power;
    coefficients[MEAN_REST] *= power;
    exponent += select((INTEGERS)(0), (INTEGERS)(30), moves);
    coefficients[SHIFT] = NAME(times_power_of_two)(sum, of_sum);
    coefficients[SLOPE] = NAME(times_power_of_two)(dgamma, exponent);
#endif
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                const V *known)
{
    INTEGERS exponent;
    const V dgamma = NAME(dgamma_of)(sums, known, &exponent);
    NAME(save_gradient)(dgamma, exponent, f->dgamma, f->accumulate_dgamma, group, groups);
    NAME(save_gradient)
    (sums.sum, -NAME(exponent_of_power)(sums.sum_scale), f->dbeta, f->accumulate_dbeta, group, groups);
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
#if CONSTANT_STATISTICS
    return RESULT(o, (NAME(scaled_dy)(o, coefficients) * coefficients[DY_BEFORE]) * coefficients[SCALE]);
#else
    const V rest = fma(NAME(scaled_dy)(o, coefficients), coefficients[DY_BEFORE], -coefficients[SHIFT]);
    return RESULT(o,
                  fma(-NAME(normalized)(o.x, coefficients), coefficients[SLOPE], rest) * coefficients[SCALE]);
#endif
}

#endif
