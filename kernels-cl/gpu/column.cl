/*
 * gpu schedule: groups that lie side by side.
 *
 * x and y are [batch][outer][kept], dense; a group is one (batch, kept) and is a column of outer values.
 * Launch: one dimension. Statistics and fused: work-groups of LOCAL_SIZE, a power of two; a work-group owns a
 * block of at most LOCAL_SIZE neighbouring columns of a batch entry, and all of their rows (fused) or a part
 * of them (statistics). Its items lie over the block in rows of `width`: neighbouring items have neighbouring
 * columns. Barriers are outside of all conditions that differ between items. Map: any work-group size; a
 * work-item owns MAP_ROWS of a column.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#include "gpu/group.cl"
#endif

#define ITEM_ROWS 64 /* of a part, for each item */
#define MAP_ROWS  16

#if !WORK_MAP

/* A work-group's block: the rows that its items lie in, and this item's place. */
typedef struct place {
    index_t entry, column; /* of the tensor */
    uint rows, row;
    bool is_busy; /* there is such a column, and a row for it */
} place;

static place place_of(index_t block, index_t blocks, uint width, index_t kept, bool exists)
{
    place p;
    p.entry = block / blocks;
    p.column = block % blocks * width + get_local_id(0) % width;
    p.rows = LOCAL_SIZE / width;
    p.row = get_local_id(0) / width;
    p.is_busy = exists && p.row < p.rows && p.column < kept;
    return p;
}

/* Rows first ... last-1 of the item's column, as far as they are this item's. */
static accumulator accumulate_rows(const formula *f, index_t group, sources from, place p, index_t first,
                                   index_t last, index_t kept)
{
    accumulator all = accumulator_empty();
    real known[KNOWN];
    if (!p.is_busy)
        return all;
    LOAD_KNOWN(f, group, 1, known);
    for (index_t at = first + p.row; at < last; at += REGISTER_ROWS * p.rows) {
        real tile[TERMS * REGISTER_ROWS];
        const uint rows = (uint)min((last - at - 1) / p.rows + 1, (index_t)REGISTER_ROWS);
#pragma unroll
        for (uint row = 0; row < REGISTER_ROWS; row++) { /* the last one again where there are no more */
            const operands o = load_operands(from, (at + min(row, rows - 1) * p.rows) * kept);
            for (uint term = 0; term < TERMS; term++)
                tile[term * REGISTER_ROWS + row] = formula_term(o, known, term);
        }
        all = accumulator_merge(all, accumulator_of_registers(tile, rows));
    }
    return all;
}

#if KERNEL_column_statistics
/* work: blocks * batch * parts. partials: one accumulator for each part of each of `groups`. */
__kernel void column_statistics(index_t work, index_t blocks, index_t parts, uint width, index_t groups,
                                index_t outer, index_t kept, SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    __local real shared[ACCUMULATOR_FIELDS * LOCAL_SIZE];
    const index_t part = get_group_id(0) % parts;
    const place p = place_of(get_group_id(0) / parts, blocks, width, kept, get_group_id(0) < work);
    const index_t group = p.entry * kept + p.column, first = part * ITEM_ROWS * p.rows;
    const index_t last = min(outer, (index_t)(first + ITEM_ROWS * p.rows));
    const formula f = FORMULA_BIND;
    const sources tensor = SOURCES_BIND(0);
    const sources from = sources_at(tensor, p.is_busy ? p.entry * outer * kept + p.column : 0);
    const accumulator mine = accumulate_rows(&f, group, from, p, first, last, kept);
    const accumulator all = accumulator_across_rows(mine, shared, p.rows, width);
    if (p.is_busy && p.row == 0)
        accumulator_store(all, partials + partials_offset, part * groups + group, 1, groups * parts);
}
#endif

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_column_fused
/* work: blocks * batch. WORK_REDUCE, or y is null: no results but what the formula saves. */
__kernel void column_fused(index_t work, index_t blocks, uint width, index_t outer, index_t kept, SOURCES,
                           OUTPUT(y), FORMULA_PARAMETERS)
{
    __local real shared[ACCUMULATOR_FIELDS * LOCAL_SIZE];
    const place p = place_of(get_group_id(0), blocks, width, kept, get_group_id(0) < work);
    const index_t group = p.entry * kept + p.column, start = p.entry * outer * kept + p.column;
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const sources from = sources_at(tensor, p.is_busy ? start : 0);
    const accumulator mine = accumulate_rows(&f, group, from, p, 0, outer, kept);
    const accumulator all = accumulator_across_rows(mine, shared, p.rows, width);
    if (!p.is_busy)
        return;
#if WORK_REDUCE_MAP
    real coefficients[COEFFICIENTS];
    formula_finish(&f, group, 1, all, coefficients);
    for (index_t row = p.row; y && row < outer; row += p.rows)
        y[start + row * kept] = formula_apply(load_operands(from, row * kept), coefficients);
#endif
    if (p.row == 0)
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
    const index_t start = group / kept * outer * kept + group % kept;
    for (index_t row = first; y && row < last; row++)
        y[start + row * kept] = formula_apply(load_operands(tensor, start + row * kept), coefficients);
}
#endif

#endif
