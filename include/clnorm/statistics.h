/*
 * Batch statistics from several places as one: devices, machines, or steps of a batch that is too large for
 * memory. Each part is summed by mode CLNORM_STATISTICS (or by anything else), merged here, on the host, and
 * mode CLNORM_APPLY normalizes each part with the result.
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
    double count; /* elements of a channel in the part, the buffer's to 2^24, else from the shape; 0: the part
                     is empty, and its arrays are not read */
    float *mean;  /* batch_mean */
    float *mean_residual; /* batch_mean_residual; NULL: zeros, or not wanted */
    float *variance;      /* batch_variance: of the elements about their mean, divided by count */
} clnorm_statistics;

static inline clnorm_statistics clnorm_statistics_of(double count, float *mean, float *mean_residual,
                                                     float *variance)
{
    clnorm_statistics part = {sizeof(clnorm_statistics), count, mean, mean_residual, variance};
    return part;
}

/* `parts`: an array, all of whose structs have the same size. Statistics of all parts together, into the
 * arrays of `merged`, which may be those of a part; its count is set. In double precision, part after part:
 * the same parts in the same order give the same bits. A mean that is not finite stays so, with a variance of
 * NaN. Errors: INVALID_ARGUMENT (no parts, a count that is negative or not finite, nothing but empty parts,
 * an array that is missing). */
CLNORM_API clnorm_status clnorm_statistics_merge(clnorm_statistics *merged, const clnorm_statistics *parts,
                                                 size_t part_count, size_t channels);

#ifdef __cplusplus
}
#endif

#endif
