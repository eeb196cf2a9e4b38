/* dbeta = sum(dy), for a beta of any shape: a group is what shares an element of beta. */
#define BETA_GRADIENT_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                         \
    OUTPUT(dbeta)                                                                                            \
    AND INT(accumulate)

#ifndef CLNORM_HOST

#include "groups.cl"
#include "accumulators/products.cl"

#if LANES == 1
#define FORMULA_ARGUMENTS BETA_GRADIENT_ARGUMENTS
FORMULA_STRUCT;
enum { KNOWN = 1, COEFFICIENTS = KNOWN };
#endif

#include "ops/save_gradient.cl"

/* Nothing is known of a group before its sums. */
INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    (void)f;
    (void)group;
    (void)groups;
    known[0] = (V)(0.0f);
}

/* Both terms are dy: only their sum is wanted, but the accumulator takes a sum of products of 0 for one that
 * lost its digits, and finds it again. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    (void)known;
    (void)term;
    return o.dy;
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                const V *known)
{
    (void)known;
    NAME(save_gradient)
    (sums.sum, -NAME(exponent_of_power)(sums.sum_scale), f->dbeta, f->accumulate, group, groups);
}

#endif
