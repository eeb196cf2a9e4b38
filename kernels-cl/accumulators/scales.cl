#ifndef HAS_SCALES /* lanes/none.cl */
#define HAS_SCALES

/* A sum of squares may over- or underflow although its values do not. So values are multiplied by a power of
 * two where the sum of a tile's squares left [2^-100, 2^100]: by 2^-80 or 2^96, which brings every finite
 * fp32 square, and sums of 2^32 of them, into range. Two sets are merged with the scale of the one with
 * larger values. */
#ifndef SCALE_OF_LARGE
#define SCALE_OF_LARGE 0x1p-80f
#define SCALE_OF_SMALL 0x1p+96f
#define LEAST_SUM      0x1p-100f
#define LARGEST_SUM    0x1p+100f
#endif

static INTEGERS NAME(is_in_range)(V sum)
{
    return sum >= LEAST_SUM && sum <= LARGEST_SUM;
}

/* The scale that brings a sum of squares, found without a scale, into range. */
static V NAME(scale_for)(V sum)
{
    const V scale = select((V)(1.0f), (V)(SCALE_OF_LARGE), sum > LARGEST_SUM);
    return select(scale, (V)(SCALE_OF_SMALL), sum < LEAST_SUM);
}

#endif
