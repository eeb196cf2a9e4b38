/* The squares and products of a tile's terms. This file is included once for each kind of tile (tiles/). */

/* The exponent of each lane's largest product. It may be too large where that product has a factor below
 * FLT_MIN. */
TILE_FUNCTION INTEGERS OF(largest_product)(TILE tile, uint taken)
{
    INTEGERS largest = (INTEGERS)(LEAST_EXPONENT);
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++) {
        const V a = FILLED_AT(tile, row, 0), b = FILLED_AT(tile, row, 1);
        const INTEGERS exponent = NAME(exponent_of_power)(fabs(a)) + NAME(exponent_of_power)(fabs(b));
        largest = select(largest, max(largest, exponent), a != 0.0f && b != 0.0f);
    }
    return min(largest, (INTEGERS)(LARGEST_EXPONENT));
}

/* The accumulator of each lane's taken elements, with squares of first terms times `scale` and products
 * divided by 2^exponent. To divide a product, its larger factor is lowered, or for a negative exponent its
 * smaller one raised, so that neither leaves fp32's range. */
TILE_FUNCTION NAME(accumulator) OF(scaled_accumulator)(TILE tile, uint taken, V scale, INTEGERS exponent)
{
    const V zero = (V)(0.0f);
    const INTEGERS part = -exponent >> 1;
    const V ratio = NAME(power_of_two)(part), second_ratio = NAME(power_of_two)(-exponent - part);
    NAME(pair) sum = {zero, zero}, product = sum;
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++) {
        const V a = FILLED_AT(tile, row, 0), b = FILLED_AT(tile, row, 1);
        const V x = a * scale, xx = x * x;
        const INTEGERS takes_a = (fabs(a) < fabs(b)) == (exponent < 0);
        const V p = select(b, a, takes_a) * ratio * second_ratio, q = select(a, b, takes_a), pq = p * q;
        sum = ADDED(row, sum, xx);
        sum.rest += fma(x, x, -xx);
        product = ADDED(row, product, pq);
        product.rest += fma(p, q, -pq);
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator)
        set = {sum.value, sum.rest, scale, product.value, product.rest, CONVERT_REALS(exponent)};
    return set;
}

#if IN_REGISTERS

/* The accumulator of each lane's taken elements. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    NAME(accumulator) set;
    V scale = (V)(1.0f);
    INTEGERS exponent = (INTEGERS)(0);
#pragma unroll 1
    for (uint pass = 0; pass < 2; pass++) {
        set = OF(scaled_accumulator)(tile, taken, scale, exponent);
        const INTEGERS ordinary = NAME(is_ordinary)(set);
        if (pass > 0 || ALL(ordinary))
            break;
        scale = NAME(scale_for)(set.sum);
        exponent = select(OF(largest_product)(tile, taken), (INTEGERS)(0), ordinary);
    }
    return set;
}

#else

/* The accumulator of each lane's taken elements, with scale 1 and exponent 0. */
TILE_FUNCTION NAME(accumulator) OF(ordinary_accumulator)(TILE tile, uint taken)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero}, product = sum;
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++) {
        READ_AHEAD(tile, 1);
        const V a = FILLED_AT(tile, row, 0), b = FILLED_AT(tile, row, 1);
        const V aa = a * a, ab = a * b;
        sum = ADDED(row, sum, aa);
        sum.rest += fma(a, a, -aa);
        product = ADDED(row, product, ab);
        product.rest += fma(a, b, -ab);
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator) set = {sum.value, sum.rest, (V)(1.0f), product.value, product.rest, zero};
    return set;
}

/* The same where some lanes' sums are out of range. */
RARE NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint taken, NAME(accumulator) set)
{
    const INTEGERS largest = OF(largest_product)(tile, taken);
    return OF(scaled_accumulator)(tile, taken, NAME(scale_for)(set.sum),
                                  select(largest, (INTEGERS)(0), NAME(is_ordinary)(set)));
}

/* The accumulator of each lane's taken elements. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    const NAME(accumulator) set = OF(ordinary_accumulator)(tile, taken);
    return ALL(NAME(is_ordinary)(set)) ? set : OF(extreme_accumulator)(tile, taken, set);
}

#endif

#include "accumulators/growing_of.cl"
