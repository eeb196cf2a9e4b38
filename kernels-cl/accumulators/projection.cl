/*
 * The sum of the squares of the first terms of a set of elements, and that of the products of both, a set a
 * lane, each in two floats.
 *
 * The first terms come times `scale`. Products are summed with their rounding errors (Ogita, Rump and Oishi
 * 2005): they may cancel.
 */
#define ACCUMULATOR_FIELDS 5
#define TILE_ROWS          64

#include "accumulators/pair.cl"
#include "accumulators/scales.cl"

typedef struct NAME(accumulator) {
    V sum, rest, scale, product, product_rest;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    const NAME(accumulator) none = {(V)(0.0f), (V)(0.0f), (V)(SCALE_OF_SMALL), (V)(0.0f), (V)(0.0f)};
    return none;
}

/* The same sums for a scale that is at most as large as its own. */
static NAME(accumulator) NAME(accumulator_rescale)(NAME(accumulator) a, V scale)
{
    const V ratio = scale / a.scale; /* of powers of two; its square may be too small for a float */
    a.sum = a.sum * ratio * ratio;
    a.rest = a.rest * ratio * ratio;
    a.product *= ratio;
    a.product_rest *= ratio;
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
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum), product = NAME(two_sum)(a.product, b.product);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.rest + b.rest));
    product = NAME(renormalize)(product.value, product.rest + (a.product_rest + b.product_rest));
    const NAME(accumulator) both = {sum.value, sum.rest, a.scale, product.value, product.rest};
    return both;
}

#include "tiles/array.cl"
#include "accumulators/projection_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/projection_of.cl"
#else
#include "tiles/registers.cl"
#include "accumulators/projection_of.cl"
#endif

#if LANES == 16
/* One element in each of the first `lanes` lanes, nothing in the others. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    (void)like;
    const int16 taken = first_lanes((int)lanes);
    float16 kept[(TERMS - 1) * TILE_ROWS + 1];
    kept[0] = select((float16)(0.0f), terms[0], taken);
    kept[TILE_ROWS] = select((float16)(0.0f), terms[1], taken);
    return accumulator_of_tile_16(kept, 1);
}

#include "accumulators/across.cl"
#endif
