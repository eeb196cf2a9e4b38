/*
 * gpu schedule: the partial accumulators of each group become one.
 *
 * Launch: one dimension, work-groups of LOCAL_SIZE, a power of two; a work-group owns a group, and an item
 * every LOCAL_SIZE'th of its parts. WORK_REDUCE: formula_save writes the statistics; else the merged
 * accumulators are stored, one for each group.
 */
#define TEAMS 1

#include "accumulators/partials.cl"
#include "gpu/team.cl"

#if KERNEL_merge_across
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
merge_across(index_t work, index_t parts, INPUT(partials), MERGED_PARAMETERS)
{
    __local real shared[SHARED_OF_MERGE];
    const index_t group = get_group_id(0), mine = group < work ? parts : 0;
    accumulator all = accumulator_empty();
    for (index_t part = get_local_id(0); part < mine; part += LOCAL_SIZE)
        all = accumulator_merge(
            all, accumulator_load(partials + partials_offset, part * work + group, 1, work * parts));
    all = accumulator_across(all, shared, item_in_row(LOCAL_SIZE));
    if (group >= work || get_local_id(0) != 0)
        return;
#if WORK_REDUCE
    const formula f = FORMULA_BIND;
    real known[KNOWN];
    LOAD_KNOWN(&f, group, 1, known);
    formula_save(&f, group, 1, all, known);
#else
    accumulator_store(all, merged + merged_offset, group, 1, work);
#endif
}
#endif
