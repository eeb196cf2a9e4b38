/*
 * Two sums over a set of elements, each in two floats: of the squares of the first terms, and of the products
 * of first and second terms. Each lane holds one set.
 *
 * The squares are of first terms times `scale`. The products are divided by 2^product_exponent; the exponent
 * is 0 unless one of the two sums left fp32's range or came close to its ends (is_ordinary). Both are summed
 * with their rounding errors (Ogita, Rump and Oishi 2005): products may cancel, and the sum of squares is
 * compared with a floor.
 */
#define ACCUMULATOR_FIELDS 6

#include "accumulators/pair.cl"
#include "accumulators/scales.cl"
#include "scaled.cl"

#define LEAST_PRODUCT    0x1p-90f
#define LARGEST_PRODUCT  0x1p+100f
/* The largest product is divided to about 1. The divisor is a product of two floats, so its exponent is
 * limited: the smallest products only come to 2^-48, the largest to 2^16. */
#define LEAST_EXPONENT   (-250)
#define LARGEST_EXPONENT 240

typedef struct NAME(accumulator) {
    V sum, rest, scale, product, product_rest, product_exponent;
} NAME(accumulator);

static NAME(accumulator) NAME(accumulator_empty)(void)
{
    const V zero = (V)(0.0f);
    const NAME(accumulator) none = {zero, zero, (V)(SCALE_OF_SMALL), zero, zero, (V)(NO_EXPONENT)};
    return none;
}

/* Whether all sums of a set are in range as they are. */
static INTEGERS NAME(is_ordinary)(NAME(accumulator) a)
{
    const V size = fabs(a.product);
    return NAME(is_in_range)(a.sum) && size >= LEAST_PRODUCT && size <= LARGEST_PRODUCT;
}

/* The same set with another scale, which is at most its own, and another exponent, which is at least its
 * own. */
static NAME(accumulator) NAME(accumulator_rescale)(NAME(accumulator) a, V scale, V exponent)
{
    const V ratio = scale * NAME(inverse_power)(a.scale); /* its square may be too small for a float */
    const INTEGERS fall = CONVERT_INTEGERS(a.product_exponent - exponent);
    a.sum = a.sum * ratio * ratio;
    a.rest = a.rest * ratio * ratio;
    a.product = NAME(times_power_of_two)(a.product, fall);
    a.product_rest = NAME(times_power_of_two)(a.product_rest, fall);
    a.scale = scale;
    a.product_exponent = exponent;
    return a;
}

static NAME(accumulator) NAME(accumulator_merge)(NAME(accumulator) a, NAME(accumulator) b)
{
    if (!ALL(a.scale == b.scale && a.product_exponent == b.product_exponent)) {
        const V scale = fmin(a.scale, b.scale), exponent = fmax(a.product_exponent, b.product_exponent);
        a = NAME(accumulator_rescale)(a, scale, exponent);
        b = NAME(accumulator_rescale)(b, scale, exponent);
    }
    NAME(pair) sum = NAME(two_sum)(a.sum, b.sum), product = NAME(two_sum)(a.product, b.product);
    sum = NAME(renormalize)(sum.value, sum.rest + (a.rest + b.rest));
    product = NAME(renormalize)(product.value, product.rest + (a.product_rest + b.product_rest));
    const NAME(accumulator)
        both = {sum.value, sum.rest, a.scale, product.value, product.rest, a.product_exponent};
    return both;
}

#if LANES == 16
#include "accumulators/growing.cl"
#endif
#include "tiles/array.cl"
#include "accumulators/projection_of.cl"
#if LANES == 16
#include "tiles/rows.cl"
#include "accumulators/projection_of.cl"
#if ROW
#include "tiles/narrow.cl"
#include "accumulators/projection_of.cl"
#endif
#else
#include "tiles/registers.cl"
#include "accumulators/projection_of.cl"
#endif

#if LANES == 16
/* Sets of one element, in the first `lanes` lanes; the other lanes hold empty sets. */
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
