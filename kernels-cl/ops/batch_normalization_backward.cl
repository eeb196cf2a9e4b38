/*
 * dbeta = sum(dy), dgamma = sum(dy * x^), x^ = (x - mean) * inverse,
 * dx = gamma * inverse * (dy - dbeta / N - x^ * dgamma / N), for each channel.
 *
 * CONSTANT_STATISTICS: mean and variance are running values, which do not depend on x: dx is
 * gamma * inverse * dy. Else they are what training saved, the inverse of the deviation for the variance.
 * A group is a channel. Scalars ending in _rest are what the fp32 value before them left of a double.
 */
#include "groups.cl"
#include "accumulators/products.cl"
#include "roots.cl"

#if LANES == 1

#define FORMULA_PARAMETERS                                                                                   \
    INPUT(gamma), INPUT(mean), INPUT(mean_residual), INPUT(inverse_deviation), INPUT(variance),              \
        OUTPUT(dgamma), OUTPUT(dbeta), real epsilon, real epsilon_rest, real inverse_elements,               \
        int accumulate_dgamma, int accumulate_dbeta

typedef struct formula {
    __global const real *gamma, *mean, *mean_residual, *inverse_deviation, *variance;
    __global real *dgamma, *dbeta;
    real epsilon, epsilon_rest, inverse_elements;
    int accumulate_dgamma, accumulate_dbeta;
} formula;

#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        AT_OFFSET(gamma), AT_OFFSET(mean), AT_OFFSET(mean_residual), AT_OFFSET(inverse_deviation),           \
            AT_OFFSET(variance), AT_OFFSET(dgamma), AT_OFFSET(dbeta), epsilon, epsilon_rest,                 \
            inverse_elements, accumulate_dgamma, accumulate_dbeta                                            \
    }

/* What is known of a channel before its sums, and what formula_apply needs besides. */
enum { MEAN, MEAN_REST, INVERSE, KNOWN, SCALE = KNOWN, SHIFT, SLOPE, COEFFICIENTS };

#endif

/* 1 / sqrt(variance + epsilon). */
static V NAME(inverse_of_running)(const formula *f, V variance)
{
    const NAME(pair) sum = NAME(two_sum)(variance, (V)(f->epsilon));
    const NAME(pair) shifted = NAME(renormalize)(sum.value, sum.rest + f->epsilon_rest);
    return NAME(inverse_square_root)(shifted.value, shifted.rest);
}

INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    known[MEAN] = NAME(load_groups)(f->mean, group, groups);
    known[MEAN_REST] = f->mean_residual ? NAME(load_groups)(f->mean_residual, group, groups) : (V)(0.0f);
#if CONSTANT_STATISTICS
    known[INVERSE] = NAME(inverse_of_running)(f, NAME(load_groups)(f->variance, group, groups));
#else
    known[INVERSE] = NAME(load_groups)(f->inverse_deviation, group, groups);
#endif
}

/* dy, and x^. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return term == 0 ? o.dy : ((o.x - known[MEAN]) - known[MEAN_REST]) * known[INVERSE];
}

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                 V *coefficients)
{
    const V inverse = coefficients[INVERSE], share = (V)(f->inverse_elements);
    coefficients[SCALE] = f->gamma ? NAME(load_groups)(f->gamma, group, groups) * inverse : inverse;
    coefficients[SHIFT] = sums.sum * share;
    coefficients[SLOPE] = sums.product * share * inverse;
}

/* Writes a gradient, or adds it to what is there. */
static void NAME(save)(V gradient, __global real *to, int accumulate, index_t group, uint groups)
{
    if (to)
        NAME(store_groups)
    (accumulate ? NAME(load_groups)(to, group, groups) + gradient : gradient, to, group, groups);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums)
{
    NAME(save)(sums.product, f->dgamma, f->accumulate_dgamma, group, groups);
    NAME(save)(sums.sum, f->dbeta, f->accumulate_dbeta, group, groups);
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
#if CONSTANT_STATISTICS
    return RESULT(o, o.dy * coefficients[SCALE]);
#else
    const V deviation = (o.x - coefficients[MEAN]) - coefficients[MEAN_REST];
    const V rest = fma(-deviation, coefficients[SLOPE], o.dy - coefficients[SHIFT]);
    return RESULT(o, rest * coefficients[SCALE]);
#endif
}
