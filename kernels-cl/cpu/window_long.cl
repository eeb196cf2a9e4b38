/*
 * cpu schedule: y = x / (bias + alpha * S)^beta, S the sum of x^2 over a window of channels, for windows of
 * any length and tensors of any strides.
 *
 * Up to eight axes, the first of them the channels; the others are pixels. Launch: one dimension, work-groups
 * of one item. A work-item takes vectors of 16 pixels, `per_item` of them, one after another, and all
 * channels of each; it has `room` values in scratch, three lines of 16 a channel: x, which becomes y, and a
 * sum in up to two floats. A value costs the same however long the window is. No barriers, no local memory.
 */
#include "places.cl"
#include "groups.cl"
#include "cpu/extreme.cl"
#include "cpu/store.cl"
#include "cpu/lines.cl"
#include "cpu/square_sums.cl"

#if KERNEL_window_long

/* Writes the results of 16 pixels; they may lie where the lines of x do. Returns whether all were finite: 0,
 * else NaN. */
INLINED float16 divide_lines(const formula *f, window w, source_lines x, result_lines y, __global real *ends,
                             bool stream)
{
    float16 noted = (float16)(0.0f);
    sliding_squares s;
    begin_squares(&s, f, w, x, ends);
    for (index_t c = 0; c < w.kept; c++) {
        prefetch_values(x.at + (c + w.after + CHANNELS_AHEAD) * x.step);
        const window_sum_16 sum = slide_squares(&s, f, c);
        const float16 result = formula_divide_16(f, load_line(x, c), sum);
        noted = note_results(noted, result);
        store_vector(result, y.at + c * y.step, stream);
    }
    return noted;
}

/* work: vectors of pixels. Pixels follow each other in runs of `length`, of run_vectors each (find_pixels).
 */
__kernel void window_long(index_t work, index_t per_item, index_t run_vectors, index_t length, index_t before,
                          index_t after, ulong room, AXES_PARAMETERS, INPUT(x), OUTPUT(y), OUTPUT(scratch),
                          FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * per_item;
    const index_t last = min(work, (index_t)(first + per_item));
    const formula f = FORMULA_BIND;
    AXES_BIND
    const window w = {a.sizes[0], before, after};
    x += x_offset;
    y += y_offset;
    scratch += scratch_offset + get_global_id(0) * room;
    const channel_line line = {x, a.x_strides[0], w.kept, before, after};
    for (index_t i = first; i < last; i++) {
        pixels p;
        find_pixels(&p, &a, i, run_vectors, length, i > first);
        const source_lines of_x = lines_of(x, p.x, a.x_strides[0], w.kept, scratch);
        const bool at_once = writes_at_once(&p);
        const result_lines there = {y + p.y[0], a.y_strides[0]}, apart = {scratch, 16};
        const result_lines results = at_once ? there : apart;
        const bool stream =
            at_once && values_to_boundary(there.at) == 0 && may_stream(there.at) && there.step % 16 == 0;
        if (!all_of(divide_lines(&f, w, of_x, results, scratch + w.kept * 16, stream) == 0.0f))
            settle_lines(&f, &p, results, line);
        if (!at_once)
            put_lines(&p, scratch, y, a.y_strides[0], w.kept);
    }
}
#endif
