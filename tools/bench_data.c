#include "bench_data.h"

#include "command.h"
#include "device_buffer.h"
#include "selftest_data.h"

#include <stdlib.h>
#include <string.h>

/* The length of the pattern of values. It is a prime, so that rows or planes do not repeat values. */
enum { PATTERN_COUNT = 1048573 };

static bool needs_any_output(const clnorm_mode_info *mode)
{
    for (size_t i = 0; i < mode->buffer_count; i++)
        if (mode->buffers[i]->role == CLNORM_ROLE_OUTPUT && mode->buffers[i]->required)
            return true;
    return false;
}

static bool is_given(const clnorm_mode_info *mode, const clnorm_buffer_info *buffer)
{
    return buffer->role != CLNORM_ROLE_OUTPUT || buffer->required || !needs_any_output(mode);
}

static cl_int write_pattern(cl_command_queue queue, cl_mem mem, size_t count, const float *pattern)
{
    cl_int error = CL_SUCCESS;
    for (size_t at = 0; at < count && error == CL_SUCCESS; at += PATTERN_COUNT) {
        size_t part = count - at < PATTERN_COUNT ? count - at : PATTERN_COUNT;
        error = clEnqueueWriteBuffer(queue, mem, CL_TRUE, at * sizeof(float), part * sizeof(float), pattern,
                                     0, NULL, NULL);
    }
    return error;
}

/* Fills results, too, so that their memory is mapped before anything is timed. */
static int create_filled(bench_data *data, clnorm_context *context, const bench_case *c,
                         const clnorm_buffer_info *info, float *pattern)
{
    clnorm_tensor tensor = clnorm_op_buffer_tensor(&c->op, info);
    size_t count = clnorm_tensor_span(&tensor);
    cl_mem *mem = &clnorm_buffers_field(&data->buffers, info)->mem;
    int status = create_device_buffer(mem, context, info->name, count * sizeof(float), NULL);
    if (status != EXIT_DONE)
        return status;

    random_state random = {1 + info->offset};
    for (size_t i = 0; i < count && i < PATTERN_COUNT; i++)
        pattern[i] = data_value(&random, info, DATA_NORMAL);
    cl_int error = write_pattern(clnorm_context_cl_queue(context), *mem, count, pattern);
    return error == CL_SUCCESS
               ? EXIT_DONE
               : complain(EXIT_FAILED, "%s cannot be filled (OpenCL error %d)", info->name, error);
}

/* The copy goes from x to y (or dx), so that it finds the same data in the cache as the operation does. */
static int choose_target(bench_data *data, clnorm_context *context, const bench_case *c)
{
    data->x_bytes = clnorm_tensor_span(&c->op.x) * sizeof(float);
    data->copy_target = data->buffers.y.mem ? data->buffers.y.mem : data->buffers.dx.mem;
    if (data->copy_target)
        return EXIT_DONE;
    data->own_target = true;
    return create_device_buffer(&data->copy_target, context, "a copy of x", data->x_bytes, NULL);
}

int bench_data_create(bench_data *data, clnorm_context *context, const bench_case *c)
{
    *data = (bench_data){.buffers = clnorm_buffers_none()};
    float *pattern = malloc(PATTERN_COUNT * sizeof *pattern);
    if (!pattern)
        return complain(EXIT_FAILED, "out of memory");
    int status = EXIT_DONE;
    for (size_t i = 0; i < c->mode->buffer_count && status == EXIT_DONE; i++)
        if (is_given(c->mode, c->mode->buffers[i]))
            status = create_filled(data, context, c, c->mode->buffers[i], pattern);
    free(pattern);
    return status == EXIT_DONE ? choose_target(data, context, c) : status;
}

void bench_data_destroy(bench_data *data, const bench_case *c)
{
    for (size_t i = 0; i < c->mode->buffer_count; i++) {
        cl_mem mem = clnorm_buffers_field(&data->buffers, c->mode->buffers[i])->mem;
        if (mem)
            clReleaseMemObject(mem);
    }
    if (data->own_target && data->copy_target)
        clReleaseMemObject(data->copy_target);
}
