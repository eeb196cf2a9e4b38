/*
 * gpu schedule: the accumulators of a work-group's items as one, through local memory.
 *
 * The first rows * columns of the LOCAL_SIZE items lie in rows of `columns`, and those of a column become
 * one. Every item of the group calls this, and every item of a column gets its result.
 */
static accumulator accumulator_across_rows(accumulator a, __local real *shared, uint rows, uint columns)
{
    const uint item = get_local_id(0), row = item / columns;
    const real *fields = (const real *)&a;
    for (uint f = 0; f < ACCUMULATOR_FIELDS; f++)
        shared[f * LOCAL_SIZE + item] = fields[f];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint reach = LOCAL_SIZE / 2; reach > 0; reach /= 2) {
        if (row < reach && row + reach < rows) {
            accumulator left, right;
            real *left_fields = (real *)&left, *right_fields = (real *)&right;
            for (uint f = 0; f < ACCUMULATOR_FIELDS; f++) {
                left_fields[f] = shared[f * LOCAL_SIZE + item];
                right_fields[f] = shared[f * LOCAL_SIZE + item + reach * columns];
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
        all_fields[f] = shared[f * LOCAL_SIZE + item % columns];
    barrier(CLK_LOCAL_MEM_FENCE);
    return all;
}

/* Of all items. */
static accumulator accumulator_across_group(accumulator a, __local real *shared)
{
    return accumulator_across_rows(a, shared, LOCAL_SIZE, 1);
}
