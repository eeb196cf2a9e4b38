/*
 * y = x / sqrt(max(sum(x^2), epsilon)), a sum for each group.
 *
 * A sum that left [2^-100, 2^100] is found again with x scaled by a power of two, the same for all such
 * groups: 2^-80 and 2^96 bring every finite fp32 square, and sums of 2^40 of them, into range. epsilon
 * comes as mantissa * 2^exponent, and its inverse root too, so that both can be compared and used scaled.
 */
#include "accumulators/squares.cl"

#if LANES == 1

#define FORMULA_RESCALES 1

#define FORMULA_PARAMETERS                                                                                    \
    real epsilon_mantissa, int epsilon_exponent, real floor_mantissa, int floor_exponent

typedef struct formula {
    real epsilon_mantissa;
    int epsilon_exponent;
    real floor_mantissa; /* of 1 / sqrt(epsilon) */
    int floor_exponent;
} formula;

#define FORMULA_BIND {epsilon_mantissa, epsilon_exponent, floor_mantissa, floor_exponent}

enum { FIRST_FACTOR, SECOND_FACTOR, COEFFICIENTS };

/* What x has to be multiplied by before it is squared, seen from a sum without: 1 keeps that sum. */
real formula_rescale(const formula *f, accumulator squares)
{
    const bool floored = f->epsilon_mantissa > 0.0f && f->epsilon_exponent > -100;
    if (squares.sum > 0x1p+100f)
        return 0x1p-80f;
    return squares.sum < 0x1p-100f && !floored ? 0x1p+96f : 1.0f;
}

void formula_finish(const formula *f, index_t group, accumulator squares, real rescale, real *coefficients)
{
    (void)group;
    const int exponent = rescale == 1.0f ? 0 : rescale < 1.0f ? -80 : 96;
    const real epsilon = ldexp(f->epsilon_mantissa, f->epsilon_exponent + 2 * exponent);
    real inverse; /* of the norm of the scaled values */
    if (squares.sum < epsilon) /* also a sum that underflowed to 0 far below epsilon */
        inverse = ldexp(f->floor_mantissa, f->floor_exponent - exponent);
    else if (squares.sum == 0.0f)
        inverse = 0.0f;
    else
        inverse = inverse_square_root(squares.sum, squares.rest);
    /* In this order no product leaves fp32's range but where y does. */
    coefficients[FIRST_FACTOR] = rescale < 1.0f ? inverse : rescale;
    coefficients[SECOND_FACTOR] = rescale < 1.0f ? rescale : inverse;
}

void formula_save(const formula *f, index_t group, accumulator squares)
{
    (void)f;
    (void)group;
    (void)squares;
}

#endif

V NAME(formula_apply)(V x, const V *coefficients)
{
    return (x * coefficients[FIRST_FACTOR]) * coefficients[SECOND_FACTOR];
}
