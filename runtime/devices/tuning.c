#include "devices/tuning.h"

#include <string.h>

/* The usual values are those of the machines that clnorm was measured on. Ranges end where a value would be
 * of no use, so that no value makes a plan fail, or very slow. */
static const clnorm_tuning_info infos[TUNING_COUNT] = {
    [TUNING_STREAM_BYTES] = {"stream_bytes",
                             "Results of more bytes are written past the caches; usually where not "
                             "all tensors of a problem fit into them.",
                             CLNORM_KERNELS_CPU, 0, (size_t)64 << 10, (size_t)1 << 30},
    [TUNING_PIECES_PER_UNIT] = {"pieces_per_unit",
                                "Into how many pieces work is cut for each compute unit, so that units which "
                                "finish early find more to do.",
                                CLNORM_KERNELS_CPU, 4, 1, 64},
    [TUNING_SMALL_TENSOR] = {"small_tensor",
                             "Tensors of at most so many values take a single launch, even if that keeps "
                             "fewer compute units busy.",
                             CLNORM_KERNELS_CPU, 262144, 16384, (size_t)1 << 20},
    [TUNING_STRIP_VALUES] = {"strip_values",
                             "Columns of at most so many values side by side are summed and normalized one "
                             "after the other, in the cache.",
                             CLNORM_KERNELS_CPU, 65536, 16384, (size_t)4 << 20},
    [TUNING_GROUPS_PER_UNIT] = {"groups_per_unit",
                                "How many work-groups a compute unit should have where a window's channels "
                                "are cut into pieces.",
                                CLNORM_KERNELS_GPU, 4, 1, 64},
    [TUNING_MAP_LANES] = {"map_lanes",
                          "How many neighbouring columns an item normalizes as one vector, at most: 1, 2 or "
                          "4.",
                          CLNORM_KERNELS_GPU, 4, 1, 4},
};

size_t clnorm_tuning_count(void)
{
    return TUNING_COUNT;
}

const clnorm_tuning_info *clnorm_tuning_info_get(size_t index)
{
    return index < TUNING_COUNT ? &infos[index] : NULL;
}

size_t tuning_find(const char *name)
{
    size_t index = 0;
    while (index < TUNING_COUNT && strcmp(infos[index].name, name) != 0)
        index++;
    return index;
}

size_t tuning_value(const tuning *values, tuning_index index)
{
    const clnorm_tuning_info *info = &infos[index];
    const size_t value = values->values[index];
    if (value == 0)
        return info->usual;
    return value < info->least ? info->least : value > info->most ? info->most : value;
}
