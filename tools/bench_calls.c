#include "bench_calls.h"

#include "bench_clock.h"
#include "command.h"

/* Calls are timed one by one while the queue waits for a user event, so that no worker thread of the driver
 * wakes up and competes for the core. Then the event is set, the batch runs, and the next one begins with an
 * empty queue. */
enum { BATCHES = 7, LEAST_BATCH = 2, MOST_BATCH = 32 };
static const double work_us = 2e5; /* about the time that the executions of all batches may take */

typedef int timed_call(const bench_run *run, size_t launches, double *us);

static int time_execute(const bench_run *run, size_t launches, double *us)
{
    (void)launches;
    cl_event event = NULL;
    double start = clock_us();
    clnorm_status status = clnorm_plan_execute(run->plan, &run->data.buffers, run->queue, 0, NULL, &event);
    *us = clock_us() - start;
    if (event)
        clReleaseEvent(event);
    return status == CLNORM_OK ? EXIT_DONE : complain_library();
}

/* Times the enqueueing of as many idle kernels as an execution has, with the same buffers. As in an
 * execution, the last one has an event. */
static int time_enqueue(const bench_run *run, size_t launches, double *us)
{
    cl_event event = NULL;
    cl_int error = CL_SUCCESS;
    double start = clock_us();
    for (size_t i = 0; i < launches && error == CL_SUCCESS; i++)
        error = bench_idle_enqueue(run->copy, run->queue, i + 1 == launches ? &event : NULL);
    *us = clock_us() - start;
    if (event)
        clReleaseEvent(event);
    return error == CL_SUCCESS
               ? EXIT_DONE
               : complain(EXIT_FAILED, "an idle kernel cannot be enqueued (OpenCL error %d)", error);
}

static int time_batch(const bench_run *run, clnorm_context *context, timed_call *call, size_t launches,
                      size_t count, double *us)
{
    cl_int error;
    cl_event gate = clCreateUserEvent(clnorm_context_cl_context(context), &error);
    if (!gate)
        return complain(EXIT_FAILED, "clCreateUserEvent failed (OpenCL error %d)", error);
    int status = EXIT_DONE;
    error = clEnqueueBarrierWithWaitList(run->queue, 1, &gate, NULL);
    for (size_t i = 0; i < count && error == CL_SUCCESS && status == EXIT_DONE; i++)
        status = call(run, launches, &us[i]);
    clSetUserEventStatus(gate, CL_COMPLETE);
    cl_int finished = clFinish(run->queue);
    clReleaseEvent(gate);
    if (status == EXIT_DONE && (error != CL_SUCCESS || finished != CL_SUCCESS))
        return complain(EXIT_FAILED, "a batch of calls failed (OpenCL error %d)",
                        error != CL_SUCCESS ? error : finished);
    return status;
}

static size_t batch_size(double median_us)
{
    double fitting = work_us / BATCHES / (median_us > 1 ? median_us : 1);
    return fitting > MOST_BATCH ? MOST_BATCH : fitting < LEAST_BATCH ? LEAST_BATCH : (size_t)fitting;
}

static int bind_buffers(const bench_run *run)
{
    const clnorm_mode_info *mode = run->measured->mode;
    clnorm_buffers buffers = run->data.buffers;
    cl_mem given[BENCH_IDLE_BUFFERS];
    size_t count = 0;
    for (size_t i = 0; i < mode->buffer_count && count < BENCH_IDLE_BUFFERS; i++) {
        cl_mem mem = clnorm_buffers_field(&buffers, mode->buffers[i])->mem;
        if (mem)
            given[count++] = mem;
    }
    cl_int error = bench_idle_bind(run->copy, given, count);
    return error == CL_SUCCESS
               ? EXIT_DONE
               : complain(EXIT_FAILED, "an idle kernel cannot be set up (OpenCL error %d)", error);
}

int bench_calls(const bench_run *run, clnorm_context *context, bench_result *result)
{
    double execute[BATCHES * MOST_BATCH], enqueue[BATCHES * MOST_BATCH];
    size_t count = batch_size(result->median_us), launches = result->launches;
    int status = bind_buffers(run);
    for (size_t batch = 0; batch < BATCHES && status == EXIT_DONE; batch++) {
        status = time_batch(run, context, time_execute, launches, count, &execute[batch * count]);
        if (status == EXIT_DONE)
            status = time_batch(run, context, time_enqueue, launches, count, &enqueue[batch * count]);
    }
    if (status != EXIT_DONE)
        return status;
    result->execute_us = median(execute, BATCHES * count);
    result->enqueue_us = median(enqueue, BATCHES * count);
    return EXIT_DONE;
}
