/*
 * The gpu schedule: neighbouring items work on neighbouring vectors. A group's values are read once and held
 * in registers until the result is written, if they fit. The items of a group exchange their sums through
 * sub-groups or local memory. The work-group size is the largest power of two up to 256 that the device and
 * its local memory allow; 1 works, too. The order of summation depends on the problem and that size only.
 */
#include "choose/gpu/gpu.h"

const variant gpu_variants[] = {
    {"gpu/plane/map", GEOMETRY_PLANE, STAGES_MAP, NULL, gpu_fill_plane_map},
    {"gpu/plane/fused", GEOMETRY_PLANE, STAGES_FUSED, gpu_refuse_plane_fused, gpu_fill_plane_fused},
    {"gpu/plane/split", GEOMETRY_PLANE, STAGES_SPLIT, gpu_refuse_exchange, gpu_fill_plane_split},
    {"gpu/column/map", GEOMETRY_COLUMN, STAGES_MAP, NULL, gpu_fill_column_map},
    {"gpu/column/fused", GEOMETRY_COLUMN, STAGES_FUSED, gpu_refuse_column_fused, gpu_fill_column_fused},
    {"gpu/column/split", GEOMETRY_COLUMN, STAGES_SPLIT, gpu_refuse_exchange, gpu_fill_column_split},
    {"gpu/window/inner", GEOMETRY_WINDOW, STAGES_WINDOW, gpu_refuse_window_inner, gpu_fill_window_inner},
    {"gpu/window/last", GEOMETRY_WINDOW, STAGES_WINDOW, gpu_refuse_window_last, gpu_fill_window_last},
    {"gpu/window/any", GEOMETRY_WINDOW, STAGES_WINDOW, NULL, gpu_fill_window_any},
    {"gpu/window_gradient/inner", GEOMETRY_WINDOW, STAGES_GRADIENT, gpu_refuse_window_inner,
     gpu_fill_window_inner},
    {"gpu/window_gradient/last", GEOMETRY_WINDOW, STAGES_GRADIENT, gpu_refuse_window_last,
     gpu_fill_window_last},
};
const size_t gpu_variant_count = sizeof gpu_variants / sizeof *gpu_variants;
