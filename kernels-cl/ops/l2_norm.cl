/*
 * 1 / sqrt(max(sum, epsilon)) for l2_normalize and its gradient, where `sum` is a sum of squares of values
 * times a power of two, `scale`. The host passes epsilon for each scale, times its square: 1, SCALE_OF_SMALL
 * or SCALE_OF_LARGE. 1 / sqrt(epsilon) is floor * floor_rest, so that it exists for an epsilon that fp32 does
 * not hold, too.
 */
#define FORMULA_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                               \
    REAL(epsilon)                                                                                            \
    AND REAL(small_epsilon)                                                                                  \
    AND REAL(large_epsilon)                                                                                  \
    AND REAL(floor)                                                                                          \
    AND REAL(floor_rest)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define is_floored RENAMED(is_floored)
#endif

#include "roots.cl"

#if LANES == 1
FORMULA_STRUCT;
#endif

/* Whether the floor applies, that is, the sum is less than epsilon. */
static INTEGERS NAME(is_floored)(const formula *f, V sum, V scale)
{
    const V epsilon = select((V)(f->epsilon), (V)(f->large_epsilon), scale < 1.0f);
    return sum < select(epsilon, (V)(f->small_epsilon), scale > 1.0f);
}

#endif
