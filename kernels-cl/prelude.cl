/*
 * What every program starts with: types, exact arithmetic, memory access.
 *
 * A program is the text of this file, then for each vector width that its loop nest wants lanes/<n>.cl
 * followed by the operation's formula, then one loop nest. Defines of the host:
 *   INDEX_BITS  32 or 64: what an element's index needs
 *   STREAM      1: results will not be read back soon, so stores may bypass the cache
 */

/* Rounding errors are computed on purpose below: a*b+c is fused where fma says so and nowhere else. */
#pragma OPENCL FP_CONTRACT OFF

typedef float real;
#if INDEX_BITS == 64
typedef ulong index_t;
#else
typedef uint index_t;
#endif

/* A buffer argument and its offset in elements; absent buffers are null whatever their offset. */
#define INPUT(name) __global const real *name, ulong name##_offset
#define OUTPUT(name) __global real *name, ulong name##_offset
#define AT_OFFSET(name) ((name) ? (name) + name##_offset : 0)

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

/* a / b, correct to an ulp where the device's division is good to a few. */
real divide(real a, real b)
{
    const real quotient = a / b;
    const real rest = fma(-quotient, b, a);
    return isfinite(rest) && isfinite(quotient) ? fma(rest, 1.0f / b, quotient) : quotient;
}

/* 1 / sqrt(high + low), for |low| <= ulp(high): the device's rsqrt, then one Newton step. The scaling by a
 * power of 4 keeps the square of a root of something tiny or huge in range. */
real inverse_square_root(real high, real low)
{
    if (!(high > 0.0f && isfinite(high)))
        return rsqrt(high); /* infinity, 0 or NaN, as the division gives */
    const real scale = high < 0x1p-60f ? 0x1p+80f : high > 0x1p+60f ? 0x1p-80f : 1.0f;
    const real unscale = high < 0x1p-60f ? 0x1p+40f : high > 0x1p+60f ? 0x1p-40f : 1.0f;
    const real h = high * scale, l = low * scale;
    const real root = rsqrt(h);
    const real square = root * root, square_rest = fma(root, root, -square);
    const real error = fma(-h, square, 1.0f) - fma(h, square_rest, l * square);
    return fma(0.5f * root, error, root) * unscale;
}

#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store)
#define HAVE_STREAMING_STORE 1
#endif
#endif
