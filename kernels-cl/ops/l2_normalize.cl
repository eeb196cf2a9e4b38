/*
 * y = x / sqrt(max(sum(x^2), epsilon)), a sum for each group: that of x times a power of two
 * (accumulators/squares.cl).
 */
#include "groups.cl"
#include "accumulators/squares.cl"
#include "ops/l2_norm.cl"

#if LANES == 1
enum { FIRST_FACTOR, SECOND_FACTOR, COEFFICIENTS };
#endif

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) squares,
                                 V *coefficients)
{
    (void)group;
    (void)groups;
    const INTEGERS exponent = NAME(exponent_of_scale)(squares.scale), large = squares.scale < 1.0f;
    const V floored = ldexp((V)(f->floor_mantissa), f->floor_exponent - exponent);
    V inverse = NAME(inverse_square_root)(squares.sum, squares.rest); /* of the norm of the scaled values */
    inverse = select(inverse, (V)(0.0f), squares.sum == 0.0f);
    inverse = select(inverse, floored, NAME(is_floored)(f, squares.sum, exponent));
    /* In this order no product leaves fp32's range but where y does. */
    coefficients[FIRST_FACTOR] = select(squares.scale, inverse, large);
    coefficients[SECOND_FACTOR] = select(inverse, squares.scale, large);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) squares)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)squares;
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
    return (o.x * coefficients[FIRST_FACTOR]) * coefficients[SECOND_FACTOR];
}
