/*
 * gpu schedule: a window that slides over channels.
 *
 * x and y are [outer][kept][inner], dense and apart; the window slides over kept. Launch: one dimension, any
 * work-group size; a work-item owns a value, its neighbours in memory are its neighbours in the group.
 */
#if KERNEL_window
__kernel void window(index_t work, ulong before, ulong after, index_t kept, index_t inner, INPUT(x),
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
    y[i] = formula_divide(&f, x[i], window_over(&f, x + i - c * inner, begin, end, inner));
}
#endif
