#include "execute/launch.h"

#include "execute/queue.h"

#include <string.h>

static cl_int set_index(cl_kernel kernel, cl_uint index, unsigned bits, uint64_t number)
{
    if (bits == 64) {
        const cl_ulong wide = number;
        return clSetKernelArg(kernel, index, sizeof wide, &wide);
    }
    const cl_uint narrow = (cl_uint)number;
    return clSetKernelArg(kernel, index, sizeof narrow, &narrow);
}

static cl_int set_pointer(cl_kernel kernel, cl_uint index, cl_mem memory)
{
    return clSetKernelArg(kernel, index, sizeof memory, memory == NULL ? NULL : &memory);
}

static cl_int set_offset(cl_kernel kernel, cl_uint index, uint64_t offset)
{
    const cl_ulong elements = offset;
    return clSetKernelArg(kernel, index, sizeof elements, &elements);
}

static cl_int set_axes(cl_kernel kernel, cl_uint index, const uint64_t *axes)
{
    cl_ulong8 vector;
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK; axis++)
        vector.s[axis] = axes[axis];
    return clSetKernelArg(kernel, index, sizeof vector, &vector);
}

static cl_int set_scalar(cl_kernel kernel, cl_uint index, unsigned index_bits, const argument *a)
{
    switch (a->kind) {
    case ARGUMENT_INDEX:
        return set_index(kernel, index, index_bits, a->number);
    case ARGUMENT_ULONG:
        return set_index(kernel, index, 64, a->number);
    case ARGUMENT_UINT:
        return set_index(kernel, index, 32, a->number);
    case ARGUMENT_INT:
        return clSetKernelArg(kernel, index, sizeof a->integer, &a->integer);
    case ARGUMENT_REAL:
        return clSetKernelArg(kernel, index, sizeof a->real, &a->real);
    case ARGUMENT_AXES:
        return set_axes(kernel, index, a->axes);
    case ARGUMENT_BUFFER:
    case ARGUMENT_SCRATCH:
        break;
    }
    return CL_INVALID_ARG_INDEX;
}

/* Sets all scalars, makes every pointer null, and notes which of them executions bind. */
static cl_int set_arguments(launch *made, const step *s)
{
    cl_uint index = 0;
    cl_int error = CL_SUCCESS;
    for (size_t i = 0; error == CL_SUCCESS && i < s->arguments.count; i++) {
        const argument *a = &s->arguments.items[i];
        if (a->kind != ARGUMENT_BUFFER && a->kind != ARGUMENT_SCRATCH) {
            error = set_scalar(made->kernel, index++, s->index_bits, a);
            continue;
        }
        error = set_pointer(made->kernel, index, NULL);
        if (error == CL_SUCCESS)
            error = set_offset(made->kernel, index + 1, 0);
        if (a->kind == ARGUMENT_SCRATCH)
            made->bindings[made->binding_count++] = (struct binding){index, true, 0, a->number, 0};
        else if (a->field != NO_BUFFER)
            made->bindings[made->binding_count++] = (struct binding){index, false, a->field, 0, 0};
        index += 2;
    }
    return error;
}

clnorm_status launch_create(launch *made, cl_program program, const step *s)
{
    cl_int error;
    memset(made, 0, sizeof *made);
    made->name = s->kernel;
    made->dimensions = s->dimensions;
    memcpy(made->global, s->global, sizeof made->global);
    memcpy(made->local, s->local, sizeof made->local);
    made->kernel = clCreateKernel(program, s->kernel, &error);
    if (made->kernel == NULL)
        return fail_opencl(error, "clCreateKernel");
    error = set_arguments(made, s);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clSetKernelArg");
}

/* As it will be run, but with no work, which is its first argument. */
clnorm_status launch_warm_up(const launch *made, const step *s, const clnorm_context *context)
{
    if (context->caps.no_guarded_loads) /* the buffers are still null */
        return CLNORM_OK;
    cl_int error = set_index(made->kernel, 0, s->index_bits, 0);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clSetKernelArg");
    clnorm_status status = launch_enqueue(made, context->own_queue, 0, NULL, NULL);
    if (status == CLNORM_OK)
        status = queue_finish(context, context->own_queue);
    if (status != CLNORM_OK)
        return status;
    error = set_scalar(made->kernel, 0, s->index_bits, &s->arguments.items[0]);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clSetKernelArg");
}

void launch_destroy(launch *made)
{
    if (made->kernel != NULL)
        clReleaseKernel(made->kernel);
    made->kernel = NULL;
}

clnorm_status launch_bind(launch *bound, const clnorm_buffers *buffers, clnorm_buffer scratch)
{
    for (size_t i = 0; i < bound->binding_count; i++) {
        struct binding *b = &bound->bindings[i];
        const clnorm_buffer *place =
            b->scratch ? &scratch : (const clnorm_buffer *)(const void *)((const char *)buffers + b->field);
        const uint64_t offset = place->offset / sizeof(cl_float) + b->offset;
        cl_int error = set_pointer(bound->kernel, b->index, place->mem);
        if (error == CL_SUCCESS && offset != b->bound)
            error = set_offset(bound->kernel, b->index + 1, offset);
        if (error != CL_SUCCESS)
            return fail_opencl(error, "clSetKernelArg");
        b->bound = offset;
    }
    return CLNORM_OK;
}

clnorm_status launch_enqueue(const launch *bound, cl_command_queue queue, cl_uint n_wait,
                             const cl_event *wait_list, cl_event *event)
{
    const cl_int error = clEnqueueNDRangeKernel(queue, bound->kernel, bound->dimensions, NULL, bound->global,
                                                bound->local, n_wait, n_wait > 0 ? wait_list : NULL, event);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clEnqueueNDRangeKernel");
}
