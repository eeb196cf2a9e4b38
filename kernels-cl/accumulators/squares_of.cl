/* The squares of a tile's values, wherever they are: see tiles/. */

/* The squares of the first `rows` values of each lane: eight a tree, trees in two floats. */
static NAME(pair) OF(squares)(TILE tile, uint rows)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    uint row = 0;
    for (; row + 8 <= rows; row += 8) {
        const V a = AT(tile, row), b = AT(tile, row + 1), c = AT(tile, row + 2), d = AT(tile, row + 3);
        const V e = AT(tile, row + 4), f = AT(tile, row + 5), g = AT(tile, row + 6), h = AT(tile, row + 7);
        sum = NAME(pair_add)(sum,
                             (fma(a, a, b * b) + fma(c, c, d * d)) + (fma(e, e, f * f) + fma(g, g, h * h)));
    }
    if (row < rows) {
        V rest = (V)(0.0f);
        for (; row < rows; row++)
            rest = fma(AT(tile, row), AT(tile, row), rest);
        sum = NAME(pair_add)(sum, rest);
    }
    return sum;
}

/* The same where some lanes' sums are out of range. */
static NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint rows, NAME(pair) sum)
{
    const V scale = NAME(scale_for)(sum.value);
    V scaled[TILE_ROWS];
    for (uint row = 0; row < rows; row++)
        scaled[row] = AT(tile, row) * scale;
    sum = NAME(squares_of_tile)(scaled, rows);
    const NAME(accumulator) squares = {sum.value, sum.rest, scale};
    return squares;
}

/* The first `rows` values of each lane. */
static NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    const NAME(pair) sum = OF(squares)(tile, rows);
    if (!ALL(sum.value >= LEAST_SUM && sum.value <= LARGEST_SUM))
        return OF(extreme_accumulator)(tile, rows, sum);
    const NAME(accumulator) squares = {sum.value, sum.rest, (V)(1.0f)};
    return squares;
}
