/*
 * Driver:   rusticl on llvmpipe, Mesa 25.0 (Debian 13), on a processor without AVX-512, or as if it had none with
 *           GALLIUM_OVERRIDE_CPU_CAPS=avx; MESA_SHADER_CACHE_DISABLE=true compiles anew
 * Should:   be compiled in a second, and find 1
 * Happens:  finds 1 after half a minute, and after two with AVX-512: each of the eight items of a vector
 *           register has 16 values of its own at each access to a private array, which are collected one by one. Time
 *           grows with the square of the kernel's length.
 * Run:      time run wide_vectors.cl
 */
#define ADD(n)                                                                                                         \
    for (uint k = 0; k < 16; k++) {                                                                                    \
        const float16 sum = sums[k ^ zero] + vload16(k + n, values);                                                   \
        errors[k ^ zero] += sum - sums[k ^ zero];                                                                      \
        sums[k ^ zero] = sum;                                                                                          \
    }

__kernel void sum(__global float *right, __global const float *values, uint zero)
{
    float16 sums[16], errors[16], total = 0.0f;
    for (uint k = 0; k < 16; k++)
        sums[k] = errors[k] = 0.0f;
    ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5) ADD(6) ADD(7) ADD(8) ADD(9) ADD(10) ADD(11) ADD(12) ADD(13) ADD(14)
    ADD(15) ADD(16) ADD(17) ADD(18) ADD(19) ADD(20) ADD(21) ADD(22) ADD(23) ADD(24) ADD(25) ADD(26) ADD(27)
    for (uint k = 0; k < 16; k++)
        total += sums[k] + errors[k];
    right[get_global_id(0)] = total.s0 + total.sf + 1.0f;
}
