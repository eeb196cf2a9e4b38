/* Sizes of work-groups, and the steps that merge what their items found. */
#include "choose/gpu/gpu.h"

enum {
    LARGEST_GROUP = 256,
};

size_t power_of_two(size_t number)
{
    size_t power = 1;
    while (power < number)
        power *= 2;
    return power;
}

size_t work_group_size(const caps *device, size_t local_bytes)
{
    size_t size = 1;
    while (size < LARGEST_GROUP && size * 2 <= device->max_work_group_size &&
           size * 2 <= device->max_work_item_size && size * 2 * local_bytes <= device->local_memory)
        size *= 2;
    return size;
}

static void tell_sub_groups(step *s, const caps *device)
{
    if (device->sub_groups == SUB_GROUPS_NONE)
        return;
    add_option(s, "SUB_GROUPS", (long)device->sub_groups);
    s->sub_groups = true;
}

const char *gpu_refuse_exchange(const problem *p, const caps *device)
{
    (void)p;
    return device->no_exchanging_items ? "the driver does not bear items that exchange values" : NULL;
}

step *add_merging_step(choice *out, const problem *p, const caps *device, const char *nest,
                       const char *kernel, unsigned lanes)
{
    step *s = add_step(out, p, nest, kernel, lanes);
    tell_sub_groups(s, device);
    return s;
}

size_t most_held_tiles(const problem *p)
{
    return p->backward ? 1 : MOST_HELD_TILES;
}

partials merge_parts(const problem *p, const caps *device, choice *out, partials found)
{
    if (are_merged_by_map(p, found))
        return found;
    const size_t size = work_group_size(device, ACCUMULATOR_BYTES);
    step *s = add_merge(out, p, "gpu/merge.cl", "merge_across", 1, &found);
    tell_sub_groups(s, device);
    launch_items(s, p->groups * size, size);
    s->local_memory = ceil_divide(size, 2) * ACCUMULATOR_BYTES;
    return found;
}
