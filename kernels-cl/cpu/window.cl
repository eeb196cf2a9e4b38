/*
 * cpu schedule: a window that slides over channels.
 *
 * x and y are [outer][kept][inner], dense and apart; the window slides over kept. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build. Launch: work-groups of one item. No barriers, no local memory.
 */
#include "cpu/blocks.cl"
#include "cpu/store.cl"

#define WINDOW (WINDOW_BEFORE + 1 + WINDOW_AFTER)

#if WINDOW_INNER

#define BLOCK_PIXELS 64 /* at most */
#define BLOCK_VECTORS (BLOCK_PIXELS / 16)

/* The scaled values of one channel of a block; zeros where there is no such channel. */
void load_terms(__global const real *x, block b, bool exists, real scale, float16 *terms)
{
    for (uint v = 0; v < BLOCK_VECTORS; v++)
        terms[v] = exists ? vload16(0, x + vector_start(b, v)) * scale : (float16)(0.0f);
}

#if KERNEL_window_inner
/* work: outer entries; the first dimension has `blocks` blocks of pixels, each at least 16 wide. A ring holds
 * the window's channels for a block of pixels while it walks down them: each x is read once. */
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
    const bool stream = ((ulong)y & 63) == 0 && inner % 16 == 0 && b.count % 16 == 0;
    const uint vectors = (b.count + 15) / 16;

    float16 ring[WINDOW][BLOCK_VECTORS]; /* channel c at c % WINDOW */
    for (uint slot = 0; slot < WINDOW; slot++)
        load_terms(x + slot * inner, b, slot < WINDOW_AFTER && slot < kept, f.square_scale, ring[slot]);
    uint slot = WINDOW_AFTER % WINDOW;
    for (index_t c = 0; c < kept; c++) {
        load_terms(x + (c + WINDOW_AFTER) * inner, b, c + WINDOW_AFTER < kept, f.square_scale, ring[slot]);
        slot = slot + 1 == WINDOW ? 0 : slot + 1;
        for (uint v = 0; v < vectors; v++) {
            pair_16 sum = {(float16)(0.0f), (float16)(0.0f)};
            for (uint w = 0; w < WINDOW; w++)
                window_add_16(&sum, ring[w][v]);
            const index_t at = c * inner + vector_start(b, v);
            store_vector(formula_divide_16(&f, vload16(0, x + at), sum), y + at, stream);
        }
    }
}
#endif

#else

#define BLOCK_CHANNELS 256

#if KERNEL_window_last
/* work: outer entries, a pixel each; inner is 1. A work-item owns pixels_per_item neighbouring ones, and
 * takes their channels in blocks, with the channels before and after beside them. */
__kernel void window_last(index_t work, index_t pixels_per_item, index_t kept, INPUT(x), OUTPUT(y),
                          FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * pixels_per_item;
    const index_t last = min(work, (index_t)(first + pixels_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    const index_t blocks = (kept + BLOCK_CHANNELS - 1) / BLOCK_CHANNELS;
    real terms[WINDOW_BEFORE + BLOCK_CHANNELS + 16 + WINDOW_AFTER];
    for (index_t item = first * blocks; item < last * blocks; item++) {
        const block b = block_of(item % blocks, blocks, kept);
        __global const real *from = x + item / blocks * kept + b.first;
        __global real *to = y + item / blocks * kept + b.first;
        const uint before = (uint)min((index_t)WINDOW_BEFORE, b.first);
        const uint after = (uint)min((index_t)WINDOW_AFTER, kept - b.first - b.count);
        const uint end = WINDOW_BEFORE + b.count + after;
        for (uint i = 0; i < WINDOW_BEFORE - before; i++)
            terms[i] = 0.0f;
        uint i = WINDOW_BEFORE - before;
        for (; i + 16 <= end; i += 16)
            vstore16(vload16(0, from + i - WINDOW_BEFORE) * f.square_scale, 0, terms + i);
        for (; i < end; i++)
            terms[i] = (from + i)[-WINDOW_BEFORE] * f.square_scale;
        for (; i < WINDOW_BEFORE + max(b.count, 16u) + WINDOW_AFTER; i++)
            terms[i] = 0.0f;

        const bool stream = ((ulong)to & 63) == 0 && b.count % 16 == 0;
        const uint vectors = (b.count + 15) / 16;
        for (uint v = 0; v < vectors; v++) {
            const uint c = vector_start(b, v);
            pair_16 sum = {(float16)(0.0f), (float16)(0.0f)};
            for (uint w = 0; w < WINDOW; w++)
                window_add_16(&sum, vload16(0, terms + c + w));
            if (b.count >= 16) {
                store_vector(formula_divide_16(&f, vload16(0, from + c), sum), to + c, stream);
                continue;
            }
            real values[16] = {0.0f};
            for (uint lane = 0; lane < b.count; lane++)
                values[lane] = from[lane];
            vstore16(formula_divide_16(&f, vload16(0, values), sum), 0, values);
            for (uint lane = 0; lane < b.count; lane++)
                to[lane] = values[lane];
        }
    }
}
#endif

#endif
