#ifndef HAS_ROOTS /* lanes/none.cl */
#define HAS_ROOTS

/* One Newton step from root, about 1 / sqrt(high), towards 1 / sqrt(high + low). */
static V NAME(refined_root)(V root, V high, V low)
{
    const V square = root * root, square_rest = fma(root, root, -square);
    const V error = fma(-high, square, (V)(1.0f)) - fma(high, square_rest, low * square);
    return fma(0.5f * root, error, root);
}

/* Whether refined_root needs no scale: then the root's square is in range. */
static INTEGERS NAME(is_ordinary_square)(V high)
{
    return high >= 0x1p-60f && high <= 0x1p+60f;
}

#if LANES == 16
#define SCALED_ROOT RARE
#else
#define SCALED_ROOT static
#endif

/* 1 / sqrt(high + low) for any high. Tiny and huge values are multiplied by a power of 4 first. Infinity, 0
 * and NaN give what 1 / sqrt gives. */
SCALED_ROOT V NAME(scaled_root)(V high, V low)
{
    const V one = (V)(1.0f);
    const INTEGERS tiny = high<0x1p-60f, huge = high> 0x1p+60f;
    const V scale = select(select(one, (V)(0x1p-80f), huge), (V)(0x1p+80f), tiny);
    const V unscale = select(select(one, (V)(0x1p-40f), huge), (V)(0x1p+40f), tiny);
    const V h = high * scale;
    const V refined = NAME(refined_root)(rsqrt(h), h, low * scale) * unscale;
    return select(rsqrt(high), refined, high > 0.0f && isfinite(high));
}

#undef SCALED_ROOT

/* 1 / sqrt(high + low), for |low| <= ulp(high): the device's rsqrt, then one Newton step. */
static V NAME(inverse_square_root)(V high, V low)
{
#if LANES == 16
    if (ALL(NAME(is_ordinary_square)(high)))
        return NAME(refined_root)(rsqrt(high), high, low);
#endif
    return NAME(scaled_root)(high, low);
}

/* The same in two floats, for 1 <= high < 4. For infinity, 0 and NaN the second float is 0. */
static NAME(pair) NAME(inverse_square_root_pair)(V high, V low)
{
    const V root = rsqrt(high);
    const V square = root * root, square_rest = fma(root, root, -square);
    const V error = fma(-high, square, (V)(1.0f)) - fma(high, square_rest, low * square);
    const V step = 0.5f * root * error;
    const INTEGERS ordinary = high > 0.0f && isfinite(high);
    NAME(pair) inverse;
    inverse.value = select(root, root + step, ordinary);
    inverse.rest = select((V)(0.0f), step - (inverse.value - root), ordinary);
    return inverse;
}

#endif
