/* Stores 16 values. If `stream`, the store bypasses the cache; then the address must be a multiple of 64
 * bytes. */
static void store_vector(float16 value, __global real *y, bool stream)
{
#if STREAM && CLANG_BUILTINS
    if (stream) {
        __builtin_nontemporal_store(value, (__global float16 *)y);
        return;
    }
#endif
    store_16(value, y);
}

/* Stores the lanes begin ... end-1 of what belongs at y. Lines of a cache that are streamed only in part, and
 * those that a store reaches before or after it is streamed, take many times as long: so the ends of a run
 * that is streamed are stored by this, and not by vectors that overlap their neighbours. */
static void store_lanes(float16 value, __global real *y, uint begin, uint end)
{
    real lanes[16];
    store_private_16(value, lanes);
    for (uint lane = begin; lane < end; lane++)
        y[lane] = lanes[lane];
}

#if ACCUMULATES
/* Adds the lanes from `first` on to the values in y. */
static void add_lanes(float16 value, __global real *y, uint first)
{
    real lanes[16];
    store_private_16(value, lanes);
    for (uint lane = first; lane < 16; lane++)
        y[lane] += lanes[lane];
}
#endif

/* Stores a run's last vector, at y. Only the last `left` values are not there yet. */
static void store_tail(float16 value, __global real *y, uint left)
{
    if (STREAM)
        store_lanes(value, y, 16 - left, 16);
    else
        store_16(value, y);
}

/* How many values lie before the first address that is a multiple of 64 bytes; 0 where that does not matter.
 */
static uint values_to_boundary(__global real *y)
{
    return STREAM ? (uint)((64 - ((ulong)y & 63)) & 63) / 4 : 0;
}

/* Whether stores from the first 64-byte boundary in y on may bypass the cache. */
static bool may_stream(__global real *y)
{
    return STREAM && ((ulong)y & 3) == 0;
}

/* Prefetches the place of 16 results, unless their stores bypass the cache: a cache reads a line before it
 * takes a store to it. */
static void prefetch_results(__global real *y)
{
    if (!STREAM)
        PREFETCH(y, 1);
}

/* Prefetches 16 operands. */
static void prefetch_operands(sources from, index_t at)
{
    prefetch_values(from.x + at);
#if BACKWARD
    prefetch_values(from.dy + at);
#endif
}
