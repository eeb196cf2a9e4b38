/*
 * cpu schedule: tensors with gaps whose reduced values still lie in contiguous runs, such as crops of images
 * and rows with a pitch.
 *
 * Up to eight axes; the last one is reduced, and its values follow each other in every tensor: a run of
 * `length` values, of which a group has `runs`. Launch: work-groups of one item, one dimension; a work-item
 * owns groups_per_item neighbouring groups. No barriers, no local memory.
 *
 * Values are cut into tiles and parts as in cpu/plane.cl, so that gaps do not change a sum.
 */
#include "places.cl"
#if !WORK_MAP
#include "accumulators/partials.cl"
#endif
#include "cpu/runs.cl"

#if KERNEL_gap_runs

#define SHORT_RUN 1024 /* values */

/* Prefetches the run after the one at hand: cores prefetch by themselves what follows in memory, but not what
 * comes after a gap. */
static void prefetch_next(const axes *a, sources from, walk w, index_t length)
{
    const sources next = sources_at_offsets(from, walk_on(a, w).at);
    for (index_t i = 0; i < length && length <= SHORT_RUN; i += 16)
        prefetch_operands(next, i);
}

/* The runs of a group: `a` has all axes but the last. */
typedef struct runs {
    axes a;
    uint kept_axes;
    index_t count, length;
} runs;

#if !WORK_MAP

/* Tiles that are filled one after the other, and the set of those that were full. */
typedef struct summing {
    float16 tile[TERMS * TILE_ROWS];
    uint filled, tiles;
    growing part;
    accumulator_16 all;
    bool has_parts;
} summing;

/* Adds the tile at hand to its part, and merges a part that is complete into the rest. */
static void end_tile(summing *s)
{
    take_tile(&s->part, s->tile, s->filled, s->tiles == 0);
    s->filled = 0;
    s->tiles++;
}

static void end_part(summing *s)
{
    const accumulator_16 part = accumulator_across(grown(&s->part));
    s->all = s->has_parts ? accumulator_merge_16(s->all, part) : part;
    s->has_parts = true;
    s->tiles = 0;
}

/* The set of a group; spread over all lanes if the group is no longer than a part, else in lane 0. */
static accumulator_16 sum_group(const runs *r, sources from, const float16 *known)
{
    summing s;
    s.filled = s.tiles = 0;
    s.has_parts = false;
    walk w = walk_from(&r->a, r->kept_axes, 0);
    for (index_t run = 0; run < r->count; run++, w = walk_on(&r->a, w)) {
        const sources at = sources_at_offsets(from, w.at);
        prefetch_next(&r->a, from, w, r->length);
        for (index_t i = 0; i < r->length;) {
            if (s.tiles == CPU_PLANE_PART_TILES)
                end_part(&s);
            const uint take = (uint)min(r->length - i, (index_t)(TILE_VALUES - s.filled));
            copy_to_tile(sources_at(at, i), known, (real *)s.tile + s.filled, take);
            s.filled += take;
            i += take;
            if (s.filled == TILE_VALUES)
                end_tile(&s);
        }
    }
    if (s.filled > 0)
        end_tile(&s);
    if (!s.has_parts)
        return grown(&s.part);
    end_part(&s);
    return s.all;
}

#endif

/* work: groups. The work-item takes `batch` of its groups at a time: 1 to 16, and more than 1 only where
 * groups are no longer than a part. If WORK_REDUCE is set or y is null, only what the formula saves is
 * written. */
__kernel void gap_runs(index_t work, index_t groups_per_item, uint batch, index_t run_count, index_t length,
                       AXES_PARAMETERS, SOURCES, OUTPUT(y), FORMULA_PARAMETERS)
{
    const index_t first = get_global_id(0) * groups_per_item;
    const index_t last = min(work, (index_t)(first + groups_per_item));
    const formula f = FORMULA_BIND;
    runs r;
    r.kept_axes = kept_axes;
    r.count = run_count;
    r.length = length;
    AXES_BIND
    r.a = a;
    r.a.count--;
    y = AT_OFFSET(y);
    const sources tensor = SOURCES_BIND(y);
    for (index_t group = first; group < last; group += batch) {
        const uint groups = (uint)min(last - group, (index_t)batch);
        float16 coefficients[COEFFICIENTS];
#if WORK_MAP
        formula_load_16(&f, group, groups, coefficients);
#else
        LOAD_KNOWN(&f, group, groups, coefficients);
        accumulator_16 sets[16];
        for (uint g = 0; g < 16; g++)
            sets[g] = accumulator_empty_16();
        for (uint g = 0; g < groups; g++) {
            float16 known[KNOWN];
            broadcast_lane(coefficients, KNOWN, g, known);
            const offsets start = offsets_of(&r.a, group + g, 0, kept_axes);
            sets[g] = sum_group(&r, sources_at_offsets(tensor, start), known);
        }
        accumulator_16 all = sets[0];
        if (batch > 1)
            all = accumulator_across_sets(sets);
        else if (run_count * length <= CPU_PLANE_PART)
            all = accumulator_across(all);
#endif
#if WORK_REDUCE_MAP
        formula_finish_16(&f, group, groups, all, coefficients);
#endif
#if !WORK_REDUCE
        for (uint g = 0; y && g < groups; g++) {
            float16 of_group[COEFFICIENTS];
            broadcast_lane(coefficients, COEFFICIENTS, g, of_group);
            const offsets start = offsets_of(&r.a, group + g, 0, kept_axes);
            const sources from = sources_at_offsets(tensor, start);
            walk w = walk_from(&r.a, kept_axes, 0);
            for (index_t run = 0; run < run_count; run++, w = walk_on(&r.a, w)) {
                prefetch_next(&r.a, from, w, length);
                apply_run(sources_at_offsets(from, w.at), y + start.y + w.at.y, length, of_group, 0, 0, 0);
            }
        }
#endif
#if !WORK_MAP
        formula_save_16(&f, group, groups, all, coefficients);
#endif
    }
}

#endif
