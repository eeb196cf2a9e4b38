/* Times one case: the operation, the two fastest copies of as many bytes, and an empty kernel, in turn. */
#ifndef CLNORM_TOOLS_BENCH_MEASURE_H
#define CLNORM_TOOLS_BENCH_MEASURE_H

#include "bench_choice.h"
#include "bench_copy.h"
#include "bench_data.h"

enum { BENCH_MAX_KERNELS = 8, BENCH_NAME_SIZE = 64 };

typedef struct bench_kernel {
    char name[BENCH_NAME_SIZE];
    double median_us;
} bench_kernel;

/* All times in microseconds. */
typedef struct bench_result {
    char variant[BENCH_NAME_SIZE];
    char copy[BENCH_WAY_NAME_SIZE]; /* the way of the fastest copy */
    size_t runs;
    size_t min_bytes;  /* what the operation must at least move */
    size_t copy_bytes; /* min_bytes / 2, at most the size of x: what the copy reads and writes */
    double median_us, min_us, max_us; /* enqueue to completed event */
    double copy_us, empty_us;         /* the same of the fastest copy and of a kernel that does nothing */
    double execute_us;                /* the time of the call of clnorm_plan_execute */
    double enqueue_us;                /* the time to enqueue as many idle kernels with the same buffers */
    size_t kernel_count, launches;    /* kernels whose times are known; as many, but at least 1 */
    bench_kernel kernels[BENCH_MAX_KERNELS]; /* what one execution consists of */
} bench_result;

/* A case that is ready to be executed. */
typedef struct bench_run {
    const bench_case *measured;
    clnorm_plan *plan;
    cl_command_queue queue;
    bench_data data;
    bench_copy *copy;  /* bound to the data */
    size_t copies[2];  /* the fastest ways to copy, as bench_find_copies found */
    size_t copy_count; /* 1 if there is one way only */
} bench_run;

/* These complain and return an exit status. */
int bench_run_create(bench_run *run, clnorm_context *context, bench_copy *copy, const bench_case *c);
void bench_run_destroy(bench_run *run);

/* Each measures the time to enqueue, flush, and wait for the event. */
int bench_time_op(const bench_run *run, double *us);
int bench_time_copy(const bench_run *run, size_t way, double *us);
int bench_time_empty(const bench_run *run, double *us);

/* The same, but where caches may hold the data it runs before, untimed: so each finds the caches as it leaves
 * them itself, whatever ran in between. */
int bench_settle_op(const bench_run *run, double *us);
int bench_settle_copy(const bench_run *run, size_t way, double *us);

/* `runs` 0: as many as fit into about half a second. */
int bench_measure(bench_result *result, clnorm_context *context, bench_copy *copy, const bench_case *c,
                  size_t runs);

static inline double bench_gbps(const bench_result *result)
{
    return (double)result->min_bytes / result->median_us * 1e-3;
}

/* Bytes read and bytes written. */
static inline double bench_limit_gbps(const bench_result *result)
{
    return 2 * (double)result->copy_bytes / result->copy_us * 1e-3;
}

static inline double bench_share(const bench_result *result)
{
    return bench_gbps(result) / bench_limit_gbps(result);
}

static inline bool bench_limit_exceeded(const bench_result *result)
{
    return bench_exceeds_limit(result->min_bytes, bench_share(result));
}

#endif
