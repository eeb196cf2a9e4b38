/*
 * y = x / sqrt(max(sum(x^2), epsilon)), a sum for each group.
 *
 * The sum is that of x times a power of two (accumulators/squares.cl). epsilon comes as mantissa *
 * 2^exponent, and its inverse root too, so that both can be compared and used scaled.
 */
#include "groups.cl"
#include "roots.cl"
#include "accumulators/squares.cl"

#if LANES == 1

#define FORMULA_PARAMETERS                                                                                   \
    real epsilon_mantissa, int epsilon_exponent, real floor_mantissa, int floor_exponent

typedef struct formula {
    real epsilon_mantissa;
    int epsilon_exponent;
    real floor_mantissa; /* of 1 / sqrt(epsilon) */
    int floor_exponent;
} formula;

#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        epsilon_mantissa, epsilon_exponent, floor_mantissa, floor_exponent                                   \
    }

enum { FIRST_FACTOR, SECOND_FACTOR, COEFFICIENTS };

#endif

static void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) squares,
                                 V *coefficients)
{
    (void)group;
    (void)groups;
    const INTEGERS large = squares.scale<1.0f, small = squares.scale> 1.0f;
    const INTEGERS exponent = select(select((INTEGERS)(0), (INTEGERS)(-80), large), (INTEGERS)(96), small);
    const V epsilon = ldexp((V)(f->epsilon_mantissa), f->epsilon_exponent + 2 * exponent);
    const V floored = ldexp((V)(f->floor_mantissa), f->floor_exponent - exponent);
    V inverse = NAME(inverse_square_root)(squares.sum, squares.rest); /* of the norm of the scaled values */
    inverse = select(inverse, (V)(0.0f), squares.sum == 0.0f);
    inverse = select(inverse, floored, squares.sum < epsilon); /* also of a sum that is 0 */
    /* In this order no product leaves fp32's range but where y does. */
    coefficients[FIRST_FACTOR] = select(squares.scale, inverse, large);
    coefficients[SECOND_FACTOR] = select(inverse, squares.scale, large);
}

static void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) squares)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)squares;
}

static V NAME(formula_apply)(V x, const V *coefficients)
{
    return (x * coefficients[FIRST_FACTOR]) * coefficients[SECOND_FACTOR];
}
