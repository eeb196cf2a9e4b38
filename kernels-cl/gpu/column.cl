/*
 * gpu schedule: groups that lie side by side.
 *
 * x and y are [batch][outer][kept], dense; a group is one (batch, kept) and is a column of outer values.
 * Launch: one dimension, any work-group size; a work-item owns a column, or PART_ROWS or MAP_ROWS of one;
 * neighbouring items have neighbouring columns.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif

#define PART_ROWS 64
#define MAP_ROWS  16

/* Where group `group` begins. */
static index_t column_start(index_t group, index_t outer, index_t kept)
{
    return group / kept * outer * kept + group % kept;
}

#if !WORK_MAP

static accumulator accumulate_rows(const formula *f, index_t group, sources from, index_t first, index_t last,
                                   index_t kept)
{
    accumulator all = accumulator_empty();
    real known[KNOWN];
    LOAD_KNOWN(f, group, 1, known);
    for (; first < last; first += REGISTER_ROWS) {
        real tile[TERMS * REGISTER_ROWS];
        const uint rows = (uint)min(last - first, (index_t)REGISTER_ROWS);
#pragma unroll
        for (uint row = 0; row < REGISTER_ROWS; row++) { /* the last one again where there are no more */
            const operands o = load_operands(from, (first + min(row, rows - 1)) * kept);
            for (uint term = 0; term < TERMS; term++)
                tile[term * REGISTER_ROWS + row] = formula_term(o, known, term);
        }
        all = accumulator_merge(all, accumulator_of_registers(tile, rows));
    }
    return all;
}

#if KERNEL_column_statistics
/* work: groups * parts. partials: one accumulator for each part of each group. */
__kernel void column_statistics(index_t work, index_t groups, index_t outer, index_t kept, SOURCES,
                                OUTPUT(partials), FORMULA_PARAMETERS)
{
    const index_t item = get_global_id(0);
    if (item >= work)
        return;
    const formula f = FORMULA_BIND;
    const sources tensor = SOURCES_BIND(0);
    const index_t group = item % groups, first = item / groups * PART_ROWS;
    const index_t last = min(outer, (index_t)(first + PART_ROWS));
    const sources from = sources_at(tensor, column_start(group, outer, kept));
    accumulator_store(accumulate_rows(&f, group, from, first, last, kept), partials + partials_offset, item,
                      1, work);
}
#endif

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_column_fused
/* work: groups. WORK_REDUCE, or y is null: no results but what the formula saves. */
__kernel void column_fused(index_t work, index_t outer, index_t kept, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t group = get_global_id(0);
    if (group >= work)
        return;
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const index_t start = column_start(group, outer, kept);
    const sources from = sources_at(tensor, start);
    const accumulator all = accumulate_rows(&f, group, from, 0, outer, kept);
#if WORK_REDUCE_MAP
    real coefficients[COEFFICIENTS];
    formula_finish(&f, group, 1, all, coefficients);
    for (index_t row = 0; y && row < outer; row++)
        y[start + row * kept] = formula_apply(load_operands(from, row * kept), coefficients);
#endif
    formula_save(&f, group, 1, all);
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_column_map
/* work: groups * row blocks of MAP_ROWS. WORK_REDUCE_MAP: the statistics are `parts` partials for each of
 * `groups`; who has a group's first row saves them. */
__kernel void column_map(index_t work, index_t groups, index_t outer, index_t kept, SOURCES, OUTPUT(y),
#if WORK_REDUCE_MAP
                         INPUT(partials), index_t parts,
#endif
                         FORMULA_PARAMETERS)
{
    if (get_global_id(0) >= work)
        return;
    const index_t group = get_global_id(0) % groups;
    const index_t first = get_global_id(0) / groups * MAP_ROWS,
                  last = min(outer, (index_t)(first + MAP_ROWS));
    const formula f = FORMULA_BIND;
    real coefficients[COEFFICIENTS];
#if WORK_REDUCE_MAP
    const accumulator all = accumulator_merge_parts(partials + partials_offset, group, 1, groups, parts);
    formula_finish(&f, group, 1, all, coefficients);
    if (first == 0)
        formula_save(&f, group, 1, all);
#else
    formula_load(&f, group, 1, coefficients);
#endif
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const index_t start = column_start(group, outer, kept);
    for (index_t row = first; y && row < last; row++)
        y[start + row * kept] = formula_apply(load_operands(tensor, start + row * kept), coefficients);
}
#endif

#endif
