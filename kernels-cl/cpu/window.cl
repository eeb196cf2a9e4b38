/*
 * cpu schedule: a window that slides over channels.
 *
 * x and y are [outer][kept][inner], dense and apart; the window slides over kept. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build. Launch: work-groups of one item. No barriers, no local memory.
 */
#include "groups.cl"
#include "cpu/blocks.cl"
#include "cpu/store.cl"

#define WINDOW (WINDOW_BEFORE + 1 + WINDOW_AFTER)

#if WINDOW_INNER

#define BLOCK_PIXELS  256 /* of whole vectors */
#define BLOCK_VECTORS (BLOCK_PIXELS / 16 + 1)

#if KERNEL_window_inner

/* A vector of a block. WINDOW_NARROW: rows of pixels are shorter than that. */
float16 load_pixels(__global const real *x, block b)
{
#if WINDOW_NARROW
    return load_groups_16(x, 0, b.count);
#else
    return load_16(x);
#endif
}

void store_pixels(float16 pixels, __global real *y, block b, bool stream)
{
#if WINDOW_NARROW
    store_groups_16(pixels, y, 0, b.count);
#else
    store_vector(pixels, y, stream);
#endif
}

/* What a vector of a block adds to the sums of a channel. */
window_sum_16 load_square(const formula *f, __global const real *x, block b)
{
    return window_square_16(load_pixels(x, b) * f->square_scale);
}

/* Sums at WINDOW neighbouring channels become sums from each of them to the last. */
void sum_to_last(window_sum_16 sums[WINDOW][BLOCK_VECTORS], uint vectors)
{
    for (uint slot = WINDOW - 1; slot-- > 0;) {
        for (uint v = 0; v < vectors; v++)
            sums[slot][v] = window_join_16(sums[slot][v], sums[slot + 1][v]);
    }
}

/* work: outer entries; the first dimension has `blocks` blocks of pixels. Channels are taken in stretches of
 * WINDOW, the first of which begins WINDOW_BEFORE channels before the first. A window is the end of one
 * stretch and the beginning of the next (van Herk 1992): three additions an output, however long it is. */
__kernel void window_inner(index_t work, index_t blocks, index_t kept, index_t inner, INPUT(x), OUTPUT(y),
                           FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, inner);
    const index_t entry = get_global_id(1);
    if (entry >= work)
        return;
    const formula f = FORMULA_BIND;
    x += x_offset + entry * kept * inner + b.first;
    y += y_offset + entry * kept * inner + b.first;
    const bool stream = values_to_boundary(y) == 0 && may_stream(y) && inner % 16 == 0 && b.count % 16 == 0;
    const uint vectors = block_vectors(b);
    const window_sum_16 none = window_square_16((float16)(0.0f));

    window_sum_16 ends[WINDOW][BLOCK_VECTORS], beginning[BLOCK_VECTORS];
    for (uint slot = 0; slot < WINDOW; slot++) {
        const bool exists = slot >= WINDOW_BEFORE && slot - WINDOW_BEFORE < kept;
        __global const real *from = x + (exists ? slot - WINDOW_BEFORE : 0) * inner;
        for (uint v = 0; v < vectors; v++)
            ends[slot][v] = exists ? load_square(&f, from + vector_start(b, v), b) : none;
    }
    sum_to_last(ends, vectors);
    for (uint v = 0; v < vectors; v++)
        beginning[v] = none;

    uint slot = 0;
    for (index_t c = 0; c < kept; c++) {
        const index_t next = c + WINDOW_AFTER + 1; /* the first channel beyond this window */
        __global const real *from = x + next * inner;
        for (uint v = 0; v < vectors; v++) {
            /* Loaded before y is stored: cores take addresses for the same that agree in their last 12 bits.
             */
            const window_sum_16 square = next < kept ? load_square(&f, from + vector_start(b, v), b) : none;
            prefetch_values(from + inner + vector_start(b, v));
            const index_t at = c * inner + vector_start(b, v);
            const window_sum_16 sum = window_join_16(ends[slot][v], beginning[v]);
            store_pixels(formula_divide_16(&f, load_pixels(x + at, b), sum), y + at, b, stream);
            ends[slot][v] = square;
            beginning[v] = window_join_16(beginning[v], square);
        }
        if (++slot < WINDOW)
            continue;
        slot = 0;
        sum_to_last(ends, vectors);
        for (uint v = 0; v < vectors; v++)
            beginning[v] = none;
    }
}
#endif

#else

#define BLOCK_CHANNELS 512  /* of whole vectors */
#define ROOM           1024 /* values of all pixels that are taken together, roughly */
#define MARGIN         (WINDOW_BEFORE + WINDOW_AFTER)

#if KERNEL_window_last

/* The scaled values of the block's channels and of those before and after that its windows reach, zeros where
 * there are none. `x` is where the pixel begins. */
void spread_pixel(const formula *f, __global const real *x, block b, index_t kept, real *values)
{
    const uint before = (uint)min((index_t)WINDOW_BEFORE, b.first);
    const uint after = (uint)min((index_t)WINDOW_AFTER, kept - b.first - b.count);
    const uint count = before + b.count + after;
    x += b.first - before;
    for (uint i = 0; i < WINDOW_BEFORE - before; i++)
        values[i] = 0.0f;
    values += WINDOW_BEFORE - before;
    uint i = 0;
    for (; i + 16 <= count; i += 16)
        store_private_16(load_16(x + i) * f->square_scale, values + i);
    if (i < count)
        store_private_16(load_groups_16(x, i, count - i) * f->square_scale, values + i);
    for (i = count; i < count + WINDOW_AFTER - after; i++)
        values[i] = 0.0f;
}

/* work: outer entries, a pixel each; inner is 1. A work-item owns pixels_per_item neighbouring ones, and
 * takes `together` of them, or a block of channels of one: their values are spread out with zeros between. */
__kernel void window_last(index_t work, index_t pixels_per_item, index_t kept, INPUT(x), OUTPUT(y),
                          FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * pixels_per_item;
    const index_t last = min(work, (index_t)(first + pixels_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    const index_t blocks = most_blocks(kept, BLOCK_CHANNELS);
    const uint stride = (uint)min(kept, (index_t)(BLOCK_CHANNELS + 16)) + MARGIN;
    const uint together = max(ROOM / stride, 1u);
    real values[ROOM + BLOCK_CHANNELS + 16 + MARGIN + 16];
    for (index_t pixel = first; pixel < last; pixel += together) {
        const uint pixels = (uint)min(last - pixel, (index_t)together);
        for (index_t i = 0; i < blocks; i++) {
            const block b = block_of(i, blocks, kept);
            for (uint p = 0; p < pixels; p++)
                spread_pixel(&f, x + (pixel + p) * kept, b, kept, values + p * stride);
            for (uint p = 0; p < pixels; p++) {
                __global const real *from = x + (pixel + p) * kept + b.first;
                __global real *to = y + (pixel + p) * kept + b.first;
                const bool stream = values_to_boundary(to) == 0 && may_stream(to) && b.count % 16 == 0;
                for (uint v = 0; v < block_vectors(b); v++) {
                    const uint c = vector_start(b, v), count = min(b.count, 16u);
                    const real *window = values + p * stride + c;
                    window_sum_16 sum = window_square_16(load_private_16(window));
#pragma unroll
                    for (uint w = 1; w < WINDOW; w++)
                        sum = window_add_16(sum, load_private_16(window + w));
                    const float16 result = formula_divide_16(&f, load_groups_16(from, c, count), sum);
                    if (count < 16)
                        store_groups_16(result, to, c, count);
                    else
                        store_vector(result, to + c, stream);
                }
            }
        }
    }
}
#endif

#endif
