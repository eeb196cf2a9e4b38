/* cpu schedule: values that follow each other in memory. */
#if !WORK_REDUCE
#include "cpu/apply.cl"
#endif
#include "cpu/store.cl"

#define TILE_VALUES (TILE_ROWS * 16)
#define RUN_AHEAD   512 /* values: a core begins anew to prefetch by itself where a run ends */

/* Copies the terms of a run's first `values` elements to a tile, which has TILE_ROWS vectors for each term.
 * `tile` may point to any value of the first term. */
static void copy_to_tile(sources from, const float16 *known, real *tile, uint values)
{
    uint i = 0;
    for (; i + 16 <= values; i += 16) {
        const operands_16 o = load_operands_16(from, i);
#pragma unroll
        for (uint term = 0; term < TERMS; term++)
            store_private_16(formula_term_16(o, known, term), tile + term * TILE_ROWS * 16 + i);
    }
#if !BACKWARD
    if (values & 8) {
        vstore8(vload8(0, from.x + i), 0, tile + i);
        i += 8;
    }
    if (values & 4) {
        vstore4(vload4(0, from.x + i), 0, tile + i);
        i += 4;
    }
    for (; i < values; i++)
        tile[i] = from.x[i];
#else
    real scalars[KNOWN];
    for (uint k = 0; k < KNOWN; k++)
        scalars[k] = known[k].s0;
    for (; i < values; i++) {
        const operands o = load_operands(from, i);
        for (uint term = 0; term < TERMS; term++)
            tile[term * TILE_ROWS * 16 + i] = formula_term(o, scalars, term);
    }
#endif
}

#if !WORK_MAP

/* Adds a tile's elements to a set, or begins it with them. */
static void take_tile(growing *set, const float16 *tile, uint values, bool begins)
{
    const uint rows = values / 16, rest = values % 16;
    if (begins)
        *set = rows > 0 ? begun_of_tile_16(tile, rows) : growing_from(accumulator_empty_16());
    else if (rows > 0)
        grow_of_tile_16(set, tile, rows);
    if (rest == 0)
        return;
    float16 terms[TERMS];
    for (uint term = 0; term < TERMS; term++)
        terms[term] = tile[term * TILE_ROWS + rows];
    const accumulator_16 whole = grown(set);
    *set = growing_from(accumulator_merge_16(whole, accumulator_of_terms(terms, rest, whole)));
}

#endif

#if !WORK_REDUCE

/* y = formula(x) over a contiguous run; y may be x. The last vector may overlap the one before: its operands
 * are loaded before anything near them is stored. Unless `next` is null, the terms of the `values` elements
 * at `next` are copied to the tile meanwhile: reading them while y is written keeps memory busy in both
 * directions. */
static void apply_run(sources from, __global real *y, index_t values, const float16 *coefficients,
                      const sources *next, const float16 *known, real *tile)
{
    if (values < 16) {
        real scalars[COEFFICIENTS];
        for (uint c = 0; c < COEFFICIENTS; c++)
            scalars[c] = coefficients[c].s0;
        for (index_t i = 0; i < values; i++)
            y[i] = formula_apply(load_operands(from, i), scalars);
        if (next)
            copy_to_tile(*next, known, tile, (uint)values);
        return;
    }
    const uint head = values_to_boundary(y);
    const bool stream = may_stream(y), ordinary = are_ordinary(coefficients);
    const operands_16 tail = load_operands_16(from, values - 16);
    if (head > 0)
        store_lanes(formula_apply_16(load_operands_16(from, 0), coefficients), y, 0, head);
    index_t i = head;
    if (next)
        copy_to_tile(*next, known, tile, (uint)i);
    for (; i + 16 <= values; i += 16) {
        if (next) {
            prefetch_operands(*next, i + RUN_AHEAD);
            const operands_16 o = load_operands_16(*next, i);
#pragma unroll
            for (uint term = 0; term < TERMS; term++)
                store_private_16(formula_term_16(o, known, term), tile + term * TILE_ROWS * 16 + i);
        }
        store_vector(apply_to(load_operands_16(from, i), coefficients, ordinary), y + i, stream);
    }
    if (next)
        copy_to_tile(sources_at(*next, i), known, tile + i, (uint)(values - i));
    if (i < values)
        store_tail(formula_apply_16(tail, coefficients), y + values - 16, (uint)(values - i));
}

#endif

/* Copies the numbers of one group, those in lane `lane`, to all lanes. */
static void broadcast_lane(const float16 *of_groups, uint count, uint lane, float16 *of_group)
{
    for (uint c = 0; c < count; c++)
        of_group[c] = (float16)(((const real *)&of_groups[c])[lane]);
}
