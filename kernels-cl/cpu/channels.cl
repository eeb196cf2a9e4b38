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
    if (first >= p->kept)
        return (float16)(0.0f);
    const int begin = (int)clamp(-first, 0L, 16L), end = (int)clamp(p->kept - first, 0L, 16L);
    if (-first <= p->before && first + 16 <= p->after)
        return select((float16)(0.0f), load_16(p->x + first), first_lanes(end) & ~first_lanes(begin));
    real lanes[16] = {0.0f};
    for (int lane = begin; lane < end; lane++)
        lanes[lane] = p->x[first + lane];
    return load_private_16(lanes);
}

#if WINDOW <= 17
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

/* Sums of floats. */
#define SUMS               float16
#define SUM_LANES          sum_lanes
#define JOINED(a, b)       ((a) + (b))
#define MOVED(to, a, b, n) to = SHIFTED(a, b, n)
#include "cpu/lane_sums.cl"

/* Sums of squares, which may be in two floats. */
#if EXACT_WINDOW
#define SUMS               window_sum_16
#define SUM_LANES          sum_squares
#define JOINED(a, b)       window_join_16(a, b)
#define MOVE_SQUARES(to, a, b, n)                                                                            \
    to.value = SHIFTED(a.value, b.value, n), to.rest = SHIFTED(a.rest, b.rest, n)
#define MOVED MOVE_SQUARES
#include "cpu/lane_sums.cl"
#else
#define sum_squares               sum_lanes
#define MOVE_SQUARES(to, a, b, n) to = SHIFTED(a, b, n)
#endif

/* The sums of the windows of 16 channels, from the squares of those before, of them, and of those after. */
INLINED window_sum_16 sum_neighbours(window_sum_16 before, window_sum_16 squares, window_sum_16 after)
{
    window_sum_16 low, high;
    MOVE_SQUARES(low, before, squares, 16 - WINDOW_BEFORE);
    MOVE_SQUARES(high, squares, after, 16 - WINDOW_BEFORE);
    return sum_squares(low, high);
}

#endif
