/*
 * An OpenCL layer, for OPENCL_LAYERS: what a test asks to fail fails with the error that it asks for, and
 * references to objects are counted. See control.h. A call that fails does nothing, but for one that
 * releases: that has released all the same.
 */
#define LAYER_NAME "faults"
#include "../layer.h"
#include "control.h"

#include <stdlib.h>

CL_API_ENTRY extern fault_control fault_layer;
CL_API_ENTRY fault_control fault_layer;

enum object { CONTEXT, QUEUE, MEM, PROGRAM, KERNEL, EVENT };

/* ---- Which call fails, and how ---- */

enum { MOST_CODES = 8 };

/* Errors that a call may give besides those that every call may: of those that OpenCL knows for it, all but
 * what an argument that is NULL or negative gives. */
static const struct {
    const char *call;
    cl_int codes[MOST_CODES]; /* ended by CL_SUCCESS */
} own_codes[] = {
    {"clGetPlatformIDs", {-1001 /* CL_PLATFORM_NOT_FOUND_KHR */, CL_INVALID_VALUE}},
    {"clGetDeviceIDs", {CL_DEVICE_NOT_FOUND, CL_INVALID_PLATFORM, CL_INVALID_DEVICE_TYPE}},
    {"clGetPlatformInfo", {CL_INVALID_PLATFORM, CL_INVALID_VALUE}},
    {"clGetDeviceInfo", {CL_INVALID_DEVICE, CL_INVALID_VALUE}},
    {"clCreateContext",
     {CL_DEVICE_NOT_AVAILABLE, CL_INVALID_DEVICE, CL_INVALID_PROPERTY, CL_INVALID_PLATFORM}},
    {"clCreateCommandQueue", {CL_INVALID_CONTEXT, CL_INVALID_DEVICE, CL_INVALID_QUEUE_PROPERTIES}},
    {"clGetCommandQueueInfo", {CL_INVALID_COMMAND_QUEUE, CL_INVALID_VALUE}},
    {"clCreateBuffer", {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_INVALID_BUFFER_SIZE, CL_INVALID_CONTEXT}},
    {"clGetMemObjectInfo", {CL_INVALID_MEM_OBJECT, CL_INVALID_VALUE}},
    {"clCreateProgramWithSource", {CL_INVALID_CONTEXT}},
    {"clCreateProgramWithBinary", {CL_INVALID_BINARY, CL_INVALID_DEVICE, CL_INVALID_CONTEXT}},
    {"clBuildProgram",
     {CL_BUILD_PROGRAM_FAILURE, CL_COMPILER_NOT_AVAILABLE, CL_INVALID_BINARY, CL_INVALID_BUILD_OPTIONS,
      CL_INVALID_DEVICE, CL_INVALID_PROGRAM, CL_INVALID_OPERATION}},
    {"clGetProgramInfo", {CL_INVALID_PROGRAM, CL_INVALID_PROGRAM_EXECUTABLE}},
    {"clGetProgramBuildInfo", {CL_INVALID_DEVICE, CL_INVALID_PROGRAM}},
    {"clCreateKernel",
     {CL_INVALID_KERNEL_NAME, CL_INVALID_KERNEL_DEFINITION, CL_INVALID_PROGRAM_EXECUTABLE,
      CL_INVALID_PROGRAM}},
    {"clGetKernelInfo", {CL_INVALID_KERNEL}},
    {"clSetKernelArg",
     {CL_INVALID_KERNEL, CL_INVALID_ARG_INDEX, CL_INVALID_ARG_SIZE, CL_INVALID_ARG_VALUE,
      CL_INVALID_MEM_OBJECT}},
    {"clEnqueueNDRangeKernel",
     {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_INVALID_WORK_GROUP_SIZE, CL_INVALID_WORK_ITEM_SIZE,
      CL_INVALID_KERNEL_ARGS, CL_MISALIGNED_SUB_BUFFER_OFFSET, CL_INVALID_EVENT_WAIT_LIST,
      CL_INVALID_PROGRAM_EXECUTABLE, CL_INVALID_COMMAND_QUEUE}},
    {"clEnqueueReadBuffer",
     {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
      CL_INVALID_COMMAND_QUEUE, CL_INVALID_MEM_OBJECT}},
    {"clEnqueueWriteBuffer",
     {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
      CL_INVALID_COMMAND_QUEUE, CL_INVALID_MEM_OBJECT}},
    {"clEnqueueFillBuffer",
     {CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_INVALID_COMMAND_QUEUE, CL_INVALID_MEM_OBJECT}},
    {"clEnqueueMarkerWithWaitList", {CL_INVALID_EVENT_WAIT_LIST, CL_INVALID_COMMAND_QUEUE}},
    {"clFinish", {CL_INVALID_COMMAND_QUEUE}},
    {"clFlush", {CL_INVALID_COMMAND_QUEUE}},
    {"clGetEventInfo", {CL_INVALID_EVENT}},
    {"clSetEventCallback", {CL_INVALID_EVENT}},
    {"clGetEventProfilingInfo", {CL_PROFILING_INFO_NOT_AVAILABLE, CL_INVALID_EVENT}},
    {"clRetainContext", {CL_INVALID_CONTEXT}},
    {"clRetainCommandQueue", {CL_INVALID_COMMAND_QUEUE}},
    {"clRetainMemObject", {CL_INVALID_MEM_OBJECT}},
    {"clRetainProgram", {CL_INVALID_PROGRAM}},
    {"clRetainKernel", {CL_INVALID_KERNEL}},
    {"clRetainEvent", {CL_INVALID_EVENT}},
};

static cl_int code_of(const char *call)
{
    static const cl_int common[] = {CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY};
    enum { COMMON = sizeof common / sizeof *common };
    const cl_int *own = NULL;
    size_t count = 0;
    for (size_t i = 0; i < sizeof own_codes / sizeof *own_codes; i++)
        if (strcmp(own_codes[i].call, call) == 0)
            own = own_codes[i].codes;
    while (own != NULL && count < MOST_CODES && own[count] != CL_SUCCESS)
        count++;
    fault_layer.code_count = COMMON + count;
    const size_t code = fault_layer.code % (COMMON + count);
    return code < COMMON ? common[code] : own[code - COMMON];
}

/* The error that this call has to give, or CL_SUCCESS. */
static cl_int fault(const char *call)
{
    if (!atomic_load(&fault_layer.armed))
        return CL_SUCCESS;
    const size_t number = atomic_fetch_add(&fault_layer.calls, 1) + 1;
    const bool hung_up = fault_layer.hangs_up && number >= fault_layer.fail_at;
    if (fault_layer.fail_at == 0 || (number != fault_layer.fail_at && !hung_up))
        return CL_SUCCESS;
    if (fault_layer.failed == NULL)
        fault_layer.failed = call;
    fault_layer.error = hung_up ? CL_DEVICE_NOT_AVAILABLE : code_of(call);
    return fault_layer.error;
}

static void count(enum object kind, int change)
{
    atomic_fetch_add(&fault_layer.alive[kind], change);
}

/* ---- Calls that give a status ---- */

#define STATUS_CALL(name, parameters, ...)                                                                   \
    static cl_int CL_API_CALL my_##name parameters                                                           \
    {                                                                                                        \
        const cl_int error = fault(#name);                                                                   \
        return error != CL_SUCCESS ? error : below->name(__VA_ARGS__);                                       \
    }

#define RETAIN_CALLS(kind, type, retain, release)                                                            \
    static cl_int CL_API_CALL my_##retain(type object)                                                       \
    {                                                                                                        \
        cl_int error = fault(#retain);                                                                       \
        if (error == CL_SUCCESS)                                                                             \
            error = below->retain(object);                                                                   \
        count(kind, error == CL_SUCCESS);                                                                    \
        return error;                                                                                        \
    }                                                                                                        \
    static cl_int CL_API_CALL my_##release(type object)                                                      \
    {                                                                                                        \
        const cl_int error = fault(#release), released = below->release(object);                             \
        count(kind, released == CL_SUCCESS ? -1 : 0);                                                        \
        return error != CL_SUCCESS ? error : released;                                                       \
    }

RETAIN_CALLS(CONTEXT, cl_context, clRetainContext, clReleaseContext)
RETAIN_CALLS(QUEUE, cl_command_queue, clRetainCommandQueue, clReleaseCommandQueue)
RETAIN_CALLS(MEM, cl_mem, clRetainMemObject, clReleaseMemObject)
RETAIN_CALLS(PROGRAM, cl_program, clRetainProgram, clReleaseProgram)
RETAIN_CALLS(KERNEL, cl_kernel, clRetainKernel, clReleaseKernel)
RETAIN_CALLS(EVENT, cl_event, clRetainEvent, clReleaseEvent)

STATUS_CALL(clGetPlatformIDs, (cl_uint size, cl_platform_id *ids, cl_uint *found), size, ids, found)
STATUS_CALL(clGetPlatformInfo,
            (cl_platform_id platform, cl_platform_info what, size_t size, void *value, size_t *needed),
            platform, what, size, value, needed)
STATUS_CALL(clGetCommandQueueInfo,
            (cl_command_queue queue, cl_command_queue_info what, size_t size, void *value, size_t *needed),
            queue, what, size, value, needed)
STATUS_CALL(clGetMemObjectInfo, (cl_mem mem, cl_mem_info what, size_t size, void *value, size_t *needed), mem,
            what, size, value, needed)
STATUS_CALL(clGetKernelInfo,
            (cl_kernel kernel, cl_kernel_info what, size_t size, void *value, size_t *needed), kernel, what,
            size, value, needed)
STATUS_CALL(clSetKernelArg, (cl_kernel kernel, cl_uint index, size_t size, const void *value), kernel, index,
            size, value)
STATUS_CALL(clFinish, (cl_command_queue queue), queue)
STATUS_CALL(clSetEventCallback,
            (cl_event event, cl_int when, void(CL_CALLBACK *notify)(cl_event, cl_int, void *), void *user),
            event, when, notify, user)
STATUS_CALL(clGetEventProfilingInfo,
            (cl_event event, cl_profiling_info what, size_t size, void *value, size_t *needed), event, what,
            size, value, needed)

static cl_int CL_API_CALL my_clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value,
                                            size_t *needed)
{
    cl_int error = fault("clGetEventInfo");
    if (error == CL_SUCCESS)
        error = below->clGetEventInfo(event, what, size, value, needed);
    if (error == CL_SUCCESS && what == CL_EVENT_COMMAND_EXECUTION_STATUS && fault_layer.commands_fail)
        *(cl_int *)value = CL_OUT_OF_RESOURCES;
    return error;
}

static cl_int CL_API_CALL my_clFlush(cl_command_queue queue)
{
    const cl_int error = fault("clFlush");
    fault_layer.flushed = queue;
    return error == CL_SUCCESS ? below->clFlush(queue) : error;
}

static cl_int CL_API_CALL my_clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint size,
                                            cl_device_id *ids, cl_uint *found)
{
    cl_int error = fault("clGetDeviceIDs");
    if (error == CL_SUCCESS && fault_layer.no_devices)
        error = CL_DEVICE_NOT_FOUND;
    return error != CL_SUCCESS ? error : below->clGetDeviceIDs(platform, type, size, ids, found);
}

/* What a nonsense device says of its limits, in whatever type the answer has. */
static void overwrite(cl_device_info what, size_t size, void *value)
{
    static const cl_device_info limits[] = {
        CL_DEVICE_MAX_COMPUTE_UNITS, CL_DEVICE_MAX_WORK_GROUP_SIZE, CL_DEVICE_MAX_WORK_ITEM_SIZES,
        CL_DEVICE_LOCAL_MEM_SIZE,    CL_DEVICE_GLOBAL_MEM_SIZE,     CL_DEVICE_MAX_MEM_ALLOC_SIZE,
        CL_DEVICE_ADDRESS_BITS,      CL_DEVICE_MAX_PARAMETER_SIZE,  CL_DEVICE_GLOBAL_MEM_CACHE_SIZE,
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const size_t width = size % sizeof(cl_ulong) == 0 ? sizeof(cl_ulong) : sizeof(cl_uint);
        for (size_t at = 0; what == limits[i] && at + width <= size; at += width)
            memcpy((char *)value + at, &fault_layer.limit, width); /* little-endian machines */
    }
}

static cl_int tell_extensions(size_t room, char *value, size_t *needed)
{
    const size_t size = strlen(fault_layer.extensions) + 1;
    if (needed != NULL)
        *needed = size;
    if (value != NULL && room >= size)
        memcpy(value, fault_layer.extensions, size);
    return value == NULL || room >= size ? CL_SUCCESS : CL_INVALID_VALUE;
}

static cl_int CL_API_CALL my_clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t size,
                                             void *value, size_t *needed)
{
    cl_int error = fault("clGetDeviceInfo");
    if (error == CL_SUCCESS && what == CL_DEVICE_EXTENSIONS && fault_layer.extensions != NULL)
        return tell_extensions(size, value, needed);
    if (error == CL_SUCCESS)
        error = below->clGetDeviceInfo(device, what, size, value, needed);
    if (error != CL_SUCCESS || value == NULL)
        return error;
    if (what == CL_DEVICE_COMPILER_AVAILABLE && fault_layer.no_compiler)
        *(cl_bool *)value = CL_FALSE;
    if (what == CL_DEVICE_SINGLE_FP_CONFIG && fault_layer.rounds_to_zero)
        *(cl_device_fp_config *)value = CL_FP_ROUND_TO_ZERO;
    if (fault_layer.has_limit)
        overwrite(what, size, value);
    return error;
}

/* ---- Programs ---- */

static cl_int CL_API_CALL my_clBuildProgram(cl_program program, cl_uint device_count,
                                            const cl_device_id *devices, const char *options,
                                            void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    const cl_int error = fault("clBuildProgram");
    if (error != CL_SUCCESS)
        return error;
    if (fault_layer.log_bytes > 0)
        return CL_BUILD_PROGRAM_FAILURE;
    return below->clBuildProgram(program, device_count, devices, options, notify, user);
}

/* A log of the size that was asked for: one line without an end, but for the driver's own zero. */
static cl_int CL_API_CALL my_clGetProgramBuildInfo(cl_program program, cl_device_id device,
                                                   cl_program_build_info what, size_t size, void *value,
                                                   size_t *needed)
{
    const cl_int error = fault("clGetProgramBuildInfo");
    if (error != CL_SUCCESS)
        return error;
    if (what != CL_PROGRAM_BUILD_LOG || fault_layer.log_bytes == 0)
        return below->clGetProgramBuildInfo(program, device, what, size, value, needed);
    if (value != NULL && size < fault_layer.log_bytes)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memset(value, 'x', fault_layer.log_bytes);
    if (needed != NULL)
        *needed = fault_layer.log_bytes;
    return CL_SUCCESS;
}

/* Devices, sizes and binaries: those of a device of the context that the program was not built for come
 * first. */
static cl_int second_slot(cl_program program, cl_program_info what, size_t size, void *value, size_t *needed)
{
    enum { SLOT = sizeof(void *) };
    if (needed != NULL)
        *needed = 2 * SLOT;
    if (value == NULL)
        return CL_SUCCESS;
    if (what != CL_PROGRAM_BINARIES) /* of those, the caller's NULL asks for none */
        memset(value, 0, SLOT);
    return below->clGetProgramInfo(program, what, size - SLOT, (char *)value + SLOT, NULL);
}

static cl_int CL_API_CALL my_clGetProgramInfo(cl_program program, cl_program_info what, size_t size,
                                              void *value, size_t *needed)
{
    cl_int error = fault("clGetProgramInfo");
    if (error == CL_SUCCESS && fault_layer.two_slots &&
        (what == CL_PROGRAM_DEVICES || what == CL_PROGRAM_BINARY_SIZES || what == CL_PROGRAM_BINARIES))
        return second_slot(program, what, size, value, needed);
    if (error == CL_SUCCESS)
        error = below->clGetProgramInfo(program, what, size, value, needed);
    if (error == CL_SUCCESS && what == CL_PROGRAM_BINARIES && value != NULL &&
        fault_layer.corrupts_binaries) {
        unsigned char *binary = *(unsigned char **)value;
        for (size_t i = 0; binary != NULL && i < 64; i++) /* no driver's binary is as short */
            binary[i] ^= 0x5a;
    }
    return error;
}

/* ---- Calls that make objects ---- */

#define OBJECT_CALL(kind, type, name, parameters, ...)                                                       \
    static type CL_API_CALL my_##name parameters                                                             \
    {                                                                                                        \
        const cl_int error = fault(#name);                                                                   \
        if (error != CL_SUCCESS) {                                                                           \
            if (error_back != NULL)                                                                          \
                *error_back = error;                                                                         \
            return NULL;                                                                                     \
        }                                                                                                    \
        type made = below->name(__VA_ARGS__, error_back);                                                    \
        count(kind, made != NULL);                                                                           \
        return made;                                                                                         \
    }

OBJECT_CALL(CONTEXT, cl_context, clCreateContext,
            (const cl_context_properties *properties, cl_uint device_count, const cl_device_id *devices,
             void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
             cl_int *error_back),
            properties, device_count, devices, notify, user)
OBJECT_CALL(QUEUE, cl_command_queue, clCreateCommandQueue,
            (cl_context context, cl_device_id device, cl_command_queue_properties properties,
             cl_int *error_back),
            context, device, properties)
OBJECT_CALL(MEM, cl_mem, clCreateBuffer,
            (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *error_back), context,
            flags, size, host)
OBJECT_CALL(PROGRAM, cl_program, clCreateProgramWithSource,
            (cl_context context, cl_uint string_count, const char **strings, const size_t *lengths,
             cl_int *error_back),
            context, string_count, strings, lengths)
OBJECT_CALL(PROGRAM, cl_program, clCreateProgramWithBinary,
            (cl_context context, cl_uint device_count, const cl_device_id *devices, const size_t *lengths,
             const unsigned char **binaries, cl_int *status, cl_int *error_back),
            context, device_count, devices, lengths, binaries, status)
OBJECT_CALL(EVENT, cl_event, clCreateUserEvent, (cl_context context, cl_int *error_back), context)
OBJECT_CALL(KERNEL, cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *error_back),
            program, name)

/* ---- Commands: each may make an event ---- */

#define COMMAND_CALL(name, parameters, ...)                                                                  \
    static cl_int CL_API_CALL my_##name parameters                                                           \
    {                                                                                                        \
        cl_int error = fault(#name);                                                                         \
        fault_layer.waits += wait_count;                                                                     \
        if (error == CL_SUCCESS)                                                                             \
            error = below->name(__VA_ARGS__, wait_count, wait_list, event);                                  \
        count(EVENT, error == CL_SUCCESS && event != NULL);                                                  \
        return error;                                                                                        \
    }
#define WAITS cl_uint wait_count, const cl_event *wait_list, cl_event *event

COMMAND_CALL(clEnqueueNDRangeKernel,
             (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
              const size_t *global, const size_t *local, WAITS),
             queue, kernel, dimensions, offset, global, local)
COMMAND_CALL(clEnqueueReadBuffer,
             (cl_command_queue queue, cl_mem mem, cl_bool waits, size_t offset, size_t size, void *to, WAITS),
             queue, mem, waits, offset, size, to)
COMMAND_CALL(clEnqueueWriteBuffer,
             (cl_command_queue queue, cl_mem mem, cl_bool waits, size_t offset, size_t size, const void *from,
              WAITS),
             queue, mem, waits, offset, size, from)
COMMAND_CALL(clEnqueueFillBuffer,
             (cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_size, size_t offset,
              size_t size, WAITS),
             queue, mem, pattern, pattern_size, offset, size)
COMMAND_CALL(clEnqueueMarkerWithWaitList, (cl_command_queue queue, WAITS), queue)

static void replace_calls(void)
{
#define REPLACE(name) layer.name = my_##name
    REPLACE(clGetPlatformIDs);
    REPLACE(clGetPlatformInfo);
    REPLACE(clGetDeviceIDs);
    REPLACE(clGetDeviceInfo);
    REPLACE(clCreateContext);
    REPLACE(clRetainContext);
    REPLACE(clReleaseContext);
    REPLACE(clCreateCommandQueue);
    REPLACE(clRetainCommandQueue);
    REPLACE(clReleaseCommandQueue);
    REPLACE(clGetCommandQueueInfo);
    REPLACE(clCreateBuffer);
    REPLACE(clRetainMemObject);
    REPLACE(clReleaseMemObject);
    REPLACE(clGetMemObjectInfo);
    REPLACE(clCreateProgramWithSource);
    REPLACE(clCreateProgramWithBinary);
    REPLACE(clRetainProgram);
    REPLACE(clReleaseProgram);
    REPLACE(clBuildProgram);
    REPLACE(clGetProgramInfo);
    REPLACE(clGetProgramBuildInfo);
    REPLACE(clCreateKernel);
    REPLACE(clRetainKernel);
    REPLACE(clReleaseKernel);
    REPLACE(clSetKernelArg);
    REPLACE(clGetKernelInfo);
    REPLACE(clRetainEvent);
    REPLACE(clReleaseEvent);
    REPLACE(clSetEventCallback);
    REPLACE(clGetEventProfilingInfo);
    REPLACE(clFinish);
    REPLACE(clFlush);
    REPLACE(clGetEventInfo);
    REPLACE(clCreateUserEvent);
    REPLACE(clEnqueueNDRangeKernel);
    REPLACE(clEnqueueReadBuffer);
    REPLACE(clEnqueueWriteBuffer);
    REPLACE(clEnqueueFillBuffer);
    REPLACE(clEnqueueMarkerWithWaitList);
}
