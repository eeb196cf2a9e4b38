/*
 * A set that grows tile by tile: `before`, and the deviations of all values since from one pivot, the mean of
 * the first tile. So a tile is read once, and nothing is merged. In lanes where the pivot turns out to lie
 * far from the mean, or a sum leaves its range (are_sound), what was summed so far and the tile become
 * `before`, and the tile's mean the pivot of what follows.
 */
typedef struct growing {
    accumulator_16 before;
    float16 pivot, count;
    deviations_16 since;
} growing;

static float16 unscaled_mean(accumulator_16 a)
{
    return a.mean * inverse_power_16(a.scale);
}

static growing growing_from(accumulator_16 set)
{
    const pair_16 zero = {(float16)(0.0f), (float16)(0.0f)};
    const growing g = {set, unscaled_mean(set), (float16)(0.0f), {zero, zero}};
    return g;
}

/* Whether M2 follows from the deviations: they are in range, and sum^2 / count, which is subtracted, is at
 * most an eighth of the squares. So the pivot is no further from the mean than 0.38 deviations: where
 * values repeat with a period of eight, so do the rounding errors of a tree, and the further the pivot, the
 * larger these are. Then variances stay within 3.4 ulp, as far as a search found, where 4 are allowed; with a
 * half instead of an eighth it was 9.5. */
static int16 are_sound(float16 pivot, float16 count, deviations_16 all)
{
    const float16 sum = all.sum.value, squares = all.squares.value;
    return sum * sum <= 0.125f * count * squares && squares <= LARGEST_M2 &&
           (squares >= LEAST_M2 || fabs(pivot) >= LEAST_MEAN);
}

/* Where these sums are 0 although are_sound does not know it, as in a channel of zeros, each deviation is. */
static int16 have_no_deviation(deviations_16 all)
{
    return all.sum.value == 0.0f && all.squares.value == 0.0f;
}

/* The moments of what was summed since; of nothing in lanes where that is nothing. */
static accumulator_16 moments_since(const growing *g)
{
    const pair_16 sum = g->since.sum, squares = g->since.squares;
    const float16 inverse = 1.0f / fmax(g->count, 1.0f), step = sum.value * inverse;
    const pair_16 distance = {step, (fma(-step, g->count, sum.value) + sum.rest) * inverse};
    const pair_16 lost = pair_multiply_16(sum, distance);
    pair_16 mean = two_sum_16(g->pivot, step), m2 = two_sum_16(squares.value, -lost.value);
    mean = renormalize_16(mean.value, mean.rest + distance.rest);
    m2 = renormalize_16(m2.value, m2.rest + (squares.rest - lost.rest));
    const accumulator_16 set = {g->count, mean.value, mean.rest, m2.value, m2.rest, (float16)(1.0f)};
    return set;
}

/* Replaces lanes of `vectors` by those of `others`, but for those to keep. */
RARE void select_lanes(float16 *vectors, const float16 *others, uint count, int16 keep)
{
    for (uint i = 0; i < count; i++)
        vectors[i] = select(others[i], vectors[i], keep);
}

/* What a lane gets must not depend on the others: so it is merged only where it has two parts. */
static accumulator_16 grown(const growing *g)
{
    if (all_of(g->count == 0.0f))
        return g->before;
    const accumulator_16 since = moments_since(g);
    if (all_of(g->before.count == 0.0f))
        return since;
    accumulator_16 all = accumulator_merge_16(g->before, since);
    if (!all_of(g->count > 0.0f && g->before.count > 0.0f)) {
        select_lanes((float16 *)&all, (const float16 *)&g->before, ACCUMULATOR_FIELDS, g->count > 0.0f);
        select_lanes((float16 *)&all, (const float16 *)&since, ACCUMULATOR_FIELDS, g->before.count > 0.0f);
    }
    return all;
}

/* What follows `g` and a tile that is not sound with it. */
RARE growing begun_anew(const growing *g, accumulator_16 of_tile)
{
    growing anew = growing_from(accumulator_merge_16(grown(g), of_tile));
    anew.pivot = unscaled_mean(of_tile);
    return anew;
}
