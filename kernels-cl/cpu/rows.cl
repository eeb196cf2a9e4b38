/*
 * cpu schedule: short rows.
 *
 * x and y are [groups][inner], dense, inner at most 16 * TILE_ROWS; a group is a row. Launch: work-groups of
 * one item, one dimension; a work-item owns neighbouring rows and takes 16 at a time, which ends with a row a
 * lane: values of the shortest, the sets of others are exchanged. No barriers, no local memory.
 */
#include "cpu/runs.cl"

#if KERNEL_rows

/* tile[i] = value i of each of 16 rows; the last of `groups` rows stands for those that are missing. */
static void gather_rows(__global const real *x, uint groups, uint inner, float16 *tile)
{
    if (inner < 16) {
        for (uint row = 0; row < 16; row++) {
            for (uint i = 0; i < inner; i++)
                ((real *)&tile[i])[row] = x[min(row, groups - 1) * inner + i];
        }
        return;
    }
    for (uint i = 0; i < inner; i += 16) {
        const uint first = min(i, inner - 16); /* the last 16 may overlap those before */
        for (uint row = 0; row < 16; row++)
            tile[first + row] = load_16(x + min(row, groups - 1) * inner + first);
        transpose_lanes(tile + first, 1);
    }
}

/* The set of a row: vectors of it are the rows of a tile. */
static accumulator_16 accumulate_row(__global const real *x, uint inner)
{
    const rows_of_16 tile = {x, 16};
    const uint rest = inner % 16;
    const accumulator_16 set = accumulator_of_rows_16(tile, inner / 16);
    if (rest == 0)
        return set;
    return accumulator_merge_16(set, accumulator_of_values(load_groups_16(x, inner - rest, rest), rest, set));
}

/* The sets of at most 16 rows, a row a lane. */
static accumulator_16 accumulate_rows(__global const real *x, uint groups, uint inner)
{
    if (inner <= TILE_ROWS) {
        float16 tile[TILE_ROWS];
        gather_rows(x, groups, inner, tile);
        return accumulator_of_tile_16(tile, inner);
    }
    accumulator_16 sets[16];
    for (uint row = 0; row < 16; row++)
        sets[row] = row < groups ? accumulate_row(x + row * inner, inner) : accumulator_empty_16();
    return accumulator_across_sets(sets);
}

#if WORK_REDUCE_MAP

/* y = formula(x) over 16 rows of less than 16 values each. */
static void apply_tiny_rows(__global const real *x, __global real *y, uint inner, const float16 *coefficients)
{
    real table[COEFFICIENTS][16 * 16];
    for (uint c = 0; c < COEFFICIENTS; c++) {
        for (uint row = 0; row < 16; row++) /* the next row overwrites what is too much */
            store_private_16((float16)(((const real *)&coefficients[c])[row]), table[c] + row * inner);
    }
    const bool stream = values_to_boundary(y) == 0 && may_stream(y);
    for (uint i = 0; i < 16 * inner; i += 16) {
        float16 vector[COEFFICIENTS];
#pragma unroll
        for (uint c = 0; c < COEFFICIENTS; c++)
            vector[c] = load_private_16(table[c] + i);
        store_vector(formula_apply_16(load_16(x + i), vector), y + i, stream);
    }
}

/* y = formula(x) over neighbouring rows; y may be x. Meanwhile the rows that come after 16 are asked for. */
static void apply_rows(__global const real *x, __global real *y, uint groups, uint inner,
                       const float16 *coefficients)
{
    if (groups == 16 && inner < 16) {
        apply_tiny_rows(x, y, inner, coefficients);
        return;
    }
    for (uint row = 0; row < groups; row++) {
        for (uint i = 0; i < inner; i += 16)
            prefetch_values(x + (16 + row) * inner + i);
        float16 of_row[COEFFICIENTS];
        broadcast_lane(coefficients, row, of_row);
        apply_run(x + row * inner, y + row * inner, inner, of_row, 0, 0);
    }
}

#endif

/* work: groups. WORK_REDUCE: no results but what the formula saves. */
__kernel void rows(index_t work, index_t groups_per_item, index_t inner, INPUT(x), OUTPUT(y),
                   FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * groups_per_item;
    const index_t last = min(work, (index_t)(first + groups_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    y = AT_OFFSET(y);
    for (index_t group = first; group < last; group += 16) {
        const uint groups = (uint)min(last - group, (index_t)16);
        const accumulator_16 all = accumulate_rows(x + group * inner, groups, (uint)inner);
#if WORK_REDUCE_MAP
        float16 coefficients[COEFFICIENTS];
        formula_finish_16(&f, group, groups, all, coefficients);
        apply_rows(x + group * inner, y + group * inner, groups, (uint)inner, coefficients);
#endif
        formula_save_16(&f, group, groups, all);
    }
}

#endif
