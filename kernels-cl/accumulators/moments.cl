/*
 * Count, mean and M2 = sum((x - mean)^2) of a set of values, a set a lane.
 *
 * Sets are merged by Chan, Golub and LeVeque 1979, with mean and M2 in two floats each, so that the order
 * of merges does not show. A tile of at most TILE_ROWS values a lane is summed in two passes: its mean to
 * working precision first, then deviations from it. Nothing cancels, wherever the mean lies.
 */
#define ACCUMULATOR_FIELDS 5
#define TILE_ROWS 64
#define FEW_ROWS 32

#include "accumulators/pair.cl"

typedef struct NAME(accumulator) {
    V count, mean, mean_rest, m2, m2_rest;
} NAME(accumulator);

NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.count = none.mean = none.mean_rest = none.m2 = none.m2_rest = (V)(0.0f);
    return none;
}

NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    NAME(accumulator) both;
    both.count = a.count + b.count;
    const V share = b.count / fmax(both.count, (V)(1.0f));

    NAME(pair) delta = NAME(two_sum)(b.mean, -a.mean);
    delta.rest += b.mean_rest - a.mean_rest;
    const V step = delta.value * share;
    const V step_rest = fma(delta.value, share, -step) + delta.rest * share;
    NAME(pair) mean = NAME(two_sum)(a.mean, step);
    mean = NAME(renormalize)(mean.value, mean.rest + (a.mean_rest + step_rest));
    const V infinite_sum = a.mean + b.mean; /* an infinity stays one, two of unlike sign give NaN */
    both.mean = select(infinite_sum, mean.value, isfinite(a.mean) && isfinite(b.mean));
    both.mean_rest = mean.rest;

    const V distance = delta.value + delta.rest;
    const V between = distance * (distance * (a.count * share));
    NAME(pair) within = NAME(two_sum)(a.m2, b.m2);
    NAME(pair) m2 = NAME(two_sum)(within.value, between);
    m2 = NAME(renormalize)(m2.value, m2.rest + within.rest + (a.m2_rest + b.m2_rest));
    both.m2 = m2.value;
    both.m2_rest = m2.rest;
    return both;
}

/* Sums of x - pivot and of its square. */
typedef struct NAME(deviations) {
    NAME(pair) sum, squares;
} NAME(deviations);

/* Over the first `rows` of a tile: eight terms a tree, trees in two floats. A chain of plain additions would
 * repeat the same rounding error wherever many values are alike. */
NAME(deviations) NAME(tile_deviations)(const V *tile, uint rows, V pivot)
{
    const NAME(pair) zero = {(V)(0.0f), (V)(0.0f)};
    NAME(deviations) all = {zero, zero};
    uint row = 0;
    for (; row + 8 <= rows; row += 8) {
        const V a = tile[row] - pivot, b = tile[row + 1] - pivot;
        const V c = tile[row + 2] - pivot, d = tile[row + 3] - pivot;
        const V e = tile[row + 4] - pivot, f = tile[row + 5] - pivot;
        const V g = tile[row + 6] - pivot, h = tile[row + 7] - pivot;
        all.sum = NAME(pair_add)(all.sum, ((a + b) + (c + d)) + ((e + f) + (g + h)));
        all.squares = NAME(pair_add)(all.squares, (fma(a, a, b * b) + fma(c, c, d * d)) +
                                                      (fma(e, e, f * f) + fma(g, g, h * h)));
    }
    for (; row < rows; row++) {
        const V a = tile[row] - pivot;
        all.sum = NAME(pair_add)(all.sum, a);
        all.squares = NAME(pair_add)(all.squares, a * a);
    }
    all.sum = NAME(renormalize)(all.sum.value, all.sum.rest);
    all.squares = NAME(renormalize)(all.squares.value, all.squares.rest);
    return all;
}

/* The sum of x - pivot over the first `rows` of a tile, every rounding error added up as well: few values do
 * not average them out. */
V NAME(tile_exact_sum)(const V *tile, uint rows, V pivot)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    for (uint row = 0; row < rows; row++) {
        const NAME(pair) deviation = NAME(two_sum)(tile[row], -pivot);
        sum = NAME(pair_add)(sum, deviation.value);
        sum.rest += deviation.rest;
    }
    return NAME(renormalize)(sum.value, sum.rest).value;
}

/* The mean of lanes whose values are not all finite: infinite, or NaN. */
V NAME(tile_infinite_mean)(const V *tile, uint rows, V inverse)
{
    V mean = (V)(0.0f);
    for (uint row = 0; row < rows; row++)
        mean += tile[row] * inverse;
    return mean;
}

/* The moments of the first `rows` values of each lane, rows >= 1. */
NAME(accumulator) NAME(accumulator_of_tile)(const V *tile, uint rows)
{
    const V count = (V)((real)rows), inverse = (V)(1.0f / (real)rows);
    V pivot = tile[0];
    pivot += NAME(tile_deviations)(tile, rows, pivot).sum.value * inverse;
    if (!ALL(isfinite(pivot)))
        pivot = select(NAME(tile_infinite_mean)(tile, rows, inverse), pivot, isfinite(pivot));
    const NAME(deviations) all = NAME(tile_deviations)(tile, rows, pivot);
    const V sum = rows <= FEW_ROWS ? NAME(tile_exact_sum)(tile, rows, pivot) : all.sum.value;

    NAME(accumulator) tile_moments;
    const NAME(pair) mean = NAME(renormalize)(pivot, sum * inverse);
    const NAME(pair) m2 = NAME(two_sum)(all.squares.value, -sum * (sum * inverse));
    tile_moments.count = count;
    tile_moments.mean = mean.value;
    tile_moments.mean_rest = mean.rest;
    tile_moments.m2 = m2.value;
    tile_moments.m2_rest = m2.rest + all.squares.rest;
    return tile_moments;
}

#if LANES == 16
/* The lanes' sets as one: lane 0 of four merges, each with the lanes half as far away. */
accumulator accumulator_across(accumulator_16 a)
{
    accumulator_16 b;
#define MERGE_ROTATED(order)                                                                                  \
    b.count = a.count.order;                                                                                  \
    b.mean = a.mean.order;                                                                                    \
    b.mean_rest = a.mean_rest.order;                                                                          \
    b.m2 = a.m2.order;                                                                                        \
    b.m2_rest = a.m2_rest.order;                                                                              \
    a = accumulator_merge_16(a, b);
    MERGE_ROTATED(s89abcdef01234567)
    MERGE_ROTATED(s456789abcdef0123)
    MERGE_ROTATED(s23456789abcdef01)
    MERGE_ROTATED(s123456789abcdef0)
#undef MERGE_ROTATED
    const accumulator all = {a.count.s0, a.mean.s0, a.mean_rest.s0, a.m2.s0, a.m2_rest.s0};
    return all;
}

/* One value in each of the first `lanes` lanes, nothing in the others. Their mean is set to the mean of
 * `like`, so that merging with it changes nothing. */
accumulator_16 accumulator_of_values(float16 values, uint lanes, accumulator_16 like)
{
    const int16 taken = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) < (int16)((int)lanes);
    accumulator_16 set = accumulator_empty_16();
    set.count = select((float16)(0.0f), (float16)(1.0f), taken);
    set.mean = select(like.mean, values, taken);
    set.mean_rest = select(like.mean_rest, (float16)(0.0f), taken);
    return set;
}
#endif
