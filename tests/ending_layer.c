/*
 * An OpenCL layer, for OPENCL_LAYERS, that is a driver which ends or hangs the process:
 *   LAYER_ENDS_BUILD=WORD    when a program is built whose options hold the word: "KERNEL_plane_fused"
 *   LAYER_HANGS_BUILD=WORD   the same, and never comes back
 *   LAYER_ENDS_LAUNCH=NAME   when a kernel of this name is launched
 */
#define LAYER_NAME "ending"
#include "layer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool holds(const char *text, const char *variable)
{
    const char *word = getenv(variable);
    return text != NULL && word != NULL && *word != '\0' && strstr(text, word) != NULL;
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *devices,
                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                                void *user)
{
    if (holds(options, "LAYER_ENDS_BUILD"))
        abort();
    while (holds(options, "LAYER_HANGS_BUILD"))
        sleep(1);
    return below->clBuildProgram(program, count, devices, options, notify, user);
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                 const size_t *offset, const size_t *global, const size_t *local,
                                 cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    const char *wanted = getenv("LAYER_ENDS_LAUNCH");
    char name[128] = "";
    below->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name - 1, name, NULL);
    if (wanted != NULL && strcmp(wanted, name) == 0)
        abort();
    return below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, wait_count,
                                         wait_list, event);
}

static void replace_calls(void)
{
    layer.clBuildProgram = build;
    layer.clEnqueueNDRangeKernel = launch;
}
