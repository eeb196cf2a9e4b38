/* The moments of a tile's values, wherever they are: see tiles/. */

/* The mean of the first `rows` values of each lane, roughly: what it misses is found by the second pass. */
TILE_FUNCTION V OF(mean)(TILE tile, uint rows, V inverse)
{
    const V pivot = AT(tile, 0, (V)(0.0f));
    V sum = (V)(0.0f);
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(rows); row += 8) {
        const V a = AT(tile, row, pivot) - pivot, b = AT(tile, row + 1, pivot) - pivot;
        const V c = AT(tile, row + 2, pivot) - pivot, d = AT(tile, row + 3, pivot) - pivot;
        const V e = AT(tile, row + 4, pivot) - pivot, f = AT(tile, row + 5, pivot) - pivot;
        const V g = AT(tile, row + 6, pivot) - pivot, h = AT(tile, row + 7, pivot) - pivot;
        sum += ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(rows); row++)
        sum += AT(tile, row, pivot) - pivot;
    return fma(sum, inverse, pivot);
}

/* Over the first `rows` of a tile: eight terms a tree, trees in two floats. A chain of plain additions would
 * repeat the same rounding error wherever many values are alike. */
TILE_FUNCTION NAME(deviations) OF(deviations)(TILE tile, uint rows, V pivot)
{
    const NAME(pair) zero = {(V)(0.0f), (V)(0.0f)};
    NAME(deviations) all = {zero, zero};
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(rows); row += 8) {
        const V a = AT(tile, row, pivot) - pivot, b = AT(tile, row + 1, pivot) - pivot;
        const V c = AT(tile, row + 2, pivot) - pivot, d = AT(tile, row + 3, pivot) - pivot;
        const V e = AT(tile, row + 4, pivot) - pivot, f = AT(tile, row + 5, pivot) - pivot;
        const V g = AT(tile, row + 6, pivot) - pivot, h = AT(tile, row + 7, pivot) - pivot;
        all.sum = NAME(pair_add)(all.sum, ((a + b) + (c + d)) + ((e + f) + (g + h)));
        all.squares = NAME(pair_add)(all.squares, (fma(a, a, b * b) + fma(c, c, d * d)) +
                                                      (fma(e, e, f * f) + fma(g, g, h * h)));
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(rows); row++) {
        const V a = AT(tile, row, pivot) - pivot;
        all.sum = NAME(pair_add)(all.sum, a);
        all.squares = NAME(pair_add)(all.squares, a * a);
    }
    all.sum = NAME(renormalize)(all.sum.value, all.sum.rest);
    all.squares = NAME(renormalize)(all.squares.value, all.squares.rest);
    return all;
}

/* The sum of x - pivot over the first `rows` of a tile, every rounding error added up as well: few values do
 * not average them out. */
TILE_FUNCTION V OF(exact_sum)(TILE tile, uint rows, V pivot)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(rows); row++) {
        const NAME(pair) deviation = NAME(two_sum)(AT(tile, row, pivot), -pivot);
        sum = NAME(pair_add)(sum, deviation.value);
        sum.rest += deviation.rest;
    }
    return NAME(renormalize)(sum.value, sum.rest).value;
}

/* The mean of lanes whose values are not all finite: infinite, or NaN. */
TILE_FUNCTION V OF(infinite_mean)(TILE tile, uint rows, V inverse)
{
    V mean = (V)(0.0f);
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(rows); row++)
        mean += AT(tile, row, (V)(0.0f)) * inverse;
    return mean;
}

/* The moments of the first `rows` values of each lane, rows >= 1, which come times `scale`. */
TILE_FUNCTION NAME(accumulator) OF(moments)(TILE tile, uint rows, V scale)
{
    const V count = (V)((real)COUNT_OF(rows)), inverse = (V)(1.0f / (real)COUNT_OF(rows));
    V pivot = OF(mean)(tile, rows, inverse);
    if (!ALL(isfinite(pivot)))
        pivot = select(OF(infinite_mean)(tile, rows, inverse), pivot, isfinite(pivot));
    const NAME(deviations) all = OF(deviations)(tile, rows, pivot);
    const V sum = COUNT_OF(rows) <= FEW_ROWS ? OF(exact_sum)(tile, rows, pivot) : all.sum.value;

    NAME(accumulator) tile_moments;
    const NAME(pair) mean = NAME(renormalize)(pivot, sum * inverse);
    const NAME(pair) m2 = NAME(two_sum)(all.squares.value, -sum * (sum * inverse));
    tile_moments.count = count;
    tile_moments.mean = mean.value;
    tile_moments.mean_rest = mean.rest;
    tile_moments.m2 = m2.value;
    tile_moments.m2_rest = m2.rest + all.squares.rest;
    tile_moments.scale = scale;
    return tile_moments;
}

#if IN_REGISTERS

/* The first `rows` values of each lane, rows >= 1. A value is used three times: SCALED at each use would be
 * kept beside the value itself. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    NAME(accumulator) set;
    V scale = (V)(1.0f);
#pragma unroll 1
    for (uint pass = 0; pass < 2; pass++) {
        set = OF(moments)(tile, rows, scale);
        const V wanted = NAME(scale_for)(set);
        if (ALL(wanted == scale))
            break;
#pragma unroll
        for (uint row = 0; row < REGISTER_ROWS; row++)
            tile[row] *= wanted;
        scale = wanted;
    }
    return set;
}

#else

/* The same where some lanes' values have to be multiplied by `scale`. */
RARE NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint rows, V scale)
{
    V scaled[TILE_ROWS];
    for (uint row = 0; row < rows; row++)
        scaled[row] = AT(tile, row, (V)(0.0f)) * scale;
    return NAME(moments_of_tile)(scaled, rows, scale);
}

/* The first `rows` values of each lane, rows >= 1. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint rows)
{
    const NAME(accumulator) set = OF(moments)(tile, rows, (V)(1.0f));
    const V scale = NAME(scale_for)(set);
    return ALL(scale == 1.0f) ? set : OF(extreme_accumulator)(tile, rows, scale);
}

#endif
