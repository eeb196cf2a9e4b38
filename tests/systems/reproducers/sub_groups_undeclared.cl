/*
 * Driver:   PoCL 7.1, CPU devices
 * Should:   build: the device claims cl_intel_subgroups, which adds to OpenCL C 1.2
 * Happens:  "use of undeclared identifier '_cl_intel_sub_group_shuffle_xor'"
 * Run:      run sub_groups_undeclared.cl 64 64
 */
__kernel __attribute__((reqd_work_group_size(64, 1, 1))) void sums(__global float *right)
{
    const uint size = get_max_sub_group_size();
    float sum = get_local_id(0) % size;
    for (uint distance = size / 2; distance > 0; distance /= 2)
        sum += intel_sub_group_shuffle_xor(sum, distance);
    right[get_global_id(0)] = sum == size * (size - 1) / 2;
}
