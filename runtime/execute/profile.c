#include "execute/profile.h"
#include "base/log.h"

#include <stdbool.h>

static void CL_CALLBACK completed(cl_event event, cl_int execution_status, void *kernel)
{
    cl_ulong start = 0, end = 0;
    const bool told =
        execution_status == CL_COMPLETE &&
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) ==
            CL_SUCCESS &&
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) == CL_SUCCESS;
    if (told) /* else the queue does not profile */
        log_line(CLNORM_LOG_PROFILE, "%s: %.1f us", (const char *)kernel, (double)(end - start) * 1e-3);
    clReleaseEvent(event);
}

void profile_watch(cl_event event, const char *kernel)
{
    /* const is cast away for the callback's void pointer only */
    union {
        const char *constant;
        void *pointer;
    } user = {.constant = kernel};
    /* Retained for the callback: OpenCL does not promise that the driver keeps the event until then. */
    if (clRetainEvent(event) == CL_SUCCESS &&
        clSetEventCallback(event, CL_COMPLETE, completed, user.pointer) != CL_SUCCESS)
        clReleaseEvent(event);
}
