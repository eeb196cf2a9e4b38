/* cpu schedule: the channels of a pixel, which lie side by side, and windows over them. A vector holds 16
 * channels. */
/* One of the tensor's pixels; `before` and `after` values of the tensor lie before its first one, and from
 * there on. */
typedef struct pixel {
    __global const real *x;
    long before, after, kept;
} pixel;

/* Channels first ... first+15 of a pixel, zeros where it has none. */
INLINED float16 load_channels(const pixel *p, long first)
{
    if (first >= 0 && first + 16 <= p->kept)
        return load_16(p->x + first);
    const int begin = (int)clamp(-first, 0L, 16L), end = (int)clamp(p->kept - first, 0L, 16L);
    if (-first <= p->before && first + 16 <= p->after) {
        const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        return select((float16)(0.0f), load_16(p->x + first), lane >= begin && lane < end);
    }
    real lanes[16] = {0.0f};
    for (int lane = begin; lane < end; lane++)
        lanes[lane] = p->x[first + lane];
    return load_private_16(lanes);
}

#if !EXACT_WINDOW && WINDOW <= 17
#define WINDOW_OF_LANES 1 /* two vectors hold all windows that begin in the first */

/* Lanes n ... n+15 of two vectors. */
#ifdef __clang__
#define SHIFTED(a, b, n)                                                                                     \
    __builtin_shufflevector(a, b, (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7,        \
                            (n) + 8, (n) + 9, (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#else
#define SHIFTED(a, b, n)                                                                                     \
    shuffle2(a, b, (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + (uint16)(n))
#endif

/* The sums of windows that begin at the first 16 of 32 neighbouring squares: low and high become sums over 1,
 * 2, 4, 8 and 16 neighbouring lanes, and a window is made of those that its length in binary has, side by
 * side. */
INLINED float16 sum_lanes(float16 low, float16 high)
{
    float16 sum = WINDOW & 1 ? low : (float16)(0.0f);
#define TAKE(lanes)                                                                                          \
    if (WINDOW & lanes)                                                                                      \
        sum += SHIFTED(low, high, WINDOW & (lanes - 1));
#define DOUBLE(lanes)                                                                                        \
    low += SHIFTED(low, high, lanes);                                                                        \
    high += SHIFTED(high, high, lanes); /* the last lanes are not needed */
    DOUBLE(1)
    TAKE(2)
    DOUBLE(2)
    TAKE(4)
    DOUBLE(4)
    TAKE(8)
    DOUBLE(8)
    TAKE(16)
#undef TAKE
#undef DOUBLE
    return sum;
}

#endif
