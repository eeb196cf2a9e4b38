/* The products of a tile's terms, wherever they are: see tiles/. */

/* The first `rows` elements of each lane: eight a tree, trees in two floats. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero}, product = sum;
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(rows); row += 8) {
        V sums[4], products[4];
#pragma unroll
        for (uint i = 0; i < 4; i++) {
            const V a = TERM_AT(tile, row + 2 * i, 0, zero), b = TERM_AT(tile, row + 2 * i + 1, 0, zero);
            sums[i] = a + b;
            products[i] =
                fma(a, TERM_AT(tile, row + 2 * i, 1, zero), b * TERM_AT(tile, row + 2 * i + 1, 1, zero));
        }
        sum = NAME(pair_add)(sum, (sums[0] + sums[1]) + (sums[2] + sums[3]));
        product = NAME(pair_add)(product, (products[0] + products[1]) + (products[2] + products[3]));
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(rows); row++) {
        const V a = TERM_AT(tile, row, 0, zero);
        sum = NAME(pair_add)(sum, a);
        product = NAME(pair_add)(product, a * TERM_AT(tile, row, 1, zero));
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator) set = {sum.value, sum.rest, product.value, product.rest};
    return set;
}
