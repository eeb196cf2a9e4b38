/*
 * cpu and gpu schedule: tensors of any strides. Correct, but slow.
 *
 * Up to eight axes; the first `kept_axes` tell groups apart and the others are reduced. Launch: one
 * dimension, any work-group size; a work-item owns a group and loops over its values.
 */
#include "places.cl"
#ifndef SUMS_TENSOR
#define SUMS_TENSOR 0
#endif
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif

#if !WORK_MAP

/* Writes one row of a tile. All indices are constants, which keeps the tile in registers. The loop over rows
 * that calls this is not unrolled: with eight divisions at each end of a run the program would become too
 * long. */
INLINED void put_in_registers(real *tile, uint row, real value)
{
#pragma unroll
    for (uint i = 0; i < REGISTER_ROWS; i++)
        tile[i] = i == row ? value : tile[i];
}

/* Values first ... last-1 of a group. */
INLINED accumulator accumulate_block(const axes *a, sources from, const real *known, index_t first,
                                     index_t last, uint kept_axes)
{
    accumulator all = accumulator_empty();
    walk w = walk_from(a, kept_axes, first);
    for (; first < last; first += REGISTER_ROWS) {
        real tile[TERMS * REGISTER_ROWS] = {0};
        const uint rows = (uint)min(last - first, (index_t)REGISTER_ROWS);
        for (uint row = 0; row < rows; row++) {
            const operands o = load_operands(sources_at_offsets(from, w.at), 0);
            for (uint term = 0; term < TERMS; term++)
                put_in_registers(tile + term * REGISTER_ROWS, row, formula_term(o, known, term));
            w = walk_on(a, w);
        }
        all = accumulator_merge(all, accumulator_of_registers(tile, FIRST_ROWS(rows)));
    }
    return all;
}

#define BLOCK_VALUES 65536
#define BLOCKS       65536 /* blocks, summed before they are merged into the rest */

/* Sums values in blocks, merges BLOCKS of these, and only then merges the result into the rest: so both sets
 * of a merge have about the same size. A set's count is a float, and adding a few values to a large one would
 * not change it. */
INLINED accumulator accumulate_group(const axes *a, sources from, const real *known, index_t values,
                                     uint kept_axes)
{
    accumulator all = accumulator_empty(), blocks = accumulator_empty();
    uint filled = 0;
    for (index_t first = 0; first < values; first += min(values - first, (index_t)BLOCK_VALUES)) {
        const index_t last = first + min(values - first, (index_t)BLOCK_VALUES);
        blocks = accumulator_merge(blocks, accumulate_block(a, from, known, first, last, kept_axes));
        if (++filled < BLOCKS)
            continue;
        all = accumulator_merge(all, blocks);
        blocks = accumulator_empty();
        filled = 0;
    }
    return accumulator_merge(all, blocks);
}

#endif

#if KERNEL_strided
/* work: groups, each of `values` values. y may be null: then only what the formula saves is written, for each
 * group to the element of an array, or, with SUMS_TENSOR, of a tensor with y's strides. */
__kernel __attribute__((reqd_work_group_size(LOCAL_SIZE, 1, 1))) void
strided(index_t work, index_t values, AXES_PARAMETERS, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t group = get_global_id(0);
    if (group >= work)
        return;
    const formula f = FORMULA_BIND;
    AXES_BIND
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    const offsets start = offsets_of(&a, group, 0, kept_axes);
    const sources from = sources_at_offsets(tensor, start);

    real coefficients[COEFFICIENTS];
#if WORK_MAP
    formula_load(&f, group, 1, coefficients);
#else
    LOAD_KNOWN(&f, group, 1, coefficients);
    accumulator all = accumulate_group(&a, from, coefficients, values, kept_axes);
#ifdef FORMULA_RESCALED
    while (formula_rescale(all, coefficients))
        all = accumulate_group(&a, from, coefficients, values, kept_axes);
#endif
#if WORK_REDUCE_MAP
    formula_finish(&f, group, 1, all, coefficients);
#endif
#endif

#if !WORK_REDUCE
    walk w = walk_from(&a, kept_axes, 0);
    for (index_t i = 0; y && i < values; i++) {
        y[start.y + w.at.y] = formula_apply(load_operands(sources_at_offsets(from, w.at), 0), coefficients);
        w = walk_on(&a, w);
    }
#endif
#if !WORK_MAP
    formula_save(&f, SUMS_TENSOR ? (index_t)start.y : group, 1, all, coefficients);
#endif
}
#endif
