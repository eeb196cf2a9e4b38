#include "tune_values.h"

#include <string.h>

static const tune_value values[] = {
    /* Results of 1, 4, 16 and 48 MiB. */
    {"stream_bytes",
     {512 << 10, 2 << 20, 8 << 20, 32 << 20, 1 << 30},
     {"batch_normalization:infer:8x32x32x32:axis=1", "batch_normalization:infer:32x128x16x16:axis=1",
      "l2_normalize:infer:4096x1024:dim=-1", "batch_normalization:train:16x64x112x112:axis=1"},
     "l2_normalize:infer:512x300:dim=-1"},
    {"pieces_per_unit",
     {1, 2, 8, 16, 32},
     {"batch_normalization:infer:32x256x14x14:axis=1", "batch_normalization:train:8x128x28x28:axis=1",
      "batch_normalization:train:32x14x14x256", "l2_normalize:infer:8192x256:dim=-1"},
     "batch_normalization:infer:8x33x7x7:axis=1"},
    /* One or two channels, or columns of too few blocks for all compute units. */
    {"small_tensor",
     {16384, 65536, 131072, 524288, 1048576},
     {"batch_normalization:train:1x2x20000:axis=1", "batch_normalization:train:1x2x50000:axis=1",
      "batch_normalization:train:1x2x100000:axis=1", "batch_normalization:train:1x2x200000:axis=1",
      "batch_normalization:train:6144x16", "batch_normalization:train:24576x16"},
     "batch_normalization:train:1x2x9000:axis=1"},
    {"strip_values",
     {16384, 32768, 131072, 262144, 1048576},
     {"batch_normalization:train:512x1024", "batch_normalization:train:1024x1024",
      "batch_normalization:train:2048x512", "l2_normalize:infer:4096x1024:dim=0"},
     "batch_normalization:train:300x300"},
    {"groups_per_unit",
     {1, 2, 8, 16},
     {"local_response_normalization:infer:1x64x56x56:axis=1:depth_radius=2:beta=0.75",
      "local_response_normalization:infer:4x256x14x14:axis=1:depth_radius=2:beta=0.75",
      "local_response_normalization:backward:1x64x56x56:axis=1:depth_radius=2:beta=0.75"},
     "local_response_normalization:infer:1x48x7x6:axis=1:depth_radius=2:beta=0.75"},
    {"map_lanes",
     {1, 2},
     {"batch_normalization:infer:32x14x14x256", "batch_normalization:infer:4096x1000",
      "batch_normalization:infer:1x56x56x64", "batch_normalization:infer:32x112x112x64"},
     "batch_normalization:infer:300x64"},
};

const tune_value *tune_value_find(const char *name)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i].name, name) == 0)
            return &values[i];
    return NULL;
}
