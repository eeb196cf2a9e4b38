#include "selftest_data.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *data_kind_name(data_kind kind)
{
    static const char *const names[DATA_KIND_COUNT] = {
        "normal",       "large mean", "two-valued", "one-hot", "constant",    "image",    "one NaN",
        "one infinity", "huge",       "tiny",       "largest", "one outlier", "all sizes"};
    return names[kind];
}

/* splitmix64: the same on every machine. */
uint64_t random_next(random_state *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double uniform(random_state *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* Near enough to a normal distribution, without a logarithm that differs between C libraries. */
static double normal(random_state *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(random);
    return sum;
}

static double any_size(random_state *random)
{
    const double size = ldexp(1 + uniform(random), (int)(random_next(random) % 277) - 149);
    const double chosen = uniform(random);
    return chosen < 0.3 ? 0 : chosen < 0.65 ? size : -size;
}

static double x_value(random_state *random, data_kind kind)
{
    switch (kind) {
    case DATA_LARGE_MEAN:
        return 1e4 + normal(random);
    case DATA_TWO_VALUED:
        return uniform(random) < 0.5 ? -1.7 : 3.3;
    case DATA_ONE_HOT:
        return uniform(random) < 0.06 ? 1 : 0;
    case DATA_CONSTANT:
        return 0.1;
    case DATA_IMAGE:
        return floor(256 * uniform(random));
    case DATA_HUGE:
        return 1e25 * normal(random);
    case DATA_TINY:
        return 1e-38 * normal(random);
    case DATA_LARGEST:
        return uniform(random) < 0.5 ? -(double)FLT_MAX : 0.75 * (double)FLT_MAX;
    case DATA_ALL_SIZES:
        return any_size(random);
    case DATA_NORMAL:
    case DATA_NAN:
    case DATA_INFINITY:
    case DATA_OUTLIER:
    case DATA_KIND_COUNT:
        break;
    }
    return normal(random);
}

static double mean_of(data_kind kind)
{
    return kind == DATA_LARGE_MEAN ? 1e4 : kind == DATA_IMAGE ? 128 : 0;
}

float data_value(random_state *random, const clnorm_buffer_info *buffer, data_kind kind)
{
    const char *name = buffer->name;
    double value;
    if (strcmp(name, "x") == 0)
        value = x_value(random, kind);
    else if ((strcmp(name, "dy") == 0 || strcmp(name, "gamma") == 0) && kind == DATA_ALL_SIZES)
        value = any_size(random);
    else if (strstr(name, "variance") && kind == DATA_ALL_SIZES)
        value = fabs(any_size(random));
    else if (strstr(name, "residual")) /* less than half an ulp of the mean it belongs to */
        value = (uniform(random) - 0.5) * (mean_of(kind) > 1 ? mean_of(kind) : 1) * 0x1p-25;
    else if (strstr(name, "mean"))
        value = mean_of(kind) + normal(random);
    else if (strstr(name, "variance") || strstr(name, "deviation"))
        value = 0.5 + uniform(random);
    else
        value = normal(random);
    return (float)value;
}

bool data_intruder(data_kind kind, float *value)
{
    if (kind != DATA_NAN && kind != DATA_INFINITY && kind != DATA_OUTLIER)
        return false;
    *value = kind == DATA_NAN ? NAN : kind == DATA_INFINITY ? INFINITY : 1e30f;
    return true;
}
