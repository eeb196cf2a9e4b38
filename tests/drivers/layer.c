/*
 * An OpenCL layer, for OPENCL_LAYERS, that makes a device seem another one:
 *   LAYER_WORK_GROUP_SIZE=N   work-groups have at most N items, and larger ones are refused
 *   LAYER_COMPUTE_UNITS=N     the device has N compute units
 *   LAYER_KEEP_BUFFERS=1      memory objects are never released: oclgrind 21.10 gives a new buffer the number
 * of a released one, and takes what lies beyond the old one's size for uninitialized
 */
#define LAYER_NAME "another device"
#include "../layer.h"

#include <stdlib.h>

static size_t work_group_size, compute_units; /* 0: as the driver says */

static size_t number_in(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static void limit(size_t *value, size_t most)
{
    if (most != 0 && *value > most)
        *value = most;
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value,
                                          size_t *size_back)
{
    const cl_int error = below->clGetDeviceInfo(device, name, size, value, size_back);
    if (error != CL_SUCCESS || value == NULL)
        return error;
    if (name == CL_DEVICE_MAX_WORK_GROUP_SIZE)
        limit(value, work_group_size);
    if (name == CL_DEVICE_MAX_COMPUTE_UNITS && compute_units != 0)
        *(cl_uint *)value = (cl_uint)compute_units;
    return error;
}

static cl_int CL_API_CALL get_group_info(cl_kernel kernel, cl_device_id device,
                                         cl_kernel_work_group_info name, size_t size, void *value,
                                         size_t *size_back)
{
    const cl_int error = below->clGetKernelWorkGroupInfo(kernel, device, name, size, value, size_back);
    if (error == CL_SUCCESS && value != NULL && name == CL_KERNEL_WORK_GROUP_SIZE)
        limit(value, work_group_size);
    return error;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                 const size_t *offset, const size_t *global, const size_t *local,
                                 cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    size_t items = 1;
    for (cl_uint i = 0; local != NULL && i < dimensions; i++)
        items *= local[i];
    if (work_group_size != 0 && items > work_group_size)
        return CL_INVALID_WORK_GROUP_SIZE;
    return below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, wait_count,
                                         wait_list, event);
}

static cl_int CL_API_CALL keep(cl_mem mem)
{
    (void)mem;
    return CL_SUCCESS;
}

static void replace_calls(void)
{
    work_group_size = number_in("LAYER_WORK_GROUP_SIZE");
    compute_units = number_in("LAYER_COMPUTE_UNITS");
    layer.clGetDeviceInfo = get_device_info;
    layer.clGetKernelWorkGroupInfo = get_group_info;
    layer.clEnqueueNDRangeKernel = launch;
    if (number_in("LAYER_KEEP_BUFFERS") != 0)
        layer.clReleaseMemObject = keep;
}
