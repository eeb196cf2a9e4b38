/* The sum of the squares of a set of values, each multiplied by `scale` first, in two floats. Each lane holds
 * one set. */
#define ACCUMULATOR_FIELDS 3

#include "accumulators/pair.cl"
#include "accumulators/scales.cl"
#include "powers.cl"

typedef struct NAME(accumulator) {
    V sum, rest, scale;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    const NAME(accumulator) none = {(V)(0.0f), (V)(0.0f), (V)(SCALE_OF_SMALL)};
    return none;
}

/* The same set with another scale, which is at most its own. */
static NAME(accumulator) NAME(accumulator_rescale)(NAME(accumulator) a, V scale)
{
    const V ratio = scale * NAME(inverse_power)(a.scale); /* its square may be too small for a float */
    a.sum = a.sum * ratio * ratio;
    a.rest = a.rest * ratio * ratio;
    a.scale = scale;
    return a;
}

static NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    if (!ALL(a.scale == b.scale)) {
        const V scale = fmin(a.scale, b.scale);
        a = NAME(accumulator_rescale)(a, scale);
        b = NAME(accumulator_rescale)(b, scale);
    }
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.rest + b.rest));
    const NAME(accumulator) both = {sum.value, sum.rest, a.scale};
    return both;
}

#if LANES == 16
#include "accumulators/growing.cl"
#endif
#include "tiles/array.cl"
#include "accumulators/squares_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/squares_of.cl"
#if ROW
#include "tiles/narrow.cl"
#include "accumulators/squares_of.cl"
#endif
#else
#include "tiles/registers.cl"
#include "accumulators/squares_of.cl"
#endif

#if LANES == 16
/* Sets of one element, in the first `lanes` lanes; the other lanes hold empty sets. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    (void)like;
    const int16 taken = first_lanes((int)lanes);
    const float16 kept = select((float16)(0.0f), terms[0], taken);
    return accumulator_of_tile_16(&kept, 1);
}

#include "accumulators/across.cl"
#endif
