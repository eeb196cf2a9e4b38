/*
 * y = x / sqrt(max(sum(x^2), epsilon)), with one sum for each group. The accumulator sums the squares of x
 * times a power of two (accumulators/squares.cl).
 */
#ifdef INSTANCE /* fpga/names.cl */
#define FIRST_FACTOR  RENAMED(FIRST_FACTOR)
#define SECOND_FACTOR RENAMED(SECOND_FACTOR)
#endif

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
    const INTEGERS floored = NAME(is_floored)(f, squares.sum, squares.scale), large = squares.scale < 1.0f;
    V inverse = NAME(inverse_square_root)(squares.sum, squares.rest); /* 1 / norm of the scaled values */
    inverse = select(inverse, (V)(0.0f), squares.sum == 0.0f);
    /* In this order a product leaves fp32's range only where y does. */
    const V first = select(squares.scale, inverse, large), second = select(inverse, squares.scale, large);
    coefficients[FIRST_FACTOR] = select(first, (V)(f->floor), floored);
    coefficients[SECOND_FACTOR] = select(second, (V)(f->floor_rest), floored);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) squares,
                                const V *known)
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
