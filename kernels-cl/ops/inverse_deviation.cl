/*
 * 1 / sqrt(variance + epsilon) of values times a power of two, so that neither the variance, nor epsilon, nor
 * their sum leaves fp32's range. A formula that includes this has epsilon and, for small ones, epsilon times
 * 2^192, and powers.cl.
 */
#ifdef INSTANCE /* fpga/names.cl */
#define spread            RENAMED(spread)
#define scale_of_variance RENAMED(scale_of_variance)
#define spread_of         RENAMED(spread_of)
#define spread_of_given   RENAMED(spread_of_given)
#define scale_of_mean     RENAMED(scale_of_mean)
#endif

#include "roots.cl"

#define SCALE_DOWN 0x1p-96f
#define SCALE_UP   0x1p+96f

typedef struct NAME(spread) {
    V inverse, scale; /* of the deviation of the values times scale */
} NAME(spread);

/* What values of this variance, 0 or infinite where it is no float, are to be multiplied by. */
static V NAME(scale_of_variance)(V variance)
{
    const V scale = select((V)(1.0f), (V)(SCALE_UP), variance < 0x1p-70f);
    return select((V)(SCALE_DOWN), scale, variance <= 0x1p+120f);
}

/* Of the variance of the values times `own`, which is what the function above says. Another scale is taken
 * where epsilon is so much larger that what the variance loses does not matter. */
static NAME(spread) NAME(spread_of)(const formula *f, NAME(pair) variance, V own)
{
    const V lower = select(own, (V)(1.0f), own > 1.0f && (V)(f->epsilon) >= 0x1p-70f);
    const V scale = select(lower, (V)(SCALE_DOWN), (V)(f->epsilon) > 0x1p+120f);
    const V ratio = scale * NAME(inverse_power)(own); /* 0 where epsilon is all that counts */
    variance.value = variance.value * ratio * ratio;
    variance.rest = variance.rest * ratio * ratio;
    const INTEGERS small = scale > 1.0f;
    const V epsilon = select(f->epsilon * scale * scale, (V)(f->small_epsilon), small);
    const V epsilon_rest = select(f->epsilon_rest * scale * scale, (V)(f->small_epsilon_rest), small);
    const NAME(pair) sum = NAME(two_sum)(variance.value, epsilon);
    const NAME(pair) shifted = NAME(renormalize)(sum.value, sum.rest + (variance.rest + epsilon_rest));
    const NAME(spread) spread = {NAME(inverse_square_root)(shifted.value, shifted.rest), scale};
    return spread;
}

/* Of a variance that is a float. */
static NAME(spread) NAME(spread_of_given)(const formula *f, V variance)
{
    const V scale = NAME(scale_of_variance)(variance);
    const NAME(pair) scaled = {variance * scale * scale, (V)(0.0f)};
    return NAME(spread_of)(f, scaled, scale);
}

/* What values are to be multiplied by so that their differences from a mean are floats. */
static V NAME(scale_of_mean)(V mean)
{
    return select((V)(1.0f), (V)(0.25f), fabs(mean) >= 0x1p+100f);
}
