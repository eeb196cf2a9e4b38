/*
 * Two sums over a set of elements, each in two floats: of the first terms, and of the products of first and
 * second terms. Each lane holds one set.
 *
 * The products are of terms times `scale`, a power of two: 1; SCALE_LARGE_TERMS where their sum left fp32's
 * range; SCALE_SMALL_TERMS where it is so small that digits may be lost. The first terms are summed times
 * `sum_scale`: 1, or SCALE_LARGE_SUM where their sum left the range.
 */
#define ACCUMULATOR_FIELDS 6

#define SCALE_SMALL_TERMS  0x1p+50f
#define SCALE_LARGE_TERMS  0x1p-90f
#define SCALE_LARGE_SUM    0x1p-64f
#define LEAST_PRODUCT      0x1p-90f /* a smaller sum of products may have lost digits */

#include "accumulators/pair.cl"
#include "powers.cl"

typedef struct NAME(accumulator) {
    V sum, sum_rest, sum_scale, product, product_rest, scale;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    NAME(accumulator) none;
    none.sum = none.sum_rest = none.product = none.product_rest = (V)(0.0f);
    none.sum_scale = none.scale = (V)(1.0f);
    return none;
}

/* Whether an element's product is 0. Such an element must not be scaled up: the other term might become
 * infinite, and 0 times infinity is NaN. */
static INTEGERS NAME(have_no_product)(V first, V second)
{
    return first == 0.0f || second == 0.0f;
}

/* `scale`; where `product`, the sum of products with that scale, is not finite, at most SCALE_LARGE_TERMS. */
static V NAME(scale_for_product)(V product, V scale)
{
    return select(fmin(scale, (V)(SCALE_LARGE_TERMS)), scale, isfinite(product));
}

/* The scale that a set's terms should have. The set itself has scale 1, or the one that this function
 * returned for it before. */
static V NAME(scale_for)(NAME(accumulator) a)
{
    const V scale = NAME(scale_for_product)(a.product, a.scale);
    return select(scale, (V)(SCALE_SMALL_TERMS), fabs(a.product) < LEAST_PRODUCT && scale == 1.0f);
}

/* The scale of a set for a merge. Any scale suits a set whose sum of products is 0, such as an empty one, so
 * it reports the largest, and the other set decides. */
static V NAME(scale_of)(NAME(accumulator) a)
{
    return select(a.scale, (V)(SCALE_SMALL_TERMS), a.scale == 1.0f && a.product == 0.0f);
}

static V NAME(scale_for_both)(NAME(accumulator) a, NAME(accumulator) b)
{
    return NAME(scale_for_product)(a.product + b.product, a.scale);
}

/* The same set with another scale, which is at most scale_of(a). */
static NAME(accumulator) NAME(accumulator_rescale)(NAME(accumulator) a, V scale)
{
    const V ratio = scale * NAME(inverse_power)(a.scale);
    a.product = a.product * ratio * ratio;
    a.product_rest = a.product_rest * ratio * ratio;
    a.scale = scale;
    return a;
}

static NAME(accumulator) NAME(rescale_sum)(NAME(accumulator) a, V scale)
{
    const V ratio = scale * NAME(inverse_power)(a.sum_scale);
    a.sum *= ratio;
    a.sum_rest *= ratio;
    a.sum_scale = scale;
    return a;
}

/* `set` with the products of `scaled`, the same elements summed with a scale. Lanes that were scaled up and
 * whose sum is then 0 or not finite keep their own, with scale 1. */
static NAME(accumulator) NAME(with_products)(NAME(accumulator) set, NAME(accumulator) scaled)
{
    const INTEGERS lost = scaled.scale > 1.0f && (scaled.product == 0.0f || !isfinite(scaled.product));
    set.product = select(scaled.product, set.product, lost);
    set.product_rest = select(scaled.product_rest, set.product_rest, lost);
    set.scale = select(scaled.scale, (V)(1.0f), lost);
    return set;
}

/* Merges two sets of the same scale. */
static NAME(accumulator) NAME(accumulator_join)(NAME(accumulator) a, NAME(accumulator) b)
{
    const V least = fmin(a.sum_scale, b.sum_scale);
    const V scale = select((V)(SCALE_LARGE_SUM), least, isfinite(a.sum + b.sum));
    a = NAME(rescale_sum)(a, scale);
    b = NAME(rescale_sum)(b, scale);
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum), product = NAME(two_sum)(a.product, b.product);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.sum_rest + b.sum_rest));
    product = NAME(renormalize)(product.value, product.rest + (a.product_rest + b.product_rest));
    const NAME(accumulator) both = {sum.value, sum.rest, scale, product.value, product.rest, a.scale};
    return both;
}

#include "accumulators/merge.cl"

#if LANES == 16
#include "accumulators/growing.cl"
#endif
#include "tiles/array.cl"
#include "accumulators/products_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/products_of.cl"
#if ROW
#include "tiles/narrow.cl"
#include "accumulators/products_of.cl"
#endif
#else
#include "tiles/registers.cl"
#include "accumulators/products_of.cl"
#endif

#if LANES == 16
/* Sets of one element, in the first `lanes` lanes; the other lanes hold empty sets. */
static accumulator_16 accumulator_of_terms(const float16 *terms, uint lanes, accumulator_16 like)
{
    (void)like;
    const int16 taken = first_lanes((int)lanes);
    const float16 product = terms[0] * terms[1];
    accumulator_16 set = accumulator_empty_16();
    set.scale = select((float16)(SCALE_LARGE_TERMS), (float16)(1.0f), isfinite(product) | ~taken);
    set.scale = select(set.scale, (float16)(SCALE_SMALL_TERMS),
                       fabs(product) < LEAST_PRODUCT && terms[0] != 0.0f && terms[1] != 0.0f && taken);
    set.sum = select((float16)(0.0f), terms[0], taken);
    set.product = select((float16)(0.0f), (terms[0] * set.scale) * (terms[1] * set.scale), taken);
    return set;
}

#include "accumulators/across.cl"
#endif
