/* cpu schedule: the sums of squares of long windows, and of windows over tensors with gaps
 * (cpu/stretches.cl).
 */

/* How many channels there are, and how many a window reaches to either side, less than there are. */
typedef struct window {
    index_t kept, before, after;
} window;

#define CHANNELS_AHEAD 8 /* how far ahead a channel's line is prefetched */

#if SUM_HAS_REST || BACKWARD
INLINED pair_16 load_pair(__global const real *from)
{
    const pair_16 sum = {load_16(from), load_16(from + 16)};
    return sum;
}

INLINED void store_pair(pair_16 sum, __global real *to)
{
    store_16(sum.value, to);
    store_16(sum.rest, to + 16);
}
#endif

#if SUM_IS_PAIR
#define RENORMALIZED(sum) renormalize_16(sum.value, sum.rest)
#else
#define RENORMALIZED(sum) sum /* of a few squares */
#endif
#if SUM_HAS_REST
#define LINES              2
#define LOAD_SUM(from)     load_pair(from)
#define STORE_SUM(sum, to) store_pair(sum, to)
#else
#define LINES              1
#define LOAD_SUM(from)     load_16(from)
#define STORE_SUM(sum, to) store_16(sum, to)
#endif
#define SUMS             window_sum_16
#define NO_SUM           window_square_16((float16)(0.0f))
#define TERM(f, from, c) window_square_16(load_line(from, c) * f->square_scale)
#define JOINED(a, b)     window_join_16(a, b)
#define SLIDING          sliding_squares
#define BEGIN            begin_squares
#define SLIDE            slide_squares
#include "cpu/stretches.cl"
