/*
 * dgamma = sum(dy * x^), x^ = (x - mean) * inverse, for a gamma of any shape: a group is what shares an
 * element of gamma. mean, mean_residual and inverse_or_variance are tensors that are broadcast against x; the
 * last one is the inverse deviation, or, if is_variance, the variance. small_epsilon is epsilon times 2^192
 * where that is a float, else 0.
 */
#define GAMMA_GRADIENT_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                        \
    INPUT(mean) AND INPUT(mean_residual)                                                                     \
    AND INPUT(inverse_or_variance)                                                                           \
    AND OUTPUT(dgamma)                                                                                       \
    AND PAIR(epsilon)                                                                                        \
    AND PAIR(small_epsilon)                                                                                  \
    AND INT(is_variance)                                                                                     \
    AND INT(accumulate)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define IS_VARIANCE        RENAMED(IS_VARIANCE)
#define EPSILON            RENAMED(EPSILON)
#define EPSILON_REST       RENAMED(EPSILON_REST)
#define SMALL_EPSILON      RENAMED(SMALL_EPSILON)
#define SMALL_EPSILON_REST RENAMED(SMALL_EPSILON_REST)
#define LOWERED            RENAMED(LOWERED)
#define inverse_of         RENAMED(inverse_of)
#endif

#if LANES == 1
#define FORMULA_OPERANDS(OPERAND)                                                                            \
    OPERAND(mean, 0.0f) OPERAND(mean_residual, 0.0f) OPERAND(inverse_or_variance, 1.0f)
#endif

#include "groups.cl"
#include "accumulators/products.cl"

#if LANES == 1
#define FORMULA_ARGUMENTS GAMMA_GRADIENT_ARGUMENTS
FORMULA_STRUCT;
enum {
    IS_VARIANCE,
    EPSILON,
    EPSILON_REST,
    SMALL_EPSILON,
    SMALL_EPSILON_REST,
    LOWERED,
    KNOWN,
    COEFFICIENTS = KNOWN
};
#endif

#include "ops/inverse_deviation.cl"
#include "ops/normalized.cl"
#include "ops/save_gradient.cl"

/* Nothing is known of a group. This is what formula_term needs of the arguments, and the power of two that it
 * divides terms by. */
INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    (void)group;
    (void)groups;
    known[IS_VARIANCE] = (V)(f->is_variance ? 1.0f : 0.0f);
    known[EPSILON] = (V)(f->epsilon);
    known[EPSILON_REST] = (V)(f->epsilon_rest);
    known[SMALL_EPSILON] = (V)(f->small_epsilon);
    known[SMALL_EPSILON_REST] = (V)(f->small_epsilon_rest);
    known[LOWERED] = (V)(0.0f);
}

INLINED V NAME(inverse_of)(V inverse_or_variance, const V *known)
{
    const NAME(epsilons)
        epsilons = {known[EPSILON], known[EPSILON_REST], known[SMALL_EPSILON], known[SMALL_EPSILON_REST]};
    const NAME(spread) spread = NAME(spread_of_given)(epsilons, inverse_or_variance);
    return select(inverse_or_variance, spread.inverse * spread.scale, known[IS_VARIANCE] > 0.0f);
}

/* The two terms: dy and x^; where x^ is outside 2^-100 ... 2^100, the rest of its power of two is dy's. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    V statistics[STATISTICS];
    INTEGERS of_x, of_inverse;
    NAME(set_statistics)(o.mean, o.mean_residual, NAME(inverse_of)(o.inverse_or_variance, known), statistics);
    const V mantissa = NAME(mantissa_of)(NAME(centred)(o.x, statistics), &of_x) *
                       NAME(mantissa_of)(statistics[INVERSE], &of_inverse);
    const INTEGERS all = of_x + of_inverse, own = clamp(all, (INTEGERS)(-100), (INTEGERS)(100));
    const INTEGERS lowered = CONVERT_INTEGERS(fmax(known[LOWERED], (V)(0.0f)));
    return term == 0 ? NAME(times_power_of_two)(o.dy, all - own - lowered)
                     : NAME(times_power_of_two)(mantissa, own);
}

#if LANES == 1
/* Terms that fp32 does not hold make NaN where their signs differ. If the data itself is not finite, nothing
 * helps, and the sum is found again as it was. */
#define FORMULA_RESCALED LOWERED
INLINED bool formula_rescale(accumulator sums, real *known)
{
    if (isfinite(sums.product) || known[LOWERED] < 0.0f)
        return false;
    known[LOWERED] = known[LOWERED] < 240.0f ? known[LOWERED] + 120.0f : -1.0f;
    return true;
}
#endif

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                const V *known)
{
    const INTEGERS lowered = CONVERT_INTEGERS(fmax(known[LOWERED], (V)(0.0f)));
    const INTEGERS exponent = lowered - 2 * NAME(exponent_of_power)(sums.scale);
    NAME(save_gradient)(sums.product, exponent, f->dgamma, f->accumulate, group, groups);
}

#endif
