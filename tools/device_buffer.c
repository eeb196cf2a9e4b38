#include "device_buffer.h"

#include "devices/device_limits.h"

int create_device_buffer(cl_mem *mem, const clnorm_context *context, const char *name, size_t bytes,
                         void *values)
{
    cl_int error;
    char limits[DEVICE_LIMITS_SIZE];
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (values ? CL_MEM_COPY_HOST_PTR : (cl_mem_flags)0);
    *mem = clCreateBuffer(clnorm_context_cl_context(context), flags, bytes, values, &error);
    if (*mem)
        return EXIT_DONE;
    if (!is_memory_error(error))
        return complain(EXIT_FAILED, "%s: its buffer cannot be made (OpenCL error %d)", name, error);
    return complain(EXIT_FAILED, "%s needs %zu bytes; %s (OpenCL error %d)", name, bytes,
                    device_limits(clnorm_context_cl_device(context), limits), error);
}
