/* The gpu schedule: groups of contiguous runs. */
#include "schedule_gpu.h"

enum {
    PART_VALUES = 16384, /* as in gpu/plane.cl */
    MAP_VALUES = 4,
};

const char *gpu_refuse_plane_fused(const problem *p, const caps *device)
{
    if (p->group_size <= PART_VALUES || p->groups >= GROUPS_PER_UNIT * (size_t)device->compute_units)
        return NULL;
    return "too few groups to fill the device";
}

/* `found`: the statistics, where they are not given. */
static void add_plane_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t size = group_size(device, ceil_divide(p->inner, MAP_VALUES));
    const size_t groups_per_run = ceil_divide(p->inner, size * MAP_VALUES);
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

void gpu_fill_plane_map(const problem *p, const caps *device, choice *out)
{
    add_plane_map(p, device, out, NULL);
}

void gpu_fill_plane_fused(const problem *p, const caps *device, choice *out)
{
    const size_t size = group_size(device, p->group_size);
    step *s = add_step(out, p, "gpu/plane.cl", "plane_fused", false);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_groups(s, p->groups, size);
}

void gpu_fill_plane_split(const problem *p, const caps *device, choice *out)
{
    const size_t parts = ceil_divide(p->group_size, PART_VALUES);
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
