#include "bench_copy.h"

#include "bench_copy_source.h"
#include "command.h"

#include <string.h>

static void ask_device(bench_ways_device *about, cl_device_id device)
{
    cl_bool compiler = CL_TRUE;
    cl_device_type type = 0;
    cl_uint units = 0;
    clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    about->compiles = compiler == CL_TRUE;
    about->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
    about->units = units > 0 ? units : 1;
}

/* Sets streams: without such stores the program has no kernel of that name. */
static cl_int ask_program(bench_copy *copy)
{
    cl_int error;
    cl_kernel streamed = clCreateKernel(copy->program, "copy_streamed", &error);
    if (streamed)
        clReleaseKernel(streamed);
    copy->device.streams = streamed != NULL;
    return error == CL_INVALID_KERNEL_NAME ? CL_SUCCESS : error;
}

static cl_int build(bench_copy *copy, cl_context context, cl_device_id device)
{
    cl_int error;
    /* Older headers want pointers that may be written to. */
    copy->program = clCreateProgramWithSource(context, BENCH_COPY_SOURCE_COUNT,
                                              (const char **)bench_copy_source, NULL, &error);
    if (error == CL_SUCCESS)
        error = clBuildProgram(copy->program, 1, &device, "", NULL, NULL);
    if (error == CL_SUCCESS)
        copy->empty = clCreateKernel(copy->program, "empty", &error);
    if (error == CL_SUCCESS)
        copy->idle = clCreateKernel(copy->program, "idle", &error);
    return error == CL_SUCCESS ? ask_program(copy) : error;
}

int bench_copy_create(bench_copy *copy, clnorm_context *context)
{
    cl_device_id device = clnorm_context_cl_device(context);
    memset(copy, 0, sizeof *copy);
    ask_device(&copy->device, device);
    if (!copy->device.compiles)
        return EXIT_DONE;
    cl_int error = build(copy, clnorm_context_cl_context(context), device);
    if (error == CL_SUCCESS)
        return EXIT_DONE;
    bench_copy_destroy(copy);
    return complain(EXIT_FAILED,
                    "the kernels to compare with cannot be built on this device (OpenCL error %d)", error);
}

static void release(cl_kernel *kernel)
{
    if (*kernel)
        clReleaseKernel(*kernel);
    *kernel = NULL;
}

static void unbind(bench_copy *copy)
{
    for (size_t i = 0; i < BENCH_MOST_WAYS; i++)
        release(&copy->kernels[i]);
    copy->way_count = 0;
}

void bench_copy_destroy(bench_copy *copy)
{
    unbind(copy);
    release(&copy->empty);
    release(&copy->idle);
    if (copy->program)
        clReleaseProgram(copy->program);
    memset(copy, 0, sizeof *copy);
}

cl_int bench_copy_enqueue(const bench_copy *copy, size_t way, cl_command_queue queue, cl_event *event)
{
    const bench_way *w = &copy->ways[way];
    if (!copy->kernels[way])
        return clEnqueueCopyBuffer(queue, copy->from, copy->to, 0, 0, copy->bytes, 0, NULL, event);
    return clEnqueueNDRangeKernel(queue, copy->kernels[way], 1, NULL, &w->global,
                                  w->local > 0 ? &w->local : NULL, 0, NULL, event);
}

static cl_int set_count(const bench_copy *copy, size_t way, size_t count)
{
    const cl_ulong floats = count;
    return clSetKernelArg(copy->kernels[way], 2, sizeof floats, &floats);
}

/* Each way has a kernel object of its own: setting arguments is no part of a copy's time. */
static cl_int bind_way(bench_copy *copy, size_t way, cl_command_queue queue)
{
    const cl_ulong piece = copy->ways[way].piece;
    cl_int error = CL_SUCCESS;
    if (!copy->ways[way].kernel)
        return CL_SUCCESS;
    cl_kernel kernel = copy->kernels[way] = clCreateKernel(copy->program, copy->ways[way].kernel, &error);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(kernel, 0, sizeof copy->from, &copy->from);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(kernel, 1, sizeof copy->to, &copy->to);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(kernel, 3, sizeof piece, &piece);
    if (error == CL_SUCCESS)
        error = set_count(copy, way, 0);
    if (error == CL_SUCCESS)
        error = bench_copy_enqueue(copy, way, queue, NULL);
    if (error == CL_SUCCESS)
        error = clFinish(queue);
    return error == CL_SUCCESS ? set_count(copy, way, copy->bytes / sizeof(float)) : error;
}

int bench_copy_bind(bench_copy *copy, cl_command_queue queue, cl_mem from, cl_mem to, size_t bytes)
{
    cl_int error = CL_SUCCESS;
    unbind(copy);
    copy->bytes = bytes;
    copy->from = from;
    copy->to = to;
    copy->way_count = bench_ways_list(copy->ways, &copy->device, bytes);
    for (size_t i = 0; i < copy->way_count && error == CL_SUCCESS; i++)
        error = bind_way(copy, i, queue);
    if (error == CL_SUCCESS)
        return EXIT_DONE;
    unbind(copy);
    return complain(EXIT_FAILED, "the copy cannot be set up (OpenCL error %d)", error);
}

cl_int bench_idle_bind(const bench_copy *copy, const cl_mem *buffers, size_t count)
{
    const cl_ulong zero = 0;
    const cl_float nothing = 0;
    cl_uint index = 0;
    if (!copy->program)
        return CL_SUCCESS;
    cl_int error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    for (size_t i = 0; i < BENCH_IDLE_BUFFERS && error == CL_SUCCESS; i++) {
        error = clSetKernelArg(copy->idle, index++, sizeof *buffers, i < count ? &buffers[i] : NULL);
        if (error == CL_SUCCESS)
            error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    }
    for (int i = 0; i < 4 && error == CL_SUCCESS; i++)
        error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    for (int i = 0; i < 3 && error == CL_SUCCESS; i++)
        error = clSetKernelArg(copy->idle, index++, sizeof nothing, &nothing);
    return error;
}

static cl_int enqueue_one(const bench_copy *copy, cl_kernel kernel, cl_command_queue queue, cl_event *event)
{
    const size_t one = 1;
    if (!copy->program)
        return clEnqueueMarkerWithWaitList(queue, 0, NULL, event);
    return clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, event);
}

cl_int bench_idle_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event)
{
    return enqueue_one(copy, copy->idle, queue, event);
}

cl_int bench_empty_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event)
{
    return enqueue_one(copy, copy->empty, queue, event);
}
