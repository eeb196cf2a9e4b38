#include "devices/device_limits.h"

#include <stdio.h>

const char *device_limits(cl_device_id device, char text[DEVICE_LIMITS_SIZE])
{
    cl_ulong one = 0, all = 0;
    if (clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof one, &one, NULL) != CL_SUCCESS ||
        clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof all, &all, NULL) != CL_SUCCESS)
        snprintf(text, DEVICE_LIMITS_SIZE, "the device does not say how much memory it allows");
    else
        snprintf(text, DEVICE_LIMITS_SIZE,
                 "the device allows %llu bytes in one buffer, and has %llu bytes of memory",
                 (unsigned long long)one, (unsigned long long)all);
    return text;
}

bool is_memory_error(cl_int error)
{
    return error == CL_INVALID_BUFFER_SIZE || error == CL_MEM_OBJECT_ALLOCATION_FAILURE ||
           error == CL_OUT_OF_RESOURCES || error == CL_OUT_OF_HOST_MEMORY;
}
