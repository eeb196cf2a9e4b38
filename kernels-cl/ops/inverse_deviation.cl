/*
 * 1 / sqrt(variance + epsilon) of values times a power of two, so that neither the variance, nor epsilon, nor
 * their sum leaves fp32's range. A formula that includes this file has the arguments epsilon and
 * small_epsilon (epsilon times 2^192, for values that are scaled up), and includes powers.cl.
 */
#ifdef INSTANCE /* fpga/names.cl */
#define spread            RENAMED(spread)
#define epsilons          RENAMED(epsilons)
#define epsilons_of       RENAMED(epsilons_of)
#define scale_of_variance RENAMED(scale_of_variance)
#define spread_of         RENAMED(spread_of)
#define spread_of_given   RENAMED(spread_of_given)
#define scale_of_mean     RENAMED(scale_of_mean)
#endif

#include "roots.cl"

#define SCALE_DOWN     0x1p-96f
#define SCALE_UP       0x1p+96f
#define LEAST_VARIANCE 0x1p-70f /* that needs no scale */

/* epsilon and small_epsilon, in two floats each. */
typedef struct NAME(epsilons) {
    V value, rest, small, small_rest;
} NAME(epsilons);

INLINED NAME(epsilons) NAME(epsilons_of)(const formula *f)
{
    const NAME(epsilons)
        epsilons = {(V)(f->epsilon), (V)(f->epsilon_rest), (V)(f->small_epsilon), (V)(f->small_epsilon_rest)};
    return epsilons;
}

typedef struct NAME(spread) {
    V inverse, scale; /* 1 / deviation of the values times `scale` */
} NAME(spread);

/* The scale for values of this variance, which is 0 or infinite where fp32 does not hold it. */
static V NAME(scale_of_variance)(V variance)
{
    const V scale = select((V)(1.0f), (V)(SCALE_UP), variance < LEAST_VARIANCE);
    return select((V)(SCALE_DOWN), scale, variance <= 0x1p+120f);
}

/* 1 / deviation, from the variance of the values times `own`, the scale that scale_of_variance gives. Another
 * scale is used where epsilon is so much larger than the variance that the digits which the variance loses do
 * not matter. */
static NAME(spread) NAME(spread_of)(NAME(epsilons) epsilons, NAME(pair) variance, V own)
{
    const V lower = select(own, (V)(1.0f), own > 1.0f && epsilons.value >= 0x1p-70f);
    const V scale = select(lower, (V)(SCALE_DOWN), epsilons.value > 0x1p+120f);
    const V ratio = scale * NAME(inverse_power)(own); /* 0 where epsilon is all that counts */
    variance.value = variance.value * ratio * ratio;
    variance.rest = variance.rest * ratio * ratio;
    const INTEGERS small = scale > 1.0f;
    const V epsilon = select(epsilons.value * scale * scale, epsilons.small, small);
    const V epsilon_rest = select(epsilons.rest * scale * scale, epsilons.small_rest, small);
    const NAME(pair) sum = NAME(two_sum)(variance.value, epsilon);
    const NAME(pair) shifted = NAME(renormalize)(sum.value, sum.rest + (variance.rest + epsilon_rest));
    const NAME(spread) spread = {NAME(inverse_square_root)(shifted.value, shifted.rest), scale};
    return spread;
}

/* The same for a variance that fp32 holds. */
static NAME(spread) NAME(spread_of_given)(NAME(epsilons) epsilons, V variance)
{
    const V scale = NAME(scale_of_variance)(variance);
    const NAME(pair) scaled = {variance * scale * scale, (V)(0.0f)};
    return NAME(spread_of)(epsilons, scaled, scale);
}

/* The power of two by which values are multiplied so that fp32 holds their differences from this mean. */
static V NAME(scale_of_mean)(V mean)
{
    return select((V)(1.0f), (V)(0.25f), fabs(mean) >= 0x1p+100f);
}
