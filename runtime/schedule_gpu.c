/*
 * The gpu schedule: many small work-groups, neighbouring items on neighbouring values, sums of a group's
 * items through local memory. The work-group's size is the largest power of two up to 256 that the device
 * and its local memory allow; 1 works.
 */
#include "schedule_gpu.h"

enum {
    LARGEST_GROUP = 256,
    LOCAL_BYTES_PER_ITEM = 20, /* an accumulator in gpu/group.cl, at most */
};

size_t group_size(const caps *device, size_t useful)
{
    size_t size = 1;
    while (size < LARGEST_GROUP && size < useful && size * 2 <= device->max_work_group_size &&
           size * 2 <= device->max_work_item_size && size * 2 * LOCAL_BYTES_PER_ITEM <= device->local_memory)
        size *= 2;
    return size;
}

void launch_groups(step *s, size_t groups, size_t size)
{
    launch_items(s, groups * size, size);
    s->local_memory = size * LOCAL_BYTES_PER_ITEM;
}

partials merge_parts(const problem *p, const caps *device, choice *out, partials found)
{
    if (are_merged_by_map(p, found))
        return found;
    const size_t size = group_size(device, found.parts);
    step *s = add_merge(out, p, "gpu/merge.cl", "merge_across", false, &found);
    launch_groups(s, p->groups, size);
    return found;
}

const variant gpu_variants[] = {
    {"gpu/plane/map", GEOMETRY_PLANE, STAGES_MAP, NULL, gpu_fill_plane_map},
    {"gpu/plane/fused", GEOMETRY_PLANE, STAGES_FUSED, gpu_refuse_plane_fused, gpu_fill_plane_fused},
    {"gpu/plane/split", GEOMETRY_PLANE, STAGES_SPLIT, NULL, gpu_fill_plane_split},
    {"gpu/column/map", GEOMETRY_COLUMN, STAGES_MAP, NULL, gpu_fill_column_map},
    {"gpu/column/fused", GEOMETRY_COLUMN, STAGES_FUSED, gpu_refuse_column_fused, gpu_fill_column_fused},
    {"gpu/column/split", GEOMETRY_COLUMN, STAGES_SPLIT, NULL, gpu_fill_column_split},
    {"gpu/window", GEOMETRY_WINDOW, STAGES_WINDOW, NULL, gpu_fill_window},
};
const size_t gpu_variant_count = sizeof gpu_variants / sizeof *gpu_variants;
