/* What the geometries of the gpu schedule share, and the variants that each has. Pure. */
#ifndef CLNORM_RUNTIME_SCHEDULE_GPU_H
#define CLNORM_RUNTIME_SCHEDULE_GPU_H

#include "schedule.h"

enum { GROUPS_PER_UNIT = 4 /* work-groups that a compute unit should have */ };

/* The size of a work-group in which `useful` items can have something to do: the largest power of two up to
 * 256 that the device and its local memory allow. */
size_t group_size(const caps *device, size_t useful);

/* Work-groups that merge what their items found (gpu/group.cl). */
void launch_groups(step *s, size_t groups, size_t size);

/* The parts of each group become one; a few are left for the next step. */
partials merge_parts(const problem *p, const caps *device, choice *out, partials found);

/* schedule_gpu_plane.c */
void gpu_fill_plane_map(const problem *p, const caps *device, choice *out);
void gpu_fill_plane_fused(const problem *p, const caps *device, choice *out);
void gpu_fill_plane_split(const problem *p, const caps *device, choice *out);
const char *gpu_refuse_plane_fused(const problem *p, const caps *device);

/* schedule_gpu_column.c */
void gpu_fill_column_map(const problem *p, const caps *device, choice *out);
void gpu_fill_column_fused(const problem *p, const caps *device, choice *out);
void gpu_fill_column_split(const problem *p, const caps *device, choice *out);
const char *gpu_refuse_column_fused(const problem *p, const caps *device);

/* schedule_gpu_window.c */
void gpu_fill_window(const problem *p, const caps *device, choice *out);

#endif
