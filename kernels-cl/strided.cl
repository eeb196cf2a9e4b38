/*
 * Every schedule: tensors of any strides, slowly and correctly.
 *
 * Up to eight axes; the first `kept_axes` tell groups apart and the others are reduced. Launch: one
 * dimension, any work-group size; a work-item owns a group and loops over its values.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif

typedef struct place {
    ulong x, y;
} place;

/* Where value `linear` of the axes first ... last-1 lies, the last of them varying fastest. */
static place place_of(ulong linear, uint first, uint last, const ulong *sizes, const ulong *x_strides,
                      const ulong *y_strides)
{
    place p = {0, 0};
    for (uint axis = last; axis-- > first;) {
        const ulong index = linear % sizes[axis];
        linear /= sizes[axis];
        p.x += index * x_strides[axis];
        p.y += index * y_strides[axis];
    }
    return p;
}

#if !WORK_MAP

static accumulator accumulate_group(__global const real *x, ulong values, uint kept_axes, uint axes,
                                    const ulong *sizes, const ulong *x_strides, const ulong *y_strides)
{
    accumulator all = accumulator_empty();
    real tile[TILE_ROWS];
    for (ulong first = 0; first < values; first += TILE_ROWS) {
        const uint rows = (uint)min(values - first, (ulong)TILE_ROWS);
        for (uint row = 0; row < rows; row++)
            tile[row] = x[place_of(first + row, kept_axes, axes, sizes, x_strides, y_strides).x];
        all = accumulator_merge(all, accumulator_of_tile(tile, rows));
    }
    return all;
}

#endif

#if KERNEL_strided
/* work: groups, each of `values` values. */
__kernel void strided(index_t work, ulong values, uint kept_axes, uint axes, ulong8 axis_sizes,
                      ulong8 axis_x_strides, ulong8 axis_y_strides, INPUT(x), OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t group = get_global_id(0);
    if (group >= work)
        return;
    const formula f = FORMULA_BIND;
    ulong sizes[8], x_strides[8], y_strides[8];
    vstore8(axis_sizes, 0, sizes);
    vstore8(axis_x_strides, 0, x_strides);
    vstore8(axis_y_strides, 0, y_strides);
    const place start = place_of(group, 0, kept_axes, sizes, x_strides, y_strides);
    x += x_offset + start.x;

#if WORK_MAP
    real coefficients[COEFFICIENTS];
    formula_load(&f, group, 1, coefficients);
#else
    const accumulator all = accumulate_group(x, values, kept_axes, axes, sizes, x_strides, y_strides);
#if WORK_REDUCE_MAP
    real coefficients[COEFFICIENTS];
    formula_finish(&f, group, 1, all, coefficients);
#endif
#endif

#if !WORK_REDUCE
    y += y_offset + start.y;
    for (ulong i = 0; i < values; i++) {
        const place p = place_of(i, kept_axes, axes, sizes, x_strides, y_strides);
        y[p.y] = formula_apply(x[p.x], coefficients);
    }
#endif
#if !WORK_MAP
    formula_save(&f, group, 1, all);
#endif
}
#endif
