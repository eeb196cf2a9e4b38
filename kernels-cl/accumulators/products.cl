/*
 * The sum of the first terms of a set of elements, and that of the products of both, a set a lane, each in
 * two floats.
 */
#define ACCUMULATOR_FIELDS 4
#define TILE_ROWS          64

#include "accumulators/pair.cl"

typedef struct NAME(accumulator) {
    V sum, sum_rest, product, product_rest;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.sum = none.sum_rest = none.product = none.product_rest = (V)(0.0f);
    return none;
}

static NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum), product = NAME(two_sum)(a.product, b.product);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.sum_rest + b.sum_rest));
    product = NAME(renormalize)(product.value, product.rest + (a.product_rest + b.product_rest));
    const NAME(accumulator) both = {sum.value, sum.rest, product.value, product.rest};
    return both;
}

#include "tiles/array.cl"
#include "accumulators/products_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/products_of.cl"
#else
#include "tiles/registers.cl"
#include "accumulators/products_of.cl"
#endif

#if LANES == 16
/* One element in each of the first `lanes` lanes, nothing in the others. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    (void)like;
    const int16 taken = first_lanes((int)lanes);
    accumulator_16 set = accumulator_empty_16();
    set.sum = select((float16)(0.0f), terms[0], taken);
    set.product = select((float16)(0.0f), terms[0] * terms[1], taken);
    return set;
}

#include "accumulators/across.cl"
#endif
