#include "bench_measure.h"

#include "bench_calls.h"
#include "bench_clock.h"
#include "bench_kernels.h"
#include "bench_tournament.h"
#include "command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAST_RUNS = 9, MOST_RUNS = 1001, WARM_UPS = 3 };
/* What a case may take, about: together half a second. */
static const double finding_us = 1e5, warming_us = 2e4, running_us = 3.8e5;

/* The times of one round. */
typedef struct bench_round {
    double op, copies[2], empty;
} bench_round;

int bench_run_create(bench_run *run, clnorm_context *context, bench_copy *copy, const bench_case *c)
{
    *run = (bench_run){.measured = c, .queue = clnorm_context_cl_queue(context), .copy = copy};
    run->data.buffers = clnorm_buffers_none();
    const clnorm_status made = clnorm_plan_create(&run->plan, context, &c->op);
    if (made != CLNORM_OK) {
        char about[512];
        snprintf(about, sizeof about, "case \"%.400s\": ", c->text);
        return complain_plan(about, made);
    }
    tell_refusals(run->plan);
    int status = bench_data_create(&run->data, context, c);
    if (status != EXIT_DONE)
        return status;
    size_t half = clnorm_plan_least_bytes(run->plan) / 2 / sizeof(float) * sizeof(float);
    if (half == 0)
        half = sizeof(float);
    return bench_copy_bind(copy, run->queue, run->data.buffers.x.mem, run->data.copy_target,
                           half < run->data.x_bytes ? half : run->data.x_bytes);
}

void bench_run_destroy(bench_run *run)
{
    clFinish(run->queue);
    clnorm_plan_destroy(run->plan);
    bench_data_destroy(&run->data, run->measured);
}

static int finish_time(const bench_run *run, cl_int error, cl_event event, double start, double *us)
{
    if (error == CL_SUCCESS)
        error = clFlush(run->queue);
    if (error == CL_SUCCESS)
        error = clWaitForEvents(1, &event);
    *us = clock_us() - start;
    if (event)
        clReleaseEvent(event);
    return error == CL_SUCCESS ? EXIT_DONE
                               : complain(EXIT_FAILED, "case \"%s\" failed on the device (OpenCL error %d)",
                                          run->measured->text, error);
}

int bench_time_op(const bench_run *run, double *us)
{
    cl_event event = NULL;
    double start = clock_us();
    if (clnorm_plan_execute(run->plan, &run->data.buffers, run->queue, 0, NULL, &event) != CLNORM_OK)
        return complain_library();
    return finish_time(run, CL_SUCCESS, event, start, us);
}

int bench_time_copy(const bench_run *run, size_t way, double *us)
{
    cl_event event = NULL;
    double start = clock_us();
    cl_int error = bench_copy_enqueue(run->copy, way, run->queue, &event);
    return finish_time(run, error, event, start, us);
}

int bench_time_empty(const bench_run *run, double *us)
{
    cl_event event = NULL;
    double start = clock_us();
    cl_int error = bench_empty_enqueue(run->copy, run->queue, &event);
    return finish_time(run, error, event, start, us);
}

int bench_settle_op(const bench_run *run, double *us)
{
    int status = bench_may_be_cached(2 * run->copy->bytes) ? bench_time_op(run, us) : EXIT_DONE;
    return status == EXIT_DONE ? bench_time_op(run, us) : status;
}

int bench_settle_copy(const bench_run *run, size_t way, double *us)
{
    int status = bench_may_be_cached(2 * run->copy->bytes) ? bench_time_copy(run, way, us) : EXIT_DONE;
    return status == EXIT_DONE ? bench_time_copy(run, way, us) : status;
}

/* One of each. The copies take turns in being the first. */
static int time_round(const bench_run *run, size_t index, bench_round *round)
{
    int status = bench_settle_op(run, &round->op);
    for (size_t i = 0; i < run->copy_count && status == EXIT_DONE; i++) {
        const size_t which = (index + i) % run->copy_count;
        status = bench_settle_copy(run, run->copies[which], &round->copies[which]);
    }
    if (status == EXIT_DONE)
        status = bench_time_empty(run, &round->empty);
    return status;
}

static size_t fitting_runs(double round_us)
{
    double fitting = running_us / (round_us > 1 ? round_us : 1);
    return fitting > MOST_RUNS ? MOST_RUNS : fitting < LEAST_RUNS ? LEAST_RUNS : (size_t)fitting;
}

/* Runs everything until kernels, caches and threads are in a steady state; decides which copies to compare
 * with, and how often to run. */
static int warm_up(bench_run *run, size_t *runs)
{
    bench_round round;
    double us, least = INFINITY;
    int status = bench_time_op(run, &us);
    if (status == EXIT_DONE)
        status = bench_find_copies(run, finding_us);
    const double end = clock_us() + warming_us;
    for (size_t i = 0; i < WARM_UPS && status == EXIT_DONE && (i == 0 || clock_us() < end); i++) {
        double start = clock_us();
        status = time_round(run, i, &round);
        least = fmin(least, clock_us() - start);
    }
    if (*runs == 0 && status == EXIT_DONE)
        *runs = fitting_runs(least);
    return status;
}

/* The limit is the copy with the smaller median. */
static void choose_limit(const bench_run *run, bench_result *result, const double *copy_us)
{
    size_t order[2];
    bench_two_best(copy_us, run->copy_count, order);
    result->copy_us = copy_us[order[0]];
    snprintf(result->copy, sizeof result->copy, "%s", run->copy->ways[run->copies[order[0]]].name);
}

static int time_rounds(const bench_run *run, bench_result *result)
{
    const size_t runs = result->runs;
    double *times = malloc(4 * runs * sizeof *times);
    if (!times)
        return complain(EXIT_FAILED, "out of memory");
    double *op = times, *copies[2] = {times + runs, times + 2 * runs}, *empty = times + 3 * runs;
    int status = EXIT_DONE;
    for (size_t i = 0; i < runs && status == EXIT_DONE; i++) {
        bench_round round = {.op = 0};
        status = time_round(run, i, &round);
        op[i] = round.op;
        copies[0][i] = round.copies[0];
        copies[1][i] = round.copies[1];
        empty[i] = round.empty;
    }
    if (status == EXIT_DONE) {
        const double copy_us[2] = {median(copies[0], runs), median(copies[1], runs)};
        choose_limit(run, result, copy_us);
        result->median_us = median(op, runs);
        result->min_us = op[0];
        result->max_us = op[runs - 1];
        result->empty_us = median(empty, runs);
    }
    free(times);
    return status;
}

int bench_measure(bench_result *result, clnorm_context *context, bench_copy *copy, const bench_case *c,
                  size_t runs)
{
    bench_run run;
    *result = (bench_result){.runs = runs};
    int status = bench_run_create(&run, context, copy, c);
    if (status == EXIT_DONE)
        status = warm_up(&run, &result->runs);
    if (status != EXIT_DONE)
        goto cleanup;
    snprintf(result->variant, sizeof result->variant, "%s", clnorm_plan_variant(run.plan));
    result->min_bytes = clnorm_plan_least_bytes(run.plan);
    result->copy_bytes = copy->bytes;

    status = time_rounds(&run, result);
    if (status == EXIT_DONE)
        status = bench_kernels(&run, context, result);
    if (status == EXIT_DONE)
        status = bench_calls(&run, context, result);
cleanup:
    bench_run_destroy(&run);
    return status;
}
