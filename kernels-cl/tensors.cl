/*
 * The tensors that a nest reads: x; in a backward mode also dy, which has the layout of x (except in the
 * strided nests); the operands of the formula, if it has any; and y itself where results are added to it. In
 * a backward mode y stands for dx.
 *
 * Operands are tensors that are broadcast against x, such as a gamma for each element. With OPERANDS a
 * formula lists them, each with the value that it has where its buffer is not given:
 *
 *   #define FORMULA_OPERANDS(OPERAND) OPERAND(gamma, 1.0f) OPERAND(beta, 0.0f)
 *
 * Their buffers are among the formula's arguments. In the fpga schedule they are copied to tensors like x
 * first.
 */
#ifndef FORMULA_OPERANDS
#define FORMULA_OPERANDS(OPERAND)
#endif

#if BACKWARD
#define SOURCES INPUT(x), INPUT(dy)
#else
#define SOURCES INPUT(x)
#endif

#define OPERAND_POINTER(name, absent) __global const real *name;
#define OPERAND_BIND(name, absent)    , f.name
#define OPERAND_MOVE_ON(name, absent) from.name += OPERANDS_VARY && from.name ? offset : 0;

typedef struct sources {
    __global const real *x;
#if BACKWARD
    __global const real *dy;
#endif
#if ACCUMULATES
    __global const real *before;
#endif
    FORMULA_OPERANDS(OPERAND_POINTER)
} sources;

/* `f` is the formula's struct, of which operands are taken. */
#if ACCUMULATES
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset, dy + dy_offset, y FORMULA_OPERANDS(OPERAND_BIND)                                       \
    }
#elif BACKWARD
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset, dy + dy_offset FORMULA_OPERANDS(OPERAND_BIND)                                          \
    }
#else
#define SOURCES_BIND(y)                                                                                      \
    {                                                                                                        \
        x + x_offset FORMULA_OPERANDS(OPERAND_BIND)                                                          \
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
    FORMULA_OPERANDS(OPERAND_MOVE_ON)
    return from;
}
