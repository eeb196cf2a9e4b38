#include "rivals.h"

#include "bench_clock.h"
#include "bench_tournament.h"
#include "command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Fairness. After a parallel region, libgomp's threads spin for some milliseconds (up to 3 were seen) before
 * they sleep, and take the cores from whoever comes next. OMP_WAIT_POLICY=passive would end that, but oneDNN
 * would have to wake its threads for every run, which it need not in a program that uses oneDNN alone. So
 * both get blocks of runs in which only they run, and before clnorm's there is a pause long enough for the
 * threads to fall asleep; the first runs of a block, which wake threads up and fill caches, do not count.
 */
enum { PAUSE_MS = 20, DROPPED = 2, LEAST_BLOCK = 3, MOST_BLOCK = 20 };
static const double block_us = 4e4;   /* what a block may take, about */
static const double finding_us = 1e5; /* and choosing the copies */

typedef struct rivals {
    bench_run run;
    onednn_op onednn;
} rivals;

typedef int timed_run(rivals *r, double *us);

static int time_clnorm(rivals *r, double *us)
{
    return bench_time_op(&r->run, us);
}

static int time_first_copy(rivals *r, double *us)
{
    return bench_time_copy(&r->run, r->run.copies[0], us);
}

static int time_second_copy(rivals *r, double *us)
{
    return bench_time_copy(&r->run, r->run.copies[1], us);
}

static int time_empty(rivals *r, double *us)
{
    return bench_time_empty(&r->run, us);
}

static int time_onednn(rivals *r, double *us)
{
    double start = clock_us();
    int status = onednn_execute(&r->onednn);
    *us = clock_us() - start;
    return status;
}

/* ---- The same values on both sides ---- */

static int read_floats(const bench_run *run, cl_mem mem, size_t count, float **values)
{
    *values = malloc(count * sizeof **values);
    if (!*values)
        return complain(EXIT_FAILED, "out of memory");
    cl_int error =
        clEnqueueReadBuffer(run->queue, mem, CL_TRUE, 0, count * sizeof **values, *values, 0, NULL, NULL);
    return error == CL_SUCCESS ? EXIT_DONE
                               : complain(EXIT_FAILED, "a buffer cannot be read (OpenCL error %d)", error);
}

static int create_onednn(rivals *r, const bench_case *c)
{
    const clnorm_buffers *b = &r->run.data.buffers;
    const bool backward = c->op.mode == CLNORM_BACKWARD;
    const cl_mem mems[] = {b->x.mem,
                           b->dy.mem,
                           b->gamma.mem,
                           b->beta.mem,
                           backward ? b->batch_mean.mem : b->moving_mean.mem,
                           backward ? b->inverse_deviation.mem : b->moving_variance.mem};
    enum { INPUTS = sizeof mems / sizeof mems[0] };
    float *values[INPUTS] = {NULL};
    size_t elements = clnorm_tensor_span(&c->op.x), bytes = 0;
    int status = EXIT_DONE;
    for (int i = 0; i < INPUTS && status == EXIT_DONE; i++) {
        if (!mems[i])
            continue;
        clGetMemObjectInfo(mems[i], CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
        status = read_floats(&r->run, mems[i], i < 2 ? elements : bytes / sizeof(float), &values[i]);
    }
    if (status == EXIT_DONE && values[5] && backward) /* oneDNN wants the variance */
        for (size_t i = 0; i < bytes / sizeof(float); i++)
            values[5][i] = 1 / (values[5][i] * values[5][i]) - (float)c->op.epsilon;
    const onednn_input input = {values[0], values[1], values[2], values[3], values[4], values[5]};
    if (status == EXIT_DONE)
        status = onednn_create(&r->onednn, c, &input);
    for (int i = 0; i < INPUTS; i++)
        free(values[i]);
    return status;
}

/* Relative to the larger value, but no smaller than `floor`: what is left after cancelling is not
 * compared. */
typedef struct tolerance {
    double allowed, floor;
} tolerance;

/* Local response changes x by few parts in ten thousand here: a window or an exponent that differs must not
 * pass. Batch statistics in single precision are not that exact, and y is of the order of 1. */
static tolerance tolerance_of(const bench_case *c)
{
    return c->op.kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION ? (tolerance){1e-5, 1e-2} : (tolerance){1e-3, 1};
}

static double largest_difference(const float *ours, const float *theirs, size_t count, double floor)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        double a = (double)ours[i], b = (double)theirs[i];
        double difference = fabs(a - b) / fmax(fmax(fabs(a), fabs(b)), floor);
        if (isnan(difference))
            return difference;
        largest = fmax(largest, difference);
    }
    return largest;
}

static int compare(rivals *r, const bench_case *c, rivals_result *result)
{
    double us;
    float *ours = NULL;
    tolerance t = tolerance_of(c);
    int status = time_clnorm(r, &us);
    if (status == EXIT_DONE)
        status = time_onednn(r, &us);
    if (status == EXIT_DONE)
        status = read_floats(&r->run, r->run.data.copy_target, r->onednn.elements, &ours);
    if (status == EXIT_DONE) {
        result->difference = largest_difference(ours, r->onednn.result, r->onednn.elements, t.floor);
        if (!(result->difference <= t.allowed))
            status = complain(EXIT_FAILED, "case \"%s\": clnorm and oneDNN differ by %g; %g is allowed",
                              c->text, result->difference, t.allowed);
    }
    free(ours);
    return status;
}

/* ---- Blocks ---- */

typedef struct competitor {
    timed_run *time;
    size_t block; /* runs that count */
    size_t count;
    double *times;
} competitor;

static void take_a_rest(void)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static int run_block(rivals *r, competitor *p)
{
    double us;
    int status = EXIT_DONE;
    for (size_t i = 0; i < DROPPED && status == EXIT_DONE; i++)
        status = p->time(r, &us);
    for (size_t i = 0; i < p->block && status == EXIT_DONE; i++)
        status = p->time(r, &p->times[p->count++]);
    return status;
}

static int prepare_competitor(rivals *r, competitor *p, size_t blocks)
{
    double us = 0;
    int status = EXIT_DONE;
    for (int i = 0; i < DROPPED && status == EXIT_DONE; i++)
        status = p->time(r, &us);
    double fitting = block_us / (us > 1 ? us : 1);
    p->block = fitting > MOST_BLOCK ? MOST_BLOCK : fitting < LEAST_BLOCK ? LEAST_BLOCK : (size_t)fitting;
    p->times = calloc(blocks * p->block, sizeof *p->times);
    if (status == EXIT_DONE && !p->times)
        status = complain(EXIT_FAILED, "out of memory");
    return status;
}

enum { CLNORM, FIRST_COPY, SECOND_COPY, EMPTY, ONEDNN, COMPETITORS };

/* Of the two fastest copies the one with the smaller median counts. */
static void report_copy(const rivals *r, rivals_result *result, const double *us, const double *least_us)
{
    size_t order[2];
    const double copy_us[2] = {us[FIRST_COPY], us[SECOND_COPY]};
    bench_two_best(copy_us, 2, order);
    result->copy_us = copy_us[order[0]];
    result->copy_min_us = least_us[FIRST_COPY + order[0]];
    snprintf(result->copy, sizeof result->copy, "%s", r->run.copy->ways[r->run.copies[order[0]]].name);
}

static void report(const rivals *r, rivals_result *result, competitor *all)
{
    double us[COMPETITORS], least_us[COMPETITORS];
    for (int i = 0; i < COMPETITORS; i++) {
        us[i] = median(all[i].times, all[i].count);
        least_us[i] = all[i].times[0];
    }
    result->clnorm_us = us[CLNORM];
    result->clnorm_min_us = least_us[CLNORM];
    result->empty_us = us[EMPTY];
    result->empty_min_us = least_us[EMPTY];
    result->onednn_us = us[ONEDNN];
    result->onednn_min_us = least_us[ONEDNN];
    report_copy(r, result, us, least_us);
}

static int compete(rivals *r, rivals_result *result, size_t blocks)
{
    competitor all[COMPETITORS] = {[CLNORM] = {.time = time_clnorm},
                                   [FIRST_COPY] = {.time = time_first_copy},
                                   [SECOND_COPY] = {.time = time_second_copy},
                                   [EMPTY] = {.time = time_empty},
                                   [ONEDNN] = {.time = time_onednn}};
    int status = EXIT_DONE;
    for (int i = 0; i < COMPETITORS && status == EXIT_DONE; i++)
        status = prepare_competitor(r, &all[i], blocks);
    for (size_t block = 0; block < blocks && status == EXIT_DONE; block++) {
        take_a_rest(); /* oneDNN was the last */
        for (int i = 0; i < COMPETITORS && status == EXIT_DONE; i++)
            status = run_block(r, &all[i]);
    }
    if (status == EXIT_DONE)
        report(r, result, all);
    for (int i = 0; i < COMPETITORS; i++)
        free(all[i].times);
    return status;
}

int rivals_measure(rivals_result *result, clnorm_context *context, bench_copy *copy, const bench_case *c,
                   size_t blocks)
{
    rivals r = {.onednn = {.engine = NULL}};
    *result = (rivals_result){.clnorm_us = 0};
    int status = bench_run_create(&r.run, context, copy, c);
    if (status == EXIT_DONE)
        status = create_onednn(&r, c);
    if (status == EXIT_DONE)
        status = compare(&r, c, result);
    if (status == EXIT_DONE) {
        take_a_rest();
        status = bench_find_copies(&r.run, finding_us);
    }
    if (status == EXIT_DONE)
        status = compete(&r, result, blocks);
    if (status == EXIT_DONE) {
        snprintf(result->variant, sizeof result->variant, "%s", clnorm_plan_variant(r.run.plan));
        snprintf(result->implementation, sizeof result->implementation, "%s", r.onednn.implementation);
        result->copy_bytes = copy->bytes;
    }
    onednn_destroy(&r.onednn);
    bench_run_destroy(&r.run);
    return status;
}
