/*
 * fpga schedule: a window of any length over channels. Correct, but slow: each value reads its whole window
 * from memory.
 *
 * x and y are [outer][kept][inner], dense and apart. BACKWARD takes two kernels. The first writes two arrays
 * to scratch: `direct`, what the dy of each value gives to its own gradient, and `contributions`, what it
 * gives to its neighbours. The second sums these up. work: values.
 */

#if !BACKWARD

PIPELINE void RENAMED(window_long)(index_t work, ulong before, ulong after, index_t kept, index_t inner,
                                   INPUT(x), OUTPUT(y), FORMULA_PARAMETERS)
{
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    for (index_t i = 0; i < work; i++) {
        const channel_window c = channel_window_of(i, kept, inner, before, after);
        const real result = formula_divide(&f, x[i], window_over(&f, x + c.pixel, c.begin, c.end, inner));
        const channel_line line = {x + c.pixel, inner, kept, before, after};
        y[i] = isfinite(result) ? result : extreme_divide(&f, &line, c.kept_index);
    }
}

#else

PIPELINE void RENAMED(window_direct)(index_t work, ulong before, ulong after, index_t kept, index_t inner,
                                     INPUT(x), INPUT(dy), OUTPUT(direct), OUTPUT(contributions),
                                     FORMULA_PARAMETERS)
{
    const formula f = FORMULA_BIND;
    x += x_offset;
    dy += dy_offset;
    for (index_t i = 0; i < work; i++) {
        const channel_window c = channel_window_of(i, kept, inner, before, after);
        const window_sum sum = window_over(&f, x + c.pixel, c.begin, c.end, inner);
        const shares own = formula_shares(&f, dy[i], x[i] * f.square_scale, sum);
        direct[direct_offset + i] = own.direct;
        contributions[contributions_offset + i] = own.contribution;
    }
}

PIPELINE void RENAMED(window_collect)(index_t work, ulong before, ulong after, index_t kept, index_t inner,
                                      INPUT(x), INPUT(dy), INPUT(direct), INPUT(contributions), OUTPUT(y),
                                      uint accumulate, FORMULA_PARAMETERS)
{
    const formula f = FORMULA_BIND;
    x += x_offset;
    dy += dy_offset;
    direct += direct_offset;
    contributions += contributions_offset;
    y += y_offset;
    for (index_t i = 0; i < work; i++) {
        const channel_window c = channel_window_of(i, kept, inner, after, before);
        const real sum = contributions_over(contributions + c.pixel, c.begin, c.end, inner);
        const channel_line line = {x + c.pixel, inner, dy + c.pixel, inner, kept, before, after};
        real dx = formula_gradient(&f, direct[i], x[i] * f.square_scale, sum);
        if (!isfinite(dx))
            dx = extreme_gradient(&f, &line, c.kept_index);
        y[i] = accumulate ? y[i] + dx : dx;
    }
}

#endif
