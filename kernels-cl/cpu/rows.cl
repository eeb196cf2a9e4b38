/*
 * cpu schedule: short rows.
 *
 * x and y are [groups][inner], dense, inner at most 2 * TILE_ROWS; a group is a row. Launch: work-groups of
 * one item, one dimension; a work-item owns neighbouring rows and takes 16 at a time. Their values are
 * transposed, so that each row has a lane. No barriers, no local memory.
 */
#include "cpu/runs.cl"

#if KERNEL_rows

#if ROW && CLANG_BUILTINS
#include "cpu/narrow_rows.cl"
#else

/* 16 values, `stride` values apart. */
INLINED float16 load_apart(__global const real *from, uint stride)
{
    return (float16)(from[0], from[stride], from[2 * stride], from[3 * stride], from[4 * stride],
                     from[5 * stride], from[6 * stride], from[7 * stride], from[8 * stride], from[9 * stride],
                     from[10 * stride], from[11 * stride], from[12 * stride], from[13 * stride],
                     from[14 * stride], from[15 * stride]);
}

/* Row i of a tile = the terms of element i of each of 16 rows, which are shorter than a vector. */
static void gather_tiny_rows(sources from, const float16 *known, uint inner, float16 *tile)
{
    for (uint i = 0; i < inner; i++) {
        operands_16 o;
        o.x = load_apart(from.x + i, inner);
#if BACKWARD
        o.dy = load_apart(from.dy + i, inner);
#endif
        for (uint term = 0; term < TERMS; term++)
            tile[term * TILE_ROWS + i] = formula_term_16(o, known, term);
    }
}

/* Puts the terms of 16 elements of the row `group` into row `at` of a tile. */
INLINED void put_terms(operands_16 o, const float16 *known, uint group, float16 *tile, uint at)
{
    float16 of_row[KNOWN];
    broadcast_lane(known, KNOWN, group, of_row);
#pragma unroll
    for (uint term = 0; term < TERMS; term++)
        tile[term * TILE_ROWS + at] = formula_term_16(o, of_row, term);
}

static void transpose_terms(float16 *tile)
{
    for (uint term = 0; term < TERMS; term++)
        transpose_lanes(tile + term * TILE_ROWS, 1);
}

/* Puts 16 elements of each of 16 rows, those from `from` on in the first, into the tile and transposes them.
 * The last of `groups` rows stands for those that are missing. */
static void gather_block(sources from, const float16 *known, uint groups, uint inner, float16 *tile)
{
    for (uint row = 0; row < 16; row++) {
        const uint group = min(row, groups - 1);
        put_terms(load_operands_16(from, group * inner), known, group, tile, row);
    }
    transpose_terms(tile);
}

/* The same of whole rows of at least 16 values: row i of the tiles = the terms of element i of each row. The
 * first `values` are in the first tile, all others in the second. Rows are read one after the other, as cores
 * prefetch. */
static void gather_rows(sources from, const float16 *known, uint groups, uint inner, uint values,
                        float16 (*tiles)[TERMS * TILE_ROWS])
{
    const uint whole = inner / 16 * 16;
    for (uint row = 0; row < 16; row++) {
        const uint group = min(row, groups - 1);
        for (uint i = 0; i < whole; i += 16)
            put_terms(load_operands_16(from, group * inner + i), known, group,
                      i < values ? tiles[0] + i : tiles[1] + i - values, row);
    }
    for (uint i = 0; i < whole; i += 16)
        transpose_terms(i < values ? tiles[0] + i : tiles[1] + i - values);
    if (whole < inner) /* overlaps the 16 elements before */
        gather_block(sources_at(from, inner - 16), known, groups, inner,
                     values == inner ? tiles[0] + inner - 16 : tiles[1] + inner - values - 16);
}

/* The same of rows that are shorter than a vector. */
static void gather_short_rows(sources from, const float16 *known, uint groups, uint inner, float16 *tile)
{
    if (groups == 16) {
        gather_tiny_rows(from, known, inner, tile);
        return;
    }
    for (uint row = 0; row < 16; row++) {
        const uint group = min(row, groups - 1);
        put_terms(load_some_operands_16(from, group * inner, inner), known, group, tile, row);
    }
    transpose_terms(tile);
}

/* How many values of a row go into the first tile: all, or whole vectors, so many that 16 or more are left.
 */
static uint values_of_first(uint inner)
{
    if (inner <= TILE_ROWS)
        return inner;
    return inner - TILE_ROWS >= 16 ? TILE_ROWS : TILE_ROWS - 16;
}

/* The sets of at most 16 rows, a row a lane. */
static accumulator_16 accumulate_rows(sources from, const float16 *known, uint groups, uint inner)
{
    float16 tiles[2][TERMS * TILE_ROWS];
    const uint values = values_of_first(inner);
    if (inner < 16)
        gather_short_rows(from, known, groups, inner, tiles[0]);
    else
        gather_rows(from, known, groups, inner, values, tiles);
    const accumulator_16 set = accumulator_of_tile_16(tiles[0], values);
    if (values == inner)
        return set;
    return accumulator_merge_16(set, accumulator_of_tile_16(tiles[1], inner - values));
}

#if WORK_REDUCE_MAP

/* y = formula(x) over 16 rows of less than 16 values each. */
static void apply_tiny_rows(sources from, __global real *y, uint inner, const float16 *coefficients)
{
    real table[COEFFICIENTS][16 * 16];
    for (uint c = 0; c < COEFFICIENTS; c++) {
        for (uint row = 0; row < 16; row++) /* the next row overwrites the surplus */
            store_private_16((float16)(((const real *)&coefficients[c])[row]), table[c] + row * inner);
    }
    const bool stream = values_to_boundary(y) == 0 && may_stream(y);
    for (uint i = 0; i < 16 * inner; i += 16) {
        float16 vector[COEFFICIENTS];
#pragma unroll
        for (uint c = 0; c < COEFFICIENTS; c++)
            vector[c] = load_private_16(table[c] + i);
        store_vector(formula_apply_16(load_operands_16(from, i), vector), y + i, stream);
    }
}

/* y = formula(x) over neighbouring rows of at least 16 values; y may be x. Goes through memory in whole
 * vectors, whichever rows they belong to: if some stores bypass the cache, none may touch the same 64 bytes
 * another time. Where two tensors are read, or no cache holds them, it prefetches the 16 rows after these
 * meanwhile. */
static void apply_long_rows(sources from, __global real *y, uint groups, uint inner,
                            const float16 *coefficients)
{
    const bool stream = values_to_boundary(y) == 0 && may_stream(y);
    const bool ordinary = are_ordinary(coefficients);
    float16 of_row[COEFFICIENTS], of_next[COEFFICIENTS], of_both[COEFFICIENTS];
    broadcast_lane(coefficients, COEFFICIENTS, 0, of_row);
    uint i = 0;
    for (uint row = 0; row < groups; row++) {
        const uint last = (row + 1) * inner;
        for (; i + 16 <= last; i += 16) {
#if BACKWARD || STREAM
            prefetch_operands(from, 16 * inner + i);
#endif
            store_vector(apply_to(load_operands_16(from, i), of_row, ordinary), y + i, stream);
        }
        if (row + 1 == groups)
            break;
        broadcast_lane(coefficients, COEFFICIENTS, row + 1, of_next);
        if (i < last) { /* the next vector begins in this row and ends in the next */
            const int16 of_this = first_lanes((int)(last - i));
#pragma unroll
            for (uint c = 0; c < COEFFICIENTS; c++)
                of_both[c] = select(of_next[c], of_row[c], of_this);
            store_vector(apply_to(load_operands_16(from, i), of_both, ordinary), y + i, stream);
            i += 16;
        }
#pragma unroll
        for (uint c = 0; c < COEFFICIENTS; c++)
            of_row[c] = of_next[c];
    }
    const uint left = groups * inner - i;
    if (left > 0) /* only where these are fewer than 16 rows */
        store_groups_16(apply_to(load_some_operands_16(from, i, left), of_row, ordinary), y, i, left);
}

/* y = formula(x) over neighbouring rows; y may be x. */
static void apply_rows(sources from, __global real *y, uint groups, uint inner, const float16 *coefficients)
{
    if (inner >= 16) {
        apply_long_rows(from, y, groups, inner, coefficients);
        return;
    }
    if (groups == 16) {
        apply_tiny_rows(from, y, inner, coefficients);
        return;
    }
    for (uint row = 0; row < groups; row++) {
        float16 of_row[COEFFICIENTS];
        broadcast_lane(coefficients, COEFFICIENTS, row, of_row);
        apply_run(sources_at(from, row * inner), y + row * inner, inner, of_row, 0, 0, 0);
    }
}

#endif

#endif

/* work: groups. If WORK_REDUCE is set or y is null, only what the formula saves is written. */
__kernel void rows(index_t work, index_t groups_per_item, index_t inner, SOURCES, OUTPUT(y),
                   FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * groups_per_item;
    const index_t last = min(work, (index_t)(first + groups_per_item));
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
#if ROW && CLANG_BUILTINS
    take_rows(&f, first, last, tensor, y);
#else
    for (index_t group = first; group < last; group += 16) {
        const uint groups = (uint)min(last - group, (index_t)16);
        const sources from = sources_at(tensor, group * inner);
        float16 coefficients[COEFFICIENTS];
        LOAD_KNOWN(&f, group, groups, coefficients);
        const accumulator_16 all = accumulate_rows(from, coefficients, groups, (uint)inner);
#if WORK_REDUCE_MAP
        formula_finish_16(&f, group, groups, all, coefficients);
        if (y)
            apply_rows(from, y + group * inner, groups, (uint)inner, coefficients);
#endif
        formula_save_16(&f, group, groups, all, coefficients);
    }
#endif
}

#endif
