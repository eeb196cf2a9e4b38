/* One case, by clnorm and by oneDNN, in turn. */
#ifndef CLNORM_BENCH_RIVALS_H
#define CLNORM_BENCH_RIVALS_H

#include "bench_measure.h"
#include "onednn.h"

typedef struct rivals_result {
    double clnorm_us, onednn_us; /* medians */
    double clnorm_min_us, onednn_min_us, copy_min_us, empty_min_us;
    double copy_us, empty_us; /* on clnorm's queue: the fastest copy of as many bytes, an empty kernel */
    double difference;        /* the largest between the results, of what is allowed */
    size_t copy_bytes;        /* read, and as many written */
    char copy[BENCH_WAY_NAME_SIZE]; /* the way of the fastest copy */
    char variant[BENCH_NAME_SIZE], implementation[BENCH_NAME_SIZE];
} rivals_result;

/* Complains and returns an exit status: also where the two do not compute the same. */
int rivals_measure(rivals_result *result, clnorm_context *context, bench_copy *copy, const bench_case *c,
                   size_t blocks);

#endif
