/*
 * cpu schedule: short rows.
 *
 * x and y are [groups][inner], dense, inner at most 16 * TILE_ROWS; a group is a row. Launch: work-groups of
 * one item, one dimension; a work-item owns neighbouring rows and takes 16 at a time. Their sets end up in
 * one accumulator, one row in each lane: for rows of at most TILE_ROWS values by transposing the values, for
 * longer ones by transposing the sets. No barriers, no local memory.
 */
#include "cpu/runs.cl"

#if KERNEL_rows

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

/* Row i of a tile = the terms of element i of each of 16 rows; the last of `groups` rows stands for those
 * that are missing. */
static void gather_rows(sources from, const float16 *known, uint groups, uint inner, float16 *tile)
{
    if (groups == 16 && inner < 16) {
        gather_tiny_rows(from, known, inner, tile);
        return;
    }
    for (uint i = 0; i < inner; i += 16) {
        const uint first = inner < 16 ? 0 : min(i, inner - 16); /* the last 16 may overlap those before */
        for (uint row = 0; row < 16; row++) {
            const uint at = min(row, groups - 1) * inner + first;
            const operands_16 o =
                inner < 16 ? load_some_operands_16(from, at, inner) : load_operands_16(from, at);
            float16 of_row[KNOWN];
            broadcast_lane(known, KNOWN, min(row, groups - 1), of_row);
            for (uint term = 0; term < TERMS; term++)
                tile[term * TILE_ROWS + first + row] = formula_term_16(o, of_row, term);
        }
        for (uint term = 0; term < TERMS; term++)
            transpose_lanes(tile + term * TILE_ROWS + first, 1);
    }
}

/* The set of one row, spread over all lanes: each row of the tile is 16 of its values. */
static accumulator_16 accumulate_row(sources from, const float16 *known, uint inner)
{
    const rows_of_16 tile = {from, 16, known};
    const uint rest = inner % 16;
    const accumulator_16 set = accumulator_of_rows_16(tile, inner / 16);
    if (rest == 0)
        return set;
    const operands_16 o = load_some_operands_16(from, inner - rest, rest);
    float16 terms[TERMS];
    for (uint term = 0; term < TERMS; term++)
        terms[term] = formula_term_16(o, known, term);
    return accumulator_merge_16(set, accumulator_of_terms(terms, rest, set));
}

/* The sets of at most 16 rows, a row a lane. */
static accumulator_16 accumulate_rows(sources from, const float16 *known, uint groups, uint inner)
{
    if (inner <= TILE_ROWS) {
        float16 tile[TERMS * TILE_ROWS];
        gather_rows(from, known, groups, inner, tile);
        return accumulator_of_tile_16(tile, inner);
    }
    accumulator_16 sets[16];
    for (uint row = 0; row < 16; row++) {
        float16 of_row[KNOWN];
        broadcast_lane(known, KNOWN, row, of_row);
        sets[row] = row < groups ? accumulate_row(sources_at(from, row * inner), of_row, inner)
                                 : accumulator_empty_16();
    }
    return accumulator_across_sets(sets);
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

/* y = formula(x) over neighbouring rows; y may be x. Meanwhile it prefetches the 16 rows after these. */
static void apply_rows(sources from, __global real *y, uint groups, uint inner, const float16 *coefficients)
{
    if (groups == 16 && inner < 16) {
        apply_tiny_rows(from, y, inner, coefficients);
        return;
    }
    for (uint row = 0; row < groups; row++) {
        for (uint i = 0; i < inner; i += 16)
            prefetch_operands(from, (16 + row) * inner + i);
        float16 of_row[COEFFICIENTS];
        broadcast_lane(coefficients, COEFFICIENTS, row, of_row);
        apply_run(sources_at(from, row * inner), y + row * inner, inner, of_row, 0, 0, 0);
    }
}

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
}

#endif
