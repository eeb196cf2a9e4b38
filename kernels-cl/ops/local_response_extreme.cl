/*
 * y and dx of local response normalization, for values that the formula left infinite or NaN. Sums and
 * factors may be of any size: each is a number times a power of two (scaled.cl). One value is computed at a
 * time, from x and dy in memory.
 */
#ifdef INSTANCE /* fpga/names.cl */
#define channels_around        RENAMED(channels_around)
#define scaled_denominator     RENAMED(scaled_denominator)
#define extreme_power          RENAMED(extreme_power)
#define scaled_divide_by_power RENAMED(scaled_divide_by_power)
#endif

#include "scaled.cl"

/* A pixel's channels, and the window of each. */
typedef struct channel_line {
    __global const real *x;
    ulong x_stride;
#if BACKWARD
    __global const real *dy;
    ulong dy_stride;
#endif
    ulong kept, before, after;
} channel_line;

/* The first channel of a window, and the one after its last. */
static ulong2 channels_around(ulong c, ulong kept, ulong before, ulong after)
{
    return (ulong2)(c - min(c, before), c + min(kept - c, after + 1));
}

/* bias + alpha * S of channel c. */
static scaled scaled_denominator(const formula *f, const channel_line *line, ulong c)
{
    const ulong2 window = channels_around(c, line->kept, line->before, line->after);
    uint largest = 0; /* the bits of the largest |x|; a NaN's are larger than any */
    for (ulong w = window.x; w < window.y; w++)
        largest = max(largest, as_uint(line->x[w * line->x_stride]) & 0x7fffffff);
    const int exponent = (int)clamp(largest >> 23, 1u, 253u) - 127;
    const real scale = power_of_two(-exponent);
    pair sum = {0.0f, 0.0f};
    for (ulong w = window.x; w < window.y; w++) {
        const real x = line->x[w * line->x_stride] * scale, square = x * x;
        sum = pair_add(sum, square);
        sum.rest += fma(x, x, -square);
    }
    const scaled squares = scaled_normalize(sum.value, sum.rest, 2 * exponent);
    const scaled alpha = scaled_normalize(f->alpha, f->alpha_rest, f->alpha_exponent);
    const scaled bias = scaled_normalize(f->bias_mantissa, f->bias_mantissa_rest, f->bias_exponent);
    return scaled_add(bias, scaled_multiply(alpha, squares));
}

/* pow(|z|, -exponent) for a z that is 0, infinite or NaN; size is |z|. */
static real extreme_power(real size, real exponent)
{
    if (exponent == 0.0f)
        return 1.0f;
    if (isnan(size))
        return size;
    return (size == 0.0f) == (exponent > 0.0f) ? INFINITY : 0.0f;
}

/* x / z^beta, or, if `more`, x / z^(beta + 1). */
static scaled scaled_divide_by_power(const formula *f, scaled x, scaled z, bool more)
{
    const real size = fabs(z.value);
    const int parity = f->beta_parity;
    if (size == 0.0f || !isfinite(size)) {
        const real sign = z.value < 0.0f && (parity == 1) != more && parity != 0 ? -1.0f : 1.0f;
        return scaled_multiply(x, scaled_of(sign * extreme_power(size, f->beta + (more ? 1.0f : 0.0f))));
    }
    if (f->beta != 0.0f) {
        const pair log = log2_of(size, z.value < 0.0f ? -z.rest : z.rest);
        const pair all = two_sum((real)z.exponent, log.value);
        const power p = power_of(f, renormalize(all.value, all.rest + log.rest));
        const real sign = z.value > 0.0f || parity == 2 ? 1.0f : parity == 1 ? -1.0f : NAN;
        const scaled factor = {sign, sign * p.fraction, (int)p.whole};
        x = scaled_multiply(x, factor);
    }
    return more ? scaled_divide(x, z) : x;
}

#if !BACKWARD
/* y of channel c. */
RARE real extreme_divide(const formula *f, const channel_line *line, ulong c)
{
    const scaled z = scaled_denominator(f, line, c);
    return scaled_value(scaled_divide_by_power(f, scaled_of(line->x[c * line->x_stride]), z, false));
}
#else
/* dx of channel c. */
RARE real extreme_gradient(const formula *f, const channel_line *line, ulong c)
{
    const ulong2 window = channels_around(c, line->kept, line->after, line->before);
    scaled sum = scaled_of(0.0f), direct = sum;
    for (ulong w = window.x; w < window.y; w++) {
        const scaled z = scaled_denominator(f, line, w);
        const scaled x = scaled_of(line->x[w * line->x_stride]),
                     dy = scaled_of(line->dy[w * line->dy_stride]);
        sum = scaled_add(sum, scaled_divide_by_power(f, scaled_multiply(dy, x), z, true));
        if (w == c)
            direct = scaled_divide_by_power(f, dy, z, false);
    }
    const scaled factor = {-f->gradient_mantissa, 0.0f, f->gradient_exponent};
    const scaled own = scaled_multiply(factor, scaled_of(line->x[c * line->x_stride]));
    return scaled_value(scaled_add(direct, scaled_multiply(own, sum)));
}
#endif
