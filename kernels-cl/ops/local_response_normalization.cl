/*
 * y = x / z^beta, z = bias + alpha * S, S the sum of x^2 over a window of channels. BACKWARD:
 * dx = dy / z^beta - 2 alpha beta x T, T the sum of dy * x / z^(beta + 1) over the mirrored window.
 *
 * x is multiplied by a power of two before it is squared, and alpha divided by its square, so that S is
 * finite wherever alpha * S is. EXPONENT is beta times 4 where that is 0, 2, 3 or 4; with 2 and 3, alpha is
 * not negative and bias at least 2^-100. Everything else is EXPONENT_GENERAL and goes through log2 and exp2
 * in two floats each. Scalars ending in _rest are what the fp32 value before them left of a double.
 */
#include "accumulators/pair.cl"

#if LANES == 1

#define FORMULA_PARAMETERS                                                                                   \
    real square_scale, real alpha, real alpha_rest, real bias, real bias_rest, real beta, real beta_rest,    \
        int beta_parity, real gradient_factor

typedef struct formula {
    real square_scale, alpha, alpha_rest, bias, bias_rest, beta, beta_rest;
    int beta_parity;      /* 1 and 2: an odd, an even integer; 0: none */
    real gradient_factor; /* 2 alpha beta, alpha divided as above */
} formula;

#define FORMULA_BIND                                                                                         \
    {                                                                                                        \
        square_scale, alpha, alpha_rest, bias, bias_rest, beta, beta_rest, beta_parity, gradient_factor      \
    }

#endif

/* Sums of squares are exact where they may have to bear cancellation or a high power, and where a window is
 * so long that rounding errors might add up. In gradients of roots, which magnify their errors a little, they
 * are split. */
#define GRADIENT_OF_ROOT (BACKWARD && (EXPONENT == 2 || EXPONENT == 3))
#define SUM_IS_PAIR      (EXACT_WINDOW || WINDOW_BEFORE + WINDOW_AFTER > 16)
#define SUM_IS_SPLIT     (GRADIENT_OF_ROOT && !SUM_IS_PAIR)
#define SUM_HAS_REST     (SUM_IS_PAIR || SUM_IS_SPLIT)

#if SUM_IS_SPLIT
/* The first six bits of each square, and the others: sums of so few bits are exact where the squares are
 * within 2^14 of each other, and what is smaller hardly counts. */
typedef NAME(pair) NAME(window_sum);

static NAME(window_sum) NAME(window_square)(V scaled)
{
    NAME(window_sum) sum;
    sum.value = AS_REALS(AS_INTEGERS(scaled * scaled) & (int)0xfffc0000);
    sum.rest = fma(scaled, scaled, -sum.value);
    return sum;
}

static NAME(window_sum) NAME(window_join)(NAME(window_sum) a, NAME(window_sum) b)
{
    const NAME(window_sum) sum = {a.value + b.value, a.rest + b.rest};
    return sum;
}
#elif SUM_IS_PAIR
typedef NAME(pair) NAME(window_sum);

static NAME(window_sum) NAME(window_square)(V scaled)
{
    const V square = scaled * scaled;
    const NAME(window_sum) sum = {square, fma(scaled, scaled, -square)};
    return sum;
}

static NAME(window_sum) NAME(window_join)(NAME(window_sum) a, NAME(window_sum) b)
{
    NAME(window_sum) sum = NAME(two_sum)(a.value, b.value);
    sum.rest += a.rest + b.rest;
    return sum;
}
#else
typedef V NAME(window_sum);

static NAME(window_sum) NAME(window_square)(V scaled)
{
    return scaled * scaled;
}

static NAME(window_sum) NAME(window_join)(NAME(window_sum) a, NAME(window_sum) b)
{
    return a + b;
}

static NAME(window_sum) NAME(window_add)(NAME(window_sum) sum, V scaled)
{
    return fma(scaled, scaled, sum);
}

static NAME(pair) NAME(window_pair)(NAME(window_sum) sum)
{
    const NAME(pair) exact = {sum, (V)(0.0f)};
    return exact;
}
#endif

#if SUM_HAS_REST
static NAME(window_sum) NAME(window_add)(NAME(window_sum) sum, V scaled)
{
    return NAME(window_join)(sum, NAME(window_square)(scaled));
}

static NAME(pair) NAME(window_pair)(NAME(window_sum) sum)
{
    return NAME(renormalize)(sum.value, sum.rest);
}
#endif

#if !GRADIENT_OF_ROOT
/* bias + alpha * sum, in two floats; where it is infinite, the rest is NaN. */
static NAME(pair) NAME(denominator)(const formula *f, NAME(window_sum) sum)
{
#if SUM_IS_PAIR
    const V value = sum.value, rest = sum.rest;
#else
    const V value = sum, rest = (V)(0.0f);
#endif
    const V product = f->alpha * value;
    const V product_rest =
        fma((V)(f->alpha), value, -product) + fma((V)(f->alpha), rest, f->alpha_rest * value);
    NAME(pair) z = NAME(two_sum)((V)(f->bias), product);
    z.rest += product_rest + f->bias_rest;
    return z;
}
#endif

#if !BACKWARD && (EXPONENT == 2 || EXPONENT == 3)

/* x * z^-(EXPONENT / 4) for z at least 2^-100, infinite or NaN. The bits of z, divided and negated, are those
 * of a root to one part in eight; d tells how far it is off, and the polynomial (minimax to 2^-28) puts it
 * right.
 */
static V NAME(times_root)(V x, V z)
{
    const INTEGERS bits = AS_INTEGERS(z);
#if EXPONENT == 2
    const V root = AS_REALS(0x5f374756 - (bits >> 1));
    const V d = fma(z * root, root, (V)(-1.0f)), square = d * d;
    const V series =
        fma(square, fma(square, (V)(-0x1.fb48e4p-3f), fma(d, (V)(0x1.19805ep-2f), (V)(-0x1.3fff22p-2f))),
            fma(d, (V)(0x1.7fff72p-2f), (V)(-0.5f)));
    const V rough = x * root;
#else
    /* of 8 bits, so that its square and its cube are exact */
    const V fourth_root = AS_REALS((0x4f58988f - (bits >> 2)) & (int)0xffff0000);
    const V root = fourth_root * fourth_root;
    const V d = fma(z * root, root, (V)(-1.0f)), square = d * d;
    const V series = fma(square,
                         fma(square, fma(d, (V)(0x1.0de2c8p-1f), (V)(-0x1.193522p-1f)),
                             fma(d, (V)(0x1.20b11cp-1f), (V)(-0x1.33f276p-1f))),
                         fma(d, (V)(0x1.500008p-1f), (V)(-0x1.800006p-1f)));
    const V rough = x * (root * fourth_root);
#endif
    return select(fma(rough * d, series, rough), x * 0.0f, z == INFINITY);
}

#endif

#if EXPONENT_GENERAL

/* log2(value + rest) for a positive, normal value: the exponent, and the mantissa's in two floats by
 * log(m) = 2 atanh((m - 1) / (m + 1)), |m| within sqrt(1/2) ... sqrt(2). */
static NAME(pair) NAME(log2_of)(V value, V rest)
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
static V NAME(times_power)(const formula *f, V x, V value, V rest)
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
static V NAME(divide_by_power)(const formula *f, V x, NAME(pair) z)
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

#if EXPONENT == 4 || (BACKWARD && !GRADIENT_OF_ROOT)

/* x / z, z in two floats, as exactly as one float has it; what the division gives where that is not finite.
 */
static V NAME(divide_by_pair)(V x, NAME(pair) z)
{
    const V inverse = 1.0f / z.value, quotient = x / z.value;
    const V left = fma(-quotient, z.value, x) - quotient * z.rest;
    const V refined = fma(left, inverse, quotient);
    return select(quotient, refined, isfinite(refined) && isfinite(inverse) && isfinite(z.value));
}

#endif

#if !GRADIENT_OF_ROOT
/* x / (bias + alpha * sum)^beta. */
static V NAME(formula_divide)(const formula *f, V x, NAME(window_sum) sum)
{
#if EXPONENT_GENERAL
    const NAME(pair) z = NAME(denominator)(f, sum);
    return NAME(divide_by_power)(f, x, NAME(renormalize)(z.value, z.rest));
#elif EXPONENT == 0
    return x; /* even where the rest is NaN, as pow has it */
#elif EXPONENT == 4 && BACKWARD
    return NAME(divide_by_pair)(x, NAME(denominator)(f, sum));
#else
    const V z = fma((V)(f->alpha), NAME(window_pair)(sum).value, (V)(f->bias));
#if EXPONENT == 4
    const NAME(pair) exact = {z, (V)(0.0f)};
    return NAME(divide_by_pair)(x, exact);
#else
    return NAME(times_root)(x, z);
#endif
#endif
}
#endif

#if BACKWARD

/* What a channel's dy gives: to its own gradient, dy / z^beta, z = bias + alpha * sum; and to those of the
 * channels in its window, direct * x / z. x comes times square_scale. */
typedef struct NAME(shares) {
    V direct, contribution;
} NAME(shares);

#if GRADIENT_OF_ROOT

/* bias + alpha * sum, times `inverse`, less 1: the products' rounding errors are kept. */
INLINED V NAME(inverse_error)(const formula *f, NAME(window_sum) sum, V inverse)
{
    const V base = f->bias * inverse, slope = f->alpha * inverse;
    const V base_rest = fma((V)(f->bias_rest), inverse, fma((V)(f->bias), inverse, -base));
    const V slope_rest = fma((V)(f->alpha_rest), inverse, fma((V)(f->alpha), inverse, -slope));
    const V rest = fma(slope_rest, sum.value, fma(slope, sum.rest, base_rest));
    return fma(slope, sum.value, base - 1.0f) + rest;
}

/* The bits of z, divided and negated, are those of its fourth root's inverse; six of them are within a sixth
 * of 1 / z when they are multiplied, exactly, to the fourth power. d tells how far they are off, and the
 * polynomial (minimax to 2^-28) makes of it the e by which root * (1 + e) is right. Here z comes times 2^-32,
 * and x times 2^-16: whatever float z is, so is its inverse. */
static NAME(shares) NAME(formula_shares)(const formula *f, V dy, V x, NAME(window_sum) sum)
{
    /* With the rest, which is up to a thirty-second of the sum: else d leaves the polynomial's range. Of
     * infinite sums it is NaN. */
    const V first = fma((V)(f->alpha), sum.value, (V)(f->bias)), z = fma((V)(f->alpha), sum.rest, first);
    const INTEGERS beyond = first > 0x1p+124f;
    const V seed = AS_REALS((0x4f59988f - (AS_INTEGERS(z) >> 2)) & (int)0xfffc0000);
    const V root = select(seed, (V)(0.0f), beyond);
    const V root_2 = root * root, inverse = root_2 * root_2;
    const V d = select(NAME(inverse_error)(f, sum, inverse), (V)(0.0f), beyond);
    V series = fma(d, (V)(0x1.3024f2p-4f), (V)(-0x1.57ba46p-4f));
    series = fma(d, series, (V)(0x1.85bdf4p-4f));
    series = fma(d, series, (V)(-0x1.dfd6d8p-4f));
    series = fma(d, series, (V)(0x1.40002ep-3f));
    series = fma(d, series, (V)(-0x1.000008p-2f));
    const V e = d * series;
#if EXPONENT == 2
    const V rough = dy * (root_2 * 0x1p-16f), power = e + 2.0f;
#else
    const V rough = dy * (root_2 * (root * 0x1p-24f)), power = fma(e, e + 3.0f, (V)(3.0f));
#endif
    NAME(shares) shares;
    shares.direct = fma(rough * e, power, rough);
    const V rough_share = shares.direct * x * inverse;
    const V power_4 = fma(e, fma(e, e + 4.0f, (V)(6.0f)), (V)(4.0f));
    shares.contribution = fma(rough_share * e, power_4, rough_share);
    return shares;
}

#else

static NAME(shares) NAME(formula_shares)(const formula *f, V dy, V x, NAME(window_sum) sum)
{
    NAME(shares) shares;
    shares.direct = NAME(formula_divide)(f, dy, sum);
    shares.contribution = NAME(divide_by_pair)(shares.direct * x, NAME(denominator)(f, sum));
    return shares;
}

#endif

/* dx from the contributions of the channels in whose windows this one is. x comes as above. */
static V NAME(formula_gradient)(const formula *f, V direct, V x, V contributions)
{
    return fma(-f->gradient_factor * x, contributions, direct);
}

#endif

#if LANES == 1
/* The sum over channels begin ... end-1 of a pixel, each `stride` after the one before: eight terms a chain,
 * chains in two floats. */
static window_sum window_over(const formula *f, __global const real *x, ulong begin, ulong end, ulong stride)
{
    pair sum = {0.0f, 0.0f};
    while (begin < end) {
        window_sum chain = window_square(0.0f);
        const ulong chain_end = min(end, begin + 8);
        for (; begin < chain_end; begin++)
            chain = window_add(chain, x[begin * stride] * f->square_scale);
        const pair added = window_pair(chain), both = two_sum(sum.value, added.value);
        sum = renormalize(both.value, both.rest + (sum.rest + added.rest));
    }
#if SUM_HAS_REST
    return sum;
#else
    return sum.value + sum.rest;
#endif
}

#if BACKWARD
/* The sum of the contributions of channels begin ... end-1 of a pixel. */
static real contributions_over(__global const real *contributions, ulong begin, ulong end, ulong stride)
{
    pair sum = {0.0f, 0.0f};
    for (; begin < end; begin++)
        sum = pair_add(sum, contributions[begin * stride]);
    return renormalize(sum.value, sum.rest).value;
}
#endif
#endif
