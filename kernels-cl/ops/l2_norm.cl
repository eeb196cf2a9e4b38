/*
 * 1 / sqrt(max(sum, epsilon)) for l2_normalize and its gradient, where `sum` is a sum of squares of values
 * times a power of two. The host passes epsilon and the floor, 1 / sqrt(epsilon), each as
 * mantissa * 2^exponent: so epsilon can be compared with a scaled sum, and fp32 need not hold either.
 */
#define FORMULA_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                               \
    REAL(epsilon_mantissa)                                                                                   \
    AND INT(epsilon_exponent)                                                                                \
    AND REAL(floor_mantissa)                                                                                 \
    AND INT(floor_exponent)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define exponent_of_scale RENAMED(exponent_of_scale)
#define is_floored        RENAMED(is_floored)
#define floor_factors     RENAMED(floor_factors)
#endif

#include "roots.cl"

#if LANES == 1
FORMULA_STRUCT;
#endif

/* The exponent of `scale`, the power of two that a set's values were multiplied by. */
static INTEGERS NAME(exponent_of_scale)(V scale)
{
    const INTEGERS exponent = select((INTEGERS)(0), (INTEGERS)(-80), scale < 1.0f);
    return select(exponent, (INTEGERS)(96), scale > 1.0f);
}

/* Whether the floor applies, that is, the sum is less than epsilon. */
static INTEGERS NAME(is_floored)(const formula *f, V sum, INTEGERS exponent)
{
    return sum < ldexp((V)(f->epsilon_mantissa), f->epsilon_exponent + 2 * exponent);
}

/* 1 / sqrt(epsilon) as a product of two floats, so that it exists for an epsilon that fp32 does not hold,
 * too. */
static NAME(pair) NAME(floor_factors)(const formula *f)
{
    const INTEGERS exponent = (INTEGERS)(f->floor_exponent);
    /* The bounds of clamp are vectors because oclgrind 21.10 misreads scalar ones. */
    const INTEGERS first = clamp(exponent, (INTEGERS)(-126), (INTEGERS)(126));
    const NAME(pair) factors = {ldexp((V)(f->floor_mantissa), first), ldexp((V)(1.0f), exponent - first)};
    return factors;
}

#endif
