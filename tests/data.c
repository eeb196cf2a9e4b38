#include "data.h"
#include "walk.h"
#include <math.h>

/* PCG-XSH-RR 64/32 (O'Neill 2014). */
uint32_t generator_next(generator *random)
{
    uint64_t old = random->state;
    random->state = old * 6364136223846793005u + 1442695040888963407u;
    uint32_t shifted = (uint32_t)((old >> 18 ^ old) >> 27);
    unsigned turn = (unsigned)(old >> 59);
    return shifted >> turn | shifted << (-turn & 31u);
}

generator generator_seeded(uint64_t seed)
{
    generator random = {seed * 0x9e3779b97f4a7c15u + 1, false, 0.0};
    generator_next(&random);
    generator_next(&random);
    return random;
}

size_t generator_below(generator *random, size_t limit)
{
    return (size_t)((uint64_t)generator_next(random) * limit >> 32);
}

double generator_uniform(generator *random)
{
    return ((double)generator_next(random) + 0.5) / 4294967296.0;
}

/* The polar method (Marsaglia 1964). */
double generator_normal(generator *random)
{
    double x = 0;
    double y = 0;
    double square = 0;
    random->spare = !random->spare;
    if (!random->spare)
        return random->second;
    while (!(square > 0 && square < 1)) {
        x = 2 * generator_uniform(random) - 1;
        y = 2 * generator_uniform(random) - 1;
        square = x * x + y * y;
    }
    double scale = sqrt(-2 * log(square) / square);
    random->second = y * scale;
    return x * scale;
}

const char *data_kind_name(data_kind kind)
{
    static const char *const names[] = {"constant", "two-valued", "one-hot",    "first-hot", "relu", "image",
                                        "normal",   "mean 1e4",   "tiny scale", "ramp",      "huge"};
    return names[kind];
}

size_t data_group(const clnorm_tensor *tensor, data_groups groups, const size_t *index, size_t *position)
{
    size_t rest = 0;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        if (axis != groups.axis)
            rest = rest * tensor->dims[axis] + index[axis];
    *position = groups.along ? index[groups.axis] : rest;
    return groups.along ? rest : index[groups.axis];
}

static size_t group_size(const clnorm_tensor *tensor, data_groups groups)
{
    size_t rest = 1;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        if (axis != groups.axis)
            rest *= tensor->dims[axis];
    return groups.along ? tensor->dims[groups.axis] : rest;
}

/* Grey levels: long black and white stretches, slow slopes between, and noise of one level. Every other
 * group is scaled to 0 ... 1, where the levels are no longer exact in binary. */
static double image_value(generator *random, size_t group, size_t position)
{
    double slope = 160.0 + 200.0 * sin((double)position * 0.013 + (double)group);
    double level = floor(fmin(255.0, fmax(0.0, slope + (double)generator_below(random, 3) - 1.0)));
    return group % 2 ? level / 255.0 : level;
}

/* Kinds whose values follow from the group: its own level and step, the same wherever it lies. */
static double patterned_value(data_kind kind, generator *random, generator own, size_t position, size_t size)
{
    double level = 4.0 * generator_uniform(&own) - 2.0;
    double step = 0.1 + generator_uniform(&own);
    switch (kind) {
    case DATA_CONSTANT:
        return 50.0 * level;
    case DATA_TWO_VALUED:
        return generator_below(random, 2) ? level : level + step;
    case DATA_ONE_HOT:
        return position == generator_below(&own, size) ? step : 0.0;
    case DATA_FIRST_HOT:
        return position == 0 ? step : 0.0;
    default:
        return size > 1 ? 6.0 * (double)position / (double)(size - 1) - 3.0 + level : level;
    }
}

static double value_of(data_kind kind, generator *random, uint64_t seed, size_t group, size_t position,
                       size_t size)
{
    static const double tiny[] = {1e-4, 1e-10, 1e-20, 1e-30};
    static const double huge[] = {1e17, 1e20, 1e30, 1e37};
    switch (kind) {
    case DATA_RELU:
        return fmax(0.0, generator_normal(random));
    case DATA_IMAGE:
        return image_value(random, group, position);
    case DATA_NORMAL:
        return generator_normal(random);
    case DATA_LARGE_MEAN:
        return 1e4 + generator_normal(random);
    case DATA_TINY:
        return tiny[group % 4] * generator_normal(random);
    case DATA_HUGE:
        return huge[group % 4] * generator_normal(random);
    default:
        return patterned_value(kind, random, generator_seeded(seed ^ (group + 1) * 0xd1342543de82ef95u),
                               position, size);
    }
}

void data_fill(float *values, const clnorm_tensor *tensor, data_groups groups, data_kind kind, uint64_t seed)
{
    generator random = generator_seeded(seed);
    size_t size = group_size(tensor, groups);
    for (walk w = walk_begin(tensor); w.left; walk_next(&w)) {
        size_t position = 0;
        size_t group = data_group(tensor, groups, w.index, &position);
        values[w.place] = (float)value_of(kind, &random, seed, group, position, size);
    }
}

void data_spoil(float *values, const clnorm_tensor *tensor, data_groups groups, size_t group, size_t position,
                float value)
{
    for (walk w = walk_begin(tensor); w.left; walk_next(&w)) {
        size_t at = 0;
        if (data_group(tensor, groups, w.index, &at) == group && at == position)
            values[w.place] = value;
    }
}
