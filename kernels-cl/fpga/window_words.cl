/*
 * fpga schedule: a tensor [outer][kept][inner], over whose kept channels windows slide, in words of
 * WINDOW_VECTOR values: pixels of a channel, or, where inner is 1, channels of a pixel.
 *
 * Words stream through shift registers, a new one in and the oldest out at each step. Where inner is not 1
 * the registers of WINDOW_WORDS neighbouring words take turns, so that memory is read along a channel; they
 * lie in memory on the chip. Tap d is the word of d channels ago.
 */
#define WINDOW_TAPS (2 * WINDOW_RADIUS + 1)

typedef PASTE(float, WINDOW_VECTOR) window_word;
typedef PASTE(int, WINDOW_VECTOR) window_mask;
#define LOAD_WORD(from)      PASTE(vload, WINDOW_VECTOR)(0, from)
#define STORE_WORD(word, to) PASTE(vstore, WINDOW_VECTOR)(word, 0, to)

/* The shift registers of one quantity. `rows` is for words of pixels: the last WINDOW_TAPS channels of each
 * of the words that take turns. `last` is for words of channels: the last channels of one pixel, the newest
 * at the end. */
typedef struct delay_line {
    window_word rows[WINDOW_WORDS][WINDOW_TAPS];
    real last[WINDOW_TAPS - 1 + WINDOW_VECTOR];
} delay_line;

/* The words that a word of outputs is computed from. */
typedef struct delays {
    window_word taps[WINDOW_TAPS];
} delays;

/* Clears the registers, which is needed only once: each walk along the channels ends with zeros coming in,
 * and the next walk finds these before its first channel. */
INLINED void delay_begin(delay_line *line)
{
    for (uint w = 0; w < WINDOW_WORDS; w++) {
#pragma unroll
        for (uint tap = 0; tap < WINDOW_TAPS; tap++)
            line->rows[w][tap] = (window_word)(0.0f);
    }
#pragma unroll
    for (uint i = 0; i < WINDOW_TAPS - 1 + WINDOW_VECTOR; i++)
        line->last[i] = 0.0f;
}

/* Shifts a word in. `now` gets the words that are there then. */
INLINED void delay(delay_line *line, delays *now, window_word word, uint w, bool last)
{
    if (last) {
#pragma unroll
        for (uint i = 0; i < WINDOW_TAPS - 1; i++)
            line->last[i] = line->last[i + WINDOW_VECTOR];
        STORE_WORD(word, line->last + WINDOW_TAPS - 1);
#pragma unroll
        for (uint tap = 0; tap < WINDOW_TAPS; tap++)
            now->taps[tap] = LOAD_WORD(line->last + WINDOW_TAPS - 1 - tap);
    } else {
        now->taps[0] = word;
#pragma unroll
        for (uint tap = 1; tap < WINDOW_TAPS; tap++)
            now->taps[tap] = line->rows[w][tap - 1];
#pragma unroll
        for (uint tap = 0; tap < WINDOW_TAPS; tap++)
            line->rows[w][tap] = now->taps[tap];
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

/* `delay` is how many channels later than a channel its results come out. */
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

/* Where that value lies in the tensor. */
INLINED index_t window_position(window_walk w, window_extents e, uint lane, uint delay)
{
    const long c = window_channel(w, e, lane, delay);
    const index_t pixel = e.inner == 1 ? 0 : w.pixel + w.word * WINDOW_VECTOR + lane;
    return (w.entry * e.kept + (index_t)c) * e.inner + pixel;
}

/* Whether all lanes of a word are values of the tensor. */
INLINED bool window_is_whole(window_walk w, window_extents e, uint delay)
{
    return window_exists(w, e, 0, delay) && window_exists(w, e, WINDOW_VECTOR - 1, delay);
}

/* Loads the word of `delay` channels ago, with 0 in the lanes that are outside of the tensor. */
INLINED window_word load_window_word(__global const real *x, window_walk w, window_extents e, uint delay)
{
    if (window_is_whole(w, e, delay))
        return LOAD_WORD(x + window_position(w, e, 0, delay));
    real lanes[WINDOW_VECTOR];
#pragma unroll
    for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
        lanes[lane] = window_exists(w, e, lane, delay) ? x[window_position(w, e, lane, delay)] : 0.0f;
    return LOAD_WORD(lanes);
}

INLINED void store_window_word(window_word word, __global real *y, window_walk w, window_extents e,
                               uint delay)
{
    if (window_is_whole(w, e, delay)) {
        STORE_WORD(word, y + window_position(w, e, 0, delay));
        return;
    }
    real lanes[WINDOW_VECTOR];
    STORE_WORD(word, lanes);
#pragma unroll
    for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
        if (window_exists(w, e, lane, delay))
            y[window_position(w, e, lane, delay)] = lanes[lane];
}

/* `word`, with 0 in the lanes that were outside of the tensor `delay` channels ago. */
INLINED window_word existing_lanes(window_word word, window_walk w, window_extents e, uint delay)
{
    int lanes[WINDOW_VECTOR];
#pragma unroll
    for (uint lane = 0; lane < WINDOW_VECTOR; lane++)
        lanes[lane] = window_exists(w, e, lane, delay) ? -1 : 0;
    const window_mask mask = LOAD_WORD(lanes);
    return select((window_word)(0.0f), word, mask);
}

/* Whether the channel at `tap` is in the window, from `before` to `after`, of the one at WINDOW_RADIUS. */
INLINED bool in_window(uint tap, index_t before, index_t after)
{
    const long distance = (long)tap - WINDOW_RADIUS;
    return distance <= (long)before && -distance <= (long)after;
}

/* A value's pixel (where it begins), channel, and window (channels begin ... end-1). */
typedef struct channel_window {
    index_t pixel, kept_index, begin, end;
} channel_window;

INLINED channel_window channel_window_of(index_t i, index_t kept, index_t inner, ulong before, ulong after)
{
    const index_t c = i / inner % kept;
    const channel_window w = {i - c * inner, c, c - min(c, (index_t)before),
                              c + min(kept - c, (index_t)after + 1)};
    return w;
}
