/*
 * Driver:   rusticl on llvmpipe, Mesa 26.1 (Debian testing); 25.0 works
 * Should:   find 1: the loop is not entered, `zero` being 0
 * Happens:  segmentation fault at the launch: the load is the same for all items, so it is done once for all of them,
 *           and no longer left out where none of them takes part.
 * Run:      run loop_never_entered.cl
 */
__kernel void sum(__global float *right, __global const float *values, uint zero)
{
    __global const float *none = zero > 0 ? values : 0;
    float sum = 1.0f;
    for (uint i = 0; i < zero; i++)
        sum += none[i];
    right[get_global_id(0)] = sum;
}
