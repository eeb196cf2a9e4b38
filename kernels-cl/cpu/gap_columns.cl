/*
 * cpu schedule: tensors with gaps whose groups lie side by side, such as some of the channels of a larger
 * tensor that is channels-last.
 *
 * Up to eight axes; the last of the kept ones has `columns` groups, whose values lie side by side in every
 * tensor: a vector holds 16 of them. The others are rows of a group. Launch: two dimensions, work-groups of
 * one item: a block of columns, and a stretch of the other kept axes (or, in a map, of these and the rows).
 * No barriers, no local memory.
 *
 * A group's rows are cut into tiles and parts as in cpu/column.cl, so that gaps do not change a sum.
 */
#include "places.cl"
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#include "cpu/blocks.cl"
#include "cpu/store.cl"

#if KERNEL_gap_columns

#define GAP_VECTORS (CPU_GAP_BLOCK / 16 + 1) /* whole ones and a last that overlaps */
#define GAP_COLUMNS (16 * GAP_VECTORS)
#define ROWS_AHEAD  16

/* A block of columns in all rows of one index of the other kept axes. */
typedef struct strip {
    axes a;
    uint kept_axes;
    index_t rows;
    block b;
    offsets start;
    index_t group; /* of its first column */
    real coefficients[COEFFICIENTS][GAP_COLUMNS] __attribute__((aligned(64)));
} strip;

/* Prefetches a block's row some rows ahead: cores prefetch by themselves what follows in memory, but not what
 * comes after a gap. Beyond the end of a run that is another row, or none, which does no harm. */
static void prefetch_row(const strip *s, sources at, const walk *w)
{
    const sources ahead = sources_at_offsets(at, offsets_times(w->step, ROWS_AHEAD));
    for (uint column = 0; column < s->b.count; column += 16)
        prefetch_operands(ahead, column);
}

INLINED operands_16 load_vector(const strip *s, sources row, uint v)
{
    const uint start = vector_start(s->b, v);
    return s->b.count < 16 ? load_some_operands_16(row, 0, s->b.count) : load_operands_16(row, start);
}

#if !WORK_MAP

/* The sets of all rows, for each of the block's vectors. */
static void sum_strip(const formula *f, const strip *s, sources from, accumulator_16 *all)
{
    float16 tile[GAP_VECTORS][TERMS * TILE_ROWS], known[GAP_VECTORS][KNOWN];
    growing part[GAP_VECTORS];
    for (uint v = 0; v < block_vectors(s->b); v++)
        LOAD_KNOWN(f, s->group + vector_start(s->b, v), min(s->b.count, 16u), known[v]);
    walk w = walk_from(&s->a, s->kept_axes, 0);
    for (index_t row = 0; row < s->rows; row += TILE_ROWS) {
        const uint rows = (uint)min(s->rows - row, (index_t)TILE_ROWS);
        for (uint i = 0; i < rows; i++, w = walk_on(&s->a, w)) {
            const sources at = sources_at_offsets(from, w.at);
            prefetch_row(s, at, &w);
            for (uint v = 0; v < block_vectors(s->b); v++) {
                const operands_16 o = load_vector(s, at, v);
                for (uint term = 0; term < TERMS; term++)
                    tile[v][term * TILE_ROWS + i] = formula_term_16(o, known[v], term);
            }
        }
        const bool begins = row % CPU_COLUMN_PART == 0, ends = row + rows == s->rows;
        for (uint v = 0; v < block_vectors(s->b); v++) {
            if (begins)
                part[v] = begun_of_tile_16(tile[v], rows);
            else
                grow_of_tile_16(&part[v], tile[v], rows);
            if (!ends && (row + TILE_ROWS) % CPU_COLUMN_PART != 0)
                continue;
            const accumulator_16 set = grown(&part[v]);
            all[v] = row < CPU_COLUMN_PART ? set : accumulator_merge_16(all[v], set);
        }
    }
}

#define COLUMNS_HELD GAP_COLUMNS
#include "cpu/finish_columns.cl"

#else

static void load_strip(const formula *f, strip *s)
{
    for (uint column = 0; column < s->b.count; column += 16) {
        float16 coefficients[COEFFICIENTS];
        formula_load_16(f, s->group + column, min(s->b.count - column, 16u), coefficients);
        for (uint c = 0; c < COEFFICIENTS; c++)
            store_private_16(coefficients[c], s->coefficients[c] + column);
    }
}

#endif

#if !WORK_REDUCE

/* y = formula(x) at a vector of a row. */
INLINED float16 apply_vector(const strip *s, sources row, uint v)
{
    float16 coefficients[COEFFICIENTS];
#pragma unroll
    for (uint c = 0; c < COEFFICIENTS; c++)
        coefficients[c] = load_private_16(s->coefficients[c] + vector_start(s->b, v));
    return formula_apply_16(load_vector(s, row, v), coefficients);
}

/* y = formula(x) over rows first ... last-1. The last two vectors may overlap, and are computed before either
 * is stored, since y may be x. */
static void apply_rows(const strip *s, sources from, __global real *y, index_t first, index_t last)
{
    const uint vectors = block_vectors(s->b);
    walk w = walk_from(&s->a, s->kept_axes, first);
    for (index_t row = first; row < last; row++, w = walk_on(&s->a, w)) {
        const sources at = sources_at_offsets(from, w.at);
        prefetch_row(s, at, &w);
        __global real *to = y + s->start.y + w.at.y;
        const float16 tail = apply_vector(s, at, vectors - 1);
        if (s->b.count < 16) {
            store_groups_16(tail, to, 0, s->b.count);
            continue;
        }
        const bool stream = values_to_boundary(to) == 0 && may_stream(to) && s->b.count % 16 == 0;
        for (uint v = 0; v + 1 < vectors; v++)
            store_vector(apply_vector(s, at, v), to + v * 16, stream);
        store_vector(tail, to + s->b.count - 16, stream);
    }
}

#endif

/* work: indices of the other kept axes, and, in a map, rows of each. A work-item takes `per_item` of them. If
 * WORK_REDUCE is set or y is null, only what the formula saves is written. */
__kernel void gap_columns(index_t work, index_t per_item, index_t blocks, index_t columns, index_t rows,
                          AXES_PARAMETERS, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    index_t item = get_global_id(1) * per_item;
    const index_t end = min(work, (index_t)(item + per_item));
    const formula f = FORMULA_BIND;
    strip s;
    s.b = block_of(get_global_id(0), blocks, columns);
    s.kept_axes = kept_axes;
    s.rows = rows;
    AXES_BIND
    s.a = a;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    while (item < end) {
#if WORK_MAP
        const index_t other = item / rows, first = item % rows, last = min(rows, first + (end - item));
        item += last - first;
#else
        const index_t other = item++;
#endif
        s.group = other * columns + s.b.first;
        s.start = offsets_of(&s.a, s.group, 0, kept_axes);
        const sources from = sources_at_offsets(tensor, s.start);
#if !WORK_MAP
        accumulator_16 all[GAP_VECTORS];
        sum_strip(&f, &s, from, all);
        finish_columns(&f, s.group, s.b, all, s.coefficients);
#else
        load_strip(&f, &s);
#endif
#if !WORK_REDUCE
        if (y)
#if WORK_MAP
            apply_rows(&s, from, y, first, last);
#else
            apply_rows(&s, from, y, 0, rows);
#endif
#endif
    }
}

#endif
