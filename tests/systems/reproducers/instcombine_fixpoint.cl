/*
 * Driver:   PoCL 6.0 with LLVM 18 (Debian 13)
 * Should:   finish
 * Happens:  "LLVM ERROR: Instruction Combining did not reach a fixpoint after 1 iterations" ends the process at the
 *           first launch. The pass is asked for by name, without no-verify-fixpoint, which is meant for LLVM's own
 *           tests; that a second iteration would find more is usual.
 * Run:      run instcombine_fixpoint.cl 64 16
 */
typedef struct place { ulong x, y; } place;
static inline __attribute__((always_inline)) place place_of(const uint *sizes, const ulong *strides, uint linear, uint first, uint last)
{
    place p = {0, 0};
#pragma unroll
    for (uint i = 0; i < 8; i++) {
        const uint axis = 7 - i;
        if (axis < first || axis >= last)
            continue;
        const uint index = linear % sizes[axis];
        linear /= sizes[axis];
        p.x += index * strides[axis];
        p.y += index * strides[axis];
    }
    return p;
}
__kernel __attribute__((reqd_work_group_size(16, 1, 1))) void
strided(__global float *right, uint work, uint values, uint kept, uint count, ulong8 axis_sizes, ulong8 axis_strides, __global const float *x, __global float *y)
{
    const uint group = get_global_id(0);
    if (group >= work)
        return;
    uint sizes[8];
    ulong strides[8];
    vstore8(convert_uint8(axis_sizes), 0, sizes);
    vstore8(axis_strides, 0, strides);
    const place start = place_of(sizes, strides, group, 0, kept);
    float sum = 0;
    for (uint i = 0; i < values; i++)
        sum += x[start.x + place_of(sizes, strides, i, kept, count).x];
    y[start.y] = sum;
}
