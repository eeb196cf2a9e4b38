/* The squares and products of a tile's terms, wherever they are: see tiles/. */

/* Of the first `rows` elements of each lane, the first terms multiplied by `scale`. */
TILE_FUNCTION NAME(accumulator) OF(scaled_accumulator)(TILE tile, uint rows, V scale)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero}, product = sum;
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(rows); row++) {
        const V a = TERM_AT(tile, row, 0, zero) * scale, b = TERM_AT(tile, row, 1, zero);
        const V ab = a * b;
        sum = NAME(pair_add)(sum, a * a);
        product = NAME(pair_add)(product, ab);
        product.rest += fma(a, b, -ab);
    }
    sum = NAME(renormalize)(sum.value, sum.rest);
    product = NAME(renormalize)(product.value, product.rest);
    const NAME(accumulator) set = {sum.value, sum.rest, scale, product.value, product.rest};
    return set;
}

/* The first `rows` elements of each lane. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    const V one = (V)(1.0f);
    const NAME(accumulator) set = OF(scaled_accumulator)(tile, rows, one);
    if (ALL(set.sum >= LEAST_SUM && set.sum <= LARGEST_SUM))
        return set;
    return OF(scaled_accumulator)(tile, rows, NAME(scale_for)(set.sum));
}
