/*
 * cpu schedule: groups of contiguous runs.
 *
 * x and y are [batch][outer][kept][inner], dense; a group is one (batch, kept) and holds outer runs of inner
 * values. Launch: work-groups of one item, one dimension; a work-item owns whole groups (fused), or a part
 * of a group (statistics), or a stretch of the tensor (map). No barriers, no local memory.
 *
 * The values of a group, run after run, are cut into tiles of TILE_VALUES and those into parts of
 * PART_TILES tiles. Tiles are merged within their part and parts within their group, in order: the bounds
 * depend on the group's size alone, so fused and split kernels give the same bits.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#include "cpu/store.cl"

#define TILE_VALUES (TILE_ROWS * 16)
#define PART_TILES 64
#define PART_VALUES (PART_TILES * TILE_VALUES)

typedef struct plane {
    index_t outer, kept, inner;
} plane;

/* Where run `o` of group `g` begins. */
index_t run_start(plane p, index_t group, index_t o)
{
    const index_t batch = group / p.kept, k = group % p.kept;
    return ((batch * p.outer + o) * p.kept + k) * p.inner;
}

#if !WORK_MAP

/* Copies `values` values from x + start to the tile at `filled`. */
void copy_to_tile(__global const real *x, real *tile, uint values, real scale)
{
    uint i = 0;
    for (; i + 16 <= values; i += 16)
        vstore16(vload16(0, x + i) * scale, 0, tile + i);
    if (values & 8) {
        vstore8(vload8(0, x + i) * scale, 0, tile + i);
        i += 8;
    }
    if (values & 4) {
        vstore4(vload4(0, x + i) * scale, 0, tile + i);
        i += 4;
    }
    for (; i < values; i++)
        tile[i] = x[i] * scale;
}

/* The accumulator of values first ... last-1 of a group: at most one part. */
accumulator accumulate_part(__global const real *x, plane p, index_t group, index_t first, index_t last,
                            real scale)
{
    float16 tile[TILE_ROWS];
    accumulator_16 lanes = accumulator_empty_16();
    index_t o = first / p.inner, i = first % p.inner;
    while (first < last) {
        const uint values = (uint)min(last - first, (index_t)TILE_VALUES);
        for (uint filled = 0; filled < values;) {
            const uint take = (uint)min(p.inner - i, (index_t)(values - filled));
            copy_to_tile(x + run_start(p, group, o) + i, (real *)tile + filled, take, scale);
            filled += take;
            i += take;
            if (i == p.inner) {
                i = 0;
                o++;
            }
        }
        const uint rows = values / 16, rest = values % 16;
        if (rows > 0)
            lanes = accumulator_merge_16(lanes, accumulator_of_tile_16(tile, rows));
        if (rest > 0)
            lanes = accumulator_merge_16(lanes, accumulator_of_values(tile[rows], rest, lanes));
        first += values;
    }
    return accumulator_across(lanes);
}

accumulator accumulate_group(__global const real *x, plane p, index_t group, real scale)
{
    const index_t values = p.outer * p.inner;
    accumulator all = accumulate_part(x, p, group, 0, min(values, (index_t)PART_VALUES), scale);
    for (index_t first = PART_VALUES; first < values; first += PART_VALUES) {
        const index_t last = min(values, (index_t)(first + PART_VALUES));
        all = accumulator_merge(all, accumulate_part(x, p, group, first, last, scale));
    }
    return all;
}

#if KERNEL_plane_statistics
/* work: groups * parts. partials: one accumulator for each part of each group. */
__kernel void plane_statistics(index_t work, index_t groups, index_t outer, index_t kept, index_t inner,
                               INPUT(x), OUTPUT(partials))
{
    const index_t item = get_global_id(0);
    if (item >= work)
        return;
    const plane p = {outer, kept, inner};
    const index_t group = item % groups, first = item / groups * PART_VALUES;
    const index_t last = min((index_t)(outer * inner), (index_t)(first + PART_VALUES));
    accumulator_store(accumulate_part(x + x_offset, p, group, first, last, 1.0f), partials + partials_offset,
                      item, work);
}
#endif

#endif

#if !WORK_REDUCE

/* y = formula(x) over a contiguous run; y may be x. The ends are done by vectors that overlap the aligned
 * middle: what they need is loaded before anything near it is stored. */
void apply_run(__global const real *x, __global real *y, index_t values, const float16 *coefficients)
{
    if (values < 16) {
        real scalars[COEFFICIENTS];
        for (uint c = 0; c < COEFFICIENTS; c++)
            scalars[c] = coefficients[c].s0;
        for (index_t i = 0; i < values; i++)
            y[i] = formula_apply(x[i], scalars);
        return;
    }
    const index_t head = STREAM ? (index_t)((64 - ((ulong)y & 63)) & 63) / 4 : 0;
    const bool stream = STREAM && ((ulong)y & 3) == 0;
    const float16 tail = vload16(0, x + values - 16);
    index_t i = 0;
    if (head > 0) {
        const float16 first = vload16(0, x);
        if (head + 16 <= values) {
            const float16 next = vload16(0, x + head);
            vstore16(formula_apply_16(first, coefficients), 0, y);
            store_vector(formula_apply_16(next, coefficients), y + head, stream);
            i = head + 16;
        } else {
            vstore16(formula_apply_16(first, coefficients), 0, y);
            i = values;
        }
    }
    for (; i + 16 <= values; i += 16)
        store_vector(formula_apply_16(vload16(0, x + i), coefficients), y + i, stream);
    vstore16(formula_apply_16(tail, coefficients), 0, y + values - 16);
}

void broadcast(const real *scalars, float16 *coefficients)
{
    for (uint c = 0; c < COEFFICIENTS; c++)
        coefficients[c] = (float16)(scalars[c]);
}

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_plane_fused
/* work: groups. A work-item owns groups_per_item neighbouring groups and takes each from its statistics to
 * its results while it is in cache. WORK_REDUCE: no results but what the formula saves. */
__kernel void plane_fused(index_t work, index_t groups_per_item, index_t outer, index_t kept, index_t inner,
                          INPUT(x), OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * groups_per_item;
    const index_t last = min(work, (index_t)(first + groups_per_item));
    const formula f = FORMULA_BIND;
    const plane p = {outer, kept, inner};
    x += x_offset;
    y = AT_OFFSET(y);
    for (index_t group = first; group < last; group++) {
        real rescale = 1.0f;
        accumulator all = accumulate_group(x, p, group, rescale);
#if FORMULA_RESCALES
        rescale = formula_rescale(&f, all);
        if (rescale != 1.0f)
            all = accumulate_group(x, p, group, rescale);
#endif
#if WORK_REDUCE_MAP
        real scalars[COEFFICIENTS];
        float16 coefficients[COEFFICIENTS];
        formula_finish(&f, group, all, rescale, scalars);
        broadcast(scalars, coefficients);
        for (index_t o = 0; o < outer; o++) {
            const index_t start = run_start(p, group, o);
            apply_run(x + start, y + start, inner, coefficients);
        }
#endif
        formula_save(&f, group, all);
    }
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_plane_map
/* work: values of the tensor. A work-item owns values_per_item neighbouring ones. WORK_REDUCE_MAP: the
 * statistics are `parts` partials for each of `groups`; who begins a group saves them. */
__kernel void plane_map(index_t work, index_t values_per_item, index_t outer, index_t kept, index_t inner,
                        INPUT(x), OUTPUT(y),
#if WORK_REDUCE_MAP
                        INPUT(partials), index_t groups, index_t parts,
#endif
                        FORMULA_PARAMETERS)
{
    index_t i = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(i + values_per_item));
    const formula f = FORMULA_BIND;
    x += x_offset;
    y += y_offset;
    while (i < last) {
        const index_t run = i / inner, run_last = min(last, (index_t)((run + 1) * inner));
        const index_t group = run / (outer * kept) * kept + run % kept;
        real scalars[COEFFICIENTS];
        float16 coefficients[COEFFICIENTS];
#if WORK_REDUCE_MAP
        const accumulator all = accumulator_merge_parts(partials + partials_offset, group, groups, parts);
        formula_finish(&f, group, all, 1.0f, scalars);
        if (i % inner == 0 && run / kept % outer == 0)
            formula_save(&f, group, all);
#else
        formula_load(&f, group, scalars);
#endif
        broadcast(scalars, coefficients);
        apply_run(x + i, y + i, run_last - i, coefficients);
        i = run_last;
    }
}
#endif

#endif
