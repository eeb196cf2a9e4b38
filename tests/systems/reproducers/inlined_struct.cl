/*
 * Driver:   rusticl, Mesa 25.0 (Debian 13), on llvmpipe
 * Should:   find 1: eight values of 1 have the sum 8
 * Happens:  all values but the last of the loop are lost, and so is the sum. Without always_inline, or with a float16
 *           instead of the struct, it works.
 * Run:      run inlined_struct.cl
 */
typedef struct operands {
    float16 x;
} operands;

static inline __attribute__((always_inline)) float16 value_of(operands o)
{
    return o.x;
}

static float16 sum_of(__global const float *values, uint stride, uint rows)
{
    float16 sum = 0.0f;
    for (uint row = 0; row + 8 <= rows; row += 8) {
        float16 v[8];
        for (uint i = 0; i < 8; i++) {
            const operands o = {vload16(0, values + (row + i) * stride)};
            v[i] = value_of(o);
        }
        sum += v[0] + v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7];
    }
    return sum;
}

__kernel void sum(__global float *right, __global float *values, uint zero)
{
    for (uint i = 0; i < 128; i++)
        values[i] = 1.0f;
    right[get_global_id(0)] = sum_of(values, 16 + zero, 8 + zero).s0 == 8.0f;
}
