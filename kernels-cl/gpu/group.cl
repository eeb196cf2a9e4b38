/* gpu schedule: the accumulators of a work-group's items as one, through local memory. LOCAL_SIZE is the
 * work-group's size, a power of two. Every item of the group calls this, and every item gets the result. */
static accumulator accumulator_across_group(accumulator a, __local real *shared)
{
    const uint item = get_local_id(0);
    const real *fields = (const real *)&a;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        shared[f * LOCAL_SIZE + item] = fields[f];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint reach = LOCAL_SIZE / 2; reach > 0; reach /= 2) {
        if (item < reach) {
            accumulator left, right;
            real *left_fields = (real *)&left, *right_fields = (real *)&right;
            for (uint f = 0; f < ACCUMULATOR_FIELDS; f++) {
                left_fields[f] = shared[f * LOCAL_SIZE + item];
                right_fields[f] = shared[f * LOCAL_SIZE + item + reach];
            }
            left = accumulator_merge(left, right);
            for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
                shared[f * LOCAL_SIZE + item] = left_fields[f];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    accumulator all;
    real *all_fields = (real *)&all;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        all_fields[f] = shared[f * LOCAL_SIZE];
    barrier(CLK_LOCAL_MEM_FENCE);
    return all;
}
