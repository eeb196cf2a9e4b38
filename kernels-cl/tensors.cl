/*
 * The tensors that a nest reads: x; in a backward mode also dy, which has the layout of x (except in the
 * strided nests); and y itself where results are added to it. In a backward mode y stands for dx.
 */
#if BACKWARD
#define SOURCES INPUT(x), INPUT(dy)
#else
#define SOURCES INPUT(x)
#endif

typedef struct sources {
    __global const real *x;
#if BACKWARD
    __global const real *dy;
#endif
#if ACCUMULATES
    __global const real *before;
#endif
} sources;

#if ACCUMULATES
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset, dy + dy_offset, y                                                                      \
    }
#elif BACKWARD
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset, dy + dy_offset                                                                         \
    }
#else
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset                                                                                         \
    }
#endif

/* The same tensors, `offset` values further on. */
INLINED sources sources_at(sources from, index_t offset)
{
    from.x += offset;
#if BACKWARD
    from.dy += offset;
#endif
#if ACCUMULATES
    if (from.before)
        from.before += offset;
#endif
    return from;
}
