/*
 * Merges the batch statistics of several parts: on different devices or machines, or pieces of a batch that
 * is too large for memory. Mode CLNORM_STATISTICS (or other code) computes the statistics of each part,
 * clnorm_statistics_merge merges them on the host, and mode CLNORM_APPLY normalizes each part with the
 * result.
 */
#ifndef CLNORM_STATISTICS_H
#define CLNORM_STATISTICS_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The statistics of one part, one value a channel. */
typedef struct clnorm_statistics {
    size_t size;  /* of this struct in the caller's program; set by clnorm_statistics_of */
    double count; /* elements per channel in the part. The count buffer is exact to 2^24 only; take larger
                     counts from the shape. 0: the part is empty, and its arrays are not read. */
    float *mean;  /* batch_mean */
    float *mean_residual; /* batch_mean_residual; NULL in a part: zeros; NULL in `merged`: not wanted */
    float *variance;      /* batch_variance: of the elements about their mean, divided by count */
} clnorm_statistics;

static inline clnorm_statistics clnorm_statistics_of(double count, float *mean, float *mean_residual,
                                                     float *variance)
{
    clnorm_statistics part = {sizeof(clnorm_statistics), count, mean, mean_residual, variance};
    return part;
}

/* Writes the statistics of all parts together into the arrays of `merged`, which may be the arrays of a part,
 * and sets merged->count. All structs of the array `parts` must have the same `size`. Computed in double
 * precision, one part after the other: the same parts in the same order give the same bits. If a part's mean
 * is not finite, neither is the merged mean, and the merged variance is NaN. Errors: INVALID_ARGUMENT (no
 * parts, only empty parts, a count that is negative or not finite, a missing array). */
CLNORM_API clnorm_status clnorm_statistics_merge(clnorm_statistics *merged, const clnorm_statistics *parts,
                                                 size_t part_count, size_t channels);

#ifdef __cplusplus
}
#endif

#endif
