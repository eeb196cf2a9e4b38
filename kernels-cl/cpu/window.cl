/*
 * cpu schedule: a window that slides over channels.
 *
 * x and y are [outer][kept][inner], dense and apart; the window slides over kept. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build. Launch: work-groups of one item. No barriers, no local memory.
 */
#include "groups.cl"
#include "cpu/extreme.cl"
#include "cpu/store.cl"

#define WINDOW (WINDOW_BEFORE + 1 + WINDOW_AFTER)

#if KERNEL_window_inner

#define BLOCK_VECTORS (CPU_WINDOW_BLOCK / 16 + 1)

#include "cpu/pixels.cl"

/* work: outer entries; the first dimension has `blocks` blocks of pixels. Three additions an output, however
 * long the window is. */
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
    windows w;
    float16 noted = (float16)(0.0f);
    begin_windows(&w, &f, x, b, kept, inner);
    for (index_t c = 0; c < kept; c++) {
        const index_t next = c + WINDOW_AFTER + 1; /* the first channel beyond this window */
        __global const real *from = x + next * inner;
        for (uint v = 0; v < vectors; v++) {
            /* Loaded before y is stored: a core takes a load and a store for the same address if these agree
             * in the last 12 bits. */
            const window_sum_16 square = next < kept ? load_square(&f, from + vector_start(b, v), b)
                                                     : window_square_16((float16)(0.0f));
            prefetch_values(from + inner + vector_start(b, v));
            const index_t at = c * inner + vector_start(b, v);
            const float16 values = load_pixels(x + at, b);
            const float16 result = formula_divide_16(&f, values, slide_window(&w, v, square));
            noted = note_results(noted, result);
            store_pixels(result, y + at, b, stream);
        }
        next_windows(&w, vectors);
    }
    const pixels_done done = {{x, inner, kept, WINDOW_BEFORE, WINDOW_AFTER}, b.count, 1};
    settle_noted(&f, noted, y, done);
}
#endif

#if KERNEL_window_last

#define AHEAD 512 /* values: how far ahead they are prefetched */

#include "cpu/channels.cl"

/* The sums of the windows of channels first ... first+15. */
INLINED window_sum_16 sum_windows(const formula *f, const pixel *p, long first)
{
    const long begin = first - WINDOW_BEFORE;
    window_sum_16 sum = window_square_16(load_channels(p, begin) * f->square_scale);
    for (int w = 1; w < WINDOW; w++)
        sum = window_add_16(sum, load_channels(p, begin + w) * f->square_scale);
    return sum;
}

/* A vector of a pixel, and the windows up to it. */
typedef struct neighbours {
    float16 x, noted;
    window_trail trail;
} neighbours;

/* Writes y of the current vector; `next`, the x after it, becomes the current one. */
INLINED void divide_vector(const formula *f, neighbours *n, float16 next, __global real *y, bool stream)
{
    const window_sum_16 sum = add_squares(&n->trail, window_square_16(next * f->square_scale));
    const float16 result = formula_divide_16(f, n->x, sum);
    n->noted = note_results(n->noted, result);
    store_vector(result, y, stream);
    n->x = next;
}

/* Writes y of a pixel's whole vectors, from its first channel on, and loads each value once. Returns how many
 * channels these are. */
INLINED long divide_whole_vectors(const formula *f, const pixel *p, __global real *y, bool stream,
                                  float16 *noted)
{
    if (p->kept < 16)
        return 0;
    neighbours n;
    n.x = load_16(p->x);
    n.noted = *noted;
    begin_window_trail(&n.trail);
    add_squares(&n.trail, window_square_16(n.x * f->square_scale));
    long c = 0;
    for (; c + 32 <= p->kept; c += 16) {
        prefetch_values(p->x + c + AHEAD);
        divide_vector(f, &n, load_16(p->x + c + 16), y + c, stream);
    }
    prefetch_values(p->x + c + AHEAD);
    divide_vector(f, &n, load_channels(p, c + 16), y + c, stream);
    *noted = n.noted;
    return c + 16;
}

/* work: outer entries, a pixel each; inner is 1. A work-item owns pixels_per_item neighbouring ones. A
 * pixel's last vector overlaps the one before. */
__kernel void window_last(index_t work, index_t pixels_per_item, index_t kept, INPUT(x), OUTPUT(y),
                          FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * pixels_per_item;
    const index_t last = min(work, (index_t)(first + pixels_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    float16 noted = (float16)(0.0f);
    for (index_t at = first * kept; at < last * kept; at += kept) {
        const pixel p = {x + at, (long)at, (long)(work * kept - at), (long)kept};
        const bool stream = values_to_boundary(y + at) == 0 && may_stream(y + at) && kept % 16 == 0;
        if (divide_whole_vectors(&f, &p, y + at, stream, &noted) == p.kept)
            continue;
        prefetch_values(p.x + AHEAD);
        const long rest = max(p.kept - 16, 0L);
        const float16 result = formula_divide_16(&f, load_channels(&p, rest), sum_windows(&f, &p, rest));
        noted = note_results(noted, result);
        if (kept < 16)
            store_groups_16(result, y + at, 0, (uint)kept);
        else
            store_16(result, y + at + rest);
    }
    if (first >= last)
        return;
    const pixels_done done = {{x + first * kept, 1, kept, WINDOW_BEFORE, WINDOW_AFTER}, last - first, kept};
    settle_noted(&f, noted, y + first * kept, done);
}
#endif
