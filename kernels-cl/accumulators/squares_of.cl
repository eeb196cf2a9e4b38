/* The squares of a tile's values, wherever they are: see tiles/. */

/* The squares of the first `rows` values of each lane: eight a tree, trees in two floats. */
TILE_FUNCTION NAME(pair) OF(squares)(TILE tile, uint rows)
{
    const V zero = (V)(0.0f);
    NAME(pair) sum = {zero, zero};
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(rows); row += 8) {
        const V a = AT(tile, row, zero), b = AT(tile, row + 1, zero), c = AT(tile, row + 2, zero),
                d = AT(tile, row + 3, zero);
        const V e = AT(tile, row + 4, zero), f = AT(tile, row + 5, zero), g = AT(tile, row + 6, zero),
                h = AT(tile, row + 7, zero);
        sum = NAME(pair_add)(sum,
                             (fma(a, a, b * b) + fma(c, c, d * d)) + (fma(e, e, f * f) + fma(g, g, h * h)));
    }
    if (row < ROWS_OF(rows)) {
        V rest = zero;
        UNROLL_ROWS
        for (; row < ROWS_OF(rows); row++)
            rest = fma(AT(tile, row, zero), AT(tile, row, zero), rest);
        sum = NAME(pair_add)(sum, rest);
    }
    return sum;
}

/* The same where some lanes' sums are out of range. */
TILE_FUNCTION NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint rows, NAME(pair) sum)
{
    const V scale = NAME(scale_for)(sum.value);
    V scaled[SCALED_ROWS];
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(rows); row++)
        scaled[row] = AT(tile, row, (V)(0.0f)) * scale;
    sum = OF_SCALED(squares)(scaled, rows);
    const NAME(accumulator) squares = {sum.value, sum.rest, scale};
    return squares;
}

/* The first `rows` values of each lane. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    const NAME(pair) sum = OF(squares)(tile, rows);
    if (!ALL(sum.value >= LEAST_SUM && sum.value <= LARGEST_SUM))
        return OF(extreme_accumulator)(tile, rows, sum);
    const NAME(accumulator) squares = {sum.value, sum.rest, (V)(1.0f)};
    return squares;
}
