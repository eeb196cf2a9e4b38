/*
 * fpga schedule: all kernels of all operations, one program. An FPGA is loaded with it once and never loaded
 * again between operations. Each operation is included with its kind of work defined, as a program of the
 * other schedules is; see names.cl. Results are added to what is there (ACCUMULATES) where an argument says
 * so.
 */
#include "fpga/names.cl"
#include "fpga/pipeline.cl"
#include "fpga/rearrange.cl"
#include "fpga/window_words.cl"

#define INSTANCE batch_normalization_given
#define WORK_MAP 1
#include "fpga/begin.cl"
#include "ops/batch_normalization.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

#define INSTANCE        batch_normalization
#define WORK_REDUCE_MAP 1
#include "fpga/begin.cl"
#include "ops/batch_normalization.cl"
#include "fpga/reduce.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

#define INSTANCE        batch_normalization_backward
#define WORK_REDUCE_MAP 1
#define BACKWARD        1
#define ACCUMULATES     1
#include "fpga/begin.cl"
#include "ops/batch_normalization_backward.cl"
#include "fpga/reduce.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

#define INSTANCE            batch_normalization_backward_infer
#define WORK_REDUCE_MAP     1
#define BACKWARD            1
#define ACCUMULATES         1
#define CONSTANT_STATISTICS 1
#include "fpga/begin.cl"
#include "ops/batch_normalization_backward.cl"
#include "fpga/reduce.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

#define INSTANCE        l2_normalize
#define WORK_REDUCE_MAP 1
#include "fpga/begin.cl"
#include "ops/l2_normalize.cl"
#include "fpga/reduce.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

#define INSTANCE        l2_normalize_backward
#define WORK_REDUCE_MAP 1
#define BACKWARD        1
#define ACCUMULATES     1
#include "fpga/begin.cl"
#include "ops/l2_normalize_backward.cl"
#include "fpga/reduce.cl"
#include "fpga/map.cl"
#include "fpga/end.cl"

/* One path of the formula for every exponent: in a pipeline a longer one costs no time. */
#define EXPONENT_GENERAL 1
#define EXACT_WINDOW     1

#define INSTANCE         local_response_normalization
#define WORK_WINDOW      1
#include "fpga/begin.cl"
#include "ops/local_response_normalization.cl"
#include "fpga/lanes.cl"
#include "ops/local_response_normalization.cl"
#include "fpga/window.cl"
#include "fpga/window_long.cl"
#include "fpga/end.cl"

#define INSTANCE    local_response_normalization_backward
#define WORK_WINDOW 1
#define BACKWARD    1
#include "fpga/begin.cl"
#include "ops/local_response_normalization.cl"
#include "fpga/lanes.cl"
#include "ops/local_response_normalization.cl"
#include "fpga/window.cl"
#include "fpga/window_long.cl"
#include "fpga/end.cl"
