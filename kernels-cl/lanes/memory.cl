/* Loads and stores of 16 values at any address that is aligned for one value; masks and conditions of
 * lanes. */
#ifndef LANES_MEMORY
#define LANES_MEMORY

/* The same as vload16 and vstore16, which PoCL 3.1 splits into pieces of four values. */
#if CLANG_BUILTINS
typedef float16 __attribute__((aligned(4))) unaligned_float16;

static float16 load_16(__global const real *from)
{
    return *(__global const unaligned_float16 *)from;
}

static void store_16(float16 value, __global real *to)
{
    *(__global unaligned_float16 *)to = value;
}

static float16 load_private_16(const real *from)
{
    return *(const unaligned_float16 *)from;
}

static void store_private_16(float16 value, real *to)
{
    *(unaligned_float16 *)to = value;
}
#else
#define load_16(from)               vload16(0, from)
#define store_16(value, to)         vstore16(value, 0, to)
#define load_private_16(from)       vload16(0, from)
#define store_private_16(value, to) vstore16(value, 0, to)
#endif

/* Uses clang's builtin, because prefetch() does nothing on PoCL 3.1. oclgrind 21.10, whose target is SPIR,
 * cannot load a program with that builtin. */
#if CLANG_BUILTINS && !defined(__SPIR__)
#define PREFETCH(address, to_store) __builtin_prefetch((const void *)(ulong)(address), to_store, 3)
#else
#define PREFETCH(address, to_store) prefetch(address, 16)
#endif

/* Prefetches 16 values. The address may lie outside of any buffer. */
static void prefetch_values(__global const real *from)
{
    PREFETCH(from, 0);
}

/* A mask of the first `count` lanes. */
static int16 first_lanes(int count)
{
    return (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) < count;
}

/* The same as all(), which PoCL 3.1 compiles to 16 branches. */
static bool all_of(int16 condition)
{
    const long2 bytes = as_long2(convert_char16(condition));
    return (bytes.x & bytes.y) == -1;
}

#endif
