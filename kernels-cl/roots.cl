#ifndef HAS_ROOTS /* lanes/none.cl */
#define HAS_ROOTS

/* 1 / sqrt(high + low), for |low| <= ulp(high): the device's rsqrt, then one Newton step. Tiny and huge
 * values are multiplied by a power of 4 first, so that the root's square stays in range. Infinity, 0 and NaN
 * give what 1 / sqrt gives. */
static V NAME(inverse_square_root)(V high, V low)
{
    const V one = (V)(1.0f);
    const INTEGERS tiny = high<0x1p-60f, huge = high> 0x1p+60f;
    const V scale = select(select(one, (V)(0x1p-80f), huge), (V)(0x1p+80f), tiny);
    const V unscale = select(select(one, (V)(0x1p-40f), huge), (V)(0x1p+40f), tiny);
    const V h = high * scale, l = low * scale;
    const V root = rsqrt(h);
    const V square = root * root, square_rest = fma(root, root, -square);
    const V error = fma(-h, square, one) - fma(h, square_rest, l * square);
    const V refined = fma(0.5f * root, error, root) * unscale;
    return select(rsqrt(high), refined, high > 0.0f && isfinite(high));
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
