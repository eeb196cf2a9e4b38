#include "execute/context.h"

#include "base/env.h"
#include "base/fork.h"
#include "base/log.h"
#include "devices/device_list.h"
#include "execute/context_options.h"
#include "execute/tuning.h"
#include <stdlib.h>

static clnorm_status allocate(clnorm_context **context)
{
    *context = calloc(1, sizeof **context);
    if (!*context)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a context of %zu bytes", sizeof **context);
    atomic_init(&(*context)->references, 1);
    atomic_init(&(*context)->kernels, CLNORM_KERNELS_AUTO);
    atomic_init(&(*context)->processor, 0);
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        atomic_init(&(*context)->tuning[i], 0);
        atomic_init(&(*context)->stored[i], 0);
    }
    return CLNORM_OK;
}

void context_retain(clnorm_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
}

void context_release(clnorm_context *context)
{
    if (!context || is_forked() ||
        atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) > 1)
        return;
    if (context->programs)
        program_store_destroy(context->programs);
    if (context->own_queue)
        clReleaseCommandQueue(context->own_queue);
    if (context->queue)
        clReleaseCommandQueue(context->queue);
    if (context->context)
        clReleaseContext(context->context);
    free(context->directories.cache);
    free(context->directories.kernels);
    free(context->directories.binaries);
    free(context);
}

/* The device that the options name, and its platform. */
static clnorm_status choose(const clnorm_context_options *options, cl_platform_id *platform, cl_device_id *id)
{
    char from_environment[ENV_DEVICE_SIZE];
    clnorm_device_list *list = NULL;
    const clnorm_device *device = NULL;
    clnorm_status status = CLNORM_OK;

    const bool by_environment = !options->device && !options->ignore_environment;
    const char *choice = options->device ? options->device : "";
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
static clnorm_status open_device(clnorm_context *context, const clnorm_context_options *options)
{
    cl_platform_id platform = NULL;
    clnorm_status status = choose(options, &platform, &context->device);
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

/* Queries the device, and refuses one that cannot keep the error bounds. */
static clnorm_status examine(clnorm_context *context)
{
    char *name = NULL;
    clnorm_status status = device_caps(context->device, &context->caps);
    if (status != CLNORM_OK || context->caps.nearest)
        return status;
    status = device_text(context->device, CL_DEVICE_NAME, &name);
    if (status == CLNORM_OK)
        status =
            fail(CLNORM_UNSUPPORTED_DEVICE,
                 "%.160s cannot round to nearest (CL_DEVICE_SINGLE_FP_CONFIG lacks "
                 "CL_FP_ROUND_TO_NEAREST, as the embedded profile allows), which every result relies on; "
                 "another device must be named",
                 name);
    free(name);
    return status;
}

/* What every context has, whoever owns its queue. */
static clnorm_status equip(clnorm_context *context)
{
    clnorm_status status = examine(context);
    if (status != CLNORM_OK)
        return status;
    cl_int error = CL_SUCCESS;
    context->own_queue = clCreateCommandQueue(context->context, context->device, 0, &error);
    if (!context->own_queue)
        return fail_opencl(error, "clCreateCommandQueue");
    status = program_store_create(&context->programs, context->context, context->device,
                                  &context->directories, context->verify);
    if (status == CLNORM_OK)
        context_load_tuning(context);
    return status;
}

static clnorm_status create(clnorm_context **context, const clnorm_context_options *given)
{
    clnorm_context *made = NULL;
    clnorm_context_options options;
    if (!context)
        return fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a place for it is needed");
    clnorm_status status = context_options_import(&options, given);
    if (status == CLNORM_OK)
        status = fork_check();
    if (status == CLNORM_OK)
        status = allocate(&made);
    if (status == CLNORM_OK)
        status = context_options_apply(&options, made);
    if (status == CLNORM_OK)
        status = options.queue ? adopt_queue(made, options.queue) : open_device(made, &options);
    if (status == CLNORM_OK)
        status = equip(made);
    if (status != CLNORM_OK) {
        context_release(made);
        return status;
    }
    *context = made;
    return CLNORM_OK;
}

clnorm_status clnorm_context_create_with(clnorm_context **context, const clnorm_context_options *options)
{
    return log_failure(create(context, options));
}

clnorm_status clnorm_context_create(clnorm_context **context, const char *device)
{
    clnorm_context_options options = clnorm_context_defaults();
    options.device = device;
    return clnorm_context_create_with(context, &options);
}

clnorm_status clnorm_context_from_queue(clnorm_context **context, cl_command_queue queue)
{
    clnorm_context_options options = clnorm_context_defaults();
    options.queue = queue;
    if (context && !queue)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "queue is NULL; a command queue is needed"));
    return clnorm_context_create_with(context, &options);
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
    const clnorm_status status = check_kernels(kernels);
    if (status == CLNORM_OK)
        atomic_store(&context->kernels, kernels);
    return log_failure(status);
}

/* The default schedule of a device. Without a compiler it is fpga, whatever the type: only those kernels can
 * be compiled ahead of time. */
static clnorm_kernels schedule_of(const caps *device)
{
    const cl_device_type class = device_class(device->type);
    if (class == CL_DEVICE_TYPE_ACCELERATOR || !device->compiler)
        return CLNORM_KERNELS_FPGA;
    return class == CL_DEVICE_TYPE_GPU || device->no_wide_vectors ? CLNORM_KERNELS_GPU : CLNORM_KERNELS_CPU;
}

clnorm_status context_schedule(const clnorm_context *context, clnorm_kernels *schedule)
{
    clnorm_kernels kernels = atomic_load(&context->kernels);
    if (kernels == CLNORM_KERNELS_AUTO && !context->ignores_environment) {
        clnorm_status status = env_kernels(&kernels);
        if (status != CLNORM_OK)
            return status;
    }
    *schedule = kernels == CLNORM_KERNELS_AUTO ? schedule_of(&context->caps) : kernels;
    return CLNORM_OK;
}
