/*
 * The gpu schedule: many small work-groups, neighbouring items on neighbouring values, sums of a group's
 * items through local memory. The work-group's size is the largest power of two up to 256 that the device
 * and its local memory allow; 1 works.
 */
#include "choose.h"

enum {
    LARGEST_GROUP = 256,
    PLANE_PART_VALUES = 16384, /* PART_VALUES of gpu/plane.cl */
    PLANE_MAP_VALUES = 4,      /* MAP_VALUES of gpu/plane.cl */
    COLUMN_PART_ROWS = 256,    /* PART_ROWS of gpu/column.cl */
    COLUMN_MAP_ROWS = 16,      /* MAP_ROWS of gpu/column.cl */
    GROUPS_PER_UNIT = 4,       /* work-groups that a compute unit should have */
};

/* `useful`: how many items can have something to do. */
static size_t group_size(const caps *device, size_t useful)
{
    size_t size = 1;
    while (size < LARGEST_GROUP && size < useful && size * 2 <= device->max_work_group_size &&
           size * 2 <= device->max_work_item_size &&
           size * 2 * SCRATCH_FIELDS * sizeof(float) <= device->local_memory)
        size *= 2;
    return size;
}

static const char *refuse_dense(const problem *p, bool plane)
{
    if (!p->dense)
        return "not dense";
    if (p->work == WORK_WINDOW)
        return "a window";
    if (plane)
        return p->inner == 1 ? "no contiguous run is reduced" : NULL;
    return p->inner > 1 ? "a contiguous run is reduced" : NULL;
}

/* ---- plane ---- */

static const char *refuse_plane_map(const problem *p, const caps *device)
{
    (void)device;
    const char *reason = refuse_dense(p, true);
    return reason != NULL ? reason : p->work == WORK_MAP ? NULL : "statistics have to be found first";
}

static const char *refuse_plane_fused(const problem *p, const caps *device)
{
    const char *reason = refuse_dense(p, true);
    if (reason != NULL)
        return reason;
    if (p->work == WORK_MAP)
        return "nothing to reduce";
    if (p->rescales || p->group_size <= PLANE_PART_VALUES ||
        p->groups >= GROUPS_PER_UNIT * (size_t)device->compute_units)
        return NULL;
    return "too few groups to fill the device";
}

static const char *refuse_plane_split(const problem *p, const caps *device)
{
    (void)device;
    const char *reason = refuse_dense(p, true);
    if (reason != NULL)
        return reason;
    return p->work == WORK_MAP ? "nothing to reduce" : p->rescales ? "a group may need a second pass" : NULL;
}

static step *add_plane_step(choice *out, const problem *p, const char *kernel, size_t size)
{
    step *s = add_step(out, p, "gpu/plane.cl", kernel, false);
    add_option(s, "LOCAL_SIZE", (long)size);
    return s;
}

static void add_plane_extents(step *s, const problem *p)
{
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
}

/* parts > 0: statistics are that many partials a group, at `offset` in scratch. */
static void add_plane_map(const problem *p, const caps *device, choice *out, size_t offset, size_t parts)
{
    const size_t size = group_size(device, ceil_divide(p->inner, PLANE_MAP_VALUES));
    const size_t groups_per_run = ceil_divide(p->inner, size * PLANE_MAP_VALUES);
    const size_t work = p->elements / p->inner * groups_per_run;
    step *s = add_plane_step(out, p, "plane_map", size);
    add_index(&s->arguments, work);
    add_index(&s->arguments, groups_per_run);
    add_plane_extents(s, p);
    add_x(s);
    add_y(s, p);
    if (parts > 0) {
        add_scratch(&s->arguments, offset);
        add_index(&s->arguments, p->groups);
        add_index(&s->arguments, parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, work * size, size);
}

static void fill_plane_map(const problem *p, const caps *device, choice *out)
{
    add_plane_map(p, device, out, 0, 0);
}

static void fill_plane_fused(const problem *p, const caps *device, choice *out)
{
    const size_t size = group_size(device, p->group_size);
    step *s = add_plane_step(out, p, "plane_fused", size);
    add_index(&s->arguments, p->groups);
    add_plane_extents(s, p);
    add_x(s);
    add_y(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->groups * size, size);
}

static void fill_plane_split(const problem *p, const caps *device, choice *out)
{
    size_t parts = ceil_divide(p->group_size, PLANE_PART_VALUES), offset = 0;
    const size_t size = group_size(device, p->group_size);
    step *s = add_plane_step(out, p, "plane_statistics", size);
    add_index(&s->arguments, p->groups * parts);
    add_index(&s->arguments, p->groups);
    add_plane_extents(s, p);
    add_x(s);
    add_scratch(&s->arguments, 0);
    launch_items(s, p->groups * parts * size, size);
    out->scratch_bytes = SCRATCH_FIELDS * p->groups * parts * sizeof(float);
    add_merge(out, p, device, &offset, &parts);
    if (p->work == WORK_REDUCE_MAP)
        add_plane_map(p, device, out, offset, parts);
}

/* ---- column ---- */

static const char *refuse_column_map(const problem *p, const caps *device)
{
    (void)device;
    const char *reason = refuse_dense(p, false);
    return reason != NULL ? reason : p->work == WORK_MAP ? NULL : "statistics have to be found first";
}

static const char *refuse_column_fused(const problem *p, const caps *device)
{
    const char *reason = refuse_dense(p, false);
    if (reason != NULL)
        return reason;
    if (p->work == WORK_MAP)
        return "nothing to reduce";
    const size_t items = GROUPS_PER_UNIT * (size_t)device->compute_units * LARGEST_GROUP;
    if (p->rescales || p->outer <= COLUMN_PART_ROWS || p->groups >= items)
        return NULL;
    return "too few columns to fill the device";
}

static const char *refuse_column_split(const problem *p, const caps *device)
{
    (void)device;
    const char *reason = refuse_dense(p, false);
    if (reason != NULL)
        return reason;
    return p->work == WORK_MAP ? "nothing to reduce" : p->rescales ? "a group may need a second pass" : NULL;
}

static void add_column_map(const problem *p, const caps *device, choice *out, size_t offset, size_t parts)
{
    const size_t work = p->groups * ceil_divide(p->outer, COLUMN_MAP_ROWS);
    step *s = add_step(out, p, "gpu/column.cl", "column_map", false);
    add_index(&s->arguments, work);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_x(s);
    add_y(s, p);
    if (parts > 0) {
        add_scratch(&s->arguments, offset);
        add_index(&s->arguments, parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, work, group_size(device, work));
}

static void fill_column_map(const problem *p, const caps *device, choice *out)
{
    add_column_map(p, device, out, 0, 0);
}

static void fill_column_fused(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "gpu/column.cl", "column_fused", false);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_x(s);
    add_y(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->groups, group_size(device, p->groups));
}

static void fill_column_split(const problem *p, const caps *device, choice *out)
{
    size_t parts = ceil_divide(p->outer, COLUMN_PART_ROWS), offset = 0;
    step *s = add_step(out, p, "gpu/column.cl", "column_statistics", false);
    add_index(&s->arguments, p->groups * parts);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_x(s);
    add_scratch(&s->arguments, 0);
    launch_items(s, p->groups * parts, group_size(device, p->groups * parts));
    out->scratch_bytes = SCRATCH_FIELDS * p->groups * parts * sizeof(float);
    add_merge(out, p, device, &offset, &parts);
    if (p->work == WORK_REDUCE_MAP)
        add_column_map(p, device, out, offset, parts);
}

/* ---- window ---- */

static const char *refuse_window(const problem *p, const caps *device)
{
    (void)device;
    if (p->work != WORK_WINDOW)
        return "not a window";
    return !p->dense ? "not dense" : NULL;
}

static void fill_window(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "gpu/window.cl", "window", false);
    add_index(&s->arguments, p->elements);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_x(s);
    add_y(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->elements, group_size(device, p->elements));
}

const variant gpu_variants[] = {
    {"gpu/plane/map", refuse_plane_map, fill_plane_map},
    {"gpu/plane/fused", refuse_plane_fused, fill_plane_fused},
    {"gpu/plane/split", refuse_plane_split, fill_plane_split},
    {"gpu/column/map", refuse_column_map, fill_column_map},
    {"gpu/column/fused", refuse_column_fused, fill_column_fused},
    {"gpu/column/split", refuse_column_split, fill_column_split},
    {"gpu/window", refuse_window, fill_window},
};
const size_t gpu_variant_count = sizeof gpu_variants / sizeof *gpu_variants;
