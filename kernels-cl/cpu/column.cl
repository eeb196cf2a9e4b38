/*
 * cpu schedule: groups that lie side by side.
 *
 * x and y are [batch][outer][kept], dense; a group is one (batch, kept) and is a column of outer values.
 * Launch: work-groups of one item; a work-item owns a block of neighbouring columns and a part of their rows
 * (statistics), or whole strips, each of them a block of one batch entry (fused), or a block and a range of
 * rows (map). No barriers, no local memory.
 *
 * A vector holds 16 columns. Rows are cut into tiles of TILE_ROWS and those into parts of CPU_COLUMN_PART.
 * A part's set grows tile by tile, and parts are merged within their group, in order: the bounds depend on
 * the number of rows alone, so fused and split kernels give the same bits.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#if !WORK_REDUCE
#include "cpu/apply.cl"
#endif
#include "cpu/blocks.cl"
#include "cpu/store.cl"

#define ROWS_AT_ONCE  4 /* rows that are normalized together: they share coefficients */
#define BLOCK_VECTORS (CPU_COLUMN_BLOCK / 16 + 1) /* whole ones and a last that overlaps */
#define BLOCK_COLUMNS (16 * BLOCK_VECTORS)
#define TABLE_COLUMNS (CPU_MAP_BLOCK + 32) /* the widest block, and 16 of its columns again */

#if !WORK_MAP

/* A block of columns: `from` is where it begins in the first row, `group` the group of its first column,
 * `kept` the columns and `groups` the groups in a row. There are more columns than groups where several rows
 * are treated as one. */
typedef struct columns {
    sources from;
    block b;
    index_t group, kept, groups;
} columns;

/* What is known of the groups of `count` columns from `start` on in a block. */
static void load_known(const formula *f, const columns *c, uint start, uint count, float16 *known)
{
    if (c->kept == c->groups) {
        LOAD_KNOWN(f, c->group + start, count, known);
        return;
    }
    known[0] = 0.0f;
#if BACKWARD
    for (uint lane = 0; lane < count; lane++) {
        real of_lane[KNOWN];
        formula_load(f, (c->b.first + start + lane) % c->groups, 1, of_lane);
        for (uint k = 0; k < KNOWN; k++)
            ((real *)&known[k])[lane] = of_lane[k];
    }
#endif
}

/* Adds rows first ... first+rows-1 of a block's vector to its set, or begins it with them. */
static void take_tile(const formula *f, const columns *c, uint v, index_t first, uint rows, bool begins,
                      growing *set, ahead *next)
{
    const uint start = vector_start(c->b, v);
    const sources from = sources_at(c->from, first * c->kept + start);
    float16 known[KNOWN];
    load_known(f, c, start, min(c->b.count, 16u), known);
    if (c->b.count >= 16) {
        const rows_of_16 tile = {from, c->kept, known, next};
        if (begins)
            *set = begun_of_rows_16(&tile, rows);
        else
            grow_of_rows_16(set, &tile, rows);
        return;
    }
    float16 tile[TERMS * TILE_ROWS];
    for (uint row = 0; row < rows; row++) {
        const operands_16 o = load_some_operands_16(from, row * c->kept, c->b.count);
        for (uint term = 0; term < TERMS; term++)
            tile[term * TILE_ROWS + row] = formula_term_16(o, known, term);
    }
    if (begins)
        *set = begun_of_tile_16(tile, rows);
    else
        grow_of_tile_16(set, tile, rows);
}

/* The sets of rows first ... last-1 of a block, at most one part, for each of its vectors. While it sums one
 * tile, vector by vector, it prefetches the next in the order of memory, which is twice as fast; but not from
 * a cache (STREAM tells), where that only takes time. */
static void accumulate_part(const formula *f, const columns *c, index_t first, index_t last,
                            accumulator_16 *sets)
{
    growing part[BLOCK_VECTORS];
    for (index_t row = first; row < last; row += TILE_ROWS) {
        const uint rows = (uint)min(last - row, (index_t)TILE_ROWS);
        const uint next_rows = STREAM ? (uint)min(last - row - rows, (index_t)TILE_ROWS) : 0;
        ahead next = {sources_at(c->from, (row + rows) * c->kept), c->kept, 0, c->b.count,
                      next_rows * block_vectors(c->b)};
        for (uint v = 0; v < block_vectors(c->b); v++)
            take_tile(f, c, v, row, rows, row == first, &part[v], &next);
    }
    for (uint v = 0; v < block_vectors(c->b); v++)
        sets[v] = grown(&part[v]);
}

#if KERNEL_column_statistics

/* Adds one more element, that of row `row`, to the sets of the first `count` columns of the tensor. */
static void add_row(const formula *f, const columns *c, index_t row, index_t count, accumulator_16 *sets)
{
    for (uint v = 0; v < block_vectors(c->b); v++) {
        const uint start = vector_start(c->b, v);
        if (c->b.first + start >= count)
            continue;
        const uint taken = (uint)min(count - c->b.first - start, (index_t)16);
        const operands_16 o = load_some_operands_16(c->from, row * c->kept + start, taken);
        float16 known[KNOWN], terms[TERMS];
        load_known(f, c, start, taken, known);
        for (uint term = 0; term < TERMS; term++)
            terms[term] = formula_term_16(o, known, term);
        sets[v] = accumulator_merge_16(sets[v], accumulator_of_terms(terms, taken, sets[v]));
    }
}

/* work: batch * parts. The first `tail` columns have one row more than outer. partials: one accumulator for
 * each part of each column. Columns i and i + groups belong to one group. */
__kernel void column_statistics(index_t work, index_t blocks, index_t batch, index_t outer, index_t kept,
                                index_t groups, index_t tail, SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, kept);
    const index_t item = get_global_id(1);
    if (item >= work)
        return;
    const formula f = FORMULA_BIND;
    const sources tensor = SOURCES_BIND(0);
    const index_t part = item / batch, entry = item % batch;
    const index_t last = min(outer, (index_t)((part + 1) * CPU_COLUMN_PART));
    const columns c = {sources_at(tensor, entry * outer * kept + b.first), b, entry * kept + b.first, kept,
                       groups};
    accumulator_16 sets[BLOCK_VECTORS];
    accumulate_part(&f, &c, part * CPU_COLUMN_PART, last, sets);
    if (last == outer)
        add_row(&f, &c, outer, tail, sets);

    const index_t set = (part * batch + entry) * kept + b.first;
    for (uint v = 0; v < block_vectors(b); v++)
        accumulator_store_16(sets[v], partials + partials_offset, set + vector_start(b, v), min(b.count, 16u),
                             kept * work);
}
#endif

#endif

#if !WORK_REDUCE

/* The coefficients of 16 neighbouring columns; `table` has `width` of each. */
INLINED void coefficients_at(const real *table, uint width, uint column, float16 *coefficients)
{
#pragma unroll
    for (uint c = 0; c < COEFFICIENTS; c++)
        coefficients[c] = load_private_16(table + c * width + column);
}

/* y = formula(x) over `rows` rows, a constant, of `count` columns, 16 at least; y may be x, so the last
 * vectors, which may overlap those before, are loaded first. */
INLINED void apply_rows(const real *table, uint width, sources from, __global real *y, index_t kept,
                        uint count, uint rows, bool stream)
{
    const uint last = count - 16;
    operands_16 tails[ROWS_AT_ONCE];
    float16 coefficients[COEFFICIENTS];
#pragma unroll
    for (uint row = 0; row < rows; row++)
        tails[row] = load_operands_16(from, row * kept + last);
    for (uint column = 0; column < last; column += 16) {
        coefficients_at(table, width, column, coefficients);
        const bool ordinary = are_ordinary(coefficients);
#pragma unroll
        for (uint row = 0; row < rows; row++)
            store_vector(apply_to(load_operands_16(from, row * kept + column), coefficients, ordinary),
                         y + row * kept + column, stream);
    }
    coefficients_at(table, width, last, coefficients);
    const bool ordinary = are_ordinary(coefficients);
#pragma unroll
    for (uint row = 0; row < rows; row++)
        store_vector(apply_to(tails[row], coefficients, ordinary), y + row * kept + last, stream);
}

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_column_fused

#define COLUMNS_HELD BLOCK_COLUMNS
#include "cpu/finish_columns.cl"

/* A block of a batch entry, where it begins in y, and the coefficients of its columns. */
typedef struct strip {
    columns c;
    __global real *y;
    float16 coefficients[COEFFICIENTS][BLOCK_VECTORS];
} strip;

#if WORK_REDUCE_MAP

/* The same over one row of a strip that is narrower than a vector. */
static void apply_narrow_row(const strip *s, sources from, __global real *y)
{
    const uint count = s->c.b.count;
    float16 coefficients[COEFFICIENTS];
    coefficients_at((const real *)s->coefficients, BLOCK_COLUMNS, 0, coefficients);
    store_groups_16(formula_apply_16(load_some_operands_16(from, 0, count), coefficients), y, 0, count);
}

#endif

/* The sets of a strip's columns. */
static void accumulate_strip(const formula *f, const columns *c, index_t outer, accumulator_16 *all)
{
    accumulator_16 part[BLOCK_VECTORS];
    accumulate_part(f, c, 0, min(outer, (index_t)CPU_COLUMN_PART), all);
    for (index_t first = CPU_COLUMN_PART; first < outer; first += CPU_COLUMN_PART) {
        accumulate_part(f, c, first, min(outer, (index_t)(first + CPU_COLUMN_PART)), part);
        for (uint v = 0; v < block_vectors(c->b); v++)
            all[v] = accumulator_merge_16(all[v], part[v]);
    }
}

#if WORK_REDUCE_MAP
/* Prefetches ROWS_AT_ONCE rows of the next strip, at `next`, if they are among its first, and of the place of
 * results after the next ROWS_AT_ONCE rows. */
INLINED void prefetch_around(const strip *s, index_t row, index_t outer, sources next)
{
    const index_t kept = s->c.kept;
    for (uint column = 0; column < s->c.b.count; column += 16) {
        for (index_t i = row; i < row + ROWS_AT_ONCE; i++) {
            if (row < TILE_ROWS)
                prefetch_operands(next, i * kept + column);
            if (row + 2 * ROWS_AT_ONCE <= outer)
                prefetch_results(s->y + (i + ROWS_AT_ONCE) * kept + column);
        }
    }
}

/* y = formula(x) over a strip. Meanwhile it prefetches the first rows of the next strip, at `next`, and the
 * place of the next results. */
static void apply_strip(const strip *s, index_t outer, sources next)
{
    const uint count = s->c.b.count;
    const index_t kept = s->c.kept;
    const bool stream =
        values_to_boundary(s->y) == 0 && may_stream(s->y) && kept % 16 == 0 && count % 16 == 0;
    if (count < 16) {
        for (index_t row = 0; row < outer; row++)
            apply_narrow_row(s, sources_at(s->c.from, row * kept), s->y + row * kept);
        return;
    }
    index_t row = 0;
    for (; row + ROWS_AT_ONCE <= outer; row += ROWS_AT_ONCE) {
        prefetch_around(s, row, outer, next);
        apply_rows((const real *)s->coefficients, BLOCK_COLUMNS, sources_at(s->c.from, row * kept),
                   s->y + row * kept, kept, count, ROWS_AT_ONCE, stream);
    }
    for (; row < outer; row++)
        apply_rows((const real *)s->coefficients, BLOCK_COLUMNS, sources_at(s->c.from, row * kept),
                   s->y + row * kept, kept, count, 1, stream);
}
#endif

/* work: strips, which are the blocks of all batch entries. A work-item owns strips_per_item neighbouring
 * strips. It sums and normalizes one after the other, each while it is in cache. If WORK_REDUCE is set or y
 * is null, only what the formula saves is written. */
__kernel void column_fused(index_t work, index_t strips_per_item, index_t blocks, index_t outer, index_t kept,
                           SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * strips_per_item;
    const index_t last = min(work, (index_t)(first + strips_per_item));
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    for (index_t item = first; item < last; item++) {
        const index_t entry = item / blocks;
        const block b = block_of(item % blocks, blocks, kept);
        const index_t start = entry * outer * kept + b.first;
        const columns c = {sources_at(tensor, start), b, entry * kept + b.first, kept, kept};
        strip s;
        s.c = c;
        s.y = y ? y + start : 0;
        accumulator_16 all[BLOCK_VECTORS];
        accumulate_strip(&f, &c, outer, all);
        finish_columns(&f, s.c.group, s.c.b, all, (real(*)[BLOCK_COLUMNS])s.coefficients);
#if WORK_REDUCE_MAP
        const bool row_ends = item % blocks == blocks - 1;
        if (y)
            apply_strip(&s, outer,
                        sources_at(tensor, row_ends ? (entry + 1) * outer * kept : start + b.count));
#endif
    }
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_column_map

/* The coefficients of a block's columns, and after the last column those of the first ones again: so the
 * coefficients of any 16 neighbouring values lie side by side. */
typedef struct cycle {
    uint columns;
    real coefficients[COEFFICIENTS][TABLE_COLUMNS] __attribute__((aligned(64)));
} cycle;

/* y = formula(x) at 16 neighbouring values, the first of them in column `column`. */
static float16 apply_cycle(const cycle *table, uint column, operands_16 o)
{
    float16 vector[COEFFICIENTS];
#pragma unroll
    for (uint c = 0; c < COEFFICIENTS; c++)
        vector[c] = load_private_16(table->coefficients[c] + column);
    return formula_apply_16(o, vector);
}

/* y = formula(x) over `values` neighbouring values that begin in column 0; y may be x. The last vector may
 * overlap the one before: its operands are loaded before anything near them is stored. */
static void apply_run(const cycle *table, sources from, __global real *y, index_t values)
{
    const uint columns = table->columns;
    if (values < 16) {
        for (uint i = 0; i < values; i++) {
            real scalars[COEFFICIENTS];
            for (uint c = 0; c < COEFFICIENTS; c++)
                scalars[c] = table->coefficients[c][i % columns];
            y[i] = formula_apply(load_operands(from, i), scalars);
        }
        return;
    }
    const uint head = values_to_boundary(y);
    const bool stream = may_stream(y);
    const operands_16 tail = load_operands_16(from, values - 16);
    if (head > 0)
        store_lanes(apply_cycle(table, 0, load_operands_16(from, 0)), y, 0, head);
    index_t i = head;
    const uint step = 16 % columns;
    uint column = i % columns;
    for (; i + 16 <= values; i += 16) {
        store_vector(apply_cycle(table, column, load_operands_16(from, i)), y + i, stream);
        column += step;
        column -= column >= columns ? columns : 0;
    }
    if (i < values)
        store_tail(apply_cycle(table, (values - 16) % columns, tail), y + values - 16, (uint)(values - i));
}

/* y = formula(x) over `rows` rows of a block of whole vectors; not for results that are streamed, which are
 * faster in the order of memory. */
static void apply_block(const cycle *table, sources from, __global real *y, index_t kept, index_t rows)
{
    const real *coefficients = table->coefficients[0];
    index_t row = 0;
    for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE)
        apply_rows(coefficients, TABLE_COLUMNS, sources_at(from, row * kept), y + row * kept, kept,
                   table->columns, ROWS_AT_ONCE, false);
    for (; row < rows; row++)
        apply_rows(coefficients, TABLE_COLUMNS, sources_at(from, row * kept), y + row * kept, kept,
                   table->columns, 1, false);
}

/* The values after the last column are those of the first ones again. */
static void close_cycle(cycle *table)
{
    for (uint c = 0; c < COEFFICIENTS; c++) {
        for (uint column = 0; column < 16; column++)
            table->coefficients[c][table->columns + column] = table->coefficients[c][column];
    }
}

/* work: rows of the tensor, batch * outer. A work-item owns rows_per_item neighbouring rows of a block.
 * WORK_REDUCE_MAP: the statistics are `parts` partials for each of `groups`; the work-item with a batch
 * entry's first row calls formula_save. */
__kernel void column_map(index_t work, index_t rows_per_item, index_t blocks, index_t outer, index_t kept,
                         SOURCES, OUTPUT(y),
#if WORK_REDUCE_MAP
                         INPUT(partials), index_t groups, index_t parts,
#endif
                         FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, kept);
    index_t row = get_global_id(1) * rows_per_item;
    const index_t last = min(work, (index_t)(row + rows_per_item));
    const formula f = FORMULA_BIND;
    cycle table;
    table.columns = b.count;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const sources from = sources_at(tensor, b.first);
    while (row < last) {
        const index_t entry = row / outer, entry_last = min(last, (index_t)((entry + 1) * outer));
        for (uint column = 0; column < b.count; column += 16) {
            const index_t group = entry * kept + b.first + column;
            const uint taken = min(b.count - column, 16u);
            float16 coefficients[COEFFICIENTS];
#if WORK_REDUCE_MAP
            const accumulator_16 all =
                accumulator_merge_parts_16(partials + partials_offset, group, taken, groups, parts);
            LOAD_KNOWN(&f, group, taken, coefficients);
            formula_finish_16(&f, group, taken, all, coefficients);
            if (row % outer == 0)
                formula_save_16(&f, group, taken, all, coefficients);
#else
            formula_load_16(&f, group, taken, coefficients);
#endif
            for (uint c = 0; c < COEFFICIENTS; c++)
                store_private_16(coefficients[c], table.coefficients[c] + column);
        }
        close_cycle(&table);
        if (y && !STREAM && b.count >= 16 && b.count % 16 == 0) {
            apply_block(&table, sources_at(from, row * kept), y + row * kept + b.first, kept,
                        entry_last - row);
            row = entry_last;
        } else if (!y || b.count == kept) {
            if (y)
                apply_run(&table, sources_at(from, row * kept), y + row * kept, (entry_last - row) * kept);
            row = entry_last;
        }
        for (; row < entry_last; row++)
            apply_run(&table, sources_at(from, row * kept), y + row * kept + b.first, b.count);
    }
}
#endif

#endif
