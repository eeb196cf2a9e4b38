/* cpu schedule: blocks of pixels, for windows that slide over channels whose pixels lie side by side. A
 * vector holds 16 pixels; BLOCK_VECTORS is how many of them a block may have. */
#include "cpu/blocks.cl"

/* A vector of a block. WINDOW_NARROW: rows of pixels are shorter than that. */
static float16 load_pixels(__global const real *x, block b)
{
#if WINDOW_NARROW
    return load_groups_16(x, 0, b.count);
#else
    return load_16(x);
#endif
}

static void store_pixels(float16 pixels, __global real *y, block b, bool stream)
{
#if WINDOW_NARROW
    store_groups_16(pixels, y, 0, b.count);
#else
    store_vector(pixels, y, stream);
#endif
}

#if ACCUMULATES
/* Adds the lanes from `first` on to what is there. */
static void add_lanes(float16 pixels, __global real *y, uint first)
{
    real lanes[16];
    store_private_16(pixels, lanes);
    for (uint lane = first; lane < 16; lane++)
        y[lane] += lanes[lane];
}
#endif

/* What a vector of a block adds to the sums of a channel. */
static window_sum_16 load_square(const formula *f, __global const real *x, block b)
{
    return window_square_16(load_pixels(x, b) * f->square_scale);
}

/* Sums at WINDOW neighbouring channels become sums from each of them to the last. */
static void sum_to_last(window_sum_16 sums[WINDOW][BLOCK_VECTORS], uint vectors)
{
    for (uint slot = WINDOW - 1; slot-- > 0;) {
        for (uint v = 0; v < vectors; v++)
            sums[slot][v] = window_join_16(sums[slot][v], sums[slot + 1][v]);
    }
}

/* Windows of a block that are about to slide: of channel c, the end of one stretch of WINDOW channels, the
 * first of which begins WINDOW_BEFORE channels before the first, and the beginning of the next (van Herk
 * 1992). */
typedef struct windows {
    window_sum_16 ends[WINDOW][BLOCK_VECTORS], beginning[BLOCK_VECTORS];
    uint slot; /* of the channel, in its stretch */
} windows;

static void begin_windows(windows *w, const formula *f, __global const real *x, block b, index_t kept,
                          index_t inner)
{
    const window_sum_16 none = window_square_16((float16)(0.0f));
    const uint vectors = block_vectors(b);
    for (uint slot = 0; slot < WINDOW; slot++) {
        const bool exists = slot >= WINDOW_BEFORE && slot - WINDOW_BEFORE < kept;
        __global const real *from = x + (exists ? slot - WINDOW_BEFORE : 0) * inner;
        for (uint v = 0; v < vectors; v++)
            w->ends[slot][v] = exists ? load_square(f, from + vector_start(b, v), b) : none;
    }
    sum_to_last(w->ends, vectors);
    for (uint v = 0; v < vectors; v++)
        w->beginning[v] = none;
    w->slot = 0;
}

/* The sum of a vector's window, which then slides on to take in another square. */
static window_sum_16 slide_window(windows *w, uint v, window_sum_16 square)
{
    const window_sum_16 sum = window_join_16(w->ends[w->slot][v], w->beginning[v]);
    w->ends[w->slot][v] = square;
    w->beginning[v] = window_join_16(w->beginning[v], square);
    return sum;
}

/* On to the next channel. */
static void next_windows(windows *w, uint vectors)
{
    if (++w->slot < WINDOW)
        return;
    w->slot = 0;
    sum_to_last(w->ends, vectors);
    for (uint v = 0; v < vectors; v++)
        w->beginning[v] = window_square_16((float16)(0.0f));
}
