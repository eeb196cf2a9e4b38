/* cpu schedule: window results that the formula left infinite or NaN are computed again, one at a time, with
 * ops/local_response_extreme.cl. A loop that calls a function keeps no vector in a register across the call,
 * even if it is hardly ever made, so loops only note whether all results were finite, and this follows
 * them. */

/* 0 where all results were finite, else NaN. */
INLINED float16 note_results(float16 noted, float16 results)
{
    return fma(results, (float16)(0.0f), noted);
}

/* The result of channel c. */
static real extreme_result(const formula *f, const channel_line *line, ulong c)
{
#if BACKWARD
    return extreme_gradient(f, line, c);
#else
    return extreme_divide(f, line, c);
#endif
}

/* The pixels whose results a work-item wrote: the first one's channels, and how far apart pixels are. */
typedef struct pixels_done {
    channel_line first;
    ulong count, step;
} pixels_done;

/* Computes again what is not finite in y, which holds the results and is strided as x is. */
RARE void settle(const formula *f, __global real *y, pixels_done done)
{
    for (ulong pixel = 0; pixel < done.count; pixel++, y += done.step) {
        for (ulong c = 0; c < done.first.kept; c++) {
            __global real *result = y + c * done.first.x_stride;
            if (!isfinite(*result))
                *result = extreme_result(f, &done.first, c);
        }
        done.first.x += done.step;
#if BACKWARD
        done.first.dy += done.step;
#endif
    }
}

/* After the loops: computes results again if they were not all finite. */
INLINED void settle_noted(const formula *f, float16 noted, __global real *y, pixels_done done)
{
    if (!all_of(noted == 0.0f))
        settle(f, y, done);
}

/* ACCUMULATES: a result is added to what y holds, so it has to be right before. */
#if ACCUMULATES
/* Which results a vector holds: lane i is channel first_channel + i * channel_step of the pixel that begins
 * i * pixel_step values after the first. Only the first `count` lanes are results. */
typedef struct vector_place {
    channel_line first;
    ulong first_channel;
    uint channel_step, pixel_step, count;
} vector_place;

RARE float16 find_again(const formula *f, float16 results, vector_place at)
{
    real lanes[16];
    store_private_16(results, lanes);
    for (uint lane = 0; lane < at.count; lane++) {
        if (isfinite(lanes[lane]))
            continue;
        channel_line line = at.first;
        line.x += lane * at.pixel_step;
        line.dy += lane * at.pixel_step;
        lanes[lane] = extreme_result(f, &line, at.first_channel + lane * at.channel_step);
    }
    return load_private_16(lanes);
}

/* The results, with those computed again that are infinite or NaN. */
INLINED float16 settled(const formula *f, float16 results, vector_place at)
{
    return all_of(fabs(results) < INFINITY) ? results : find_again(f, results, at);
}
#endif
