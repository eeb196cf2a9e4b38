/* Stores 16 values; past the cache if `stream`, which needs an address that is a multiple of 64 bytes. */
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

/* How many values lie before the first address that is a multiple of 64 bytes; 0 where that does not matter.
 */
static uint values_to_boundary(__global real *y)
{
    return STREAM ? (uint)((64 - ((ulong)y & 63)) & 63) / 4 : 0;
}

/* Whether an address that lies a whole number of vectors after a boundary can be streamed to. */
static bool may_stream(__global real *y)
{
    return STREAM && ((ulong)y & 3) == 0;
}

/* Asks for 16 results' place ahead of their store, as prefetch_values does: a cache reads what it is to hold.
 */
static void prefetch_results(__global real *y)
{
    if (!STREAM)
        PREFETCH(y, 1);
}

/* Asks for 16 operands ahead of their use. */
static void prefetch_operands(sources from, index_t at)
{
    prefetch_values(from.x + at);
#if BACKWARD
    prefetch_values(from.dy + at);
#endif
}
