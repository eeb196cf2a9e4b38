/*
 * Count, mean and M2 = sum((x - mean)^2) of a set of values, a set a lane.
 *
 * Sets are merged by Chan, Golub and LeVeque 1979, with mean and M2 in two floats each, so that the order
 * of merges does not show. A tile of at most TILE_ROWS values a lane is summed in two passes: its mean to
 * working precision first, then deviations from it. Nothing cancels, wherever the mean lies.
 */
#define ACCUMULATOR_FIELDS 5
#define TILE_ROWS          64
#define FEW_ROWS           32

#include "accumulators/pair.cl"

typedef struct NAME(accumulator) {
    V count, mean, mean_rest, m2, m2_rest;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.count = none.mean = none.mean_rest = none.m2 = none.m2_rest = (V)(0.0f);
    return none;
}

static NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
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

#include "tiles/array.cl"
#include "accumulators/moments_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/moments_of.cl"
#else
#include "tiles/registers.cl"
#include "accumulators/moments_of.cl"
#endif

#if LANES == 16
/* One element in each of the first `lanes` lanes, nothing in the others. Their mean is set to the mean of
 * `like`, so that merging with it changes nothing. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    const int16 taken = first_lanes((int)lanes);
    accumulator_16 set = accumulator_empty_16();
    set.count = select((float16)(0.0f), (float16)(1.0f), taken);
    set.mean = select(like.mean, terms[0], taken);
    set.mean_rest = select(like.mean_rest, (float16)(0.0f), taken);
    return set;
}

#include "accumulators/across.cl"
#endif
