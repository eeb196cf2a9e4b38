#ifndef HAS_POWERS /* lanes/none.cl */
#define HAS_POWERS

/* Powers of two, and products that fp32 may not hold although the result is in range again once they are
 * multiplied by the next factor. */

/* 2^exponent, or the nearest power of two that is a normal float. */
static V NAME(power_of_two)(INTEGERS exponent)
{
    return AS_REALS((clamp(exponent, (INTEGERS)(-126), (INTEGERS)(127)) + 127) << 23);
}

/* 1 / power, where power is a power of two, and both are normal floats. */
static V NAME(inverse_power)(V power)
{
    return AS_REALS((INTEGERS)(0x7f000000) - AS_INTEGERS(power));
}

static INTEGERS NAME(exponent_of_power)(V power)
{
    return ((AS_INTEGERS(power) >> 23) & 255) - 127;
}

/* value * 2^exponent, in two multiplications. Even a result below the normal floats is rounded only once if
 * value is about 1. */
static V NAME(times_power_of_two)(V value, INTEGERS exponent)
{
    const INTEGERS known = clamp(exponent, (INTEGERS)(-250), (INTEGERS)(250)), part = known >> 1;
    return value * NAME(power_of_two)(part) * NAME(power_of_two)(known - part);
}

/* value = mantissa * 2^exponent, 1 <= |mantissa| < 2; 0, infinity and NaN stay what they are. */
static V NAME(mantissa_of)(V value, INTEGERS *exponent)
{
    const INTEGERS tiny = fabs(value) < FLT_MIN, special = value == 0.0f || !isfinite(value);
    const V normal = select(value, value * 0x1p+64f, tiny);
    const INTEGERS bits = AS_INTEGERS(normal), zero = (INTEGERS)(0);
    *exponent =
        select(((bits >> 23) & 255) - select((INTEGERS)(127), (INTEGERS)(127 + 64), tiny), zero, special);
    return select(AS_REALS((bits & (INTEGERS)(0x007fffff)) | (INTEGERS)(0x3f800000)) *
                      select((V)(1.0f), (V)(-1.0f), normal < 0.0f),
                  value, special);
}

/* A product in two factors: multiply by `before`, a power of two, first, and by `value` later. */
typedef struct NAME(factor) {
    V before, value;
} NAME(factor);

/* a * b * 2^exponent in two factors. `before` is 2^own if that leaves a normal float for `value`, else the
 * power of two nearest to 1 that does. */
static NAME(factor) NAME(factor_of)(V a, V b, INTEGERS exponent, INTEGERS own)
{
    INTEGERS of_a, of_b;
    const V mantissa = NAME(mantissa_of)(a, &of_a) * NAME(mantissa_of)(b, &of_b);
    const INTEGERS least = (INTEGERS)(-126), most = (INTEGERS)(126);
    const INTEGERS all = of_a + of_b + exponent, left = all - own;
    const INTEGERS special = mantissa == 0.0f || !isfinite(mantissa);
    const INTEGERS keeps = (left >= least && left <= most) || special;
    const INTEGERS before = clamp(select(all - clamp(all, least, most), own, keeps), least, most + 1);
    const V value = NAME(times_power_of_two)(mantissa, all - before);
    const NAME(factor) product = {NAME(power_of_two)(before),
                                  select(clamp(value, (V)(-FLT_MAX), (V)(FLT_MAX)), mantissa, special)};
    return product;
}

#endif
