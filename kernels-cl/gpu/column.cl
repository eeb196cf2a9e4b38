/*
 * gpu schedule: groups that lie side by side.
 *
 * x and y are [batch][outer][kept], dense; a group is one (batch, kept) and is a column of outer values.
 * LANES neighbouring columns are one vector, kept is a multiple of LANES.
 *
 * Launch: one dimension, work-groups of LOCAL_SIZE; a work-group owns a block of `width` neighbouring vectors
 * of columns, with all of their rows (fused: at most HELD_TILES * REGISTER_ROWS rows for each item) or a part
 * of them (PART_TILES * REGISTER_ROWS rows for each item). Its items form a grid of `rows` rows, a power of
 * two, and `width` columns; neighbouring items have neighbouring columns. Each value of x is read once and
 * held until its result is known. Barriers are outside of all conditions.
 */
#define TEAMS (LOCAL_SIZE < GPU_COLUMN_WIDTH ? LOCAL_SIZE : GPU_COLUMN_WIDTH)

#if !WORK_MAP
#include "accumulators/partials.cl"
#else
#include "tiles/registers.cl"
#endif
#include "gpu/memory.cl"
#include "gpu/team.cl"
#include "gpu/held.cl"

#define PART_TILES (GPU_PART / (REGISTER_ROWS * LANES))

/* An item's columns, and the rows that its work-group takes. */
typedef struct span {
    index_t group; /* the first of the columns */
    index_t part;
    index_t start;       /* of that column, in values */
    index_t first, last; /* rows, the last one excluded */
} span;

/* There are `blocks` blocks in each batch entry, `all_blocks` in total. The first work-groups have the first
 * parts of all blocks, the next ones the second parts, and so on. */
static span span_of(team_item *p, index_t work, index_t blocks, index_t all_blocks, index_t outer,
                    index_t kept, index_t part_rows)
{
    const index_t set = get_group_id(0), block = set % all_blocks, part = set / all_blocks;
    const index_t entry = block / blocks;
    const index_t column = (block % blocks * p->stride + p->team) * LANES;
    p->exists = p->exists && set < work && column < kept;
    const index_t first = part * part_rows, end = first + part_rows;
    span s = {0, part, 0, first, 0};
    if (p->exists) {
        s.group = entry * kept + column;
        s.start = entry * outer * kept + column;
        s.last = min(outer, end);
    }
    return s;
}

/* Loads at most REGISTER_ROWS of this item's rows: first + p.row and every p.rows-th after it, below
 * `last`. */
INLINED void hold(held *h, sources from, index_t first, index_t last, index_t kept, team_item p)
{
    h->which = 0;
#pragma unroll
    for (uint k = 0; k < REGISTER_ROWS; k++) {
        const index_t row = first + k * p.rows + p.row;
        h->x[k] = (V)(0.0f);
#if BACKWARD
        h->dy[k] = (V)(0.0f);
#endif
        if (row < last) {
            h->x[k] = NAME(load_lanes)(from.x + row * kept);
#if BACKWARD
            h->dy[k] = NAME(load_lanes)(from.dy + row * kept);
#endif
            h->which |= 1u << k;
        }
    }
}

#if !WORK_REDUCE

#if FORMULA_HAS_EXTREMES
/* The same as apply_held, but loads x and dy from memory again. */
static void apply_extreme(sources from, const V *coefficients, __global real *y, index_t first, index_t last,
                          index_t kept, team_item p)
{
    for (uint k = 0; k < REGISTER_ROWS; k++) {
        const index_t row = first + k * p.rows + p.row;
        if (row >= last)
            continue;
        const NAME(operands) o = NAME(load_operands)(from, row * kept);
        NAME(store_lanes)(NAME(formula_apply)(o, coefficients), y + row * kept);
    }
}
#endif

INLINED void apply_held(const held *h, sources from, const V *coefficients, __global real *y, index_t first,
                        index_t last, index_t kept, team_item p)
{
#if FORMULA_HAS_EXTREMES
    if (!NAME(formula_is_ordinary)(coefficients)) {
        apply_extreme(from, coefficients, y, first, last, kept, p);
        return;
    }
#endif
#pragma unroll
    for (uint k = 0; k < REGISTER_ROWS; k++) {
        const index_t row = first + k * p.rows + p.row;
        if (row >= last)
            continue;
        NAME(operands) o = operands_held(h, k);
#if ACCUMULATES
        o.before = NAME(load_lanes)(y + row * kept);
#endif
        NAME(store_lanes)(APPLY_HELD(o, coefficients), y + row * kept);
    }
}
#endif

#if !WORK_MAP
/* Gives every item what is known of its columns before their sums. */
INLINED void share_known(const formula *f, const span *s, V *known, __local V *shared, team_item p)
{
#if BACKWARD
    if (p.exists && p.row == 0)
        LOAD_KNOWN(f, s->group, LANES, known);
    NAME(share)(known, KNOWN, shared, p);
#else
    LOAD_KNOWN(f, s->group, LANES, known);
#endif
}
#endif

#if !WORK_MAP && KERNEL_column_statistics
/* work: blocks * batch * parts. partials: one accumulator for each part of each of `groups`. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
column_statistics(index_t work, uint width, uint rows, index_t blocks, index_t all_blocks, index_t groups,
                  index_t parts, index_t outer, index_t kept, SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    __local V shared[SHARED_FOR(KNOWN)];
    const formula f = FORMULA_BIND;
    team_item p = item_in_column(rows, width);
    const span s = span_of(&p, work, blocks, all_blocks, outer, kept, PART_TILES * REGISTER_ROWS * rows);
    const sources tensor = SOURCES_BIND(0), from = sources_at(tensor, s.start);
    V known[KNOWN] = {(V)(0.0f)};
    share_known(&f, &s, known, shared, p);
    NAME(accumulator) all = NAME(accumulator_empty)();
    for (index_t first = s.first; first < s.last; first += REGISTER_ROWS * rows) {
        held h;
        hold(&h, from, first, s.last, kept, p);
        all = NAME(accumulator_merge)(all, accumulator_held(&h, known));
    }
    all = NAME(accumulator_across)(all, shared, p);
    if (p.exists && p.row == 0)
        NAME(accumulator_store)
    (all, partials + partials_offset, s.part * groups + s.group, LANES, groups * parts);
}
#endif

#if !WORK_MAP && KERNEL_column_fused
/* work: blocks * batch. If WORK_REDUCE is set or y is null, only what the formula saves is written. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
column_fused(index_t work, uint width, uint rows, index_t blocks, index_t outer, index_t kept, SOURCES,
             OUTPUT(y), FORMULA_PARAMETERS)
{
    __local V shared[SHARED_FOR(COEFFICIENTS)];
    const formula f = FORMULA_BIND;
    team_item p = item_in_column(rows, width);
    const span s =
        span_of(&p, work, blocks, max(work, (index_t)1), outer, kept, HELD_TILES * REGISTER_ROWS * rows);
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y), from = sources_at(tensor, s.start);
    held tiles[HELD_TILES];
#pragma unroll
    for (uint t = 0; t < HELD_TILES; t++)
        hold(&tiles[t], from, t * REGISTER_ROWS * rows, s.last, kept, p);
    V coefficients[COEFFICIENTS] = {(V)(0.0f)};
    share_known(&f, &s, coefficients, shared, p);
    NAME(accumulator) all = accumulator_held(&tiles[0], coefficients);
#pragma unroll
    for (uint t = 1; t < HELD_TILES; t++)
        all = NAME(accumulator_merge)(all, accumulator_held(&tiles[t], coefficients));
    all = NAME(accumulator_across)(all, shared, p);
#if WORK_REDUCE_MAP
    if (p.exists && p.row == 0)
        NAME(formula_finish)(&f, s.group, LANES, all, coefficients);
    NAME(share)(coefficients, COEFFICIENTS, shared, p);
    if (y) {
#pragma unroll
        for (uint t = 0; t < HELD_TILES; t++)
            apply_held(&tiles[t], from, coefficients, y + s.start, t * REGISTER_ROWS * rows, s.last, kept, p);
    }
#endif
    if (p.exists && p.row == 0)
        NAME(formula_save)(&f, s.group, LANES, all, coefficients);
}
#endif

#if !WORK_REDUCE && KERNEL_column_map
/* work: blocks * batch * parts. WORK_REDUCE_MAP: the statistics are `found_parts` partials for each of
 * `groups`; the work-group with a column's first part calls formula_save. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
column_map(index_t work, uint width, uint rows, index_t blocks, index_t all_blocks, index_t groups,
           index_t outer, index_t kept, SOURCES, OUTPUT(y),
#if WORK_REDUCE_MAP
           INPUT(partials), index_t found_parts,
#endif
           FORMULA_PARAMETERS)
{
    __local V shared[SHARED_FOR(COEFFICIENTS)];
    const formula f = FORMULA_BIND;
    team_item p = item_in_column(rows, width);
    const span s = span_of(&p, work, blocks, all_blocks, outer, kept, PART_TILES * REGISTER_ROWS * rows);
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y), from = sources_at(tensor, s.start);
    V coefficients[COEFFICIENTS];
    if (p.exists && p.row == 0) {
#if WORK_REDUCE_MAP
        const NAME(accumulator) all =
            NAME(accumulator_merge_parts)(partials + partials_offset, s.group, LANES, groups, found_parts);
        LOAD_KNOWN(&f, s.group, LANES, coefficients);
        NAME(formula_finish)(&f, s.group, LANES, all, coefficients);
        if (s.part == 0)
            NAME(formula_save)(&f, s.group, LANES, all, coefficients);
#else
        NAME(formula_load)(&f, s.group, LANES, coefficients);
#endif
    }
    NAME(share)(coefficients, COEFFICIENTS, shared, p);
    for (index_t first = s.first; y && first < s.last; first += REGISTER_ROWS * rows) {
        held h;
        hold(&h, from, first, s.last, kept, p);
        apply_held(&h, from, coefficients, y + s.start, first, s.last, kept, p);
    }
}
#endif
