/*
 * Count, mean and M2 = sum((x - mean)^2) of a set of values; one set in each lane.
 *
 * Sets are merged by Chan, Golub and LeVeque 1979, with mean and M2 in two floats each, so that the order
 * of merges does not show. A tile of at most TILE_ROWS values a lane is summed in two passes: its mean to
 * working precision first, then deviations from it; in the cpu schedule a set may also grow over several
 * tiles from the mean of the first (growing_moments.cl). Little cancels, wherever the mean lies.
 *
 * Mean and M2 are those of the values times `scale`, a power of two, because a square may leave fp32's range
 * although its value does not. It is 1 unless M2 left [2^-100, 2^100]; then the values are summed again,
 * times 2^-96 or 2^96, which brings every fp32 value, its square and sums of 2^52 of these into range. Two
 * sets are merged with the smaller of their scales, that of the larger values: what the other set loses by
 * that is negligible beside these.
 */
#define ACCUMULATOR_FIELDS 6
#define FEW_ROWS           32

#define SCALE_DOWN         0x1p-96f
#define SCALE_UP           0x1p+96f
#define LEAST_M2           0x1p-100f
#define LARGEST_M2         0x1p+100f
#define LEAST_MEAN         0x1p-20f /* floats around it are equal or differ by 2^-44 at least */

#include "accumulators/pair.cl"
#include "powers.cl"

typedef struct NAME(accumulator) {
    V count, mean, mean_rest, m2, m2_rest, scale;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.count = none.mean = none.mean_rest = none.m2 = none.m2_rest = (V)(0.0f);
    none.scale = (V)(1.0f);
    return none;
}

/* Whether M2 may have lost digits. */
static INTEGERS NAME(is_small)(NAME(accumulator) a)
{
    return a.m2 < LEAST_M2 && fabs(a.mean) < LEAST_MEAN && a.scale == 1.0f;
}

/* `scale`, or the next smaller one where M2 is too large or NaN. */
static V NAME(scale_for_m2)(V m2, V scale)
{
    return select(select((V)(SCALE_DOWN), (V)(1.0f), scale > 1.0f), scale, m2 <= LARGEST_M2);
}

/* The scale that a set should have: its own unless M2 is out of range. */
static V NAME(scale_for)(NAME(accumulator) a)
{
    return select(NAME(scale_for_m2)(a.m2, a.scale), (V)(SCALE_UP), NAME(is_small)(a));
}

/* The scale of a set for a merge. Any scale suits an empty set or a single small value, so these report the
 * largest, and the other set decides. */
static V NAME(scale_of)(NAME(accumulator) a)
{
    return select(a.scale, (V)(SCALE_UP), NAME(is_small)(a));
}

static V NAME(scale_for_both)(NAME(accumulator) a, NAME(accumulator) b)
{
    const V distance = b.mean - a.mean;
    return NAME(scale_for_m2)(a.m2 + b.m2 + distance * (distance * fmin(a.count, b.count)), a.scale);
}

static NAME(accumulator) NAME(accumulator_rescale)(NAME(accumulator) a, V scale)
{
    const V ratio = scale * NAME(inverse_power)(a.scale); /* its square may be no float */
    a.mean *= ratio;
    a.mean_rest *= ratio;
    a.m2 = a.m2 * ratio * ratio;
    a.m2_rest = a.m2_rest * ratio * ratio;
    a.scale = scale;
    return a;
}

/* Merges two sets of the same scale. */
static NAME(accumulator) NAME(accumulator_join)(NAME(accumulator) a, NAME(accumulator) b)
{
    NAME(accumulator) both;
    both.count = a.count + b.count;
    both.scale = a.scale;
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

#include "accumulators/merge.cl"

/* Sums of x - pivot and of its square. */
typedef struct NAME(deviations) {
    NAME(pair) sum, squares;
} NAME(deviations);

#if LANES == 16
#include "accumulators/growing_moments.cl"
#endif

#include "tiles/array.cl"
#include "accumulators/moments_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/moments_of.cl"
#if ROW
#include "tiles/narrow.cl"
#include "accumulators/moments_of.cl"
#endif
#else
#include "tiles/registers.cl"
#include "accumulators/moments_of.cl"
#endif

#if LANES == 16
/* Sets of one element, in the first `lanes` lanes. The other lanes hold empty sets with the mean and scale of
 * `like`, so that merging them with `like` changes nothing. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    const int16 taken = first_lanes((int)lanes);
    accumulator_16 set = accumulator_empty_16();
    set.count = select((float16)(0.0f), (float16)(1.0f), taken);
    set.mean = select(like.mean, terms[0], taken);
    set.mean_rest = select(like.mean_rest, (float16)(0.0f), taken);
    set.scale = select(like.scale, (float16)(1.0f), taken);
    return set;
}

#include "accumulators/across.cl"
#endif
