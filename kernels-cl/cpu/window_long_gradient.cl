/*
 * cpu schedule: dx = dy / z^beta - 2 alpha beta x T, z = bias + alpha * S, S the sum of x^2 over a window of
 * channels, T the sum of dy * x / z^(beta + 1) over the mirrored window, for windows of any length and
 * tensors of any strides.
 *
 * Launch as in cpu/window_long.cl, with five lines a channel. One window follows the other: the
 * first finds what each channel's dy gives to its own gradient and to those of others, the second sums the
 * latter.
 */
#include "places.cl"
#include "groups.cl"
#include "cpu/extreme.cl"
#include "cpu/store.cl"
#include "cpu/lines.cl"
#include "cpu/square_sums.cl"

/* The sums of contributions are in two floats: they may have either sign. */
#define LINES              2
#define LOAD_SUM(from)     load_pair(from)
#define STORE_SUM(sum, to) store_pair(sum, to)
#define RENORMALIZED(sum)  renormalize_16(sum.value, sum.rest)
#define SUMS               pair_16
#define NO_SUM             no_contributions()
#define TERM(f, from, c)   contribution_of(from, c)
#define JOINED(a, b)       join_contributions(a, b)
#define SLIDING            sliding_contributions
#define BEGIN              begin_contributions
#define SLIDE              slide_contributions
INLINED pair_16 no_contributions(void)
{
    const pair_16 none = {(float16)(0.0f), (float16)(0.0f)};
    return none;
}

INLINED pair_16 contribution_of(source_lines from, index_t c)
{
    const pair_16 sum = {load_line(from, c), (float16)(0.0f)};
    return sum;
}

INLINED pair_16 join_contributions(pair_16 a, pair_16 b)
{
    pair_16 sum = two_sum_16(a.value, b.value);
    sum.rest += a.rest + b.rest;
    return sum;
}
#include "cpu/stretches.cl"

#if KERNEL_window_long_gradient

/* An item's lines in scratch: of x; of dy, what it gives directly, and dx; of what it gives to others; and of
 * sums, each in two floats. */
typedef struct places {
    __global real *x, *direct, *contributions, *ends;
} places;

/* What each channel's dy gives to its own gradient, and to those of others. dy may lie where the former will.
 */
INLINED void share_lines(const formula *f, window w, source_lines x, source_lines dy, places to)
{
    sliding_squares s;
    begin_squares(&s, f, w, x, to.ends);
    for (index_t c = 0; c < w.kept; c++) {
        prefetch_values(x.at + (c + w.after + CHANNELS_AHEAD) * x.step);
        prefetch_values(dy.at + (c + CHANNELS_AHEAD) * dy.step);
        const window_sum_16 sum = slide_squares(&s, f, c);
        const shares_16 shares =
            formula_shares_16(f, load_line(dy, c), load_line(x, c) * f->square_scale, sum);
        store_16(shares.direct, to.direct + c * 16);
        store_16(shares.contribution, to.contributions + c * 16);
    }
}

/* Writes the gradients of 16 pixels; they may lie where `direct` does. Returns whether all were finite: 0,
 * else NaN. */
INLINED float16 gather_lines(const formula *f, window w, source_lines x, places from, result_lines y,
                             bool stream)
{
    const window mirrored = {w.kept, w.after, w.before};
    const source_lines contributions = {from.contributions, 16};
    float16 noted = (float16)(0.0f);
    sliding_contributions s;
    begin_contributions(&s, f, mirrored, contributions, from.ends);
    for (index_t c = 0; c < w.kept; c++) {
        const pair_16 given = slide_contributions(&s, f, c);
        const float16 gradient = formula_gradient_16(
            f, load_16(from.direct + c * 16), load_line(x, c) * f->square_scale, given.value + given.rest);
        noted = note_results(noted, gradient);
        store_vector(gradient, y.at + c * y.step, stream);
    }
    return noted;
}

/* work: vectors of pixels. Pixels follow each other in runs of `length`, of run_vectors each (find_pixels).
 */
__kernel void window_long_gradient(index_t work, index_t per_item, index_t run_vectors, index_t length,
                                   index_t before, index_t after, ulong room, AXES_PARAMETERS, SOURCES,
                                   OUTPUT(y), OUTPUT(scratch), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * per_item;
    const index_t last = min(work, (index_t)(first + per_item));
    const formula f = FORMULA_BIND;
    AXES_BIND
    const window w = {a.sizes[0], before, after};
    const ulong line_values = (ulong)w.kept * 16;
    x += x_offset;
    dy += dy_offset;
    y += y_offset;
    scratch += scratch_offset + get_global_id(0) * room;
    const places own = {scratch, scratch + line_values, scratch + 2 * line_values, scratch + 3 * line_values};
    const channel_line line = {x, a.x_strides[0], dy, a.dy_strides[0], w.kept, before, after};
    for (index_t i = first; i < last; i++) {
        pixels p;
        find_pixels(&p, &a, i, run_vectors, length, i > first);
        const source_lines of_x = lines_of(x, p.x, a.x_strides[0], w.kept, own.x);
        const source_lines of_dy = lines_of(dy, p.dy, a.dy_strides[0], w.kept, own.direct);
        const bool at_once = writes_at_once(&p);
        const result_lines there = {y + p.y[0], a.y_strides[0]}, apart = {own.direct, 16};
        const result_lines results = at_once ? there : apart;
        const bool stream =
            at_once && values_to_boundary(there.at) == 0 && may_stream(there.at) && there.step % 16 == 0;
        share_lines(&f, w, of_x, of_dy, own);
        if (!all_of(gather_lines(&f, w, of_x, own, results, stream) == 0.0f))
            settle_lines(&f, &p, results, line);
        if (!at_once)
            put_lines(&p, own.direct, y, a.y_strides[0], w.kept);
    }
}
#endif
