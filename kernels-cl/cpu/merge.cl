/*
 * cpu schedule: the partial accumulators of each group become one.
 *
 * Launch: one dimension, work-groups of one item; a work-item owns 16 neighbouring groups. WORK_REDUCE:
 * formula_save writes the statistics; else the merged accumulators are stored, one for each group.
 */
#include "accumulators/partials.cl"

#if KERNEL_merge
__kernel void merge(index_t work, index_t parts, INPUT(partials), MERGED_PARAMETERS)
{
    const index_t group = get_global_id(0) * 16;
    if (group >= work)
        return;
    const uint taken = (uint)min(work - group, (index_t)16);
    const accumulator_16 all =
        accumulator_merge_parts_16(partials + partials_offset, group, taken, work, parts);
#if WORK_REDUCE
    const formula f = FORMULA_BIND;
    float16 known[KNOWN];
    LOAD_KNOWN(&f, group, taken, known);
    formula_save_16(&f, group, taken, all, known);
#else
    accumulator_store_16(all, merged + merged_offset, group, taken, work);
#endif
}
#endif
