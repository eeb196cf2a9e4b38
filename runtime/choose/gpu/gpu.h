/* What the geometries of the gpu schedule share, and the variants that each has. Pure. */
#ifndef CLNORM_CHOOSE_GPU_GPU_H
#define CLNORM_CHOOSE_GPU_GPU_H

#include "choose/variants.h"

#include "../../../kernels-cl/parameters.cl"

enum {
    MOST_HELD_TILES = 2, /* that an item holds if there is x only; with x and dy it is one */
    ACCUMULATOR_BYTES =
        MOST_ACCUMULATOR_FIELDS * 4, /* at most; half of a work-group's items store theirs at once */
    COEFFICIENT_BYTES = MOST_COEFFICIENTS * 4, /* of a group, at most */
};

/* The size of a work-group: the largest power of two up to 256 that the device allows, each item taking
 * `local_bytes` of local memory. It does not depend on the shape, so that one program serves every shape. */
size_t work_group_size(const caps *device, size_t local_bytes);

/* A step whose work-items merge their accumulators. */
step *add_merging_step(choice *out, const problem *p, const caps *device, const char *nest,
                       const char *kernel, unsigned lanes);

/* For variants whose items exchange values: the reason to refuse them on a driver that fails with such
 * kernels, or NULL. */
const char *gpu_refuse_exchange(const problem *p, const caps *device);

/* The least power of two that is at least `number`. */
size_t power_of_two(size_t number);

/* How many tiles an item may hold. */
size_t most_held_tiles(const problem *p);

/* Adds a step that merges the parts of each group into one, unless they are so few that the next step merges
 * them itself. Returns what the next step reads. */
partials merge_parts(const problem *p, const caps *device, choice *out, partials found);

/* plane.c */
void gpu_fill_plane_map(const problem *p, const caps *device, choice *out);
void gpu_fill_plane_fused(const problem *p, const caps *device, choice *out);
void gpu_fill_plane_split(const problem *p, const caps *device, choice *out);
const char *gpu_refuse_plane_fused(const problem *p, const caps *device);

/* column.c */
void gpu_fill_column_map(const problem *p, const caps *device, choice *out);
void gpu_fill_column_fused(const problem *p, const caps *device, choice *out);
void gpu_fill_column_split(const problem *p, const caps *device, choice *out);
const char *gpu_refuse_column_fused(const problem *p, const caps *device);

/* window.c */
void gpu_fill_window_inner(const problem *p, const caps *device, choice *out);
void gpu_fill_window_last(const problem *p, const caps *device, choice *out);
void gpu_fill_window_any(const problem *p, const caps *device, choice *out);
const char *gpu_refuse_window_inner(const problem *p, const caps *device);
const char *gpu_refuse_window_last(const problem *p, const caps *device);

#endif
