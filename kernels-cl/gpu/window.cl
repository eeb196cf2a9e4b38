/*
 * gpu schedule: a window that slides over channels.
 *
 * x and y are [outer][kept][inner], dense and apart; the window slides over kept. WINDOW_BEFORE and
 * WINDOW_AFTER are constants of the build where a kernel holds the window in registers.
 */
#include "gpu/memory.cl"

#if KERNEL_window_inner

#define HALO (WINDOW_BEFORE + WINDOW_AFTER)

/* Computes results again that the formula left infinite or NaN: those of LANES pixels at channels
 * c ... end-1. */
static void find_again(const formula *f, const channel_line *first, __global real *y, index_t c, index_t end)
{
    for (; c < end; c++) {
        for (uint lane = 0; lane < LANES; lane++) {
            channel_line line = *first;
            __global real *to = y + c * line.x_stride + lane;
            line.x += lane;
            if (!isfinite(*to))
                *to = extreme_divide(f, &line, c);
        }
    }
}

/*
 * inner > 1. Launch: one dimension, work-groups of LOCAL_SIZE; an item owns LANES neighbouring pixels (inner
 * is a multiple of LANES), and `channels` of their channels. It loads BLOCK channels at a time, so that loads
 * do not wait for each other, and reads each of its channels once, and HALO more. Neighbouring items have
 * neighbouring pixels.
 *
 * work: items. pieces: how many items share a pixel's channels.
 */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
window_inner(index_t work, index_t pieces, index_t channels, index_t kept, index_t inner, INPUT(x), OUTPUT(y),
             FORMULA_PARAMETERS)
{
    const index_t item = get_global_id(0), units = inner / LANES;
    if (item >= work)
        return;
    const formula f = FORMULA_BIND;
    const index_t strip = item / units, first = strip % pieces * channels;
    const index_t last = min(kept, (index_t)(first + channels)),
                  end = min(kept, (index_t)(last + WINDOW_AFTER));
    const index_t start = strip / pieces * kept * inner + item % units * LANES;
    x += x_offset + start;
    y += y_offset + start;
    V near[HALO + BLOCK]; /* channels c - WINDOW_BEFORE and those that follow; zeros where there are none */
#pragma unroll
    for (uint i = 0; i < HALO; i++) {
        const index_t c = first + i - WINDOW_BEFORE;
        near[i] = c < end ? NAME(load_lanes)(x + c * inner) : (V)(0.0f);
    }
    const channel_line line = {x, inner, kept, WINDOW_BEFORE, WINDOW_AFTER};
    for (index_t c = first; c < last; c += BLOCK) {
        bool settled = true;
#pragma unroll
        for (uint i = 0; i < BLOCK; i++) {
            const index_t next = c + WINDOW_AFTER + i;
            near[HALO + i] = next < end ? NAME(load_lanes)(x + next * inner) : (V)(0.0f);
        }
#pragma unroll
        for (uint i = 0; i < BLOCK; i++) {
            NAME(window_sum) sum = NAME(window_square)(near[i] * f.square_scale);
#pragma unroll
            for (uint w = 1; w <= HALO; w++)
                sum = NAME(window_add)(sum, near[i + w] * f.square_scale);
            if (c + i >= last)
                continue;
            const V result = NAME(formula_divide)(&f, near[i + WINDOW_BEFORE], sum);
            NAME(store_lanes)(result, y + (c + i) * inner);
            settled = settled && ALL(isfinite(result));
        }
        if (!settled)
            find_again(&f, &line, y, c, min(last, (index_t)(c + BLOCK)));
#pragma unroll
        for (uint i = 0; i < HALO; i++)
            near[i] = near[i + BLOCK];
    }
}
#endif

#if KERNEL_window_last

#include "gpu/neighbours.cl"

/*
 * inner = 1. Launch: one dimension, work-groups of LOCAL_SIZE; a work-group owns GROUP_VALUES neighbouring
 * values, and reads them and their neighbours once, into local memory; an item owns four of these values.
 *
 * work: values.
 */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
window_last(index_t work, index_t kept, INPUT(x), OUTPUT(y), FORMULA_PARAMETERS)
{
    __local real near[WINDOW_BEFORE + GROUP_VALUES + WINDOW_AFTER];
    const formula f = FORMULA_BIND;
    const index_t start = (index_t)get_group_id(0) * GROUP_VALUES;
    load_near(near, x + x_offset, start, work, WINDOW_BEFORE, WINDOW_AFTER);
    barrier(CLK_LOCAL_MEM_FENCE);
    const uint mine = get_local_id(0) * 4, count = owned(start, work);
    if (count == 0)
        return;
    real results[4];
#pragma unroll
    for (uint i = 0; i < 4; i++) {
        const window_sum sum = sum_near(&f, near + mine + i, (start + mine + i) % kept, kept);
        results[i] = formula_divide(&f, near[WINDOW_BEFORE + mine + i], sum);
    }
    const float4 quad = vload4(0, results);
    const bool settled = all(isfinite(quad));
    y += y_offset + start + mine;
    store_quad(quad, y, count);
    for (uint i = 0; !settled && i < count; i++) {
        const index_t at = start + mine + i, c = at % kept;
        const channel_line line = {x + x_offset + at - c, 1, kept, WINDOW_BEFORE, WINDOW_AFTER};
        if (!isfinite(y[i]))
            y[i] = extreme_divide(&f, &line, c);
    }
}
#endif

#if KERNEL_window
/*
 * Windows of any length. Launch: one dimension, work-groups of LOCAL_SIZE; an item owns a value, its
 * neighbours in memory are its neighbours in the work-group. It reads all of its window.
 *
 * work: values.
 */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void window(index_t work, ulong before,
                                                                             ulong after, index_t kept,
                                                                             index_t inner, INPUT(x),
                                                                             OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t i = get_global_id(0);
    if (i >= work)
        return;
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    const index_t c = i / inner % kept;
    const ulong begin = c - min((ulong)c, before);
    const ulong end = c + min((ulong)(kept - c), after + 1);
    const channel_line line = {x + i - c * inner, inner, kept, before, after};
    const real result = formula_divide(&f, x[i], window_over(&f, line.x, begin, end, inner));
    y[i] = isfinite(result) ? result : extreme_divide(&f, &line, c);
}
#endif
