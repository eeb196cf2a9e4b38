/*
 * Every schedule: the partial accumulators of each group become one.
 *
 * Launch: one dimension, any work-group size; a work-item owns LANES neighbouring groups. WORK_REDUCE: the
 * formula saves what it finds; else the merged accumulators are stored, a set a group.
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
    const index_t group = get_global_id(0) * LANES;
    if (group >= work)
        return;
    const uint taken = (uint)min(work - group, (index_t)LANES);
    const NAME(accumulator) all =
        NAME(accumulator_merge_parts)(partials + partials_offset, group, taken, work, parts);
#if WORK_REDUCE
    const formula f = FORMULA_BIND;
    NAME(formula_save)(&f, group, taken, all);
#else
    NAME(accumulator_store)(all, merged + merged_offset, group, taken, work);
#endif
}
#endif
