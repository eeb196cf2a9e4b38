/*
 * fpga schedule: a tensor [outer][kept][inner], over whose kept channels windows slide, in words of
 * WINDOW_VECTOR values: pixels of a channel, or, where inner is 1, channels of a pixel.
 *
 * Words stream through shift registers, a new one in and the oldest out at each step. Where inner is not 1
 * the registers of WINDOW_WORDS neighbouring words take turns, so that memory is read along a channel; they
 * lie in memory on the chip. What is delayed by d channels is at `tap` d.
 */
#define WINDOW_TAPS (2 * WINDOW_RADIUS + 1)

/* Registers of one value: for words of pixels, a channel a row; for words of channels, a word a row. */
typedef struct delay_line {
    real rows[WINDOW_WORDS][WINDOW_TAPS][WINDOW_VECTOR];
    real last[WINDOW_TAPS + WINDOW_VECTOR - 1]; /* of one pixel, the newest first */
} delay_line;

/* The values that a word of outputs looks at: tap d of each of its lanes. */
typedef struct delays {
    real taps[WINDOW_TAPS][WINDOW_VECTOR];
} delays;

/* A word comes in. */
INLINED void delay(delay_line *line, delays *now, const real *word, uint w, bool last)
{
    if (last) {
#pragma unroll
        for (uint i = 0; i < WINDOW_TAPS - 1; i++)
            line->last[WINDOW_TAPS + WINDOW_VECTOR - 2 - i] = line->last[WINDOW_TAPS - 2 - i];
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
            line->last[lane] = word[WINDOW_VECTOR - 1 - lane];
    } else {
#pragma unroll
        for (uint i = 0; i < WINDOW_TAPS - 1; i++) {
            const uint tap = WINDOW_TAPS - 1 - i;
#pragma unroll
            for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
                line->rows[w][tap][lane] = line->rows[w][tap - 1][lane];
        }
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
            line->rows[w][0][lane] = word[lane];
    }
#pragma unroll
    for (uint tap = 0; tap < WINDOW_TAPS; tap++) {
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
            now->taps[tap][lane] =
                last ? line->last[tap + WINDOW_VECTOR - 1 - lane] : line->rows[w][tap][lane];
    }
}

/* Where a walk over the words is. */
typedef struct window_walk {
    index_t entry, pixel; /* of outer, and the first pixel of the block of words that take turns */
    index_t step;         /* channels or, where inner is 1, words of channels */
    uint word;
} window_walk;

typedef struct window_extents {
    index_t outer, kept, inner;
    index_t steps; /* until the last channel has come out */
    index_t before, after;
} window_extents;

/* `delay` channels after a channel came in, its results are known. */
INLINED window_extents window_extents_of(index_t outer, index_t kept, index_t inner, ulong before,
                                         ulong after, uint delay)
{
    const index_t channels = kept + delay;
    const window_extents e = {outer,  kept,
                              inner,  inner == 1 ? (channels + WINDOW_VECTOR - 1) / WINDOW_VECTOR : channels,
                              before, after};
    return e;
}

INLINED uint words_of_window(window_walk w, window_extents e)
{
    const index_t pixels = min(e.inner - w.pixel, (index_t)(WINDOW_WORDS * WINDOW_VECTOR));
    return e.inner == 1 ? 1 : (uint)((pixels + WINDOW_VECTOR - 1) / WINDOW_VECTOR);
}

INLINED window_walk window_walk_on(window_walk w, window_extents e)
{
    if (++w.word < words_of_window(w, e))
        return w;
    w.word = 0;
    if (++w.step < e.steps)
        return w;
    w.step = 0;
    w.pixel += WINDOW_WORDS * WINDOW_VECTOR;
    if (w.pixel < e.inner)
        return w;
    w.pixel = 0;
    w.entry++;
    return w;
}

/* The channel of a lane `delay` channels ago. */
INLINED long window_channel(window_walk w, window_extents e, uint lane, uint delay)
{
    return (long)(e.inner == 1 ? w.step * WINDOW_VECTOR + lane : w.step) - (long)delay;
}

/* Whether a lane's value of `delay` channels ago is one of the tensor's. */
INLINED bool window_exists(window_walk w, window_extents e, uint lane, uint delay)
{
    const long c = window_channel(w, e, lane, delay);
    const index_t pixel = w.pixel + w.word * WINDOW_VECTOR + lane;
    return c >= 0 && c < (long)e.kept && (e.inner == 1 || pixel < e.inner);
}

/* Where it is. */
INLINED index_t window_position(window_walk w, window_extents e, uint lane, uint delay)
{
    const long c = window_channel(w, e, lane, delay);
    const index_t pixel = e.inner == 1 ? 0 : w.pixel + w.word * WINDOW_VECTOR + lane;
    return (w.entry * e.kept + (index_t)c) * e.inner + pixel;
}

/* A word of what was `delay` channels ago; 0 where nothing is. */
INLINED void load_window_word(real *word, __global const real *x, window_walk w, window_extents e, uint delay)
{
    if (window_exists(w, e, 0, delay) && window_exists(w, e, WINDOW_VECTOR - 1, delay)) {
        const index_t at = window_position(w, e, 0, delay);
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
            word[lane] = x[at + lane];
    } else {
#pragma unroll
        for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
            word[lane] = window_exists(w, e, lane, delay) ? x[window_position(w, e, lane, delay)] : 0.0f;
    }
}

/* Whether the channel at `tap` is in the window of the one `delay` channels ago, which reaches `before` and
 * `after` it. */
INLINED bool in_window(window_walk w, window_extents e, uint lane, uint tap, uint delay, index_t before,
                       index_t after)
{
    const long c = window_channel(w, e, lane, tap), distance = (long)tap - (long)delay;
    return c >= 0 && c < (long)e.kept && distance <= (long)before && -distance <= (long)after;
}

/* Of a value: where its pixel begins, and the channels of its window. */
typedef struct channel_window {
    index_t pixel, begin, end;
} channel_window;

INLINED channel_window channel_window_of(index_t i, index_t kept, index_t inner, ulong before, ulong after)
{
    const index_t c = i / inner % kept;
    const channel_window w = {i - c * inner, c - min(c, (index_t)before),
                              c + min(kept - c, (index_t)after + 1)};
    return w;
}
