/*
 * Driver:   Intel's CPU runtime and FPGA emulation before 2026, seen with 2024.18 (of oneAPI 2025.0), on a processor that
 *           it does not know, such as an AMD EPYC of 2024: it says "SYCL CPU RT Warning: Unknown host CPU."
 * Should:   find 1
 * Happens:  finds something else: rsqrt of a vector of 16 is wrong, and so are exp2 and log2. With -DCONVERT=1 the process
 *           ends ("Do not know how to split the result of this operator!").
 * Run:      run unknown_processor.cl; with CL_CONFIG_CPU_TARGET_ARCH=core-avx2 in the environment it finds 1
 */
__kernel void roots(__global float *right, __global float *values, uint zero)
{
    for (uint i = 0; i < 16; i++)
        values[i + zero] = i + 1;
    float16 x = vload16(0, values + zero);
#ifdef CONVERT
    x = convert_float16(convert_int16(x));
#endif
    vstore16(rsqrt(x), 1, values);
    bool good = true;
    for (uint i = 0; i < 16; i++)
        good = good && fabs(values[16 + i] * values[16 + i] * (i + 1) - 1.0f) < 1e-3f;
    right[get_global_id(0)] = good;
}
