/* cpu schedule: blocks of pixels, for windows that slide over channels whose pixels lie side by side. A
 * vector holds 16 pixels; BLOCK_VECTORS is the most vectors that a block has. */
#include "cpu/blocks.cl"

/* Loads a vector of a block. WINDOW_NARROW: a row has fewer than 16 pixels. */
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

/* The squares that a vector of a block adds to window sums. */
static window_sum_16 load_square(const formula *f, __global const real *x, block b)
{
    return window_square_16(load_pixels(x, b) * f->square_scale);
}

/* Replaces the sum at each of WINDOW neighbouring channels by the sum from that channel to the last. */
static void sum_to_last(window_sum_16 sums[WINDOW][BLOCK_VECTORS], uint vectors)
{
    for (uint slot = WINDOW - 1; slot-- > 0;) {
        for (uint v = 0; v < vectors; v++)
            sums[slot][v] = window_join_16(sums[slot][v], sums[slot + 1][v]);
    }
}

/* The windows of a block that slide over channels, by van Herk 1992. Channels are cut into stretches of
 * WINDOW channels; the first stretch begins WINDOW_BEFORE channels before channel 0. The window of channel c
 * is the end of one stretch and the beginning of the next: ends[i] is the sum from the i-th channel of the
 * one to its last, `beginning` the sum of the other's channels in the window. Entries of `ends` that are used
 * up take the squares of the next stretch. */
typedef struct windows {
    window_sum_16 ends[WINDOW][BLOCK_VECTORS], beginning[BLOCK_VECTORS];
    uint slot; /* where c's window begins in its stretch */
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

/* Returns the sum of a vector's window, then adds `square`, that of the first channel after the window, to
 * the beginning of the next stretch. */
static window_sum_16 slide_window(windows *w, uint v, window_sum_16 square)
{
    const window_sum_16 sum = window_join_16(w->ends[w->slot][v], w->beginning[v]);
    w->ends[w->slot][v] = square;
    w->beginning[v] = window_join_16(w->beginning[v], square);
    return sum;
}

/* Moves on to the next channel. */
static void next_windows(windows *w, uint vectors)
{
    if (++w->slot < WINDOW)
        return;
    w->slot = 0;
    sum_to_last(w->ends, vectors);
    for (uint v = 0; v < vectors; v++)
        w->beginning[v] = window_square_16((float16)(0.0f));
}
