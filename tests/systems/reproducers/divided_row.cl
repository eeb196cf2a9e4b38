/*
 * Driver:   rusticl on llvmpipe, Mesa 25.0 (Debian 13)
 * Should:   finish (what the items find means nothing)
 * Happens:  segmentation fault in the driver's queue thread at the first launch, while NIR becomes LLVM code. Any of
 *           these makes it work: no division, either of the two conditions alone.
 * Run:      run divided_row.cl 64 64
 */
__kernel __attribute__((reqd_work_group_size(64, 1, 1))) void exchange(__global float *right, uint width)
{
    __local float shared[64];
    const uint row = get_local_id(0) / width;
    float a = right[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    if (row >= 32)
        shared[row - 32] = a;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (row < 32)
        a = shared[row];
    right[get_global_id(0)] = a;
}
