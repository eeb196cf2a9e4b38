#ifndef HAS_SCALED /* lanes/none.cl */
#define HAS_SCALED

#include "powers.cl"

/* Numbers of any size: (value + rest) * 2^exponent, |value| within 1 ... 4 or 0, infinite or NaN. */
typedef struct NAME(scaled) {
    V value, rest;
    INTEGERS exponent;
} NAME(scaled);

#define NO_EXPONENT (-4000) /* the exponent of 0 */

static NAME(scaled) NAME(scaled_normalize)(V value, V rest, INTEGERS exponent)
{
    const NAME(pair) sum = NAME(renormalize)(value, rest);
    const INTEGERS known = sum.value != 0.0f && isfinite(sum.value);
    const INTEGERS bits = clamp(((AS_INTEGERS(sum.value) >> 23) & 255) - 127, (INTEGERS)(-126), (INTEGERS)(126));
    const INTEGERS size = select((INTEGERS)(0), bits, known);
    const V scale = NAME(power_of_two)(-size);
    const NAME(scaled) number = {
        sum.value * scale, sum.rest * scale,
        select(select((INTEGERS)(0), exponent + size, known), (INTEGERS)(NO_EXPONENT), sum.value == 0.0f)};
    return number;
}

/* Splits x into the mantissa that it returns, of the same size as `value` above, and the exponent. */
static V NAME(scaled_mantissa)(V x, INTEGERS *exponent)
{
    const INTEGERS small = fabs(x) < 0x1p-60f;
    const V raised = select(x, x * 0x1p+64f, small);
    const INTEGERS size = clamp(((AS_INTEGERS(raised) >> 23) & 255) - 127, (INTEGERS)(-126), (INTEGERS)(126));
    const INTEGERS known = select((INTEGERS)(0), size, isfinite(raised));
    *exponent =
        select(known - select((INTEGERS)(0), (INTEGERS)(64), small), (INTEGERS)(NO_EXPONENT), x == 0.0f);
    return raised * NAME(power_of_two)(-known);
}

static NAME(scaled) NAME(scaled_of)(V x)
{
    NAME(scaled) number;
    number.value = NAME(scaled_mantissa)(x, &number.exponent);
    number.rest = (V)(0.0f);
    return number;
}

/* The nearest float. */
static V NAME(scaled_value)(NAME(scaled) number)
{
    return NAME(times_power_of_two)(number.value, number.exponent);
}

static NAME(scaled) NAME(scaled_add)(NAME(scaled) a, NAME(scaled) b)
{
    const INTEGERS exponent = max(a.exponent, b.exponent);
    const V of_a = NAME(power_of_two)(a.exponent - exponent),
            of_b = NAME(power_of_two)(b.exponent - exponent);
    const NAME(pair) sum = NAME(two_sum)(a.value * of_a, b.value * of_b);
    return NAME(scaled_normalize)(sum.value, fma(a.rest, of_a, fma(b.rest, of_b, sum.rest)), exponent);
}

static NAME(scaled) NAME(scaled_multiply)(NAME(scaled) a, NAME(scaled) b)
{
    const NAME(pair) of_a = {a.value, a.rest}, of_b = {b.value, b.rest};
    const NAME(pair) product = NAME(pair_multiply)(of_a, of_b);
    return NAME(scaled_normalize)(product.value, product.rest, a.exponent + b.exponent);
}

static NAME(scaled) NAME(scaled_divide)(NAME(scaled) a, NAME(scaled) b)
{
    const V quotient = a.value / b.value;
    const V left = fma(-quotient, b.value, a.value) + fma(-quotient, b.rest, a.rest);
    return NAME(scaled_normalize)(quotient, left / b.value, a.exponent - b.exponent);
}

#endif
