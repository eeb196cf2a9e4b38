/*
 * y = x / z^beta, z = bias + alpha * S, S the sum of x^2 over a window of channels. BACKWARD:
 * dx = dy / z^beta - 2 alpha beta x T, T the sum of dy * x / z^(beta + 1) over the mirrored window.
 *
 * EXPONENT is beta times 4 where that is 0, 2, 3 or 4; with 2 and 3, alpha is not negative and bias far from
 * 0. Everything else is EXPONENT_GENERAL: by a polynomial for the exponent at hand, or where that does not
 * suffice (EXACT_WINDOW, BACKWARD) by log2 and exp2 in two floats each.
 *
 * The functions in this file are for sums and factors that fp32 holds. Where one is too large or too small, y
 * and dx become NaN or infinite; the loop nest computes these values again, one at a time, with
 * local_response_extreme.cl. x is multiplied by square_scale before it is squared, a power of two, which is 1
 * unless alpha is extreme.
 *
 * Arguments: alpha is divided by the square of square_scale. beta_parity is 1 if beta is an odd integer, 2 if
 * it is an even one, else 0. gradient_factor is 2 alpha beta with the divided alpha; it is NaN, unless 0,
 * where square_scale is not 1 or the factor is not within 2^-60 ... 4. `least` is a limit: where
 * bias + alpha * S, or in gradients of roots a contribution, is smaller, it may be wrong. power_0 ... power_9
 * are the coefficients of ((1 + r)^-beta - 1) / r, for |beta| up to 1. The others are for
 * local_response_extreme.cl: alpha, bias and 2 alpha beta, each times a power of two.
 */
#define FORMULA_ARGUMENTS(INPUT, OUTPUT, REAL, PAIR, INT, AND)                                               \
    REAL(square_scale)                                                                                       \
    AND PAIR(alpha)                                                                                          \
    AND PAIR(bias)                                                                                           \
    AND PAIR(beta)                                                                                           \
    AND INT(beta_parity)                                                                                     \
    AND REAL(gradient_factor)                                                                                \
    AND REAL(least)                                                                                          \
    AND REAL(power_0)                                                                                        \
    AND REAL(power_1)                                                                                        \
    AND REAL(power_2)                                                                                        \
    AND REAL(power_3)                                                                                        \
    AND REAL(power_4)                                                                                        \
    AND REAL(power_5)                                                                                        \
    AND REAL(power_6)                                                                                        \
    AND REAL(power_7)                                                                                        \
    AND REAL(power_8)                                                                                        \
    AND REAL(power_9)                                                                                        \
    AND INT(alpha_exponent)                                                                                  \
    AND PAIR(bias_mantissa)                                                                                  \
    AND INT(bias_exponent)                                                                                   \
    AND REAL(gradient_mantissa)                                                                              \
    AND INT(gradient_exponent)

#ifndef CLNORM_HOST

#ifdef INSTANCE /* fpga/names.cl */
#define window_join     RENAMED(window_join)
#define window_pair     RENAMED(window_pair)
#define denominator     RENAMED(denominator)
#define log2_of         RENAMED(log2_of)
#define power           RENAMED(power)
#define power_of        RENAMED(power_of)
#define divide_by_power RENAMED(divide_by_power)
#define times_power     RENAMED(times_power)
#define divide_by_pair  RENAMED(divide_by_pair)
#endif

#include "lanes/operands.cl"
#include "accumulators/pair.cl"

#if LANES == 1
FORMULA_STRUCT;
#endif

/* How a window's sum of squares is kept. SUM_IS_PAIR: in two floats, where the sum may cancel or is raised to
 * a high power (EXACT_WINDOW), and where a window is so long that rounding errors might add up. SUM_IS_SPLIT:
 * in two parts, see below, in gradients of roots, which magnify its errors a little. Otherwise: in one
 * float. */
#define GRADIENT_OF_ROOT (BACKWARD && (EXPONENT == 2 || EXPONENT == 3))
#define SUM_IS_PAIR      (EXACT_WINDOW || WINDOW_IS_LONG || WINDOW_BEFORE + WINDOW_AFTER > 16)
#define SUM_IS_SPLIT     (GRADIENT_OF_ROOT && !SUM_IS_PAIR)
#define SUM_HAS_REST     (SUM_IS_PAIR || SUM_IS_SPLIT)

#if SUM_IS_SPLIT
/* `value` sums the first six bits of each square, `rest` the other bits. The first sum is exact where the
 * squares are within 2^14 of each other, and smaller squares hardly count. */
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

/* x * z^-(EXPONENT / 4) for z at least 2^-60; not finite where z is not. The bits of z, divided by 2 or 4 and
 * negated, are those of z^-1/2 or z^-1/4 to one part in 28. d measures the error: |d| <= 0.07, or 0.14 for
 * EXPONENT 3. The polynomial corrects it, to 2^-29, or to 2^-27 where |d| <= 0.12 and 2^-24 elsewhere. */
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
    /* cut to 8 bits, so that its square and its cube are exact */
    const V fourth_root = AS_REALS((0x4f58988f - (bits >> 2)) & (int)0xffff0000);
    const V root = fourth_root * fourth_root;
    const V d = fma(z * root, root, (V)(-1.0f)), square = d * d;
    const V series = fma(square,
                         fma(square, fma(d, (V)(0x1.0de2c8p-1f), (V)(-0x1.193522p-1f)),
                             fma(d, (V)(0x1.20b11cp-1f), (V)(-0x1.33f276p-1f))),
                         fma(d, (V)(0x1.500008p-1f), (V)(-0x1.800006p-1f)));
    const V rough = x * (root * fourth_root);
#endif
    return fma(rough * d, series, rough);
}

#endif

#if EXPONENT_GENERAL || LANES == 1

/* log2(value + rest) for a positive, normal value below 2^126: its exponent plus the log2 of its mantissa m,
 * in two floats, by log(m) = 2 atanh((m - 1) / (m + 1)), m within sqrt(1/2) ... sqrt(2). */
static NAME(pair) NAME(log2_of)(V value, V rest)
{
    const INTEGERS bits = AS_INTEGERS(value);
    const INTEGERS exponent = (bits - 0x3f3504f3) >> 23;
    const V mantissa = AS_REALS(bits - (exponent << 23));
    const V mantissa_rest = rest * AS_REALS((127 - exponent) << 23);

    const V numerator = mantissa - 1.0f;
    const NAME(pair) denominator = NAME(two_sum)(mantissa, (V)(1.0f));
    const V inverse = 1.0f / denominator.value, s = numerator * inverse;
    const V s_rest = (fma(-s, denominator.value, numerator) + fma(-s, denominator.rest, mantissa_rest) -
                      s * mantissa_rest) *
                     inverse;
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

/* A power of two: 2^whole * (1 + fraction). */
typedef struct NAME(power) {
    V whole, fraction;
} NAME(power);

/* z^-beta, where `log` is log2(z). */
static NAME(power) NAME(power_of)(const formula *f, NAME(pair) log)
{
    const V high = -f->beta * log.value;
    const V low = fma((V)(-f->beta), log.value, -high) - fma(f->beta, log.rest, f->beta_rest * log.value);
    const V clamped = clamp(high, (V)(-2000.0f), (V)(2000.0f));
    NAME(power) power;
    power.whole = rint(clamped);
    const V u = ((clamped - power.whole) + select((V)(0.0f), low, clamped == high)) * 0x1.62e4300000000p-1f;
    V series = fma(u, (V)(1.0f / 40320), (V)(1.0f / 5040));
    series = fma(u, series, (V)(1.0f / 720));
    series = fma(u, series, (V)(1.0f / 120));
    series = fma(u, series, (V)(1.0f / 24));
    series = fma(u, series, (V)(1.0f / 6));
    series = fma(u, series, (V)(0.5f));
    power.fraction = fma(u * u, series, u);
    return power;
}

#endif

#define POWER_IS_SMALL                                                                                       \
    (EXPONENT_GENERAL && !EXACT_WINDOW && !BACKWARD) /* |beta| <= 1, alpha and bias not negative */

#if POWER_IS_SMALL

/* y * 2^(-beta * exponent); 2^u - 1 by a polynomial, minimax to 2^-28. NaN where x, which y was made of, is
 * so small that y may have lost digits that the result has. */
INLINED V NAME(times_power)(const formula *f, V x, V y, INTEGERS exponent)
{
    const V whole_log = CONVERT_REALS(exponent), beta = (V)(-f->beta);
    const V high = beta * whole_log;
    const V low = fma((V)(-f->beta_rest), whole_log, fma(beta, whole_log, -high));
    const V whole = rint(high), u = (high - whole) + low;
    V series = fma(u, (V)(0x1.44979cp-13f), (V)(0x1.5f50acp-10f));
    series = fma(u, series, (V)(0x1.3b29a0p-7f));
    series = fma(u, series, (V)(0x1.c6aebep-5f));
    series = fma(u, series, (V)(0x1.ebfbe0p-3f));
    series = fma(u, series, (V)(0x1.62e430p-1f));
    const INTEGERS small = fabs(x) < 0x1p-100f && x != 0.0f && whole > 0.0f;
    return select(fma(y, u * series, y) * AS_REALS((CONVERT_INTEGERS(whole) + 127) << 23), (V)(NAN), small);
}

/* x / z^beta. z is a power of two, nearly always 1, times 1 + r, whose power is a polynomial of the host's
 * (operations/local_response_normalization.c). NaN where z is less than f->least or not below 2^126, and
 * where x is so small that it would lose digits. */
static V NAME(divide_by_small_power)(const formula *f, V x, V z)
{
    const INTEGERS bits = AS_INTEGERS(z), exponent = (bits - 0x3f3504f3) >> 23;
    const V r = AS_REALS(bits - (exponent << 23)) - 1.0f;
    V series = fma(r, (V)(f->power_9), (V)(f->power_8));
    series = fma(r, series, (V)(f->power_7));
    series = fma(r, series, (V)(f->power_6));
    series = fma(r, series, (V)(f->power_5));
    series = fma(r, series, (V)(f->power_4));
    series = fma(r, series, (V)(f->power_3));
    series = fma(r, series, (V)(f->power_2));
    series = fma(r, series, (V)(f->power_1));
    series = fma(r, series, (V)(f->power_0));
    V y = fma(x, r * series, x);
    if (!ALL(exponent == 0))
        y = NAME(times_power)(f, x, y, exponent);
    return select((V)(NAN), y, z >= f->least && z < 0x1p+126f);
}

#elif EXPONENT_GENERAL

/* x / z^beta; NaN where |z| is less than f->least or not below 2^126, and where the power is beyond 2^186. */
INLINED V NAME(divide_by_power)(const formula *f, V x, NAME(pair) z)
{
    const V size = fabs(z.value);
    const V rest = select(z.rest, -z.rest, z.value < 0.0f);
    const NAME(power) power = NAME(power_of)(f, NAME(log2_of)(size, rest));
    const INTEGERS small = fabs(x) < 0x1p-60f;
    const V scaled = x * select((V)(0.5f), (V)(0x1p+64f), small);
    /* at most 2^250, in two powers of two that fp32 holds */
    const INTEGERS exponent = CONVERT_INTEGERS(power.whole) + select((INTEGERS)(1), (INTEGERS)(-64), small);
    const INTEGERS part = exponent >> 1;
    const V y = fma(scaled, power.fraction, scaled) * AS_REALS((part + 127) << 23) *
                AS_REALS((exponent - part + 127) << 23);
    const V sign = (V)(f->beta_parity == 1 ? -1.0f : f->beta_parity == 2 ? 1.0f : NAN);
    const INTEGERS ordinary = size >= f->least && size < 0x1p+126f && fabs(power.whole) <= 186.0f;
    return select((V)(NAN), select(y, y * sign, z.value < 0.0f), ordinary);
}

#endif

#if EXPONENT == 4 || (BACKWARD && !GRADIENT_OF_ROOT)

/* x / z, with z in two floats, as exact as one float can be; NaN for the same z as above. */
static V NAME(divide_by_pair)(const formula *f, V x, NAME(pair) z)
{
    const V inverse = 1.0f / z.value, quotient = x / z.value, size = fabs(z.value);
    const V left = fma(-quotient, z.value, x) - quotient * z.rest;
    const V refined = fma(left, inverse, quotient);
    const V divided = select(quotient, refined, isfinite(refined) && isfinite(inverse));
    return select((V)(NAN), divided, size >= f->least && size < INFINITY);
}

#endif

#if !GRADIENT_OF_ROOT
/* x / (bias + alpha * sum)^beta. Infinite or NaN where the loop nest has to compute it again. */
INLINED V NAME(formula_divide)(const formula *f, V x, NAME(window_sum) sum)
{
#if POWER_IS_SMALL
    const V z = fma((V)(f->alpha), NAME(window_pair)(sum).value, (V)(f->bias));
    return NAME(divide_by_small_power)(f, x, z);
#elif EXPONENT_GENERAL
    const NAME(pair) z = NAME(denominator)(f, sum);
    return NAME(divide_by_power)(f, x, NAME(renormalize)(z.value, z.rest));
#elif EXPONENT == 0
    return x; /* even where the sum is NaN: pow(NaN, 0) is 1 */
#elif EXPONENT == 4 && BACKWARD
    return NAME(divide_by_pair)(f, x, NAME(denominator)(f, sum));
#else
    const V z = fma((V)(f->alpha), NAME(window_pair)(sum).value, (V)(f->bias));
#if EXPONENT == 4
    const NAME(pair) exact = {z, (V)(0.0f)};
    return NAME(divide_by_pair)(f, x, exact);
#else
    return NAME(times_root)(x, z);
#endif
#endif
}
#endif

#if BACKWARD

/* What a channel's dy gives to gradients, with z = bias + alpha * sum: `direct`, dy / z^beta, to its own
 * gradient; `contribution`, direct * x / z, to those of the channels in its window. x has been multiplied by
 * square_scale. A contribution is NaN where it or one of its factors is too small to be right, unless dy or x
 * is 0. */
typedef struct NAME(shares) {
    V direct, contribution;
} NAME(shares);

#if GRADIENT_OF_ROOT

/* (bias + alpha * sum) * inverse - 1, including the rounding errors of the products. */
INLINED V NAME(inverse_error)(const formula *f, NAME(window_sum) sum, V inverse)
{
    const V base = f->bias * inverse, slope = f->alpha * inverse;
    const V base_rest = fma((V)(f->bias_rest), inverse, fma((V)(f->bias), inverse, -base));
    const V slope_rest = fma((V)(f->alpha_rest), inverse, fma((V)(f->alpha), inverse, -slope));
    const V rest = fma(slope_rest, sum.value, fma(slope, sum.rest, base_rest));
    return fma(slope, sum.value, base - 1.0f) + rest;
}

/* The bits of z, divided by 4 and negated, are roughly those of z^-1/4. `root` keeps six of them, so that its
 * fourth power, which is within a sixth of 1 / z, is exact. d measures the error, and the polynomial (minimax
 * to 2^-27.8) turns it into the e for which root * (1 + e) is z^-1/4. z must be at least 2^-30; where it is
 * more than 2^100, all results are NaN. */
static NAME(shares) NAME(formula_shares)(const formula *f, V dy, V x, NAME(window_sum) sum)
{
    /* z includes sum.rest, up to a thirty-second of the sum: without it d would leave the polynomial's
     * range. */
    const V first = fma((V)(f->alpha), sum.value, (V)(f->bias)), z = fma((V)(f->alpha), sum.rest, first);
    const V seed = AS_REALS((0x4f59988f - (AS_INTEGERS(z) >> 2)) & (int)0xfffc0000);
    const V root = select((V)(NAN), seed, first <= 0x1p+100f);
    const V root_2 = root * root, inverse = root_2 * root_2;
    const V d = NAME(inverse_error)(f, sum, inverse);
    V series = fma(d, (V)(0x1.3024f2p-4f), (V)(-0x1.57ba46p-4f));
    series = fma(d, series, (V)(0x1.85bdf4p-4f));
    series = fma(d, series, (V)(-0x1.dfd6d8p-4f));
    series = fma(d, series, (V)(0x1.40002ep-3f));
    series = fma(d, series, (V)(-0x1.000008p-2f));
    const V e = d * series;
#if EXPONENT == 2
    const V rough = dy * root_2, power = e + 2.0f;
#else
    const V rough = dy * (root_2 * root), power = fma(e, e + 3.0f, (V)(3.0f));
#endif
    NAME(shares) shares;
    shares.direct = fma(rough, e * power, rough);
    const V rough_share = shares.direct * x * inverse;
    const V power_4 = fma(e, fma(e, e + 4.0f, (V)(6.0f)), (V)(4.0f));
    const V share = fma(rough_share, e * power_4, rough_share);
    const INTEGERS lost = fabs(share) < f->least && dy != 0.0f && x != 0.0f;
    shares.contribution = select(share, (V)(NAN), lost);
    return shares;
}

#else

#define LEAST_SHARE 0x1p-100f

static NAME(shares) NAME(formula_shares)(const formula *f, V dy, V x, NAME(window_sum) sum)
{
    NAME(shares) shares;
    shares.direct = NAME(formula_divide)(f, dy, sum);
    const V product = shares.direct * x;
    const V share = NAME(divide_by_pair)(f, product, NAME(denominator)(f, sum));
    const V smallest = fmin(fmin(fabs(shares.direct), fabs(product)), fabs(share));
    const INTEGERS lost = smallest < LEAST_SHARE && dy != 0.0f && x != 0.0f;
    shares.contribution = select(share, (V)(NAN), lost);
    return shares;
}

#endif

/* dx of a channel. `contributions` is the sum over the channels whose windows contain it; x has been
 * multiplied by square_scale. Infinite or NaN where the loop nest has to compute it again. */
static V NAME(formula_gradient)(const formula *f, V direct, V x, V contributions)
{
    return fma((V)(-f->gradient_factor), x * contributions, direct);
}

#endif

#if LANES == 1
/* The sum over channels begin ... end-1 of a pixel, each `stride` after the one before: eight squares at a
 * time are added in a chain, and the chains in two floats. */
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

#include "ops/local_response_extreme.cl"
#endif

#endif
