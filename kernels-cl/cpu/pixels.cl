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
