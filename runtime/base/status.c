#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 4096, UNNAMED_SIZE = 32 };

static _Thread_local char last_error[MESSAGE_SIZE];

unsigned clnorm_version(void)
{
    return CLNORM_VERSION;
}

clnorm_status fail(clnorm_status status, const char *format, ...)
{
    /* Not straight into last_error: it may be one of the arguments. */
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        snprintf(message, sizeof message, "%s", clnorm_status_name(status));
    else if ((size_t)length >= sizeof message)
        memcpy(message + sizeof message - 4, "...", 4);
    memcpy(last_error, message, strlen(message) + 1);
    return status;
}

const char *clnorm_last_error(void)
{
    return last_error;
}

clnorm_status fail_opencl(cl_int error, const char *call)
{
    bool memory = error == CL_OUT_OF_HOST_MEMORY || error == CL_MEM_OBJECT_ALLOCATION_FAILURE;
    return fail(memory ? CLNORM_OUT_OF_MEMORY : CLNORM_OPENCL_ERROR, "%s: %s", call,
                opencl_error_name(error));
}

const char *clnorm_status_name(clnorm_status status)
{
#define NAME(name)                                                                                           \
    case CLNORM_##name:                                                                                      \
        return #name
    switch (status) {
        NAME(OK);
        NAME(INVALID_ARGUMENT);
        NAME(INVALID_RANK);
        NAME(INVALID_AXIS);
        NAME(INVALID_SHAPE);
        NAME(INVALID_STRIDES);
        NAME(INVALID_ATTRIBUTE);
        NAME(INVALID_MODE);
        NAME(UNSUPPORTED_TYPE);
        NAME(MISSING_BUFFER);
        NAME(UNEXPECTED_BUFFER);
        NAME(INVALID_BUFFER);
        NAME(BUFFER_TOO_SMALL);
        NAME(INVALID_OFFSET);
        NAME(BUFFER_OVERLAP);
        NAME(INVALID_QUEUE);
        NAME(INVALID_DEVICE);
        NAME(DEVICE_NOT_FOUND);
        NAME(INVALID_ENVIRONMENT);
        NAME(NO_COMPILER);
        NAME(BUILD_FAILED);
        NAME(OUT_OF_MEMORY);
        NAME(OPENCL_ERROR);
        NAME(IO_ERROR);
        NAME(INVALID_NAME);
        NAME(INVALID_FILE);
        NAME(INVALID_STATE);
        NAME(UNSUPPORTED_DEVICE);
        NAME(NO_IMAGE);
        NAME(NOT_IN_IMAGE);
        NAME(UNTRUSTED_DRIVER);
    }
#undef NAME
    return "UNKNOWN_STATUS";
}

/* By -error. */
static const char *const opencl_error_names[] = {
#define NAME(error) [-error] = #error
    NAME(CL_SUCCESS),
    NAME(CL_DEVICE_NOT_FOUND),
    NAME(CL_DEVICE_NOT_AVAILABLE),
    NAME(CL_COMPILER_NOT_AVAILABLE),
    NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    NAME(CL_OUT_OF_RESOURCES),
    NAME(CL_OUT_OF_HOST_MEMORY),
    NAME(CL_PROFILING_INFO_NOT_AVAILABLE),
    NAME(CL_MEM_COPY_OVERLAP),
    NAME(CL_IMAGE_FORMAT_MISMATCH),
    NAME(CL_IMAGE_FORMAT_NOT_SUPPORTED),
    NAME(CL_BUILD_PROGRAM_FAILURE),
    NAME(CL_MAP_FAILURE),
    NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    NAME(CL_COMPILE_PROGRAM_FAILURE),
    NAME(CL_LINKER_NOT_AVAILABLE),
    NAME(CL_LINK_PROGRAM_FAILURE),
    NAME(CL_DEVICE_PARTITION_FAILED),
    NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    NAME(CL_INVALID_VALUE),
    NAME(CL_INVALID_DEVICE_TYPE),
    NAME(CL_INVALID_PLATFORM),
    NAME(CL_INVALID_DEVICE),
    NAME(CL_INVALID_CONTEXT),
    NAME(CL_INVALID_QUEUE_PROPERTIES),
    NAME(CL_INVALID_COMMAND_QUEUE),
    NAME(CL_INVALID_HOST_PTR),
    NAME(CL_INVALID_MEM_OBJECT),
    NAME(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR),
    NAME(CL_INVALID_IMAGE_SIZE),
    NAME(CL_INVALID_SAMPLER),
    NAME(CL_INVALID_BINARY),
    NAME(CL_INVALID_BUILD_OPTIONS),
    NAME(CL_INVALID_PROGRAM),
    NAME(CL_INVALID_PROGRAM_EXECUTABLE),
    NAME(CL_INVALID_KERNEL_NAME),
    NAME(CL_INVALID_KERNEL_DEFINITION),
    NAME(CL_INVALID_KERNEL),
    NAME(CL_INVALID_ARG_INDEX),
    NAME(CL_INVALID_ARG_VALUE),
    NAME(CL_INVALID_ARG_SIZE),
    NAME(CL_INVALID_KERNEL_ARGS),
    NAME(CL_INVALID_WORK_DIMENSION),
    NAME(CL_INVALID_WORK_GROUP_SIZE),
    NAME(CL_INVALID_WORK_ITEM_SIZE),
    NAME(CL_INVALID_GLOBAL_OFFSET),
    NAME(CL_INVALID_EVENT_WAIT_LIST),
    NAME(CL_INVALID_EVENT),
    NAME(CL_INVALID_OPERATION),
    NAME(CL_INVALID_GL_OBJECT),
    NAME(CL_INVALID_BUFFER_SIZE),
    NAME(CL_INVALID_MIP_LEVEL),
    NAME(CL_INVALID_GLOBAL_WORK_SIZE),
    NAME(CL_INVALID_PROPERTY),
    NAME(CL_INVALID_IMAGE_DESCRIPTOR),
    NAME(CL_INVALID_COMPILER_OPTIONS),
    NAME(CL_INVALID_LINKER_OPTIONS),
    NAME(CL_INVALID_DEVICE_PARTITION_COUNT),
#undef NAME
    /* Later than the version that the headers are asked for. */
    [69] = "CL_INVALID_PIPE_SIZE",
    [70] = "CL_INVALID_DEVICE_QUEUE",
    [71] = "CL_INVALID_SPEC_ID",
    [72] = "CL_MAX_SIZE_RESTRICTION_EXCEEDED",
};

const char *opencl_error_name(cl_int error)
{
    enum { NAME_COUNT = sizeof opencl_error_names / sizeof *opencl_error_names };
    static _Thread_local char unnamed[UNNAMED_SIZE];

    if (error <= 0 && error > -NAME_COUNT && opencl_error_names[-error])
        return opencl_error_names[-error];
    if (error == -1001)
        return "CL_PLATFORM_NOT_FOUND_KHR";
    snprintf(unnamed, sizeof unnamed, "OpenCL error %ld", (long)error);
    return unnamed;
}
