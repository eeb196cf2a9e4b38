#include "devices/device_memory.h"
#include "devices/device_limits.h"

clnorm_status device_memory_create(cl_context context, cl_device_id device, const char *name, size_t bytes,
                                   const void *values, cl_mem *memory)
{
    cl_int error = CL_SUCCESS;
    char limits[DEVICE_LIMITS_SIZE];
    const cl_mem_flags flags = CL_MEM_READ_WRITE | (values != NULL ? CL_MEM_COPY_HOST_PTR : (cl_mem_flags)0);
    /* clCreateBuffer only copies from `values`, but its parameter is not const. */
    const union {
        const void *given;
        void *taken;
    } host = {.given = values};
    *memory = clCreateBuffer(context, flags, bytes, host.taken, &error);
    if (*memory != NULL)
        return CLNORM_OK;
    if (!is_memory_error(error))
        return fail_opencl(error, "clCreateBuffer");
    return fail(CLNORM_OUT_OF_MEMORY, "%s needs %zu bytes; %s (clCreateBuffer: %s)", name, bytes,
                device_limits(device, limits), opencl_error_name(error));
}
