/*
 * The gpu schedule: many small work-groups, neighbouring items on neighbouring values, sums of a group's
 * items through local memory. The work-group's size is the largest power of two up to 256 that the device
 * and its local memory allow; 1 works.
 */
#include "schedule.h"

enum {
    LARGEST_GROUP = 256,
    PLANE_PART_VALUES = 16384, /* PART_VALUES of gpu/plane.cl */
    PLANE_MAP_VALUES = 4,      /* MAP_VALUES of gpu/plane.cl */
    COLUMN_ITEM_ROWS = 64,     /* ITEM_ROWS of gpu/column.cl */
    COLUMN_MAP_ROWS = 16,      /* MAP_ROWS of gpu/column.cl */
    LOCAL_BYTES_PER_ITEM = 20, /* an accumulator in gpu/group.cl, at most */
    GROUPS_PER_UNIT = 4,       /* work-groups that a compute unit should have */
};

/* `useful`: how many items can have something to do. */
static size_t group_size(const caps *device, size_t useful)
{
    size_t size = 1;
    while (size < LARGEST_GROUP && size < useful && size * 2 <= device->max_work_group_size &&
           size * 2 <= device->max_work_item_size && size * 2 * LOCAL_BYTES_PER_ITEM <= device->local_memory)
        size *= 2;
    return size;
}

/* Work-groups that merge what their items found (gpu/group.cl). */
static void launch_groups(step *s, size_t groups, size_t size)
{
    launch_items(s, groups * size, size);
    s->local_memory = size * LOCAL_BYTES_PER_ITEM;
}

/* The parts of each group become one; a few are left for the next step. */
static partials merge_parts(const problem *p, const caps *device, choice *out, partials found)
{
    if (are_merged_by_map(p, found))
        return found;
    const size_t size = group_size(device, found.parts);
    step *s = add_merge(out, p, "gpu/merge.cl", "merge_across", false, &found);
    launch_groups(s, p->groups, size);
    return found;
}

/* ---- plane ---- */

static const char *refuse_plane_fused(const problem *p, const caps *device)
{
    if (p->group_size <= PLANE_PART_VALUES || p->groups >= GROUPS_PER_UNIT * (size_t)device->compute_units)
        return NULL;
    return "too few groups to fill the device";
}

/* `found`: the statistics, where they are not given. */
static void add_plane_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t size = group_size(device, ceil_divide(p->inner, PLANE_MAP_VALUES));
    const size_t groups_per_run = ceil_divide(p->inner, size * PLANE_MAP_VALUES);
    const size_t pieces = p->elements / p->inner * groups_per_run;
    step *s = add_step(out, p, "gpu/plane.cl", "plane_map", false);
    add_index(&s->arguments, pieces);
    add_index(&s->arguments, groups_per_run);
    add_extents(s, p);
    add_tensors(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, p->groups);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, pieces * size, size);
}

static void fill_plane_map(const problem *p, const caps *device, choice *out)
{
    add_plane_map(p, device, out, NULL);
}

static void fill_plane_fused(const problem *p, const caps *device, choice *out)
{
    const size_t size = group_size(device, p->group_size);
    step *s = add_step(out, p, "gpu/plane.cl", "plane_fused", false);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_groups(s, p->groups, size);
}

static void fill_plane_split(const problem *p, const caps *device, choice *out)
{
    const size_t parts = ceil_divide(p->group_size, PLANE_PART_VALUES);
    const partials found = add_partials(out, p, parts);
    const size_t size = group_size(device, p->group_size);
    step *s = add_step(out, p, "gpu/plane.cl", "plane_statistics", false);
    add_index(&s->arguments, p->groups * parts);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_sources(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_groups(s, p->groups * parts, size);
    const partials merged = merge_parts(p, device, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_plane_map(p, device, out, &merged);
}

/* ---- column ---- */

/* Blocks of columns, and how work-groups lie over them. */
typedef struct column_blocks {
    size_t size;   /* items of a work-group */
    size_t width;  /* columns of a block */
    size_t blocks; /* of a batch entry */
    size_t parts;  /* of a column */
} column_blocks;

static column_blocks blocks_of(const problem *p, const caps *device)
{
    column_blocks b = {.size = group_size(device, p->elements / p->batch)};
    b.blocks = ceil_divide(p->kept, b.size);
    b.width = ceil_divide(p->kept, b.blocks);
    b.parts = ceil_divide(p->outer, COLUMN_ITEM_ROWS * (b.size / b.width));
    return b;
}

static const char *refuse_column_fused(const problem *p, const caps *device)
{
    const column_blocks b = blocks_of(p, device);
    if (b.parts == 1 || p->batch * b.blocks >= GROUPS_PER_UNIT * (size_t)device->compute_units)
        return NULL;
    return "too few columns to fill the device";
}

static void add_column_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t pieces = p->groups * ceil_divide(p->outer, COLUMN_MAP_ROWS);
    step *s = add_step(out, p, "gpu/column.cl", "column_map", false);
    add_index(&s->arguments, pieces);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensors(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, pieces, group_size(device, pieces));
}

static void fill_column_map(const problem *p, const caps *device, choice *out)
{
    add_column_map(p, device, out, NULL);
}

static void fill_column_fused(const problem *p, const caps *device, choice *out)
{
    const column_blocks b = blocks_of(p, device);
    step *s = add_step(out, p, "gpu/column.cl", "column_fused", false);
    add_index(&s->arguments, b.blocks * p->batch);
    add_index(&s->arguments, b.blocks);
    add_uint(&s->arguments, b.width);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_groups(s, b.blocks * p->batch, b.size);
}

static void fill_column_split(const problem *p, const caps *device, choice *out)
{
    const column_blocks b = blocks_of(p, device);
    const partials found = add_partials(out, p, b.parts);
    step *s = add_step(out, p, "gpu/column.cl", "column_statistics", false);
    add_index(&s->arguments, b.blocks * p->batch * b.parts);
    add_index(&s->arguments, b.blocks);
    add_index(&s->arguments, b.parts);
    add_uint(&s->arguments, b.width);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_sources(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_groups(s, b.blocks * p->batch * b.parts, b.size);
    const partials merged = merge_parts(p, device, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_column_map(p, device, out, &merged);
}

/* ---- window ---- */

static void fill_window(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "gpu/window.cl", "window", false);
    add_index(&s->arguments, p->elements);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->elements, group_size(device, p->elements));
}

const variant gpu_variants[] = {
    {"gpu/plane/map", GEOMETRY_PLANE, STAGES_MAP, NULL, fill_plane_map},
    {"gpu/plane/fused", GEOMETRY_PLANE, STAGES_FUSED, refuse_plane_fused, fill_plane_fused},
    {"gpu/plane/split", GEOMETRY_PLANE, STAGES_SPLIT, NULL, fill_plane_split},
    {"gpu/column/map", GEOMETRY_COLUMN, STAGES_MAP, NULL, fill_column_map},
    {"gpu/column/fused", GEOMETRY_COLUMN, STAGES_FUSED, refuse_column_fused, fill_column_fused},
    {"gpu/column/split", GEOMETRY_COLUMN, STAGES_SPLIT, NULL, fill_column_split},
    {"gpu/window", GEOMETRY_WINDOW, STAGES_WINDOW, NULL, fill_window},
};
const size_t gpu_variant_count = sizeof gpu_variants / sizeof *gpu_variants;
