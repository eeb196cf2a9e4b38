/*
 * What a nest reads: x; in a backward mode dy too, which lies as x does; and, where results are added to what
 * is there, y itself. In a backward mode y stands for dx.
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

/* The same from `offset` values on. */
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
