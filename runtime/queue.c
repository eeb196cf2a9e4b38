#include "queue.h"

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
