/* cpu schedule: window results that the formula left infinite or NaN are computed again, lane by lane, with
 * ops/local_response_extreme.cl. */

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
        const ulong c = at.first_channel + lane * at.channel_step;
#if BACKWARD
        line.dy += lane * at.pixel_step;
        lanes[lane] = extreme_gradient(f, &line, c);
#else
        lanes[lane] = extreme_divide(f, &line, c);
#endif
    }
    return load_private_16(lanes);
}

/* The results; those that are infinite or NaN are computed again. */
#define SETTLED(f, results, place)                                                                           \
    (all_of(fabs(results) < INFINITY) ? (results) : find_again(f, results, place))
