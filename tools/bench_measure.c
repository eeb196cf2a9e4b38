#include "bench_measure.h"

#include "bench_calls.h"
#include "bench_clock.h"
#include "bench_kernels.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEAST_RUNS = 9, MOST_RUNS = 1001, WARM_UPS = 3 };
static const double case_us = 5e5; /* what a case may take, about */

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
    return bench_copy_bind(copy, run->data.buffers.x.mem, run->data.copy_target,
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

int bench_time_copy(const bench_run *run, double *us)
{
    cl_event event = NULL;
    double start = clock_us();
    cl_int error = bench_copy_enqueue(run->copy, run->queue, &event);
    return finish_time(run, error, event, start, us);
}

int bench_time_empty(const bench_run *run, double *us)
{
    cl_event event = NULL;
    double start = clock_us();
    cl_int error = bench_empty_enqueue(run->copy, run->queue, &event);
    return finish_time(run, error, event, start, us);
}

/* One of each. */
static int time_round(const bench_run *run, double *op, double *copy, double *empty)
{
    int status = bench_time_op(run, op);
    if (status == EXIT_DONE)
        status = bench_time_copy(run, copy);
    if (status == EXIT_DONE)
        status = bench_time_empty(run, empty);
    return status;
}

/* Runs a few rounds until kernels, caches and threads are in a steady state; decides how often to run. */
static int warm_up(const bench_run *run, size_t *runs)
{
    double op, copy, empty, total = 0;
    int status = EXIT_DONE;
    for (int i = 0; i < WARM_UPS && status == EXIT_DONE; i++) {
        status = time_round(run, &op, &copy, &empty);
        total = op + copy + empty;
    }
    if (*runs == 0 && status == EXIT_DONE) {
        double fitting = case_us / (total > 1 ? total : 1);
        *runs = fitting > MOST_RUNS ? MOST_RUNS : fitting < LEAST_RUNS ? LEAST_RUNS : (size_t)fitting;
    }
    return status;
}

static int time_rounds(const bench_run *run, bench_result *result)
{
    size_t runs = result->runs;
    double *times = malloc(3 * runs * sizeof *times);
    if (!times)
        return complain(EXIT_FAILED, "out of memory");
    double *op = times, *copy = times + runs, *empty = times + 2 * runs;
    int status = EXIT_DONE;
    for (size_t i = 0; i < runs && status == EXIT_DONE; i++)
        status = time_round(run, &op[i], &copy[i], &empty[i]);
    if (status == EXIT_DONE) {
        result->median_us = median(op, runs);
        result->min_us = op[0];
        result->max_us = op[runs - 1];
        result->copy_us = median(copy, runs);
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
