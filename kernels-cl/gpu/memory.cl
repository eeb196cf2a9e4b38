/* gpu schedule: loads and stores of vectors at any address that is aligned for one value. Where the vector is
 * aligned as a whole, as most are, it is one access, and neighbouring items access neighbouring vectors; else
 * it is accessed value by value. */

#define IS_ALIGNED(pointer, vector) (((uintptr_t)(pointer) & (sizeof(vector) - 1)) == 0)

#if LANES > 1
INLINED V NAME(load_lanes)(__global const real *from)
{
    return IS_ALIGNED(from, V) ? *(__global const V *)from : LOAD(from);
}

INLINED void NAME(store_lanes)(V value, __global real *to)
{
    if (IS_ALIGNED(to, V))
        *(__global V *)to = value;
    else
        STORE(value, to);
}
#else
#define load_lanes  LOAD
#define store_lanes STORE
#endif

/* The first `count` of four values; the others are 0. */
INLINED float4 load_quad(__global const real *from, uint count)
{
    if (count == 4 && IS_ALIGNED(from, float4))
        return *(__global const float4 *)from;
    float4 quad = (float4)(0.0f);
    quad.x = from[0];
    if (count > 1)
        quad.y = from[1];
    if (count > 2)
        quad.z = from[2];
    if (count > 3)
        quad.w = from[3];
    return quad;
}

INLINED void store_quad(float4 quad, __global real *to, uint count)
{
    if (count == 4 && IS_ALIGNED(to, float4)) {
        *(__global float4 *)to = quad;
        return;
    }
    to[0] = quad.x;
    if (count > 1)
        to[1] = quad.y;
    if (count > 2)
        to[2] = quad.z;
    if (count > 3)
        to[3] = quad.w;
}
