/*
 * dx = (dy - y * sum(y * dy)) / norm, norm = sqrt(max(sum(x^2), epsilon)), y = x / norm, sums for each group;
 * below the floor dx = dy / sqrt(epsilon). The sums are those of x times a power of two
 * (accumulators/projection.cl), and another one brings the norm to 1 ... 2: then
 * dx = (dy * i - x * q) * scale, i = 1 / norm, q = sum(x * dy) * i^3, each in two floats.
 */
#include "groups.cl"
#include "accumulators/projection.cl"
#include "ops/l2_norm.cl"

#if LANES == 1
enum { SCALE, SECOND_SCALE, INVERSE, INVERSE_REST, SLOPE, SLOPE_REST, COEFFICIENTS, KNOWN = 1 };
#endif

/* Nothing is known of a group before its sums. */
INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)known;
}

/* x, and dy. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return term == 0 ? o.x : o.dy;
}

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                 V *coefficients)
{
    (void)group;
    (void)groups;
    const V one = (V)(1.0f), zero = (V)(0.0f);
    const INTEGERS floored = NAME(is_floored)(f, sums.sum, NAME(exponent_of_scale)(sums.scale));
    const INTEGERS halved = (((AS_INTEGERS(sums.sum) >> 23) & 255) - 127) >> 1;
    const V scale = AS_REALS((127 - halved) << 23); /* by which the norm becomes 1 ... 2 */
    NAME(pair) inverse = NAME(inverse_square_root_pair)(sums.sum * scale * scale, sums.rest * scale * scale);
    inverse.value = select(inverse.value, zero, sums.sum == 0.0f);
    NAME(pair) slope = {sums.product * scale, sums.product_rest * scale};
    for (uint power = 0; power < 3; power++)
        slope = NAME(pair_multiply)(slope, inverse);

    coefficients[SCALE] = select(scale, one, floored);
    coefficients[SECOND_SCALE] = select(sums.scale, one, floored);
    const V floor =
        ldexp((V)(f->floor_mantissa), (INTEGERS)(f->floor_exponent)); /* oclgrind 21.10 misreads a scalar */
    coefficients[INVERSE] = select(inverse.value, floor, floored);
    coefficients[INVERSE_REST] = select(inverse.rest, zero, floored);
    coefficients[SLOPE] = select(slope.value, zero, floored);
    coefficients[SLOPE_REST] = select(slope.rest, zero, floored);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)sums;
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
    const V x = (o.x * coefficients[SECOND_SCALE]) * coefficients[SCALE];
    const V rest = fma(o.dy, coefficients[INVERSE_REST], -x * coefficients[SLOPE_REST]);
    const V scaled = fma(-x, coefficients[SLOPE], fma(o.dy, coefficients[INVERSE], rest));
    return RESULT(o, (scaled * coefficients[SCALE]) * coefficients[SECOND_SCALE]);
}
