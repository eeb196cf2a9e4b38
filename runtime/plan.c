#include "plan.h"
#include "buffers.h"
#include "choose.h"
#include "context.h"
#include "launch.h"
#include "log.h"
#include "ops/op.h"
#include "profile.h"
#include "queue.h"
#include "scratch.h"
#include "tensor.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct clnorm_plan {
    clnorm_context *context;
    clnorm_op op;
    const clnorm_op_info *info;
    char variant[48];
    size_t least_bytes;

    launch launches[MAX_STEPS];
    size_t launch_count;
    buffer_needs needs;

    /* Held while arguments are set and steps enqueued: kernels and scratch are the plan's alone. */
    pthread_mutex_t lock;
    scratch scratch;
};

/* ---- Creating ---- */

static size_t least_bytes(const clnorm_op *op, const clnorm_op_info *info)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(info, op->mode);
    size_t bytes = 0;
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = &mode->buffers[i];
        if (!buffer->required && buffer->shape != CLNORM_SHAPE_DX)
            continue;
        const clnorm_tensor tensor = clnorm_op_buffer_tensor(op, buffer);
        const bool written = buffer->role != CLNORM_ROLE_INPUT;
        const size_t times = written && clnorm_op_reads(op, buffer) ? 2 : 1;
        bytes += times * tensor_elements(&tensor) * dtype_size(tensor.dtype);
    }
    return bytes;
}

static clnorm_status allocate(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op)
{
    const op_definition *definition;
    clnorm_op imported;
    const clnorm_status status = op_import(op, &imported, &definition);
    if (status != CLNORM_OK)
        return status;
    clnorm_plan *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a plan of %zu bytes", sizeof *made);
    }
    made->op = imported;
    made->info = &definition->info;
    made->least_bytes = least_bytes(&made->op, made->info);
    buffers_need(&made->needs, &made->op, made->info, context->context);
    context_retain(context);
    made->context = context;
    *plan = made;
    return CLNORM_OK;
}

/* From a step to a kernel that has run once. */
static clnorm_status build(clnorm_plan *plan, const step *s)
{
    const program_request request = {s->sources, s->source_count, s->options, s->kernel};
    cl_program program = NULL;
    program_origin origin;
    clnorm_status status = program_get(plan->context->programs, &request, &program, &origin);
    if (status != CLNORM_OK)
        return status;
    status = launch_create(&plan->launches[plan->launch_count++], program, s, plan->context->warm_up_queue);
    clReleaseProgram(program);
    if (status == CLNORM_OK && origin == PROGRAM_FROM_SOURCE)
        program_save(plan->context->programs, &request);
    return status;
}

static clnorm_status prepare(clnorm_plan *plan)
{
    clnorm_kernels schedule;
    clnorm_status status = context_schedule(plan->context, &schedule);
    if (status != CLNORM_OK)
        return status;
    problem p = {.one_path = schedule == CLNORM_KERNELS_FPGA};
    if (tensor_elements(&plan->op.x) > 0)
        op_find(plan->op.kind)->lower(&plan->op, &p);
    choice chosen;
    status = choose(&p, &plan->context->caps, schedule, &chosen);
    if (status != CLNORM_OK)
        return status;
    memcpy(plan->variant, chosen.variant, sizeof plan->variant);
    log_line(CLNORM_LOG_DISPATCH, "%s: %s%s%s", plan->info->name, chosen.variant,
             chosen.refusals[0] != '\0' ? "; refused " : "", chosen.refusals);
    for (size_t i = 0; status == CLNORM_OK && i < chosen.step_count; i++)
        status = build(plan, &chosen.steps[i]);
    plan->needs.scratch_bytes = plan->scratch.bytes = chosen.scratch_bytes;
    return status == CLNORM_OK ? scratch_make(&plan->scratch, plan->context->context) : status;
}

clnorm_status plan_create(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op)
{
    clnorm_plan *made = NULL;
    clnorm_status status = allocate(&made, context, op);
    if (status == CLNORM_OK)
        status = prepare(made);
    if (status != CLNORM_OK) {
        clnorm_plan_destroy(made);
        return status;
    }
    *plan = made;
    return CLNORM_OK;
}

clnorm_status clnorm_plan_create(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op)
{
    if (plan == NULL || context == NULL)
        return log_failure(
            fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given", plan == NULL ? "plan" : "context"));
    return log_failure(plan_create(plan, context, op));
}

void clnorm_plan_destroy(clnorm_plan *plan)
{
    if (plan == NULL)
        return;
    /* OpenCL keeps kernels and memory for as long as commands in flight need them. */
    for (size_t i = 0; i < plan->launch_count; i++)
        launch_destroy(&plan->launches[i]);
    scratch_abandon(&plan->scratch);
    pthread_mutex_destroy(&plan->lock);
    context_release(plan->context);
    free(plan);
}

/* ---- Executing ---- */

/* One execution on its way into a queue. */
typedef struct submission {
    cl_command_queue queue;
    bool in_order, profiles;
    cl_uint n_wait; /* the caller's wait list, and room for the scratch's event */
    const cl_event *wait_list;
    cl_event *event;
} submission;

static clnorm_status ask_queue(submission *s)
{
    cl_command_queue_properties properties = 0;
    const cl_int error =
        clGetCommandQueueInfo(s->queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetCommandQueueInfo");
    s->in_order = (properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE) == 0;
    s->profiles = (properties & CL_QUEUE_PROFILING_ENABLE) != 0 && log_wants(CLNORM_LOG_PROFILE);
    return CLNORM_OK;
}

/* Enqueues every step, each after the one before. *last is the last step's event if `wants_last`. */
static clnorm_status enqueue_steps(const clnorm_plan *plan, const submission *s, bool wants_last,
                                   cl_event *last)
{
    clnorm_status status = CLNORM_OK;
    cl_event before = NULL;
    for (size_t i = 0; status == CLNORM_OK && i < plan->launch_count; i++) {
        const bool is_last = i + 1 == plan->launch_count;
        const bool wants_event = s->profiles || (is_last ? wants_last : !s->in_order);
        const cl_uint n_wait = i == 0 ? s->n_wait : before != NULL ? 1 : 0;
        cl_event after = NULL;
        status = launch_enqueue(&plan->launches[i], s->queue, n_wait, i == 0 ? s->wait_list : &before,
                                wants_event ? &after : NULL);
        if (status == CLNORM_OK && s->profiles)
            profile_watch(after, plan->launches[i].name);
        if (before != NULL)
            clReleaseEvent(before);
        before = after;
    }
    if (status == CLNORM_OK && wants_last)
        *last = before;
    else if (before != NULL)
        clReleaseEvent(before);
    return status;
}

/* With the plan's own scratch: waits for its last user where the queue does not, and remembers this one. */
static clnorm_status enqueue_with_own_scratch(clnorm_plan *plan, const submission *s, cl_event *last)
{
    submission after = *s;
    cl_event user = NULL, *waits = NULL;
    clnorm_status status = scratch_await(&plan->scratch, s->queue, s->in_order, &user);
    if (status != CLNORM_OK)
        return status;
    if (user != NULL) {
        waits = malloc((s->n_wait + (size_t)1) * sizeof *waits);
        if (waits == NULL)
            return fail(CLNORM_OUT_OF_MEMORY, "no memory for a wait list of %u events", s->n_wait + 1);
        for (cl_uint i = 0; i < s->n_wait; i++)
            waits[i] = s->wait_list[i];
        waits[after.n_wait++] = user;
        after.wait_list = waits;
    }
    status = enqueue_steps(plan, &after, true, last);
    free(waits);
    if (status == CLNORM_OK)
        scratch_use(&plan->scratch, s->queue, *last);
    else /* a step that was enqueued may still write it, and there is no event of it */
        scratch_abandon(&plan->scratch);
    return status;
}

static clnorm_status submit(clnorm_plan *plan, const submission *s, const clnorm_buffers *buffers)
{
    const bool own_scratch = plan->needs.scratch_bytes > 0 && buffers->scratch.mem == NULL;
    cl_event last = NULL;
    pthread_mutex_lock(&plan->lock);
    clnorm_status status = CLNORM_OK;
    if (own_scratch)
        status = scratch_make(&plan->scratch, plan->context->context);
    const clnorm_buffer used = own_scratch ? (clnorm_buffer){plan->scratch.mem, 0} : buffers->scratch;
    for (size_t i = 0; status == CLNORM_OK && i < plan->launch_count; i++)
        status = launch_bind(&plan->launches[i], buffers, used);
    if (status == CLNORM_OK)
        status = own_scratch ? enqueue_with_own_scratch(plan, s, &last)
                             : enqueue_steps(plan, s, s->event != NULL, &last);
    pthread_mutex_unlock(&plan->lock);
    if (status != CLNORM_OK)
        return status;
    if (s->event != NULL)
        *s->event = last;
    else if (last != NULL)
        clReleaseEvent(last);
    return CLNORM_OK;
}

static clnorm_status execute(clnorm_plan *plan, submission *s, const clnorm_buffers *given)
{
    clnorm_status status = queue_check(plan->context, s->queue, "plan", s->n_wait, s->wait_list);
    if (status == CLNORM_OK)
        status = ask_queue(s);
    if (status != CLNORM_OK)
        return status;
    if (plan->launch_count == 0) /* an empty tensor */
        return queue_mark(s->queue, s->n_wait, s->wait_list, s->event);
    clnorm_buffers buffers;
    status = buffers_import(given, &buffers);
    if (status == CLNORM_OK)
        status = buffers_check(&plan->needs, &buffers);
    return status == CLNORM_OK ? submit(plan, s, &buffers) : status;
}

clnorm_status plan_execute(clnorm_plan *plan, const clnorm_buffers *buffers, cl_command_queue queue,
                           cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
    submission s = {.queue = queue != NULL ? queue : plan->context->queue,
                    .n_wait = n_wait,
                    .wait_list = wait_list,
                    .event = event};
    return execute(plan, &s, buffers);
}

clnorm_status clnorm_plan_execute(clnorm_plan *plan, const clnorm_buffers *buffers, cl_command_queue queue,
                                  cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
    if (plan == NULL)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "plan must not be NULL"));
    return log_failure(plan_execute(plan, buffers, queue, n_wait, wait_list, event));
}

/* ---- Asking ---- */

const char *clnorm_plan_variant(const clnorm_plan *plan)
{
    return plan == NULL ? "" : plan->variant;
}

size_t clnorm_plan_scratch_bytes(const clnorm_plan *plan)
{
    return plan == NULL ? 0 : plan->needs.scratch_bytes;
}

size_t clnorm_plan_least_bytes(const clnorm_plan *plan)
{
    return plan == NULL ? 0 : plan->least_bytes;
}
