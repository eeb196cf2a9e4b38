#include <clnorm/statistics.h>

#include "base/log.h"
#include "base/sized.h"

#include <math.h>

/* The distance between the caller's structs is their `size`, since structs of a newer program are longer. */
static const clnorm_statistics *part_at(const clnorm_statistics *parts, size_t index)
{
    return (const clnorm_statistics *)(const void *)((const char *)parts + index * parts->size);
}

static clnorm_status check_statistics_size(const clnorm_statistics *given, const char *what)
{
    enum { LARGEST = 4096 }; /* no program's struct is as large: the size was not set */
    const bool likely = given->size <= LARGEST && given->size % _Alignof(clnorm_statistics) == 0;
    return check_size(likely ? given->size : 0, SIZE_TO(clnorm_statistics, variance), what,
                      "clnorm_statistics_of");
}

static clnorm_status check_part(const clnorm_statistics *part, size_t index, size_t size)
{
    if (part->size != size)
        return fail(CLNORM_INVALID_ARGUMENT, "parts[%zu].size is %zu, and parts[0].size is %zu", index,
                    part->size, size);
    if (!(part->count >= 0) || isinf(part->count))
        return fail(CLNORM_INVALID_ARGUMENT, "the count of part %zu is %g; 0 and more are allowed", index,
                    part->count);
    if (part->count > 0 && (part->mean == NULL || part->variance == NULL))
        return fail(CLNORM_INVALID_ARGUMENT, "%s of part %zu is NULL; it must be given",
                    part->mean == NULL ? "mean" : "variance", index);
    return CLNORM_OK;
}

static clnorm_status check(const clnorm_statistics *merged, const clnorm_statistics *parts, size_t part_count,
                           double *count)
{
    if (merged == NULL || parts == NULL || part_count == 0)
        return fail(CLNORM_INVALID_ARGUMENT, "%s; statistics are merged from at least one part",
                    merged == NULL ? "merged is NULL" : "there are no parts");
    clnorm_status status = check_statistics_size(merged, "merged");
    if (status == CLNORM_OK)
        status = check_statistics_size(parts, "parts[0]");
    if (status != CLNORM_OK)
        return status;
    if (merged->mean == NULL || merged->variance == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s of merged is NULL; it must be given",
                    merged->mean == NULL ? "mean" : "variance");
    *count = 0;
    for (size_t i = 0; i < part_count; i++) {
        status = check_part(part_at(parts, i), i, parts->size);
        if (status != CLNORM_OK)
            return status;
        *count += part_at(parts, i)->count;
    }
    if (!(*count > 0) || isinf(*count))
        return fail(CLNORM_INVALID_ARGUMENT, "the parts have %g elements together; more than 0 are needed",
                    *count);
    return CLNORM_OK;
}

static double mean_of(const clnorm_statistics *part, size_t channel)
{
    const double residual = part->mean_residual != NULL ? (double)part->mean_residual[channel] : 0;
    return (double)part->mean[channel] + residual;
}

/* Chan, Golub and LeVeque 1979. */
static void merge_channel(const clnorm_statistics *parts, size_t part_count, size_t channel, double *mean,
                          double *variance)
{
    double count = 0, m2 = 0, sum = 0;
    *mean = 0;
    for (size_t i = 0; i < part_count; i++) {
        const clnorm_statistics *part = part_at(parts, i);
        if (part->count == 0)
            continue;
        const double part_mean = mean_of(part, channel), delta = part_mean - *mean;
        const double before = count;
        count += part->count;
        sum += part_mean; /* an infinity stays one, two of unlike sign give NaN */
        *mean += delta * (part->count / count);
        m2 += (double)part->variance[channel] * part->count + delta * delta * (before * part->count / count);
    }
    *variance = isfinite(sum) ? m2 / count : NAN;
    *mean = isfinite(sum) ? *mean : sum;
}

static clnorm_status merge(clnorm_statistics *merged, const clnorm_statistics *parts, size_t part_count,
                           size_t channels)
{
    double count = 0;
    const clnorm_status status = check(merged, parts, part_count, &count);
    if (status != CLNORM_OK)
        return status;
    for (size_t c = 0; c < channels; c++) {
        double mean, variance;
        merge_channel(parts, part_count, c, &mean, &variance);
        merged->mean[c] = (float)mean;
        merged->variance[c] = (float)variance;
        if (merged->mean_residual != NULL)
            merged->mean_residual[c] = isfinite(mean) ? (float)(mean - (double)merged->mean[c]) : 0;
    }
    merged->count = count;
    return CLNORM_OK;
}

clnorm_status clnorm_statistics_merge(clnorm_statistics *merged, const clnorm_statistics *parts,
                                      size_t part_count, size_t channels)
{
    return log_failure(merge(merged, parts, part_count, channels));
}
