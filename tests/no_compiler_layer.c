/*
 * An OpenCL layer, for OPENCL_LAYERS: devices say that they have no compiler, and what was created from
 * source cannot be built. What comes from a binary can.
 */
#define LAYER_NAME "no compiler"
#include "layer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SOURCES = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static cl_program sources[MAX_SOURCES]; /* programs that were created from source; handles may come again */
static size_t source_count;

static bool is_source(cl_program program)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < source_count; i++)
        found = found || sources[i] == program;
    pthread_mutex_unlock(&lock);
    return found;
}

static void forget_source(cl_program program)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < source_count; i++)
        if (sources[i] == program)
            sources[i--] = sources[--source_count];
    pthread_mutex_unlock(&lock);
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value,
                                          size_t *size_back)
{
    const cl_int error = below->clGetDeviceInfo(device, name, size, value, size_back);
    const bool asked = name == CL_DEVICE_COMPILER_AVAILABLE || name == CL_DEVICE_LINKER_AVAILABLE;
    if (asked && error == CL_SUCCESS && value != NULL)
        *(cl_bool *)value = CL_FALSE;
    return error;
}

static cl_program CL_API_CALL create_with_source(cl_context context, cl_uint count, const char **strings,
                                                 const size_t *lengths, cl_int *error)
{
    cl_program program = below->clCreateProgramWithSource(context, count, strings, lengths, error);
    if (program == NULL)
        return NULL;
    forget_source(program);
    pthread_mutex_lock(&lock);
    if (source_count == MAX_SOURCES) {
        fprintf(stderr, "no_compiler_layer: too many programs\n");
        abort();
    }
    sources[source_count++] = program;
    pthread_mutex_unlock(&lock);
    return program;
}

static cl_program CL_API_CALL create_with_binary(cl_context context, cl_uint count,
                                                 const cl_device_id *devices, const size_t *lengths,
                                                 const unsigned char **binaries, cl_int *status,
                                                 cl_int *error)
{
    cl_program program =
        below->clCreateProgramWithBinary(context, count, devices, lengths, binaries, status, error);
    if (program != NULL)
        forget_source(program);
    return program;
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *devices,
                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                                void *user)
{
    if (is_source(program))
        return CL_COMPILER_NOT_AVAILABLE;
    return below->clBuildProgram(program, count, devices, options, notify, user);
}

static cl_int CL_API_CALL compile(cl_program program, cl_uint count, const cl_device_id *devices,
                                  const char *options, cl_uint header_count, const cl_program *headers,
                                  const char **names, void(CL_CALLBACK *notify)(cl_program, void *),
                                  void *user)
{
    (void)program, (void)count, (void)devices, (void)options, (void)header_count, (void)headers;
    (void)names, (void)notify, (void)user;
    return CL_COMPILER_NOT_AVAILABLE;
}

static void replace_calls(void)
{
    layer.clGetDeviceInfo = get_device_info;
    layer.clCreateProgramWithSource = create_with_source;
    layer.clCreateProgramWithBinary = create_with_binary;
    layer.clBuildProgram = build;
    layer.clCompileProgram = compile;
}
