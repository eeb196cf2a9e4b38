#include "execute/queue.h"

#include <stdio.h>
#include <time.h>

enum { LONGEST_PAUSE = 1000000 }; /* nanoseconds */

clnorm_status queue_check(const clnorm_context *context, cl_command_queue queue, const char *whose,
                          cl_uint n_wait, const cl_event *wait_list)
{
    cl_context of = NULL;
    cl_device_id device = NULL;
    if ((n_wait > 0) != (wait_list != NULL))
        return fail(CLNORM_INVALID_ARGUMENT, "n_wait is %u, but wait_list is %s", n_wait,
                    wait_list == NULL ? "NULL" : "given");
    cl_int error = clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof of, &of, NULL);
    if (error == CL_INVALID_COMMAND_QUEUE)
        return fail(CLNORM_INVALID_QUEUE, "queue is no OpenCL command queue");
    if (error == CL_SUCCESS)
        error = clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetCommandQueueInfo");
    if (of != context->context)
        return fail(CLNORM_INVALID_QUEUE, "queue belongs to another OpenCL context than the %s", whose);
    if (device != context->device)
        return fail(CLNORM_INVALID_QUEUE, "queue belongs to another device than the %s", whose);
    return CLNORM_OK;
}

clnorm_status queue_mark(cl_command_queue queue, cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
    if (event == NULL && n_wait == 0)
        return CLNORM_OK;
    const cl_int error = clEnqueueMarkerWithWaitList(queue, n_wait, wait_list, event);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clEnqueueMarkerWithWaitList");
}

/* ---- Waiting ---- */

/* Asks again and again whether a command is done, and releases its event. */
static cl_int ask_until_done(cl_command_queue queue, cl_event event)
{
    struct timespec pause = {0, 10000};
    cl_int state = CL_QUEUED, error = clFlush(queue);
    while (error == CL_SUCCESS) {
        error = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
        if (error != CL_SUCCESS || state <= CL_COMPLETE)
            break;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < LONGEST_PAUSE)
            pause.tv_nsec *= 2;
    }
    clReleaseEvent(event);
    return error != CL_SUCCESS ? error : state;
}

clnorm_status queue_finish(const clnorm_context *context, cl_command_queue queue)
{
    cl_event done = NULL;
    cl_int error;
    if (!context->caps.no_waiting_threads) {
        error = clFinish(queue);
        return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clFinish");
    }
    error = clEnqueueMarkerWithWaitList(queue, 0, NULL, &done);
    if (error == CL_SUCCESS)
        error = ask_until_done(queue, done);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clEnqueueMarkerWithWaitList");
}

/* Ends a copy: waits for its event `done` (NULL: it has already ended), and gives its status. */
static clnorm_status end_copy(cl_command_queue queue, cl_int error, cl_event done, const char *call,
                              const char *what)
{
    char sentence[80];
    if (error == CL_SUCCESS && done != NULL)
        error = ask_until_done(queue, done);
    if (error == CL_SUCCESS)
        return CLNORM_OK;
    snprintf(sentence, sizeof sentence, "%s (%s)", call, what);
    return fail_opencl(error, sentence);
}

clnorm_status queue_read(const clnorm_context *context, cl_command_queue queue, cl_mem from, size_t bytes,
                         void *to, const char *what)
{
    const bool asks = context->caps.no_waiting_threads;
    cl_event done = NULL;
    const cl_int error = clEnqueueReadBuffer(queue, from, asks ? CL_FALSE : CL_TRUE, 0, bytes, to, 0, NULL,
                                             asks ? &done : NULL);
    return end_copy(queue, error, done, "clEnqueueReadBuffer", what);
}

clnorm_status queue_write(const clnorm_context *context, cl_command_queue queue, cl_mem to, size_t bytes,
                          const void *from, const char *what)
{
    const bool asks = context->caps.no_waiting_threads;
    cl_event done = NULL;
    const cl_int error = clEnqueueWriteBuffer(queue, to, asks ? CL_FALSE : CL_TRUE, 0, bytes, from, 0, NULL,
                                              asks ? &done : NULL);
    return end_copy(queue, error, done, "clEnqueueWriteBuffer", what);
}
