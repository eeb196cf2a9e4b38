/* The products of a tile's terms. This file is included once for each kind of tile (tiles/). */

/* A sum `with` an element's product, or `without` it where scaling up made it NaN: then one term has become
 * infinite, and the other is 0. */
INLINED V OF(with_product)(V with, V without, V scale)
{
#if IN_REGISTERS
    return select(with, without, isnan(with) && scale > 1.0f);
#else
    (void)without;
    (void)scale;
    return with;
#endif
}

/* The set of each lane's taken elements, with terms times `scale`. Eight elements at a time are added as a
 * tree, and the trees in two floats. */
TILE_FUNCTION NAME(accumulator) OF(products)(TILE tile, uint taken, V scale)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero}, product = sum;
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(taken); row += 8) {
        V sums[4], products[4];
        READ_AHEAD(tile, 8);
#pragma unroll
        for (uint i = 0; i < 4; i++) {
            const V a = SCALED(TERM_AT(tile, taken, row + 2 * i, 0, zero), scale);
            const V b = SCALED(TERM_AT(tile, taken, row + 2 * i + 1, 0, zero), scale);
            sums[i] = a + b;
            const V second_a = SCALED(TERM_AT(tile, taken, row + 2 * i, 1, zero), scale);
            const V second_b = SCALED(TERM_AT(tile, taken, row + 2 * i + 1, 1, zero), scale);
            const V of_b = OF(with_product)(b * second_b, zero, scale);
            products[i] = OF(with_product)(fma(a, second_a, of_b), of_b, scale);
        }
        sum = ADDED(row, sum, (sums[0] + sums[1]) + (sums[2] + sums[3]));
        product = ADDED(row, product, (products[0] + products[1]) + (products[2] + products[3]));
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(taken); row++) {
        const V a = SCALED(TERM_AT(tile, taken, row, 0, zero), scale);
        sum = ADDED(row, sum, a);
        const V second = SCALED(TERM_AT(tile, taken, row, 1, zero), scale);
        product = ADDED(row, product, OF(with_product)(a * second, zero, scale));
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator) set = {sum.value, sum.rest, (V)(1.0f), product.value, product.rest, scale};
    return set;
}

/* `set`, in which the sum of first terms has left fp32's range in some lanes, with that sum found again times
 * SCALE_LARGE_SUM. */
TILE_FUNCTION NAME(accumulator) OF(large_sum)(TILE tile, uint taken, NAME(accumulator) set)
{
    const INTEGERS large = !isfinite(set.sum);
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++)
        sum = ADDED(row, sum, TERM_AT(tile, taken, row, 0, (V)(0.0f)) * SCALE_LARGE_SUM);
    sum = NAME(renormalize)(sum.value, sum.rest);
    set.sum = select(set.sum, sum.value, large);
    set.sum_rest = select(set.sum_rest, sum.rest, large);
    set.sum_scale = select((V)(1.0f), (V)(SCALE_LARGE_SUM), large);
    return set;
}

#if IN_REGISTERS

/* The accumulator of each lane's taken elements. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    NAME(accumulator) set;
    V scale = (V)(1.0f);
#pragma unroll 1
    for (uint pass = 0; pass < 2; pass++) {
        const NAME(accumulator) found = OF(products)(tile, taken, scale);
        if (pass > 0)
            return NAME(with_products)(set, found);
        set = found;
        if (!ALL(isfinite(set.sum)))
            set = OF(large_sum)(tile, taken, set);
        scale = NAME(scale_for)(set);
        if (ALL(scale == 1.0f))
            break;
    }
    return set;
}

#else

/* Whether all products are 0 outside of the lanes `of_these`. */
static bool OF(has_no_product_but)(TILE tile, uint taken, INTEGERS of_these)
{
    INTEGERS none = (INTEGERS)(-1);
    for (uint row = 0; row < taken; row++)
        none &= NAME(have_no_product)(TERM_AT(tile, taken, row, 0, (V)(0.0f)),
                                      TERM_AT(tile, taken, row, 1, (V)(0.0f)));
    return ALL(none || of_these);
}

/* The accumulator of a tile for which `set`, found without a scale, has sums out of range. */
RARE NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint taken, NAME(accumulator) set)
{
    const V scale = NAME(scale_for)(set);
    V scaled[TERMS * TILE_ROWS];
    if (!ALL(isfinite(set.sum)))
        set = OF(large_sum)(tile, taken, set);
    if (ALL(scale == 1.0f || set.product == 0.0f) && OF(has_no_product_but)(tile, taken, scale == 1.0f))
        return set;
    for (uint row = 0; row < taken; row++) {
        const V first = TERM_AT(tile, taken, row, 0, (V)(0.0f)),
                second = TERM_AT(tile, taken, row, 1, (V)(0.0f));
        const INTEGERS none = scale > 1.0f && NAME(have_no_product)(first, second);
        scaled[row] = select(first * scale, (V)(0.0f), none);
        scaled[TILE_ROWS + row] = select(second * scale, (V)(0.0f), none);
    }
    return NAME(with_products)(set, NAME(products_of_tile)(scaled, taken, scale));
}

/* The accumulator of each lane's taken elements. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    const NAME(accumulator) set = OF(products)(tile, taken, (V)(1.0f));
    const INTEGERS fits = isfinite(set.sum) && NAME(scale_for)(set) == 1.0f;
    return ALL(fits) ? set : OF(extreme_accumulator)(tile, taken, set);
}

#endif

#include "accumulators/growing_of.cl"
