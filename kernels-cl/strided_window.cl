/*
 * cpu and gpu schedule: a window of any length over channels, for tensors of any strides. Correct, but slow.
 *
 * Up to eight axes, the first of them the channels. Launch: one dimension, work-groups of LOCAL_SIZE; a
 * work-item owns values_per_item neighbouring values. BACKWARD takes two kernels. The first writes two dense
 * arrays to scratch: `direct`, what the dy of each value gives to its own gradient, and `contributions`, what
 * it gives to its neighbours. The second sums these up.
 */
#include "axes.cl"

/* The axes, and the tensors' strides along them. */
typedef struct axes {
    uint count;
    ulong sizes[8], x_strides[8], dy_strides[8], y_strides[8];
} axes;

/* A value: its channel, and where its pixel begins in each tensor. */
typedef struct element {
    ulong c, x, dy, y;
} element;

/* Where value `linear` lies. */
INLINED element element_of(const axes *a, index_t linear)
{
    element p = {linear, 0, 0, 0};
    EACH_AXIS(1, a->count)
    {
        const ulong index = p.c % a->sizes[axis];
        p.c /= a->sizes[axis];
        p.x += index * a->x_strides[axis];
        p.dy += index * a->dy_strides[axis];
        p.y += index * a->y_strides[axis];
    }
    return p;
}

/* Channels begin ... end-1. */
typedef struct range {
    ulong begin, end;
} range;

static range window_of(const axes *a, ulong c, ulong before, ulong after)
{
    const range r = {c - min(c, before), c + min(a->sizes[0] - c, after + 1)};
    return r;
}

#define AXES_PARAMETERS                                                                                      \
    uint kept_axes, uint axis_count, ulong8 axis_sizes, ulong8 axis_x_strides, ulong8 axis_dy_strides,       \
        ulong8 axis_y_strides
#define AXES_BIND(a)                                                                                         \
    a.count = axis_count;                                                                                    \
    vstore8(axis_sizes, 0, a.sizes);                                                                         \
    vstore8(axis_x_strides, 0, a.x_strides);                                                                 \
    vstore8(axis_dy_strides, 0, a.dy_strides);                                                               \
    vstore8(axis_y_strides, 0, a.y_strides);

#if !BACKWARD && KERNEL_strided_window
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
strided_window(index_t work, index_t values_per_item, ulong before, ulong after, AXES_PARAMETERS, INPUT(x),
               OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(first + values_per_item));
    const formula f = FORMULA_BIND;
    axes a;
    AXES_BIND(a)
    x += x_offset;
    y += y_offset;
    for (index_t i = first; i < last; i++) {
        const element p = element_of(&a, i);
        const range r = window_of(&a, p.c, before, after);
        const window_sum sum = window_over(&f, x + p.x, r.begin, r.end, a.x_strides[0]);
        const real result = formula_divide(&f, x[p.x + p.c * a.x_strides[0]], sum);
        const channel_line line = {x + p.x, a.x_strides[0], a.sizes[0], before, after};
        y[p.y + p.c * a.y_strides[0]] = isfinite(result) ? result : extreme_divide(&f, &line, p.c);
    }
}
#endif

#if BACKWARD && KERNEL_strided_window_direct
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
strided_window_direct(index_t work, index_t values_per_item, ulong before, ulong after, AXES_PARAMETERS,
                      INPUT(x), INPUT(dy), OUTPUT(direct), OUTPUT(contributions), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(first + values_per_item));
    const formula f = FORMULA_BIND;
    axes a;
    AXES_BIND(a)
    x += x_offset;
    dy += dy_offset;
    for (index_t i = first; i < last; i++) {
        const element p = element_of(&a, i);
        const range r = window_of(&a, p.c, before, after);
        const window_sum sum = window_over(&f, x + p.x, r.begin, r.end, a.x_strides[0]);
        const shares own = formula_shares(&f, dy[p.dy + p.c * a.dy_strides[0]],
                                          x[p.x + p.c * a.x_strides[0]] * f.square_scale, sum);
        direct[direct_offset + i] = own.direct;
        contributions[contributions_offset + i] = own.contribution;
    }
}
#endif

#if BACKWARD && KERNEL_strided_window_gradient
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
strided_window_gradient(index_t work, index_t values_per_item, ulong before, ulong after, AXES_PARAMETERS,
                        INPUT(x), INPUT(dy), OUTPUT(y), INPUT(direct), INPUT(contributions),
                        FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(first + values_per_item));
    const formula f = FORMULA_BIND;
    axes a;
    AXES_BIND(a)
    x += x_offset;
    dy += dy_offset;
    const ulong pixels = work / a.sizes[0]; /* between neighbouring channels in scratch */
    for (index_t i = first; i < last; i++) {
        const element p = element_of(&a, i);
        const range r = window_of(&a, p.c, after, before);
        const real sum = contributions_over(contributions + contributions_offset + i - p.c * pixels, r.begin,
                                            r.end, pixels);
        const real own = direct[direct_offset + i];
        __global real *to = y + y_offset + p.y + p.c * a.y_strides[0];
        real gradient = formula_gradient(&f, own, x[p.x + p.c * a.x_strides[0]] * f.square_scale, sum);
        const channel_line line = {x + p.x,    a.x_strides[0], dy + p.dy, a.dy_strides[0],
                                   a.sizes[0], before,         after};
        if (!isfinite(gradient))
            gradient = extreme_gradient(&f, &line, p.c);
        *to = ACCUMULATES ? *to + gradient : gradient;
    }
}
#endif
