/* The moments of a tile's values. This file is included once for each kind of tile (tiles/). */

/* value + rest as a pair. CHECKED_LATER: a rest that is not finite makes M2 infinite or NaN, and then all is
 * done again (extreme_accumulator); so nobody has to look here. */
#if CHECKED_LATER
#define PAIRED NAME(quick_sum)
#else
#define PAIRED NAME(renormalize)
#endif

/* The halves of a tree of eight are added with their rounding error in the cpu schedule, where the pivot need
 * not be the tile's own mean: see `are_sound`. In all of its tiles, so that these give the same bits. */
#define EXACT_HALVES (LANES == 16)

/* An approximate mean of each lane's taken values; the second pass corrects it. */
TILE_FUNCTION V OF(mean)(TILE tile, uint taken, V inverse)
{
    const V pivot = AT(tile, taken, 0, (V)(0.0f));
    V sum = (V)(0.0f);
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(taken); row += 8) {
        const V a = AT(tile, taken, row, pivot) - pivot, b = AT(tile, taken, row + 1, pivot) - pivot;
        const V c = AT(tile, taken, row + 2, pivot) - pivot, d = AT(tile, taken, row + 3, pivot) - pivot;
        const V e = AT(tile, taken, row + 4, pivot) - pivot, f = AT(tile, taken, row + 5, pivot) - pivot;
        const V g = AT(tile, taken, row + 6, pivot) - pivot, h = AT(tile, taken, row + 7, pivot) - pivot;
        sum += ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(taken); row++)
        sum += AT(tile, taken, row, pivot) - pivot;
    return fma(sum, inverse, pivot);
}

/* `all` and the taken rows: their deviations from `pivot`, and the squares of these. Eight rows at a time are
 * added as a tree, and the trees in two floats: a chain of plain additions would repeat the same rounding
 * error where many values are alike. */
TILE_FUNCTION NAME(deviations) OF(add_deviations)(TILE tile, uint taken, V pivot, NAME(deviations) all)
{
    uint row = 0;
    UNROLL_ROWS
    for (; row + 8 <= ROWS_OF(taken); row += 8) {
        READ_AHEAD(tile, 8);
        const V a = AT(tile, taken, row, pivot) - pivot, b = AT(tile, taken, row + 1, pivot) - pivot;
        const V c = AT(tile, taken, row + 2, pivot) - pivot, d = AT(tile, taken, row + 3, pivot) - pivot;
        const V e = AT(tile, taken, row + 4, pivot) - pivot, f = AT(tile, taken, row + 5, pivot) - pivot;
        const V g = AT(tile, taken, row + 6, pivot) - pivot, h = AT(tile, taken, row + 7, pivot) - pivot;
        const V upper = fma(a, a, b * b) + fma(c, c, d * d), lower = fma(e, e, f * f) + fma(g, g, h * h);
#if EXACT_HALVES
        const NAME(pair) sum = NAME(two_sum)((a + b) + (c + d), (e + f) + (g + h));
        const NAME(pair) squares = NAME(two_sum)(upper, lower);
        all.sum = ADDED(row, all.sum, sum.value);
        all.sum.rest += sum.rest;
        all.squares = ADDED(row, all.squares, squares.value);
        all.squares.rest += squares.rest;
#else
        all.sum = ADDED(row, all.sum, ((a + b) + (c + d)) + ((e + f) + (g + h)));
        all.squares = ADDED(row, all.squares, upper + lower);
#endif
    }
    UNROLL_ROWS
    for (; row < ROWS_OF(taken); row++) {
        const V a = AT(tile, taken, row, pivot) - pivot;
        all.sum = ADDED(row, all.sum, a);
        all.squares = ADDED(row, all.squares, a * a);
    }
    return all;
}

/* The sums of the deviations from `pivot`, and of their squares, over the taken rows. */
TILE_FUNCTION NAME(deviations) OF(deviations)(TILE tile, uint taken, V pivot)
{
    const NAME(pair) zero = {(V)(0.0f), (V)(0.0f)};
    NAME(deviations) all = {zero, zero};
    all = OF(add_deviations)(tile, taken, pivot, all);
    all.sum = PAIRED(all.sum.value, all.sum.rest);
    all.squares = PAIRED(all.squares.value, all.squares.rest);
    return all;
}

/* The sum of x - pivot over the taken rows, corrected by every rounding error: over few rows the errors do
 * not average out. */
TILE_FUNCTION V OF(exact_sum)(TILE tile, uint taken, V pivot)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++) {
        const NAME(pair) deviation = NAME(two_sum)(AT(tile, taken, row, pivot), -pivot);
        sum = ADDED(row, sum, deviation.value);
        sum.rest += deviation.rest;
    }
    return PAIRED(sum.value, sum.rest).value;
}

/* The mean of lanes whose values are not all finite: infinite, or NaN. */
TILE_FUNCTION V OF(infinite_mean)(TILE tile, uint taken, V inverse)
{
    V mean = (V)(0.0f);
    UNROLL_ROWS
    for (uint row = 0; row < ROWS_OF(taken); row++)
        mean += AT(tile, taken, row, (V)(0.0f)) * inverse;
    return mean;
}

/* The moments of each lane's taken values, which have been multiplied by `scale`. At least one row is
 * taken. */
TILE_FUNCTION NAME(accumulator) OF(moments)(TILE tile, uint taken, V scale)
{
    const V count = (V)((real)COUNT_OF(taken)), inverse = (V)(1.0f / (real)COUNT_OF(taken));
    V pivot = OF(mean)(tile, taken, inverse);
    if (!CHECKED_LATER && !ALL(isfinite(pivot)))
        pivot = select(OF(infinite_mean)(tile, taken, inverse), pivot, isfinite(pivot));
    const NAME(deviations) all = OF(deviations)(tile, taken, pivot);
    const V sum = COUNT_OF(taken) <= FEW_ROWS ? OF(exact_sum)(tile, taken, pivot) : all.sum.value;

    NAME(accumulator) tile_moments;
    const NAME(pair) mean = PAIRED(pivot, sum * inverse);
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

/* The accumulator of each lane's taken values, at least one. A scale is applied to the tile itself: each
 * value is used three times, and SCALED at each use would keep a second copy in registers. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    NAME(accumulator) set;
    V scale = (V)(1.0f);
#pragma unroll 1
    for (uint pass = 0; pass < 2; pass++) {
        set = OF(moments)(tile, taken, scale);
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
RARE NAME(accumulator) OF(extreme_accumulator)(TILE tile, uint taken, V scale)
{
    V scaled[TILE_ROWS];
    for (uint row = 0; row < taken; row++)
        scaled[row] = AT(tile, taken, row, (V)(0.0f)) * scale;
    return NAME(moments_of_tile)(scaled, taken, scale);
}

/* The accumulator of each lane's taken values, at least one. */
TILE_FUNCTION NAME(accumulator) OF(accumulator)(TILE tile, uint taken)
{
    const NAME(accumulator) set = OF(moments)(tile, taken, (V)(1.0f));
    const V scale = NAME(scale_for)(set);
    return ALL(scale == 1.0f) ? set : OF(extreme_accumulator)(tile, taken, scale);
}

#if LANES == 16

/* Lanes whose taken values all are the pivot. */
RARE int16 OF(are_the_pivot)(TILE tile, uint taken, float16 pivot)
{
    int16 same = (int16)(-1);
    for (uint row = 0; row < taken; row++)
        same &= AT(tile, taken, row, pivot) == pivot;
    return same;
}

/* A set that begins with each lane's taken values, at least one; their mean is the pivot, unless there are
 * few. */
TILE_FUNCTION growing OF(begun)(TILE tile, uint taken)
{
    if (taken <= FEW_ROWS)
        return growing_from(OF(accumulator)(tile, taken));
    growing g = growing_from(accumulator_empty_16());
    g.pivot = OF(mean)(tile, taken, (V)(1.0f / (real)taken));
    g.since = OF(add_deviations)(tile, taken, g.pivot, g.since);
    g.count = (V)((real)taken);
    int16 sound = are_sound(g.pivot, g.count, g.since);
    if (!all_of(sound))
        sound |= OF(are_the_pivot)(tile, taken, g.pivot);
    if (!all_of(sound)) {
        const growing anew = growing_from(OF(accumulator)(tile, taken));
        select_lanes((float16 *)&g, (const float16 *)&anew, sizeof g / sizeof(float16), sound);
    }
    return g;
}

/* Adds each lane's taken values, at least one. */
TILE_FUNCTION void OF(grow)(growing *g, TILE tile, uint taken)
{
    const deviations_16 since = OF(add_deviations)(tile, taken, g->pivot, g->since);
    const float16 count = g->count + (real)taken;
    int16 sound = are_sound(g->pivot, count, since);
    if (!all_of(sound))
        sound |= have_no_deviation(g->since) & OF(are_the_pivot)(tile, taken, g->pivot);
    if (all_of(sound)) {
        g->since = since;
        g->count = count;
        return;
    }
    const growing anew = begun_anew(g, OF(accumulator)(tile, taken));
    g->since = since;
    g->count = count;
    select_lanes((float16 *)g, (const float16 *)&anew, sizeof anew / sizeof(float16), sound);
}

#endif

#endif

#undef PAIRED
#undef EXACT_HALVES
