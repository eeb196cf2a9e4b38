#include "execute/scratch.h"
#include "devices/device_memory.h"

clnorm_status scratch_make(scratch *s, cl_context context, cl_device_id device)
{
    if (s->bytes == 0 || s->mem != NULL)
        return CLNORM_OK;
    return device_memory_create(context, device, "scratch", s->bytes, NULL, &s->mem);
}

static void forget_last(scratch *s)
{
    if (s->last != NULL)
        clReleaseEvent(s->last);
    if (s->queue != NULL)
        clReleaseCommandQueue(s->queue);
    s->last = NULL;
    s->queue = NULL;
}

clnorm_status scratch_await(scratch *s, cl_command_queue queue, bool in_order, cl_event *event)
{
    cl_int state = CL_QUEUED;
    *event = NULL;
    if (s->last == NULL || (in_order && s->queue == queue))
        return CLNORM_OK;
    cl_int error = clGetEventInfo(s->last, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetEventInfo");
    /* The last execution has ended, perhaps in failure. Do not wait for its event: its error would become
     * that of this execution. */
    if (state <= CL_COMPLETE) {
        forget_last(s);
        return CLNORM_OK;
    }
    /* Flush the other queue, since a driver may hold back its commands until then. The application cannot: it
     * does not know that this queue waits for the other. */
    error = s->queue != queue ? clFlush(s->queue) : CL_SUCCESS;
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clFlush");
    *event = s->last;
    return CLNORM_OK;
}

void scratch_use(scratch *s, cl_command_queue queue, cl_event last)
{
    forget_last(s);
    if (clRetainEvent(last) == CL_SUCCESS)
        s->last = last;
    if (s->last != NULL && clRetainCommandQueue(queue) == CL_SUCCESS)
        s->queue = queue;
    if (s->queue == NULL)
        scratch_abandon(s);
}

void scratch_abandon(scratch *s)
{
    forget_last(s);
    if (s->mem != NULL)
        clReleaseMemObject(s->mem);
    s->mem = NULL;
}
