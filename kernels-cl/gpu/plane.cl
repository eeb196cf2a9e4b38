/*
 * gpu schedule: groups of contiguous runs.
 *
 * x and y are [batch][outer][kept][inner], dense; a group is one (batch, kept) and holds outer runs of inner
 * values. Launch: one dimension, work-groups of LOCAL_SIZE, a power of two; a work-group owns a group
 * (fused), PART_VALUES of one (statistics), or MAP_VALUES for each item of a run (map). Neighbouring items
 * take neighbouring values. Barriers are outside of all conditions that differ between items.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#include "gpu/group.cl"
#endif

#define PART_VALUES 16384
#define MAP_VALUES  4

#if !WORK_MAP

/* The accumulator of values first ... last-1 of a group, each item's share in registers tile by tile. */
static accumulator accumulate_values(const formula *f, index_t group, sources from, index_t first,
                                     index_t last, index_t inner, index_t run_stride, __local real *shared)
{
    accumulator mine = accumulator_empty();
    real known[KNOWN];
    if (first < last)
        LOAD_KNOWN(f, group, 1, known);
    for (index_t at = first + get_local_id(0); at < last; at += REGISTER_ROWS * LOCAL_SIZE) {
        real tile[TERMS * REGISTER_ROWS];
        const uint rows = (uint)min((last - at - 1) / LOCAL_SIZE + 1, (index_t)REGISTER_ROWS);
#pragma unroll
        for (uint row = 0; row < REGISTER_ROWS; row++) { /* the last one again where there are no more */
            const index_t value = at + min(row, rows - 1) * LOCAL_SIZE;
            const operands o = load_operands(from, value / inner * run_stride + value % inner);
            for (uint term = 0; term < TERMS; term++)
                tile[term * REGISTER_ROWS + row] = formula_term(o, known, term);
        }
        mine = accumulator_merge(mine, accumulator_of_registers(tile, rows));
    }
    return accumulator_across_group(mine, shared);
}

#if KERNEL_plane_statistics
/* work: groups * parts. partials: one accumulator for each part of each group. */
__kernel void plane_statistics(index_t work, index_t groups, index_t outer, index_t kept, index_t inner,
                               SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    __local real shared[ACCUMULATOR_FIELDS * LOCAL_SIZE];
    const formula f = FORMULA_BIND;
    const sources tensor = SOURCES_BIND(0);
    const index_t item = get_group_id(0), group = item % groups;
    const index_t values = item < work ? outer * inner : 0;
    const index_t first = item / groups * PART_VALUES, last = min(values, (index_t)(first + PART_VALUES));
    const sources from = sources_at(tensor, (group / kept * outer * kept + group % kept) * inner);
    const accumulator all = accumulate_values(&f, group, from, first, last, inner, kept * inner, shared);
    if (item < work && get_local_id(0) == 0)
        accumulator_store(all, partials + partials_offset, item, 1, work);
}
#endif

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_plane_fused
/* work: groups. WORK_REDUCE, or y is null: no results but what the formula saves. */
__kernel void plane_fused(index_t work, index_t outer, index_t kept, index_t inner, SOURCES, OUTPUT(y),
                          FORMULA_PARAMETERS)
{
    __local real shared[ACCUMULATOR_FIELDS * LOCAL_SIZE];
    const index_t group = get_group_id(0);
    const index_t values = group < work ? outer * inner : 0;
    const index_t start = (group / kept * outer * kept + group % kept) * inner;
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const sources from = sources_at(tensor, group < work ? start : 0);

    const accumulator all = accumulate_values(&f, group, from, 0, values, inner, kept * inner, shared);
    if (group >= work)
        return;
#if WORK_REDUCE_MAP
    real coefficients[COEFFICIENTS];
    formula_finish(&f, group, 1, all, coefficients);
    for (index_t value = get_local_id(0); y && value < values; value += LOCAL_SIZE) {
        const index_t at = value / inner * kept * inner + value % inner;
        y[start + at] = formula_apply(load_operands(from, at), coefficients);
    }
#endif
    if (get_local_id(0) == 0)
        formula_save(&f, group, 1, all);
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_plane_map
/* work: runs * groups_per_run, batch * outer * kept runs. WORK_REDUCE_MAP: the statistics are `parts`
 * partials for each of `groups`; the first item of a group's first run saves them. */
__kernel void plane_map(index_t work, index_t groups_per_run, index_t outer, index_t kept, index_t inner,
                        SOURCES, OUTPUT(y),
#if WORK_REDUCE_MAP
                        INPUT(partials), index_t groups, index_t parts,
#endif
                        FORMULA_PARAMETERS)
{
    if (get_group_id(0) >= work)
        return;
    const index_t run = get_group_id(0) / groups_per_run, piece = get_group_id(0) % groups_per_run;
    const index_t group = run / (outer * kept) * kept + run % kept;
    const index_t first = piece * (LOCAL_SIZE * MAP_VALUES) + get_local_id(0);
    const formula f = FORMULA_BIND;
    real coefficients[COEFFICIENTS];
#if WORK_REDUCE_MAP
    const accumulator all = accumulator_merge_parts(partials + partials_offset, group, 1, groups, parts);
    formula_finish(&f, group, 1, all, coefficients);
    if (first == 0 && run / kept % outer == 0)
        formula_save(&f, group, 1, all);
#else
    formula_load(&f, group, 1, coefficients);
#endif
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    for (uint v = 0; y && v < MAP_VALUES; v++) {
        const index_t i = first + v * LOCAL_SIZE;
        if (i < inner)
            y[run * inner + i] = formula_apply(load_operands(tensor, run * inner + i), coefficients);
    }
}
#endif

#endif
