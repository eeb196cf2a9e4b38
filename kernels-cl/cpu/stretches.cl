/*
 * Sums over windows that slide over channels, whose cost does not depend on the windows' length (van Herk
 * 1992). Channels are cut into stretches as long as a window; the first stretch begins `before` channels
 * before channel 0. So a window is the end of one stretch and the beginning of the next:
 *
 *   sum of channel c's window = ends[c - before] + beginning
 *
 * ends[s] is the sum from channel s to the last of its stretch, found for all s in one run from the last
 * channel to the first; `beginning` is carried from window to window. Channels that do not exist count as
 * zeros.
 *
 * The file that includes this, once for each kind of sum, defines the macros that are undefined at the end:
 * SUMS, the type of a sum; NO_SUM; TERM(f, from, c), a channel's; JOINED(a, b); RENORMALIZED(sum), which
 * keeps the second of two floats small; LOAD_SUM(from), STORE_SUM(sum, to) and LINES, how many lines a sum
 * takes; and SLIDING, BEGIN and SLIDE, the names of what is declared here.
 */
typedef struct SLIDING {
    window w;
    source_lines from;
    __global real *ends;
    index_t slot; /* where the window begins in its stretch */
    SUMS beginning;
} SLIDING;

/* Before the first channel. */
INLINED void BEGIN(SLIDING *s, const formula *f, window w, source_lines from, __global real *ends)
{
    const index_t stretch = w.before + 1 + w.after, last_window = w.kept - 1 - w.before;
    const index_t rest = stretch - 1 - (last_window + w.before) % stretch; /* of its stretch */
    index_t c = min(w.kept - 1, last_window + rest), slot = (c + w.before) % stretch;
    SUMS sum = NO_SUM;
    for (c++; c-- > 0; slot = (slot > 0 ? slot : stretch) - 1) {
        prefetch_values(from.at + (max(c, (index_t)CHANNELS_AHEAD) - CHANNELS_AHEAD) * from.step);
        if (slot + 1 == stretch)
            sum = NO_SUM;
        sum = JOINED(sum, TERM(f, from, c));
        if (c % 16 == 0)
            sum = RENORMALIZED(sum);
        STORE_SUM(sum, ends + c * LINES * 16);
    }
    s->w = w;
    s->from = from;
    s->ends = ends;
    s->slot = 0;
}

/* The sum of channel c's window. To be called for each channel, in order. */
INLINED SUMS SLIDE(SLIDING *s, const formula *f, index_t c)
{
    const index_t newest = c + s->w.after;
    if (s->slot == 0)
        s->beginning = NO_SUM;
    else if (newest < s->w.kept)
        s->beginning = JOINED(s->beginning, TERM(f, s->from, newest));
    if (newest % 16 == 0)
        s->beginning = RENORMALIZED(s->beginning);
    s->slot = s->slot == s->w.before + s->w.after ? 0 : s->slot + 1;
    const SUMS end = LOAD_SUM(s->ends + (c - min(c, s->w.before)) * LINES * 16);
    return JOINED(end, s->beginning);
}

#undef SUMS
#undef NO_SUM
#undef TERM
#undef JOINED
#undef RENORMALIZED
#undef LOAD_SUM
#undef STORE_SUM
#undef LINES
#undef SLIDING
#undef BEGIN
#undef SLIDE
