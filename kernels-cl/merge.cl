/*
 * Every schedule: the partial accumulators of each group become one.
 *
 * Launch: one dimension, any work-group size; a work-item owns a group. WORK_REDUCE: the formula saves what
 * it finds; else the merged accumulators are stored, a set a group.
 */
#include "accumulators/partials.cl"

#if WORK_REDUCE
#define MERGED_PARAMETERS FORMULA_PARAMETERS
#else
#define MERGED_PARAMETERS OUTPUT(merged)
#endif

#if KERNEL_merge
__kernel void merge(index_t work, index_t parts, INPUT(partials), MERGED_PARAMETERS)
{
    const index_t group = get_global_id(0);
    if (group >= work)
        return;
    const accumulator all = accumulator_merge_parts(partials + partials_offset, group, work, parts);
#if WORK_REDUCE
    const formula f = FORMULA_BIND;
    formula_save(&f, group, all);
#else
    accumulator_store(all, merged + merged_offset, group, work);
#endif
}
#endif
