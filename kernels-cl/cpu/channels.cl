/* cpu schedule: the channels of a pixel, which lie side by side, and windows of at most 17 over them. A
 * vector holds 16 channels, and two vectors hold all windows that begin in the first. */

/* A pixel of the tensor with `kept` channels from x on. The tensor has `before` values before x, and `after`
 * values from x on. */
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

/* Lanes n ... n+15 of two vectors. */
#if CLANG_BUILTINS
#define SHIFTED(a, b, n)                                                                                     \
    __builtin_shufflevector(a, b, (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, (n) + 7,        \
                            (n) + 8, (n) + 9, (n) + 10, (n) + 11, (n) + 12, (n) + 13, (n) + 14, (n) + 15)
#else
#define SHIFTED(a, b, n)                                                                                     \
    shuffle2(a, b, (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + (uint16)(n))
#endif

/* Sums of floats. */
#define SUMS               float16
#define TRAIL              trail
#define SUM_LAST           sum_last
#define JOINED(a, b)       ((a) + (b))
#define MOVED(to, a, b, n) to = SHIFTED(a, b, n)
#include "cpu/lane_sums.cl"

/* Sums of squares, which may be in two floats. */
#if SUM_HAS_REST
#define SUMS         window_sum_16
#define TRAIL        square_trail
#define SUM_LAST     sum_last_squares
#define JOINED(a, b) window_join_16(a, b)
#define MOVE_SQUARES(to, a, b, n)                                                                            \
    to.value = SHIFTED(a.value, b.value, n), to.rest = SHIFTED(a.rest, b.rest, n)
#define MOVED MOVE_SQUARES
#include "cpu/lane_sums.cl"
#else
#define square_trail              trail
#define sum_last_squares          sum_last
#define MOVE_SQUARES(to, a, b, n) to = SHIFTED(a, b, n)
#endif

/* The state of window sums over vectors of channels that follow each other. */
typedef struct window_trail {
    square_trail squares;
    window_sum_16 ends; /* sums of the windows that end at the newest vector's channels */
} window_trail;

INLINED void begin_window_trail(window_trail *t)
{
    const window_sum_16 none = window_square_16((float16)(0.0f));
    t->squares.of_1 = t->squares.of_2 = t->squares.of_4 = t->squares.of_8 = t->ends = none;
}

/* Takes in the next vector's squares, and returns the sums of the windows of the vector before it. */
INLINED window_sum_16 add_squares(window_trail *t, window_sum_16 squares)
{
    const window_sum_16 ends = sum_last_squares(&t->squares, squares);
    window_sum_16 sums;
    MOVE_SQUARES(sums, t->ends, ends, WINDOW_AFTER);
    t->ends = ends;
    return sums;
}
