/*
 * cpu schedule: groups of contiguous runs.
 *
 * x and y are [batch][outer][kept][inner], dense; a group is one (batch, kept) and holds outer runs of inner
 * values. Launch: work-groups of one item, one dimension; a work-item owns whole groups (fused, batches), or
 * a part of a group (statistics), or a stretch of the tensor (map). No barriers, no local memory.
 *
 * The values of a group, run after run, are cut into tiles of TILE_VALUES and those into parts of
 * CPU_PLANE_PART_TILES tiles. A part's set grows tile by tile, and parts are merged within their group, in
 * order: the bounds depend on the group's size alone, so all kernels give the same bits.
 */
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#include "cpu/runs.cl"

#define SHORT_RUN 1024 /* values */

typedef struct plane {
    index_t outer, kept, inner;
} plane;

/* Where the first run of a group begins. */
static index_t group_start(plane p, index_t group)
{
    const index_t entry = p.outer == 1 ? 0 : group / p.kept; /* a division takes as long as a few vectors */
    return (entry * (p.outer - 1) * p.kept + group) * p.inner;
}

/* A position in a group: where its run begins, counted from the group's start, and the index of the value in
 * the run. */
typedef struct run_place {
    index_t run, i;
} run_place;

static run_place run_place_of(plane p, index_t value)
{
    const index_t run = value == 0 ? 0 : value / p.inner;
    const run_place at = {run * p.kept * p.inner, value - run * p.inner};
    return at;
}

/* The position `count` values further on; these do not reach beyond the run. */
static run_place advance(plane p, run_place at, uint count)
{
    at.i += count;
    if (at.i == p.inner) {
        at.i = 0;
        at.run += p.kept * p.inner;
    }
    return at;
}

#if !WORK_MAP

/* A pass over two groups at once, position by position: one group is summed; the other, whose coefficients
 * are known, is normalized. Either may be absent. */
typedef struct pass {
    bool sums;
    sources sum, from;
    float16 known[KNOWN];
    __global real *to; /* null: nothing is normalized */
#if !WORK_REDUCE
    float16 coefficients[COEFFICIENTS];
#endif
} pass;

/* Prefetches the run at `offset` of either group. Cores prefetch by themselves what follows in memory, but
 * not the next run, which begins elsewhere. */
static void prefetch_run(plane p, const pass *through, index_t offset)
{
    for (index_t i = 0; i < p.inner; i += 16) {
        if (through->sums)
            prefetch_operands(through->sum, offset + i);
        if (through->to)
            prefetch_results(through->to + offset + i);
    }
}

/* Passes over values first ... last-1 of both groups, at most one part. Returns the set of the summed
 * ones. */
static accumulator_16 pass_part(plane p, const pass *through, index_t first, index_t last)
{
    float16 tile[TERMS * TILE_ROWS];
    growing all;
    run_place at = run_place_of(p, first);
    for (index_t done = first; done < last;) {
        const uint values = (uint)min(last - done, (index_t)TILE_VALUES);
        for (uint filled = 0; filled < values;) {
            const uint take = (uint)min(p.inner - at.i, (index_t)(values - filled));
            const index_t offset = at.run + at.i;
            const sources sum = sources_at(through->sum, offset);
            const index_t next = at.run + p.kept * p.inner;
            if (at.i == 0 && p.inner <= SHORT_RUN && next < p.outer * p.kept * p.inner)
                prefetch_run(p, through, next);
#if !WORK_REDUCE
            if (through->to)
                apply_run(sources_at(through->from, offset), through->to + offset, take,
                          through->coefficients, through->sums ? &sum : 0, through->known,
                          (real *)tile + filled);
            else
#endif
                copy_to_tile(sum, through->known, (real *)tile + filled, take);
            at = advance(p, at, take);
            filled += take;
        }
        if (through->sums)
            take_tile(&all, tile, values, done == first);
        done += values;
    }
    return through->sums ? grown(&all) : accumulator_empty_16();
}

#if KERNEL_plane_statistics
/* work: groups * parts. partials: one accumulator for each part of each group. */
__kernel void plane_statistics(index_t work, index_t groups, index_t outer, index_t kept, index_t inner,
                               SOURCES, OUTPUT(partials), FORMULA_PARAMETERS)
{
    const index_t item = get_global_id(0);
    if (item >= work)
        return;
    const formula f = FORMULA_BIND;
    const plane p = {outer, kept, inner};
    const sources tensor = SOURCES_BIND(0);
    const index_t group = item % groups, first = item / groups * CPU_PLANE_PART;
    const index_t last = min((index_t)(outer * inner), (index_t)(first + CPU_PLANE_PART));
    pass through;
    through.sums = true;
    through.sum = sources_at(tensor, group_start(p, group));
    through.to = 0;
    float16 known[KNOWN];
    LOAD_KNOWN(&f, group, 1, known);
    broadcast_lane(known, KNOWN, 0, through.known);
    accumulator_store_16(accumulator_across(pass_part(p, &through, first, last)), partials + partials_offset,
                         item, 1, work);
}
#endif

#endif

#if WORK_REDUCE_MAP || WORK_REDUCE

#if KERNEL_plane_fused

/* Passes over both groups as a whole. If groups are longer than a part, the set is merged into lane 0; else
 * it is still spread over all lanes. */
static accumulator_16 pass_group(plane p, const pass *through)
{
    const index_t values = p.outer * p.inner;
    accumulator_16 all = pass_part(p, through, 0, min(values, (index_t)CPU_PLANE_PART));
    if (values > CPU_PLANE_PART && through->sums)
        all = accumulator_across(all);
    for (index_t first = CPU_PLANE_PART; first < values; first += CPU_PLANE_PART) {
        const index_t last = min(values, (index_t)(first + CPU_PLANE_PART));
        const accumulator_16 part = pass_part(p, through, first, last);
        if (through->sums)
            all = accumulator_merge_16(all, accumulator_across(part));
    }
    return all;
}

/* work: groups. A work-item owns groups_per_item neighbouring groups, and sums `batch` of them at a time: 1
 * to 16, and more than 1 only where groups are no longer than a part. While it sums a batch it normalizes the
 * batch before, which is still in cache. If WORK_REDUCE is set or y is null, only what the formula saves is
 * written. */
__kernel void plane_fused(index_t work, index_t groups_per_item, uint batch, index_t outer, index_t kept,
                          index_t inner, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * groups_per_item;
    const index_t last = min(work, (index_t)(first + groups_per_item));
    const formula f = FORMULA_BIND;
    const plane p = {outer, kept, inner};
    accumulator_16 sets[16];
#if WORK_REDUCE_MAP
    float16 coefficients[COEFFICIENTS];
#endif
    uint before = 0; /* groups of the batch that is to be normalized */
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    for (index_t group = first; group < last || before > 0; group += batch) {
        const uint groups = group < last ? (uint)min(last - group, (index_t)batch) : 0;
        for (uint g = 0; g < 16; g++)
            sets[g] = accumulator_empty_16();
        float16 known[KNOWN];
        if (groups > 0)
            LOAD_KNOWN(&f, group, groups, known);
        for (uint g = 0; g < batch; g++) {
            pass through;
            through.sums = g < groups;
            through.sum = sources_at(tensor, through.sums ? group_start(p, group + g) : 0);
            if (through.sums)
                broadcast_lane(known, KNOWN, g, through.known);
            through.to = 0;
#if WORK_REDUCE_MAP
            if (g < before) {
                const index_t start = group_start(p, group - batch + g);
                through.from = sources_at(tensor, start);
                through.to = y + start;
                broadcast_lane(coefficients, COEFFICIENTS, g, through.coefficients);
            }
#endif
            if (through.sums || through.to)
                sets[g] = pass_group(p, &through);
        }
        before = 0;
        if (groups == 0)
            continue;
        accumulator_16 all = sets[0];
        if (batch > 1)
            all = accumulator_across_sets(sets);
        else if (outer * inner <= CPU_PLANE_PART)
            all = accumulator_across(all);
#if WORK_REDUCE_MAP
        LOAD_KNOWN(&f, group, groups, coefficients);
        formula_finish_16(&f, group, groups, all, coefficients);
        before = y ? groups : 0;
#endif
        formula_save_16(&f, group, groups, all, known);
    }
}
#endif

#endif

#if !WORK_REDUCE

#if KERNEL_plane_map
/* work: values of the tensor. A work-item owns values_per_item neighbouring ones. WORK_REDUCE_MAP: the
 * statistics are `parts` partials for each of `groups`; the work-item with a group's first value calls
 * formula_save. */
__kernel void plane_map(index_t work, index_t values_per_item, index_t outer, index_t kept, index_t inner,
                        SOURCES, OUTPUT(y),
#if WORK_REDUCE_MAP
                        INPUT(partials), index_t groups, index_t parts,
#endif
                        FORMULA_PARAMETERS)
{
    index_t i = get_global_id(0) * values_per_item;
    const index_t last = min(work, (index_t)(i + values_per_item));
    const formula f = FORMULA_BIND;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    while (i < last) {
        /* Neighbouring runs belong to neighbouring groups. If another item began this run, its rest is taken
         * alone. */
        const index_t run = i / inner, first_kept = run % kept,
                      group = run / (outer * kept) * kept + first_kept;
        const bool begins = i % inner == 0;
        const index_t runs = begins ? min((last - 1) / inner - run + 1, kept - first_kept) : 1;
        const uint taken = (uint)min(runs, (index_t)16);
        float16 coefficients[COEFFICIENTS], of_group[COEFFICIENTS];
#if WORK_REDUCE_MAP
        const accumulator_16 all =
            accumulator_merge_parts_16(partials + partials_offset, group, taken, groups, parts);
        LOAD_KNOWN(&f, group, taken, coefficients);
        formula_finish_16(&f, group, taken, all, coefficients);
        if (begins && run / kept % outer == 0)
            formula_save_16(&f, group, taken, all, coefficients);
#else
        formula_load_16(&f, group, taken, coefficients);
#endif
        for (uint r = 0; r < taken; r++) {
            const index_t run_last = min(last, (index_t)((run + r + 1) * inner));
            broadcast_lane(coefficients, COEFFICIENTS, r, of_group);
            if (y)
                apply_run(sources_at(tensor, i), y + i, run_last - i, of_group, 0, 0, 0);
            i = run_last;
        }
    }
}
#endif

#endif
