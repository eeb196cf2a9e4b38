#include "context.h"

#include "device.h"
#include "env.h"
#include "log.h"
#include <stdlib.h>

static clnorm_status allocate(clnorm_context **context)
{
    *context = calloc(1, sizeof **context);
    if (!*context)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a context of %zu bytes", sizeof **context);
    atomic_init(&(*context)->references, 1);
    atomic_init(&(*context)->kernels, CLNORM_KERNELS_AUTO);
    return CLNORM_OK;
}

void context_retain(clnorm_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
}

void context_release(clnorm_context *context)
{
    if (!context || atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) > 1)
        return;
    if (context->programs)
        program_store_destroy(context->programs);
    if (context->warm_up_queue)
        clReleaseCommandQueue(context->warm_up_queue);
    if (context->queue)
        clReleaseCommandQueue(context->queue);
    if (context->context)
        clReleaseContext(context->context);
    free(context);
}

/* The device that `choice` names, and its platform; NULL is CLNORM_DEVICE. */
static clnorm_status choose(const char *choice, cl_platform_id *platform, cl_device_id *id)
{
    char from_environment[ENV_DEVICE_SIZE];
    clnorm_device_list *list = NULL;
    const clnorm_device *device = NULL;
    clnorm_status status = CLNORM_OK;

    const bool by_environment = !choice;
    if (by_environment) {
        status = env_device(from_environment, sizeof from_environment);
        choice = from_environment;
    }
    if (status == CLNORM_OK)
        status = device_list_create(&list, choice);
    if (status == CLNORM_OK) {
        status = device_list_choose(list, choice, &device);
        if (status != CLNORM_OK && by_environment && *choice != '\0')
            fail(status, "CLNORM_DEVICE: %s", clnorm_last_error());
    }
    if (status == CLNORM_OK) {
        log_line(CLNORM_LOG_INFO, "device %u:%u %s %s (%s, %s)", device->platform, device->device,
                 device->type, device->name, device->platform_name, device->version);
        *platform = device->platform_id;
        *id = device->device_id;
    }
    clnorm_device_list_destroy(list);
    return status;
}

/* The OpenCL context and queue of a context of our own. */
static clnorm_status open_device(clnorm_context *context, const char *choice)
{
    cl_platform_id platform = NULL;
    clnorm_status status = choose(choice, &platform, &context->device);
    if (status != CLNORM_OK)
        return status;

    cl_int error = CL_SUCCESS;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    context->context = clCreateContext(properties, 1, &context->device, NULL, NULL, &error);
    if (!context->context)
        return fail_opencl(error, "clCreateContext");
    cl_command_queue_properties profile =
        log_wants(CLNORM_LOG_PROFILE) ? (cl_command_queue_properties)CL_QUEUE_PROFILING_ENABLE : 0;
    context->queue = clCreateCommandQueue(context->context, context->device, profile, &error);
    return context->queue ? CLNORM_OK : fail_opencl(error, "clCreateCommandQueue");
}

/* The OpenCL context and queue of the application's. */
static clnorm_status adopt_queue(clnorm_context *context, cl_command_queue queue)
{
    cl_context owner = NULL;
    cl_int error = clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof owner, &owner, NULL);
    if (error == CL_SUCCESS)
        error = clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof context->device, &context->device, NULL);
    if (error == CL_INVALID_COMMAND_QUEUE)
        return fail(CLNORM_INVALID_QUEUE, "queue is not a command queue");
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetCommandQueueInfo");

    error = clRetainCommandQueue(queue);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clRetainCommandQueue");
    context->queue = queue;
    error = clRetainContext(owner);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clRetainContext");
    context->context = owner;
    return CLNORM_OK;
}

/* What every context has, whoever owns its queue. */
static clnorm_status equip(clnorm_context *context)
{
    clnorm_status status = device_caps(context->device, &context->caps);
    if (status != CLNORM_OK)
        return status;
    cl_int error = CL_SUCCESS;
    context->warm_up_queue = clCreateCommandQueue(context->context, context->device, 0, &error);
    if (!context->warm_up_queue)
        return fail_opencl(error, "clCreateCommandQueue");
    return program_store_create(&context->programs, context->context, context->device);
}

/* With `queue` on it, else on a queue of our own on the device that `choice` names. */
static clnorm_status create(clnorm_context **context, cl_command_queue queue, const char *choice)
{
    clnorm_context *made = NULL;
    clnorm_status status = allocate(&made);
    if (status == CLNORM_OK)
        status = queue ? adopt_queue(made, queue) : open_device(made, choice);
    if (status == CLNORM_OK)
        status = equip(made);
    if (status != CLNORM_OK) {
        context_release(made);
        return status;
    }
    *context = made;
    return CLNORM_OK;
}

clnorm_status clnorm_context_create(clnorm_context **context, const char *device)
{
    if (!context)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a place for it is needed"));
    return log_failure(create(context, NULL, device));
}

clnorm_status clnorm_context_from_queue(clnorm_context **context, cl_command_queue queue)
{
    if (!context)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a place for it is needed"));
    if (!queue)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "queue is NULL; a command queue is needed"));
    return log_failure(create(context, queue, NULL));
}

void clnorm_context_destroy(clnorm_context *context)
{
    context_release(context);
}

cl_context clnorm_context_cl_context(const clnorm_context *context)
{
    return context ? context->context : NULL;
}

cl_device_id clnorm_context_cl_device(const clnorm_context *context)
{
    return context ? context->device : NULL;
}

cl_command_queue clnorm_context_cl_queue(const clnorm_context *context)
{
    return context ? context->queue : NULL;
}

clnorm_status clnorm_context_set_kernels(clnorm_context *context, clnorm_kernels kernels)
{
    if (!context)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a context is needed"));
    switch (kernels) {
    case CLNORM_KERNELS_AUTO:
    case CLNORM_KERNELS_CPU:
    case CLNORM_KERNELS_GPU:
    case CLNORM_KERNELS_FPGA:
        atomic_store(&context->kernels, kernels);
        return CLNORM_OK;
    }
    return log_failure(fail(CLNORM_INVALID_ARGUMENT,
                            "kernels is %d; allowed are AUTO, CPU, GPU and FPGA (0 to 3)", (int)kernels));
}

/* A device that cannot compile is loaded with the fpga kernels, whatever it is. */
static clnorm_kernels schedule_of(const caps *device)
{
    const cl_device_type class = device_class(device->type);
    if (class == CL_DEVICE_TYPE_ACCELERATOR || !device->compiler)
        return CLNORM_KERNELS_FPGA;
    return class == CL_DEVICE_TYPE_GPU ? CLNORM_KERNELS_GPU : CLNORM_KERNELS_CPU;
}

clnorm_status context_schedule(const clnorm_context *context, clnorm_kernels *schedule)
{
    clnorm_kernels kernels = atomic_load(&context->kernels);
    if (kernels == CLNORM_KERNELS_AUTO) {
        clnorm_status status = env_kernels(&kernels);
        if (status != CLNORM_OK)
            return status;
    }
    *schedule = kernels == CLNORM_KERNELS_AUTO ? schedule_of(&context->caps) : kernels;
    return CLNORM_OK;
}
