/*
 * dx = (dy - y * sum(y * dy)) / norm, norm = sqrt(max(sum(x^2), epsilon)), y = x / norm, sums for each group;
 * below the floor dx = dy / sqrt(epsilon). With i = 1 / norm and q = sum(x * dy) * i^3, each in two floats,
 * dx = dy * i - x * q. Both are multiplied by powers of two for which fp32 holds every product. Lanes without
 * such powers are called extreme: there each product is a number with an exponent of its own (scaled.cl).
 */
#ifdef INSTANCE /* fpga/names.cl */
#define SCALE             RENAMED(SCALE)
#define INVERSE           RENAMED(INVERSE)
#define SLOPE             RENAMED(SLOPE)
#define SECOND_SCALE      RENAMED(SECOND_SCALE)
#define INVERSE_REST      RENAMED(INVERSE_REST)
#define SLOPE_REST        RENAMED(SLOPE_REST)
#define set_extreme       RENAMED(set_extreme)
#define exponent_of_scale RENAMED(exponent_of_scale)
#endif

#include "groups.cl"
#include "accumulators/projection.cl"
#include "ops/l2_norm.cl"
#define FORMULA_HAS_EXTREMES 1

#if LANES == 1
/* dx = (dy * INVERSE - x * SCALE * SLOPE) * SECOND_SCALE. In extreme lanes, where SCALE is negative, it is
 * dy * INVERSE * 2^SECOND_SCALE - x * SLOPE * 2^(SCALE - EXTREME). */
enum { SCALE, SECOND_SCALE, INVERSE, INVERSE_REST, SLOPE, SLOPE_REST, COEFFICIENTS, KNOWN = 1 };
#define EXTREME (-10000)
#endif

/* The exponent of `scale`, the power of two that a set's values were multiplied by. */
static INTEGERS NAME(exponent_of_scale)(V scale)
{
    const INTEGERS exponent = select((INTEGERS)(0), (INTEGERS)(-80), scale < 1.0f);
    return select(exponent, (INTEGERS)(96), scale > 1.0f);
}

/* Nothing is known of a group before its sums. */
INLINED void NAME(formula_load)(const formula *f, index_t group, uint groups, V *known)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)known;
}

/* The two terms are x and dy. */
INLINED V NAME(formula_term)(NAME(operands) o, const V *known, uint term)
{
    return term == 0 ? o.x : o.dy;
}

/* The coefficients of extreme lanes, whose norm is 2^exponent / inverse. */
static void NAME(set_extreme)(NAME(accumulator) sums, NAME(pair) inverse, INTEGERS exponent, V *coefficients)
{
    const NAME(scaled) i = NAME(scaled_normalize)(inverse.value, inverse.rest, (INTEGERS)(0));
    NAME(scaled)
    slope = NAME(scaled_normalize)(sums.product, sums.product_rest, CONVERT_INTEGERS(sums.product_exponent));
    for (uint power = 0; power < 3; power++)
        slope = NAME(scaled_multiply)(slope, i);
    coefficients[INVERSE] = i.value;
    coefficients[INVERSE_REST] = i.rest;
    coefficients[SECOND_SCALE] = CONVERT_REALS(i.exponent - exponent);
    coefficients[SLOPE] = slope.value;
    coefficients[SLOPE_REST] = slope.rest;
    coefficients[SCALE] = CONVERT_REALS(slope.exponent - 3 * exponent + EXTREME);
}

/* dx of extreme lanes. */
static V NAME(extreme_gradient)(NAME(operands) o, const V *coefficients)
{
    const NAME(scaled) inverse = {coefficients[INVERSE], coefficients[INVERSE_REST],
                                  CONVERT_INTEGERS(coefficients[SECOND_SCALE])};
    const NAME(scaled) slope = {-coefficients[SLOPE], -coefficients[SLOPE_REST],
                                CONVERT_INTEGERS(coefficients[SCALE]) - EXTREME};
    return NAME(scaled_value)(NAME(scaled_add)(NAME(scaled_multiply)(inverse, NAME(scaled_of)(o.dy)),
                                               NAME(scaled_multiply)(slope, NAME(scaled_of)(o.x))));
}

INLINED void NAME(formula_finish)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                  V *coefficients)
{
    (void)group;
    (void)groups;
    const V one = (V)(1.0f), zero = (V)(0.0f);
    const INTEGERS exponent = NAME(exponent_of_scale)(sums.scale);
    const INTEGERS floored = NAME(is_floored)(f, sums.sum, sums.scale);
    const INTEGERS halved = (((AS_INTEGERS(sums.sum) >> 23) & 255) - 127) >> 1;
    const V scale = AS_REALS((127 - halved) << 23); /* the norm times this is 1 ... 2 */
    NAME(pair) inverse = NAME(inverse_square_root_pair)(sums.sum * scale * scale, sums.rest * scale * scale);
    inverse.value = select(inverse.value, zero, sums.sum == 0.0f);
    NAME(pair) slope = {sums.product * scale, sums.product_rest * scale};
#pragma unroll
    for (uint power = 0; power < 3; power++)
        slope = NAME(pair_multiply)(slope, inverse);

    const INTEGERS unscaled = sums.scale == 1.0f && (sums.product_exponent == 0.0f || sums.product == 0.0f);
    const INTEGERS ordinary = floored || sums.sum == 0.0f || (unscaled && fabs(slope.value) <= 0x1p+60f);
    V extreme[COEFFICIENTS] = {zero};
    if (!ALL(ordinary))
        NAME(set_extreme)(sums, inverse, halved - exponent, extreme);
    /* A scale above 1 is applied first, one below 1 last: so no digits are lost that matter. */
    const V before = fmax(scale, one), after = fmin(scale, one);
    const V chosen[COEFFICIENTS] = {
        [SCALE] = select(before, one, floored),
        [SECOND_SCALE] = select(after, (V)(f->floor_rest), floored),
        [INVERSE] = select(inverse.value * before, (V)(f->floor), floored),
        [INVERSE_REST] = select(inverse.rest * before, zero, floored),
        [SLOPE] = select(slope.value * scale, zero, floored),
        [SLOPE_REST] = select(slope.rest * scale, zero, floored),
    };
#pragma unroll
    for (uint i = 0; i < COEFFICIENTS; i++)
        coefficients[i] = select(extreme[i], chosen[i], ordinary);
}

INLINED void NAME(formula_save)(const formula *f, index_t group, uint groups, NAME(accumulator) sums,
                                const V *known)
{
    (void)f;
    (void)group;
    (void)groups;
    (void)sums;
}

/* Whether no lane is extreme. */
INLINED bool NAME(formula_is_ordinary)(const V *coefficients)
{
    return ALL(coefficients[SCALE] > 0.0f);
}

INLINED V NAME(ordinary_gradient)(NAME(operands) o, const V *coefficients)
{
    const V x = o.x * coefficients[SCALE];
    const V known = fma(o.dy, coefficients[INVERSE_REST], -x * coefficients[SLOPE_REST]);
    /* A rest that is not finite is dropped: without it dx is infinite or NaN, too; with it an infinite dx
     * would become NaN where the rest has the other sign. */
    const V rest = select((V)(0.0f), known, isfinite(known));
    const V sum = fma(-x, coefficients[SLOPE], fma(o.dy, coefficients[INVERSE], rest));
    return sum * coefficients[SECOND_SCALE];
}

INLINED V NAME(formula_apply_ordinary)(NAME(operands) o, const V *coefficients)
{
    return RESULT(o, NAME(ordinary_gradient)(o, coefficients));
}

static V NAME(formula_apply)(NAME(operands) o, const V *coefficients)
{
    const V dx = NAME(ordinary_gradient)(o, coefficients);
    if (NAME(formula_is_ordinary)(coefficients))
        return RESULT(o, dx);
    return RESULT(o, select(NAME(extreme_gradient)(o, coefficients), dx, coefficients[SCALE] > 0.0f));
}
