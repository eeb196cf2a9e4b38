/* The gpu schedule: groups of contiguous runs. A team of items takes four values at a time of each item. */
#include "choose/gpu/gpu.h"

enum { QUAD = 4, QUADS_HELD = GPU_HELD / QUAD };

static size_t quads_of(const problem *p)
{
    return p->outer * ceil_divide(p->inner, QUAD);
}

static size_t largest_team(const caps *device)
{
    return work_group_size(device, COEFFICIENT_BYTES);
}

/* The number of items that share a group or a part of one. Each takes as many quads as it can hold; but there
 * are at least eight items, if there are eight quads, since GPUs read 128 bytes (eight quads) at once. */
static size_t team_of(const problem *p, const caps *device)
{
    enum { COALESCED = 8 };
    const size_t quads = quads_of(p);
    const size_t wanted = most(ceil_divide(quads, QUADS_HELD), least(quads, COALESCED));
    return least(power_of_two(wanted), largest_team(device));
}

/* How many tiles each item of the largest team would have to hold. */
static size_t tiles_of(const problem *p, const caps *device)
{
    return ceil_divide(quads_of(p), QUADS_HELD * largest_team(device));
}

const char *gpu_refuse_plane_fused(const problem *p, const caps *device)
{
    if (tiles_of(p, device) > most_held_tiles(p))
        return "groups that no work-group can hold";
    return gpu_refuse_exchange(p, device);
}

static void launch_teams(step *s, const caps *device, size_t teams, size_t team)
{
    const size_t size = largest_team(device);
    launch_items(s, ceil_divide(teams, size / team) * size, size);
    s->local_memory = size * COEFFICIENT_BYTES;
}

/* `found`: the statistics, where they are not given. */
static void add_plane_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t team = team_of(p, device);
    const size_t teams = p->groups * ceil_divide(quads_of(p), QUADS_HELD * team);
    step *s = add_step(out, p, "gpu/plane.cl", "plane_map", 1);
    add_index(&s->arguments, teams);
    add_uint(&s->arguments, team);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_tensor_arguments(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_teams(s, device, teams, team);
}

void gpu_fill_plane_map(const problem *p, const caps *device, choice *out)
{
    add_plane_map(p, device, out, NULL);
}

void gpu_fill_plane_fused(const problem *p, const caps *device, choice *out)
{
    const size_t team = team_of(p, device);
    step *s = add_merging_step(out, p, device, "gpu/plane.cl", "plane_fused", 1);
    add_option(s, "HELD_TILES", (long)tiles_of(p, device));
    add_index(&s->arguments, p->groups);
    add_uint(&s->arguments, team);
    add_extents(s, p);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_teams(s, device, p->groups, team);
}

void gpu_fill_plane_split(const problem *p, const caps *device, choice *out)
{
    const size_t team = largest_team(device);
    const size_t parts = ceil_divide(quads_of(p), GPU_PART / QUAD * team);
    const partials found = add_partials(out, p, parts);
    step *s = add_merging_step(out, p, device, "gpu/plane.cl", "plane_statistics", 1);
    add_index(&s->arguments, p->groups * parts);
    add_uint(&s->arguments, team);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_input_arguments(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_teams(s, device, p->groups * parts, team);
    const partials merged = merge_parts(p, device, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_plane_map(p, device, out, &merged);
}
