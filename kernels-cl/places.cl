/*
 * Tensors of any strides: where their elements lie. Up to eight axes, of which the first `kept_axes` tell
 * groups apart and the others are reduced.
 */
#include "axes.cl"

#define OPERAND_OFFSET(name, absent)           ulong name;
#define OPERAND_STRIDES(name, absent)          ulong name##_strides[8];
#define OPERAND_STRIDES_ARGUMENT(name, absent) , ulong8 axis_##name##_strides
#define OPERAND_STRIDES_STORE(name, absent)    vstore8(axis_##name##_strides, 0, a.name##_strides);
#define OPERAND_ADVANCE(name, absent)          p.name += index * a->name##_strides[axis];
#define OPERAND_MOVE(name, absent)             from.name += from.name ? p.name : 0;
#define OPERAND_ADD(name, absent)              p.name += q.name;
#define OPERAND_MULTIPLY(name, absent)         p.name *= count;

/* Where an element lies in each tensor. */
typedef struct offsets {
    ulong x, dy, y;
    FORMULA_OPERANDS(OPERAND_OFFSET)
} offsets;

/* The axes, and the tensors' strides along them. */
typedef struct axes {
    uint count;
    index_t sizes[8];
    ulong x_strides[8], dy_strides[8], y_strides[8];
    FORMULA_OPERANDS(OPERAND_STRIDES)
} axes;

/* The arguments that tell a kernel of them, and the struct `a` of those. */
#define AXES_PARAMETERS                                                                                      \
    uint kept_axes, uint axis_count, ulong8 axis_sizes, ulong8 axis_x_strides, ulong8 axis_dy_strides,       \
        ulong8 axis_y_strides FORMULA_OPERANDS(OPERAND_STRIDES_ARGUMENT)
#define AXES_BIND                                                                                            \
    axes a;                                                                                                  \
    a.count = axis_count;                                                                                    \
    vstore8(CONVERT_INDEX8(axis_sizes), 0, a.sizes);                                                         \
    vstore8(axis_x_strides, 0, a.x_strides);                                                                 \
    vstore8(axis_dy_strides, 0, a.dy_strides);                                                               \
    vstore8(axis_y_strides, 0, a.y_strides);                                                                 \
    FORMULA_OPERANDS(OPERAND_STRIDES_STORE)

/* Where value `linear` of the axes first ... last-1 lies, the last of them varying fastest. */
INLINED offsets offsets_of(const axes *a, index_t linear, uint first, uint last)
{
    offsets p = {0};
    EACH_AXIS(first, last)
    {
        const index_t index = linear % a->sizes[axis];
        linear /= a->sizes[axis];
        p.x += index * a->x_strides[axis];
        p.dy += index * a->dy_strides[axis];
        p.y += index * a->y_strides[axis];
        FORMULA_OPERANDS(OPERAND_ADVANCE)
    }
    return p;
}

INLINED offsets offsets_add(offsets p, offsets q)
{
    p.x += q.x;
    p.dy += q.dy;
    p.y += q.y;
    FORMULA_OPERANDS(OPERAND_ADD)
    return p;
}

/* A walk through the values of a group. Places are found by divisions only where a run ends, which is the
 * last axis. */
typedef struct walk {
    offsets at, step;
    uint first, last;    /* the reduced axes but the last one: first ... last-1 */
    index_t run, length; /* of a run: all have the same */
    index_t left;        /* values of this run, the one at hand included */
} walk;

/* A walk that begins at value `value`. */
INLINED walk walk_from(const axes *a, uint kept_axes, index_t value)
{
    walk w;
    w.first = kept_axes;
    w.last = max(a->count, kept_axes + 1) - 1;
    w.length = 1;
    EACH_AXIS(w.last, a->count)
    {
        w.length = a->sizes[axis];
    }
    w.run = value / w.length;
    w.left = w.length - value % w.length;
    w.step = offsets_of(a, 1, w.last, a->count);
    w.at =
        offsets_add(offsets_of(a, w.run, w.first, w.last), offsets_of(a, value % w.length, w.last, a->count));
    return w;
}

INLINED walk walk_on(const axes *a, walk w)
{
    if (--w.left > 0) {
        w.at = offsets_add(w.at, w.step);
        return w;
    }
    w.run++;
    w.left = w.length;
    w.at = offsets_of(a, w.run, w.first, w.last);
    return w;
}

INLINED offsets offsets_times(offsets p, ulong count)
{
    p.x *= count;
    p.dy *= count;
    p.y *= count;
    FORMULA_OPERANDS(OPERAND_MULTIPLY)
    return p;
}

INLINED sources sources_at_offsets(sources from, offsets p)
{
    from.x += p.x;
#if BACKWARD
    from.dy += p.dy;
#endif
#if ACCUMULATES
    from.before += from.before ? p.y : 0;
#endif
    FORMULA_OPERANDS(OPERAND_MOVE)
    return from;
}
