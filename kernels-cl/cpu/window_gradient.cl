/*
 * cpu schedule: gradients of a window that slides over channels.
 *
 * x, dy and dx (y here) are [outer][kept][inner], dense; the window slides over kept. A channel's gradient
 * needs the contributions of all channels whose windows contain it, and each contribution needs the sum of
 * its own channel's window. So two windows follow each other through the channels. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build. Launch: work-groups of one item. No barriers, no local memory.
 */
#include "groups.cl"
#include "cpu/extreme.cl"
#include "cpu/store.cl"

#define WINDOW (WINDOW_BEFORE + 1 + WINDOW_AFTER)

#if KERNEL_window_inner_gradient

#define BLOCK_VECTORS (CPU_GRADIENT_BLOCK / 16 + 1)
#define KEPT_ROWS     (WINDOW_BEFORE + 1)

#include "cpu/pixels.cl"

/* The contributions of the last WINDOW channels, and what the last KEPT_ROWS channels get from their own
 * dy. */
typedef struct rings {
    float16 contributions[WINDOW][BLOCK_VECTORS];
    float16 direct[KEPT_ROWS][BLOCK_VECTORS];
} rings;

/* The sum over the ring of contributions, in four chains of additions. */
static float16 sum_contributions(const rings *r, uint v)
{
    float16 sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
    for (uint w = 0; w < WINDOW; w++)
        sums[w % 4] += r->contributions[w][v];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* work: outer entries; the first dimension has `blocks` blocks of pixels. Sums of squares as in
 * cpu/window.cl. */
__kernel void window_inner_gradient(index_t work, index_t blocks, index_t kept, index_t inner, SOURCES,
                                    OUTPUT(y), FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, inner);
    const index_t entry = get_global_id(1);
    if (entry >= work)
        return;
    const formula f = FORMULA_BIND;
    x += x_offset + entry * kept * inner + b.first;
    dy += dy_offset + entry * kept * inner + b.first;
    y += y_offset + entry * kept * inner + b.first;
    const bool stream = values_to_boundary(y) == 0 && may_stream(y) && inner % 16 == 0 && b.count % 16 == 0;
    const uint vectors = block_vectors(b);
    windows w;
    rings r;
    float16 noted = (float16)(0.0f);
    begin_windows(&w, &f, x, b, kept, inner);
    for (uint slot = 0; slot < WINDOW; slot++) {
        for (uint v = 0; v < vectors; v++)
            r.contributions[slot][v] = (float16)(0.0f);
    }

    uint row = 0; /* where `direct` has channel c */
    for (index_t c = 0; c < kept + WINDOW_BEFORE; c++) {
        const index_t next = c + WINDOW_AFTER + 1, result = c - WINDOW_BEFORE;
        const uint first_row = row + 1 < KEPT_ROWS ? row + 1 : 0; /* where `direct` has channel `result` */
        for (uint v = 0; v < vectors; v++) {
            const uint start = vector_start(b, v);
            const uint slot = w.slot;
            const window_sum_16 square = next < kept ? load_square(&f, x + next * inner + start, b)
                                                     : window_square_16((float16)(0.0f));
            const window_sum_16 sum = slide_window(&w, v, square);
            shares_16 shares = {(float16)(0.0f), (float16)(0.0f)};
            if (c < kept)
                shares = formula_shares_16(&f, load_pixels(dy + c * inner + start, b),
                                           load_pixels(x + c * inner + start, b) * f.square_scale, sum);
            prefetch_values(x + (next + 1) * inner + start);
            prefetch_values(dy + (c + 1) * inner + start);
            r.contributions[slot][v] = shares.contribution;
            r.direct[row][v] = shares.direct;
            if (c < WINDOW_BEFORE)
                continue;
            const index_t at = result * inner + start;
            float16 gradient =
                formula_gradient_16(&f, r.direct[first_row][v], load_pixels(x + at, b) * f.square_scale,
                                    sum_contributions(&r, v));
#if ACCUMULATES
            const vector_place place = {
                {x + start, inner, dy + start, inner, kept, WINDOW_BEFORE, WINDOW_AFTER},
                result,
                0,
                1,
                min(b.count, 16u)};
            gradient = settled(&f, gradient, place);
            if (start < 16 * v) { /* the last vector overlaps the one before, which has been added */
                add_lanes(gradient, y + at, 16 * v - start);
                continue;
            }
            gradient += load_pixels(y + at, b);
#else
            noted = note_results(noted, gradient);
#endif
            store_pixels(gradient, y + at, b, stream);
        }
        row = first_row;
        next_windows(&w, vectors);
    }
    const pixels_done done = {{x, inner, dy, inner, kept, WINDOW_BEFORE, WINDOW_AFTER}, b.count, 1};
    settle_noted(&f, noted, y, done);
}
#endif

#if KERNEL_window_last_gradient

#define AHEAD 512 /* values: how far ahead they are prefetched */

#include "cpu/channels.cl"

/* Three neighbouring vectors of a pixel. With the squares of the next one, the contributions of the current
 * one can be computed, and with these the gradients of the one before. x has been multiplied by
 * square_scale. */
typedef struct neighbours {
    float16 x_before, x, next_x;
    float16 direct_before, direct;
    window_trail squares;
    window_sum_16 sum; /* of the current vector's windows */
    trail contributions;
    float16 contribution_ends;
    float16 noted; /* of all pixels so far */
} neighbours;

/* Moves on by one vector: of the new next one, x and the squares are known. */
INLINED void move_on(const formula *f, neighbours *n, float16 next_x)
{
    n->x_before = n->x;
    n->x = n->next_x;
    n->next_x = next_x * f->square_scale;
    n->sum = add_squares(&n->squares, window_square_16(n->next_x));
    n->direct_before = n->direct;
}

/* Returns what the current vector's channels contribute. */
INLINED float16 divide_vector(const formula *f, neighbours *n, float16 dy)
{
    const shares_16 shares = formula_shares_16(f, dy, n->x, n->sum);
    n->direct = shares.direct;
    return shares.contribution;
}

/* The same for the vector that begins at channel `first`, which may have fewer than 16 channels or none. */
INLINED float16 divide_last(const formula *f, neighbours *n, const pixel *dy, long first)
{
    if (first >= dy->kept)
        return (float16)(0.0f);
    const float16 contributions = divide_vector(f, n, load_channels(dy, first));
    return first + 16 <= dy->kept
               ? contributions
               : select((float16)(0.0f), contributions, first_lanes((int)(dy->kept - first)));
}

/* The current vector's contributions complete the gradients of the one before, which begins at channel c. */
INLINED float16 gradients_before(const formula *f, neighbours *n, float16 contributions, const pixel *x,
                                 const pixel *dy, ulong c)
{
    const float16 ends = sum_last(&n->contributions, contributions);
    const float16 given = SHIFTED(n->contribution_ends, ends, WINDOW_BEFORE);
    n->contribution_ends = ends;
    const float16 found = formula_gradient_16(f, n->direct_before, n->x_before, given);
#if ACCUMULATES
    const ulong kept = (ulong)x->kept;
    const vector_place place = {
        {x->x, 1, dy->x, 1, kept, WINDOW_BEFORE, WINDOW_AFTER}, c, 1, 0, (uint)min(kept - c, (ulong)16)};
    return settled(f, found, place);
#else
    n->noted = note_results(n->noted, found);
    return found;
#endif
}

/* Begins a pixel: computes the contributions of its first vector. */
INLINED void begin_pixel(const formula *f, neighbours *n, const pixel *x, const pixel *dy)
{
    const float16 none = (float16)(0.0f);
    n->x = n->next_x = n->direct = none;
    n->contributions.of_1 = n->contributions.of_2 = n->contributions.of_4 = n->contributions.of_8 = none;
    begin_window_trail(&n->squares);
    move_on(f, n, load_channels(x, 0));
    move_on(f, n, load_channels(x, 16));
    n->contribution_ends = sum_last(&n->contributions, divide_last(f, n, dy, 0));
}

INLINED void store_gradients(float16 gradients, __global real *y, uint count, bool stream)
{
#if ACCUMULATES
    gradients += load_groups_16(y, 0, count);
#endif
    if (count == 16)
        store_vector(gradients, y, stream);
    else
        store_groups_16(gradients, y, 0, count);
}

/* work: outer entries, a pixel each; inner is 1. A work-item owns pixels_per_item neighbouring ones. */
__kernel void window_last_gradient(index_t work, index_t pixels_per_item, index_t kept, SOURCES, OUTPUT(y),
                                   FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * pixels_per_item;
    const index_t last = min(work, (index_t)(first + pixels_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    dy += dy_offset;
    y += y_offset;
    neighbours n;
    n.noted = (float16)(0.0f);
    for (index_t at = first * kept; at < last * kept; at += kept) {
        const pixel of_x = {x + at, (long)at, (long)(work * kept - at), (long)kept};
        const pixel of_dy = {dy + at, (long)at, (long)(work * kept - at), (long)kept};
        const bool stream = values_to_boundary(y + at) == 0 && may_stream(y + at) && kept % 16 == 0;
        begin_pixel(&f, &n, &of_x, &of_dy);
        index_t c = 0;
        for (; c + 32 <= kept; c += 16) { /* the vector after this one is whole */
            prefetch_values(x + at + c + AHEAD);
            prefetch_values(dy + at + c + AHEAD);
            move_on(&f, &n, c + 48 <= kept ? load_16(x + at + c + 32) : load_channels(&of_x, (long)c + 32));
            const float16 contributions = divide_vector(&f, &n, load_16(dy + at + c + 16));
            store_gradients(gradients_before(&f, &n, contributions, &of_x, &of_dy, c), y + at + c, 16,
                            stream);
        }
        prefetch_values(x + at + c + AHEAD);
        prefetch_values(dy + at + c + AHEAD);
        for (; c < kept; c += 16) {
            move_on(&f, &n, load_channels(&of_x, (long)c + 32));
            const float16 contributions = divide_last(&f, &n, &of_dy, (long)c + 16);
            store_gradients(gradients_before(&f, &n, contributions, &of_x, &of_dy, c), y + at + c,
                            (uint)min(kept - c, (index_t)16), stream);
        }
    }
    if (first >= last)
        return;
    const pixels_done done = {
        {x + first * kept, 1, dy + first * kept, 1, kept, WINDOW_BEFORE, WINDOW_AFTER}, last - first, kept};
    settle_noted(&f, n.noted, y + first * kept, done);
}
#endif
