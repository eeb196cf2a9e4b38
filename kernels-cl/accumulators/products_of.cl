/* The products of a tile's terms, wherever they are: see tiles/. */

/* The first `rows` elements of each lane: eight a tree, trees in two floats. */
static NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)}, product = sum;
    uint row = 0;
    for (; row + 8 <= rows; row += 8) {
        V sums[4], products[4];
#pragma unroll
        for (uint i = 0; i < 4; i++) {
            const V a = TERM_AT(tile, row + 2 * i, 0), b = TERM_AT(tile, row + 2 * i + 1, 0);
            sums[i] = a + b;
            products[i] = fma(a, TERM_AT(tile, row + 2 * i, 1), b * TERM_AT(tile, row + 2 * i + 1, 1));
        }
        sum = NAME(pair_add)(sum, (sums[0] + sums[1]) + (sums[2] + sums[3]));
        product = NAME(pair_add)(product, (products[0] + products[1]) + (products[2] + products[3]));
    }
    for (; row < rows; row++) {
        const V a = TERM_AT(tile, row, 0);
        sum = NAME(pair_add)(sum, a);
        product = NAME(pair_add)(product, a * TERM_AT(tile, row, 1));
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator) set = {sum.value, sum.rest, product.value, product.rest};
    return set;
}
