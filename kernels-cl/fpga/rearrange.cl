/* fpga schedule: copies a tensor of any strides to one of any others. Addresses are counted, not divided. */
PIPELINE void rearrange(index_t work, ulong8 axis_sizes, ulong8 axis_from_strides, ulong8 axis_to_strides,
                        INPUT(from), OUTPUT(to))
{
    ulong sizes[8], from_strides[8], to_strides[8], index[8];
    vstore8(axis_sizes, 0, sizes);
    vstore8(axis_from_strides, 0, from_strides);
    vstore8(axis_to_strides, 0, to_strides);
    vstore8((ulong8)(0), 0, index);
    from = AT_OFFSET(from);
    to = AT_OFFSET(to);
    if (!from || !to)
        return; /* a result that nobody wants */
    ulong from_at = 0, to_at = 0;
    INDEPENDENT(to)
    for (index_t i = 0; i < work; i++) {
        to[to_at] = from[from_at];
        bool carry = true;
#pragma unroll
        for (uint a = 0; a < 8; a++) {
            const uint axis = 7 - a;
            const bool wraps = index[axis] + 1 == sizes[axis];
            from_at += !carry ? 0 : wraps ? -index[axis] * from_strides[axis] : from_strides[axis];
            to_at += !carry ? 0 : wraps ? -index[axis] * to_strides[axis] : to_strides[axis];
            index[axis] = !carry ? index[axis] : wraps ? 0 : index[axis] + 1;
            carry = carry && wraps;
        }
    }
}
