/*
 * fpga schedule: a window that slides over channels, at most WINDOW_RADIUS on either side.
 *
 * A channel's sum is that of the taps in its window, added anew at every step: nothing is carried from one to
 * the next, and no error either.
 */

/* The sum of the squares in the window of the channel WINDOW_RADIUS ago. */
INLINED window_sum window_at(const formula *f, const delays *x, window_walk w, window_extents e, uint lane)
{
    window_sum sum = window_square(0.0f);
#pragma unroll
    for (uint i = 0; i < WINDOW_TAPS; i++) {
        const uint tap = WINDOW_TAPS - 1 - i;
        const bool taken = in_window(w, e, lane, tap, WINDOW_RADIUS, e.before, e.after);
        sum = window_add(sum, taken ? x->taps[tap][lane] * f->square_scale : 0.0f);
    }
    return sum;
}

#if !BACKWARD

/* work: outer. */
PIPELINE void RENAMED(window)(index_t work, ulong before, ulong after, index_t kept, index_t inner, INPUT(x),
                              OUTPUT(y), FORMULA_PARAMETERS)
{
    delay_line line;
    const formula f = FORMULA_BIND;
    const window_extents e = window_extents_of(work, kept, inner, before, after, WINDOW_RADIUS);
    x += x_offset;
    y += y_offset;
    INDEPENDENT(y)
    for (window_walk w = {0, 0, 0, 0}; w.entry < work; w = window_walk_on(w, e)) {
        real word[WINDOW_VECTOR];
        delays now;
        load_window_word(word, x, w, e, 0);
        delay(&line, &now, word, w.word, inner == 1);
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++) {
            if (window_exists(w, e, lane, WINDOW_RADIUS))
                y[window_position(w, e, lane, WINDOW_RADIUS)] =
                    formula_divide(&f, now.taps[WINDOW_RADIUS][lane], window_at(&f, &now, w, e, lane));
        }
    }
}

#else

/* The sum of the contributions of the channels in whose windows the one 2 * WINDOW_RADIUS ago is. */
INLINED real contributions_at(const delays *contributions, window_walk w, window_extents e, uint lane)
{
    pair sum = {0.0f, 0.0f};
#pragma unroll
    for (uint i = 0; i < WINDOW_TAPS; i++) {
        const uint tap = WINDOW_TAPS - 1 - i;
        const bool taken = in_window(w, e, lane, WINDOW_RADIUS + tap, 2 * WINDOW_RADIUS, e.after, e.before);
        sum = pair_add(sum, taken ? contributions->taps[tap][lane] : 0.0f);
    }
    return renormalize(sum.value, sum.rest).value;
}

/* Two windows, one behind the other: of squares, WINDOW_RADIUS channels late, and of what comes of them.
 * work: outer.
 */
PIPELINE void RENAMED(window)(index_t work, ulong before, ulong after, index_t kept, index_t inner, INPUT(x),
                              INPUT(dy), OUTPUT(y), uint accumulate, FORMULA_PARAMETERS)
{
    delay_line x_line, direct_line, contribution_line;
    const formula f = FORMULA_BIND;
    const window_extents e = window_extents_of(work, kept, inner, before, after, 2 * WINDOW_RADIUS);
    x += x_offset;
    dy += dy_offset;
    y += y_offset;
    INDEPENDENT(y)
    for (window_walk w = {0, 0, 0, 0}; w.entry < work; w = window_walk_on(w, e)) {
        real word[WINDOW_VECTOR], gradient[WINDOW_VECTOR], direct[WINDOW_VECTOR], given[WINDOW_VECTOR];
        delays x_now, direct_now, given_now;
        load_window_word(word, x, w, e, 0);
        load_window_word(gradient, dy, w, e, WINDOW_RADIUS);
        delay(&x_line, &x_now, word, w.word, inner == 1);
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++) {
            const shares own =
                formula_shares(&f, gradient[lane], x_now.taps[WINDOW_RADIUS][lane] * f.square_scale,
                               window_at(&f, &x_now, w, e, lane));
            direct[lane] = own.direct;
            given[lane] = own.contribution;
        }
        delay(&direct_line, &direct_now, direct, w.word, inner == 1);
        delay(&contribution_line, &given_now, given, w.word, inner == 1);
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++) {
            if (!window_exists(w, e, lane, 2 * WINDOW_RADIUS))
                continue;
            const real dx = formula_gradient(&f, direct_now.taps[WINDOW_RADIUS][lane],
                                             x_now.taps[2 * WINDOW_RADIUS][lane] * f.square_scale,
                                             contributions_at(&given_now, w, e, lane));
            __global real *to = y + window_position(w, e, lane, 2 * WINDOW_RADIUS);
            *to = accumulate ? *to + dx : dx;
        }
    }
}

#endif
