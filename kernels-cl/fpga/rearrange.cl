/* fpga schedule: copies a tensor of any strides to one of any other strides; if it is not given, each element
 * is `absent`. Addresses are counted up, without divisions. */
#define EIGHT_OF(v)                                                                                          \
    {                                                                                                        \
        v.s0, v.s1, v.s2, v.s3, v.s4, v.s5, v.s6, v.s7                                                       \
    }

PIPELINE void rearrange(index_t work, ulong8 axis_sizes, ulong8 axis_from_strides, ulong8 axis_to_strides,
                        real absent, INPUT(from), OUTPUT(to))
{
    const ulong sizes[8] = EIGHT_OF(axis_sizes), from_strides[8] = EIGHT_OF(axis_from_strides);
    const ulong to_strides[8] = EIGHT_OF(axis_to_strides);
    ulong index[8] = {0};
    from = AT_OFFSET(from);
    to = AT_OFFSET(to);
    if (!to)
        return; /* a result that nobody wants */
    ulong from_at = 0, to_at = 0;
    INDEPENDENT(to)
    for (index_t i = 0; i < work; i++) {
        to[to_at] = from ? from[from_at] : absent;
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
