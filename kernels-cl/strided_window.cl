/*
 * Every schedule: a window of any length over channels, tensors of any strides, slowly and correctly.
 *
 * Up to eight axes, the first of them the channels. Launch: one dimension, any work-group size; a work-item
 * owns values_per_item neighbouring values.
 */
#if KERNEL_strided_window
__kernel void strided_window(index_t work, index_t values_per_item, ulong before, ulong after, uint axes,
                             ulong8 axis_sizes, ulong8 axis_x_strides, ulong8 axis_y_strides, INPUT(x),
                             OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(first + values_per_item));
    const formula f = FORMULA_BIND;
    ulong sizes[8], x_strides[8], y_strides[8];
    vstore8(axis_sizes, 0, sizes);
    vstore8(axis_x_strides, 0, x_strides);
    vstore8(axis_y_strides, 0, y_strides);
    x += x_offset;
    y += y_offset;
    for (index_t i = first; i < last; i++) {
        ulong linear = i, at = 0, to = 0;
        for (uint axis = axes; axis-- > 1;) {
            const ulong index = linear % sizes[axis];
            linear /= sizes[axis];
            at += index * x_strides[axis];
            to += index * y_strides[axis];
        }
        const ulong c = linear;
        const ulong begin = c - min(c, before);
        const ulong end = c + min(sizes[0] - c, after + 1);
        y[to + c * y_strides[0]] =
            formula_divide_by_window(&f, x[at + c * x_strides[0]], x + at, begin, end, x_strides[0]);
    }
}
#endif
