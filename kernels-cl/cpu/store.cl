/* Stores 16 values; past the cache if `stream`, which needs an address that is a multiple of 64 bytes. */
void store_vector(float16 value, __global real *y, bool stream)
{
#if STREAM && HAVE_STREAMING_STORE
    if (stream) {
        __builtin_nontemporal_store(value, (__global float16 *)y);
        return;
    }
#endif
    vstore16(value, 0, y);
}
