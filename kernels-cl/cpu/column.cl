/*
 * cpu schedule: groups that lie side by side.
 *
 * x and y are [batch][outer][kept], dense; a group is one (batch, kept) and is a column of outer values.
 * Launch: work-groups of one item, two dimensions: blocks of neighbouring columns, and either all rows of a
 * batch entry (fused), a part of them (statistics), or a stretch of all rows (map). No barriers, no local
 * memory.
 *
 * A vector holds 16 columns. Rows are cut into tiles of TILE_ROWS and those into parts of PART_ROWS. Tiles
 * are merged within their part and parts within their group, in order: the bounds depend on the number of
 * rows alone, so fused and split kernels give the same bits.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#include "cpu/blocks.cl"
#include "cpu/store.cl"

#define PART_ROWS 4096
#define BLOCK_COLUMNS 256 /* at most, of fused and statistics */
#define BLOCK_VECTORS (BLOCK_COLUMNS / 16)
#define MAP_COLUMNS 256 /* at most, of map */

#if !WORK_MAP

float16 load_columns(__global const real *x, uint columns)
{
    if (columns >= 16)
        return vload16(0, x);
    real lanes[16] = {0.0f};
    for (uint column = 0; column < columns; column++)
        lanes[column] = x[column];
    return vload16(0, lanes);
}

/* Merges rows first ... last-1 of a block, at most one part of them, into an accumulator for each vector.
 * `x` is where the block begins in row 0, `scales` what each column is multiplied by. */
void accumulate_rows(__global const real *x, index_t kept, block b, index_t first, index_t last,
                     const real *scales, accumulator_16 *all)
{
    float16 tiles[BLOCK_VECTORS][TILE_ROWS + 1]; /* + 1: rows of vectors apart in the cache */
    accumulator_16 part[BLOCK_VECTORS];
    const uint vectors = (b.count + 15) / 16;
    for (uint v = 0; v < vectors; v++)
        part[v] = accumulator_empty_16();
    while (first < last) {
        const uint rows = (uint)min(last - first, (index_t)TILE_ROWS);
        for (uint row = 0; row < rows; row++) {
            __global const real *from = x + (first + row) * kept;
            for (uint v = 0; v < vectors; v++) {
                const uint start = vector_start(b, v);
                tiles[v][row] = load_columns(from + start, b.count) * vload16(0, scales + start);
            }
        }
        for (uint v = 0; v < vectors; v++)
            part[v] = accumulator_merge_16(part[v], accumulator_of_tile_16(tiles[v], rows));
        first += rows;
    }
    for (uint v = 0; v < vectors; v++)
        all[v] = accumulator_merge_16(all[v], part[v]);
}

/* The accumulators of all rows, column by column, at columns[field][column]. */
void accumulate_columns(__global const real *x, index_t kept, block b, index_t rows, const real *scales,
                        real columns[ACCUMULATOR_FIELDS][BLOCK_COLUMNS])
{
    accumulator_16 all[BLOCK_VECTORS];
    const uint vectors = (b.count + 15) / 16;
    for (uint v = 0; v < vectors; v++)
        all[v] = accumulator_empty_16();
    for (index_t first = 0; first < rows; first += PART_ROWS)
        accumulate_rows(x, kept, b, first, min(rows, (index_t)(first + PART_ROWS)), scales, all);
    for (uint v = 0; v < vectors; v++) {
        const float16 *fields = (const float16 *)&all[v];
        for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
            vstore16(fields[field], 0, columns[field] + vector_start(b, v));
    }
}

accumulator column_accumulator(real columns[ACCUMULATOR_FIELDS][BLOCK_COLUMNS], uint column)
{
    accumulator a;
    real *fields = (real *)&a;
    for (uint field = 0; field < ACCUMULATOR_FIELDS; field++)
        fields[field] = columns[field][column];
    return a;
}

#if KERNEL_column_statistics
/* work: batch * parts. partials: one accumulator for each part of each group, groups = batch * kept. */
__kernel void column_statistics(index_t work, index_t blocks, index_t batch, index_t outer, index_t kept,
                                INPUT(x), OUTPUT(partials))
{
    const block b = block_of(get_global_id(0), blocks, kept);
    const index_t item = get_global_id(1);
    if (item >= work)
        return;
    const index_t part = item / batch, entry = item % batch, groups = batch * kept;
    const index_t first = part * PART_ROWS, last = min(outer, (index_t)(first + PART_ROWS));
    real ones[BLOCK_COLUMNS];
    for (uint column = 0; column < BLOCK_COLUMNS; column++)
        ones[column] = 1.0f;
    accumulator_16 all[BLOCK_VECTORS];
    const uint vectors = (b.count + 15) / 16;
    for (uint v = 0; v < vectors; v++)
        all[v] = accumulator_empty_16();
    accumulate_rows(x + x_offset + entry * outer * kept + b.first, kept, b, first, last, ones, all);

    __global real *to = partials + partials_offset + part * groups + entry * kept + b.first;
    const index_t sets = groups * (work / batch);
    for (uint v = 0; v < vectors; v++) {
        if (b.count >= 16) {
            accumulator_store_16(all[v], to, vector_start(b, v), sets);
            continue;
        }
        real fields[ACCUMULATOR_FIELDS * 16];
        const float16 *vector_fields = (const float16 *)&all[v];
        for (uint field = 0; field < ACCUMULATOR_FIELDS; field++) {
            vstore16(vector_fields[field], field, fields);
            for (uint column = 0; column < b.count; column++)
                to[field * sets + column] = fields[16 * field + column];
        }
    }
}
#endif

#endif

#if !WORK_REDUCE

/* y = formula(x) over one row of a block; y may be x. Coefficient c of a column is at
 * coefficients[c * stride + column]. */
void apply_row(__global const real *x, __global real *y, uint columns, const real *coefficients, uint stride,
               bool stream)
{
    if (columns < 16) {
        for (uint column = 0; column < columns; column++) {
            real scalars[COEFFICIENTS];
            for (uint c = 0; c < COEFFICIENTS; c++)
                scalars[c] = coefficients[c * stride + column];
            y[column] = formula_apply(x[column], scalars);
        }
        return;
    }
    const uint last = columns - 16;
    const float16 tail = vload16(0, x + last);
    float16 vector[COEFFICIENTS];
    for (uint column = 0; column < last; column += 16) {
        for (uint c = 0; c < COEFFICIENTS; c++)
            vector[c] = vload16(0, coefficients + c * stride + column);
        store_vector(formula_apply_16(vload16(0, x + column), vector), y + column, stream);
    }
    for (uint c = 0; c < COEFFICIENTS; c++)
        vector[c] = vload16(0, coefficients + c * stride + last);
    store_vector(formula_apply_16(tail, vector), y + last, stream);
}

/* Whether every vector of every row begins at a multiple of 64 bytes. */
bool all_aligned(__global real *y, index_t kept, uint columns)
{
    return ((ulong)y & 63) == 0 && kept % 16 == 0 && columns % 16 == 0;
}

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_column_fused
/* work: batch entries. */
__kernel void column_fused(index_t work, index_t blocks, index_t outer, index_t kept, INPUT(x), OUTPUT(y),
                           FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, kept);
    const index_t entry = get_global_id(1);
    if (entry >= work)
        return;
    const formula f = FORMULA_BIND;
    const index_t start = entry * outer * kept + b.first, group = entry * kept + b.first;
    x += x_offset + start;

    real scales[BLOCK_COLUMNS];
    for (uint column = 0; column < BLOCK_COLUMNS; column++)
        scales[column] = 1.0f;
    real columns[ACCUMULATOR_FIELDS][BLOCK_COLUMNS];
    accumulate_columns(x, kept, b, outer, scales, columns);
#if FORMULA_RESCALES
    bool again = false;
    for (uint column = 0; column < b.count; column++) {
        scales[column] = formula_rescale(&f, column_accumulator(columns, column));
        again |= scales[column] != 1.0f;
    }
    if (again)
        accumulate_columns(x, kept, b, outer, scales, columns);
#endif
#if WORK_REDUCE_MAP
    real coefficients[COEFFICIENTS * BLOCK_COLUMNS];
    for (uint column = 0; column < b.count; column++) {
        real scalars[COEFFICIENTS];
        formula_finish(&f, group + column, column_accumulator(columns, column), scales[column], scalars);
        for (uint c = 0; c < COEFFICIENTS; c++)
            coefficients[c * BLOCK_COLUMNS + column] = scalars[c];
    }
    y += y_offset + start;
    const bool stream = all_aligned(y, kept, b.count);
    for (index_t row = 0; row < outer; row++)
        apply_row(x + row * kept, y + row * kept, b.count, coefficients, BLOCK_COLUMNS, stream);
#endif
    for (uint column = 0; column < b.count; column++)
        formula_save(&f, group + column, column_accumulator(columns, column));
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_column_map
/* work: rows of the tensor, batch * outer. A work-item owns rows_per_item neighbouring rows of a block.
 * WORK_REDUCE_MAP: the statistics are `parts` partials for each of `groups`; who has a batch entry's first
 * row saves them. */
__kernel void column_map(index_t work, index_t rows_per_item, index_t blocks, index_t outer, index_t kept,
                         INPUT(x), OUTPUT(y),
#if WORK_REDUCE_MAP
                         INPUT(partials), index_t groups, index_t parts,
#endif
                         FORMULA_PARAMETERS)
{
    const block b = block_of(get_global_id(0), blocks, kept);
    index_t row = get_global_id(1) * rows_per_item;
    const index_t last = min(work, (index_t)(row + rows_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset + b.first;
    y += y_offset + b.first;
    const bool stream = all_aligned(y, kept, b.count);
    while (row < last) {
        const index_t entry = row / outer, entry_last = min(last, (index_t)((entry + 1) * outer));
        real coefficients[COEFFICIENTS * MAP_COLUMNS];
        for (uint column = 0; column < b.count; column++) {
            const index_t group = entry * kept + b.first + column;
            real scalars[COEFFICIENTS];
#if WORK_REDUCE_MAP
            const accumulator all = accumulator_merge_parts(partials + partials_offset, group, groups, parts);
            formula_finish(&f, group, all, 1.0f, scalars);
            if (row % outer == 0)
                formula_save(&f, group, all);
#else
            formula_load(&f, group, scalars);
#endif
            for (uint c = 0; c < COEFFICIENTS; c++)
                coefficients[c * MAP_COLUMNS + column] = scalars[c];
        }
        for (; row < entry_last; row++)
            apply_row(x + row * kept, y + row * kept, b.count, coefficients, MAP_COLUMNS, stream);
    }
}
#endif

#endif
