/*
 * fpga schedule: a window that slides over channels, at most WINDOW_RADIUS on either side.
 *
 * A channel's sum is added up from the taps in its window at every step: no sum, and so no rounding error, is
 * carried from one channel to the next.
 */

/* The sum of the squares in the windows of the channels WINDOW_RADIUS ago. */
INLINED NAME(window_sum) window_at(const formula *f, const delays *x, window_extents e)
{
    NAME(window_sum) sum = NAME(window_square)((V)(0.0f));
#pragma unroll
    for (uint i = 0; i < WINDOW_TAPS; i++) {
        const uint tap = WINDOW_TAPS - 1 - i;
        const bool taken = in_window(tap, e.before, e.after);
        sum = NAME(window_add)(sum, taken ? x->taps[tap] * f->square_scale : (V)(0.0f));
    }
    return sum;
}

/* Computes again, from memory, the lanes that the formula left infinite or NaN. The results are those of
 * `delay` channels ago. */
static V find_again(const formula *f, V results, __global const real *x,
#if BACKWARD
                    __global const real *dy,
#endif
                    window_walk w, window_extents e)
{
#if BACKWARD
    const uint delay = 2 * WINDOW_RADIUS;
#else
    const uint delay = WINDOW_RADIUS;
#endif
    real lanes[WINDOW_VECTOR];
    STORE_PRIVATE(results, lanes);
    for (uint lane = 0; lane < WINDOW_VECTOR; lane++) {
        if (isfinite(lanes[lane]) || !window_exists(w, e, lane, delay))
            continue;
        const index_t c = (index_t)window_channel(w, e, lane, delay);
        const index_t pixel = window_position(w, e, lane, delay) - c * e.inner;
#if BACKWARD
        const channel_line line = {x + pixel, e.inner, dy + pixel, e.inner, e.kept, e.before, e.after};
        lanes[lane] = extreme_gradient(f, &line, c);
#else
        const channel_line line = {x + pixel, e.inner, e.kept, e.before, e.after};
        lanes[lane] = extreme_divide(f, &line, c);
#endif
    }
    return LOAD_PRIVATE(lanes);
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
    delay_begin(&line);
    INDEPENDENT(y)
    for (window_walk w = {0, 0, 0, 0}; w.entry < work; w = window_walk_on(w, e)) {
        delays now;
        delay(&line, &now, load_window_word(x, w, e, 0), w.word, inner == 1);
        V result = NAME(formula_divide)(&f, now.taps[WINDOW_RADIUS], window_at(&f, &now, e));
        if (!ALL(isfinite(result)))
            result = find_again(&f, result, x, w, e);
        store_window_word(result, y, w, e, WINDOW_RADIUS);
    }
}

#else

/* For the channels 2 * WINDOW_RADIUS ago: the sums of the contributions of all channels whose windows contain
 * them. */
INLINED V contributions_at(const delays *contributions, window_extents e)
{
    NAME(pair) sum = {(V)(0.0f), (V)(0.0f)};
#pragma unroll
    for (uint i = 0; i < WINDOW_TAPS; i++) {
        const uint tap = WINDOW_TAPS - 1 - i;
        const bool taken = in_window(tap, e.after, e.before);
        sum = NAME(pair_add)(sum, taken ? contributions->taps[tap] : (V)(0.0f));
    }
    return NAME(renormalize)(sum.value, sum.rest).value;
}

/* Two windows follow each other: one of squares, whose sums are WINDOW_RADIUS channels late, and one of the
 * contributions computed with these sums, as many channels later. work: outer. */
PIPELINE void RENAMED(window)(index_t work, ulong before, ulong after, index_t kept, index_t inner, INPUT(x),
                              INPUT(dy), OUTPUT(y), uint accumulate, FORMULA_PARAMETERS)
{
    delay_line x_line, direct_line, contribution_line;
    const formula f = FORMULA_BIND;
    const window_extents e = window_extents_of(work, kept, inner, before, after, 2 * WINDOW_RADIUS);
    x += x_offset;
    dy += dy_offset;
    y += y_offset;
    delay_begin(&x_line);
    delay_begin(&direct_line);
    delay_begin(&contribution_line);
    INDEPENDENT(y)
    for (window_walk w = {0, 0, 0, 0}; w.entry < work; w = window_walk_on(w, e)) {
        delays x_now, direct_now, given_now;
        delay(&x_line, &x_now, load_window_word(x, w, e, 0), w.word, inner == 1);
        const NAME(shares) own =
            NAME(formula_shares)(&f, load_window_word(dy, w, e, WINDOW_RADIUS),
                                 x_now.taps[WINDOW_RADIUS] * f.square_scale, window_at(&f, &x_now, e));
        const V given = existing_lanes(own.contribution, w, e, WINDOW_RADIUS);
        delay(&direct_line, &direct_now, own.direct, w.word, inner == 1);
        delay(&contribution_line, &given_now, given, w.word, inner == 1);
        V dx = NAME(formula_gradient)(&f, direct_now.taps[WINDOW_RADIUS],
                                      x_now.taps[2 * WINDOW_RADIUS] * f.square_scale,
                                      contributions_at(&given_now, e));
        if (!ALL(isfinite(dx)))
            dx = find_again(&f, dx, x, dy, w, e);
        if (accumulate)
            dx = load_window_word(y, w, e, 2 * WINDOW_RADIUS) + dx;
        store_window_word(dx, y, w, e, 2 * WINDOW_RADIUS);
    }
}

#endif
