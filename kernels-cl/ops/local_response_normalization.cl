/*
 * y = x / (bias + alpha * S)^beta, S the sum of x^2 over a window of channels.
 *
 * x is multiplied by a power of two before it is squared, and alpha divided by its square, so that S is
 * finite wherever alpha * S is. EXPONENT is beta times 4 where that is 0, 2, 3 or 4: those powers are roots
 * and divisions. Any other beta, or EXPONENT_GENERAL with a sum that may cancel, goes through log2 and exp2
 * in two floats each. Scalars ending in _rest are what the fp32 value before them left of a double.
 */
#include "accumulators/pair.cl"

#if LANES == 1

#define FORMULA_PARAMETERS                                                                                    \
    real square_scale, real alpha, real alpha_rest, real bias, real bias_rest, real beta, real beta_rest,     \
        int beta_parity

typedef struct formula {
    real square_scale, alpha, alpha_rest, bias, bias_rest, beta, beta_rest;
    int beta_parity; /* 1 and 2: an odd, an even integer; 0: none */
} formula;

#define FORMULA_BIND {square_scale, alpha, alpha_rest, bias, bias_rest, beta, beta_rest, beta_parity}

#endif

/* Adds the square of `term`, which is scaled already, to a window's sum: exactly if the sum may have to
 * bear cancellation or a high power. */
void NAME(window_add)(NAME(pair) *sum, V term)
{
#if EXACT_WINDOW
    const V square = term * term;
    const V rest = fma(term, term, -square);
    const NAME(pair) both = NAME(two_sum)(sum->value, square);
    sum->value = both.value;
    sum->rest += both.rest + rest;
#else
    sum->value = fma(term, term, sum->value);
#endif
}

#if LANES == 1
/* The sum over channels begin ... end-1 of a pixel, each `stride` after the one before: eight terms a chain,
 * chains in two floats. */
pair window_sum(__global const real *x, ulong begin, ulong end, ulong stride, real square_scale)
{
    pair sum = {0.0f, 0.0f};
    while (begin < end) {
        pair chain = {0.0f, 0.0f};
        const ulong chain_end = min(end, begin + 8);
        for (; begin < chain_end; begin++)
            window_add(&chain, x[begin * stride] * square_scale);
        const pair both = two_sum(sum.value, chain.value);
        sum = renormalize(both.value, both.rest + (sum.rest + chain.rest));
    }
    return sum;
}
#endif

/* 1 / sqrt(z), refined; infinite, 0 or NaN as the device has it. */
V NAME(refined_rsqrt)(V z)
{
    const V root = rsqrt(z);
    const V square = root * root;
    const V error = fma(-z, square, (V)(1.0f)) - z * fma(root, root, -square);
    const V refined = fma(0.5f * root, error, root);
    return select(root, refined, isfinite(refined) && isfinite(z));
}

V NAME(refined_sqrt)(V z)
{
    const V root = sqrt(z);
    const V refined = fma(fma(-root, root, z), 0.5f / root, root);
    return select(root, refined, isfinite(refined));
}

#if EXPONENT_GENERAL

/* log2(value + rest) for a positive, normal value: the exponent, and the mantissa's in two floats by
 * log(m) = 2 atanh((m - 1) / (m + 1)), |m| within sqrt(1/2) ... sqrt(2). */
NAME(pair) NAME(log2_of)(V value, V rest)
{
    const INTEGERS bits = AS_INTEGERS(value);
    const INTEGERS exponent = (bits - 0x3f3504f3) >> 23;
    const V mantissa = AS_REALS(bits - (exponent << 23));
    const V mantissa_rest = ldexp(rest, -exponent);

    const V numerator = mantissa - 1.0f;
    const NAME(pair) denominator = NAME(two_sum)(mantissa, (V)(1.0f));
    const V s = numerator / denominator.value;
    const V s_rest = (fma(-s, denominator.value, numerator) + fma(-s, denominator.rest, mantissa_rest) -
                      s * mantissa_rest) /
                     denominator.value;
    const V t = s * s;
    V series = fma(t, (V)(1.0f / 13), (V)(1.0f / 11));
    series = fma(t, series, (V)(1.0f / 9));
    series = fma(t, series, (V)(1.0f / 7));
    series = fma(t, series, (V)(1.0f / 5));
    series = fma(t, series, (V)(1.0f / 3));
    const V tail = fma(s * t, series, s_rest);

    /* times 2 / log(2), in two floats */
    const V factor = (V)(0x1.7154760000000p+1f), factor_rest = (V)(0x1.4ae0c00000000p-25f);
    const V main = s * factor;
    const V main_rest = fma(s, factor, -main) + fma(tail, factor, s * factor_rest);
    const NAME(pair) sum = NAME(two_sum)(CONVERT_REALS(exponent), main);
    return NAME(renormalize)(sum.value, sum.rest + main_rest);
}

/* x * z^-beta for a positive z = value + rest. */
V NAME(times_power)(const formula *f, V x, V value, V rest)
{
    const INTEGERS small = value < 0x1p-100f;
    const V scaling = select((V)(1.0f), (V)(0x1p+64f), small);
    NAME(pair) log = NAME(log2_of)(value * scaling, rest * scaling);
    log = NAME(renormalize)(log.value - select((V)(0.0f), (V)(64.0f), small), log.rest);

    const V high = -f->beta * log.value;
    const V low = fma((V)(-f->beta), log.value, -high) - fma(f->beta, log.rest, f->beta_rest * log.value);
    const V clamped = clamp(high, (V)(-600.0f), (V)(600.0f));
    const V whole = rint(clamped);
    const V u = ((clamped - whole) + select((V)(0.0f), low, clamped == high)) * 0x1.62e4300000000p-1f;
    V series = fma(u, (V)(1.0f / 40320), (V)(1.0f / 5040));
    series = fma(u, series, (V)(1.0f / 720));
    series = fma(u, series, (V)(1.0f / 120));
    series = fma(u, series, (V)(1.0f / 24));
    series = fma(u, series, (V)(1.0f / 6));
    series = fma(u, series, (V)(0.5f));
    const V fraction = fma(u * u, series, u);
    const V half_x = x * 0.5f;
    return ldexp(fma(half_x, fraction, half_x), CONVERT_INTEGERS(whole) + 1);
}

/* x / z^beta for every z, as pow has it. */
V NAME(divide_by_power)(const formula *f, V x, NAME(pair) z)
{
    const V size = fabs(z.value);
    const V rest = select(z.rest, -z.rest, z.value < 0.0f);
    const INTEGERS ordinary = size > 0.0f && isfinite(size);
    V y = NAME(times_power)(f, x, select((V)(1.0f), size, ordinary), select((V)(0.0f), rest, ordinary));
    if (!ALL(ordinary))
        y = select(x * pow(size, (V)(-f->beta)), y, ordinary); /* of 0, infinity and NaN */
    const V sign = (V)(f->beta_parity == 1 ? -1.0f : f->beta_parity == 2 ? 1.0f : NAN);
    return select(y, y * sign, z.value < 0.0f);
}

#endif

/* x / (bias + alpha * sum)^beta. */
V NAME(formula_divide)(const formula *f, V x, NAME(pair) sum)
{
#if EXPONENT_GENERAL
    const V product = f->alpha * sum.value;
    const V product_rest =
        fma((V)(f->alpha), sum.value, -product) + fma(f->alpha, sum.rest, f->alpha_rest * sum.value);
    NAME(pair) z = NAME(two_sum)((V)(f->bias), product);
    z = NAME(renormalize)(z.value, z.rest + (product_rest + f->bias_rest));
    return NAME(divide_by_power)(f, x, z);
#elif EXPONENT == 0
    return x; /* even where z is NaN, as pow has it */
#else
    const V z = fma((V)(f->alpha), sum.value + sum.rest, (V)(f->bias));
#if EXPONENT == 4
    const V quotient = x / z;
    const V refined = fma(fma(-quotient, z, x), 1.0f / z, quotient);
    return select(quotient, refined, isfinite(refined) && isfinite(1.0f / z) && isfinite(z));
#elif EXPONENT == 2
    return x * NAME(refined_rsqrt)(z);
#else
    const V root = NAME(refined_rsqrt)(z);
    return (x * root) * NAME(refined_sqrt)(root);
#endif
#endif
}
