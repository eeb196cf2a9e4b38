#include "execute/plan.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/tensor.h"
#include "execute/buffers.h"
#include "execute/context.h"
#include "execute/plan_build.h"
#include "execute/profile.h"
#include "execute/queue.h"
#include "execute/scratch.h"
#include "operations/op.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct clnorm_plan {
    clnorm_context *context;
    clnorm_op op;
    const clnorm_op_info *info;
    size_t least_bytes;
    plan_kernels kernels;
    buffer_needs needs;

    /* For x without elements, where the plan has no launches: the values that an execution writes. */
    op_fill fills[MAX_FILLS];
    size_t fill_count;

    /* Held while arguments are set and steps enqueued: executions share the plan's kernels and scratch. */
    pthread_mutex_t lock;
    scratch scratch;
};

/* ---- Creating ---- */

static size_t least_bytes(const clnorm_op *op, const clnorm_op_info *info)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(info, op->mode);
    size_t bytes = 0;
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = mode->buffers[i];
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

static clnorm_status prepare(clnorm_plan *plan)
{
    const op_definition *definition = op_find(plan->op.kind);
    if (tensor_elements(&plan->op.x) == 0 && definition->fill != NULL)
        plan->fill_count = definition->fill(&plan->op, plan->fills);
    const clnorm_status status = plan_build(&plan->kernels, plan->context, &plan->op, definition);
    plan->needs.scratch_bytes = plan->scratch.bytes = plan->kernels.scratch_bytes;
    return status == CLNORM_OK ? scratch_make(&plan->scratch, plan->context->context, plan->context->device)
                               : status;
}

clnorm_status plan_create(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op)
{
    clnorm_plan *made = NULL;
    clnorm_status status = fork_check();
    if (status == CLNORM_OK)
        status = allocate(&made, context, op);
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
    if (plan == NULL || is_forked())
        return;
    /* OpenCL keeps kernels and memory for as long as commands in flight need them. */
    plan_kernels_destroy(&plan->kernels);
    scratch_abandon(&plan->scratch);
    pthread_mutex_destroy(&plan->lock);
    context_release(plan->context);
    free(plan);
}

/* ---- Executing ---- */

/* One execution on its way into a queue. */
typedef struct submission {
    cl_command_queue queue;
    launch *launches[MAX_PROBLEMS * MAX_STEPS]; /* those of the parts that are wanted */
    size_t launch_count;
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

static bool is_wanted(const plan_part *part, const clnorm_buffers *buffers)
{
    for (size_t i = 0; i < part->output_count; i++) {
        const char *field = (const char *)buffers + part->outputs[i];
        if (((const clnorm_buffer *)(const void *)field)->mem != NULL)
            return true;
    }
    return false;
}

/* Leaves out the parts whose outputs are not given. */
static void list_launches(const clnorm_plan *plan, const clnorm_buffers *buffers, submission *s)
{
    for (size_t i = 0; i < plan->kernels.part_count; i++) {
        const plan_part *part = &plan->kernels.parts[i];
        const size_t count = is_wanted(part, buffers) ? part->launch_count : 0;
        for (size_t k = 0; k < count; k++)
            s->launches[s->launch_count++] = &part->launches[k];
    }
}

/* Enqueues every step, each after the one before. *last is the last step's event if `wants_last`. */
static clnorm_status enqueue_steps(const submission *s, bool wants_last, cl_event *last)
{
    clnorm_status status = CLNORM_OK;
    cl_event before = NULL;
    for (size_t i = 0; status == CLNORM_OK && i < s->launch_count; i++) {
        const bool is_last = i + 1 == s->launch_count;
        const bool wants_event = s->profiles || (is_last ? wants_last : !s->in_order);
        const cl_uint n_wait = i == 0 ? s->n_wait : before != NULL ? 1 : 0;
        cl_event after = NULL;
        status = launch_enqueue(s->launches[i], s->queue, n_wait, i == 0 ? s->wait_list : &before,
                                wants_event ? &after : NULL);
        if (status == CLNORM_OK && s->profiles)
            profile_watch(after, s->launches[i]->name);
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

/* Enqueues with the plan's own scratch: after the execution that used it last, by an event unless both are on
 * the same in-order queue; then remembers this execution as the last user. */
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
    status = enqueue_steps(&after, true, last);
    free(waits);
    if (status == CLNORM_OK)
        scratch_use(&plan->scratch, s->queue, *last);
    else /* a step that was enqueued may still write to it, and we have no event to wait for */
        scratch_abandon(&plan->scratch);
    return status;
}

static clnorm_status submit(clnorm_plan *plan, submission *s, const clnorm_buffers *buffers)
{
    const bool own_scratch = plan->needs.scratch_bytes > 0 && buffers->scratch.mem == NULL;
    cl_event last = NULL;
    list_launches(plan, buffers, s);
    pthread_mutex_lock(&plan->lock);
    clnorm_status status = CLNORM_OK;
    if (own_scratch)
        status = scratch_make(&plan->scratch, plan->context->context, plan->context->device);
    const clnorm_buffer used = own_scratch ? (clnorm_buffer){plan->scratch.mem, 0} : buffers->scratch;
    for (size_t i = 0; status == CLNORM_OK && i < s->launch_count; i++)
        status = launch_bind(s->launches[i], buffers, used);
    if (status == CLNORM_OK)
        status = own_scratch ? enqueue_with_own_scratch(plan, s, &last)
                             : enqueue_steps(s, s->event != NULL, &last);
    pthread_mutex_unlock(&plan->lock);
    if (status != CLNORM_OK)
        return status;
    if (s->event != NULL)
        *s->event = last;
    else if (last != NULL)
        clReleaseEvent(last);
    return CLNORM_OK;
}

static clnorm_status fill_run(const submission *s, clnorm_buffer begin, size_t bytes, float value,
                              cl_event *after)
{
    const cl_int error = clEnqueueFillBuffer(s->queue, begin.mem, &value, sizeof value, begin.offset, bytes,
                                             s->n_wait, s->wait_list, after);
    return error == CL_SUCCESS ? CLNORM_OK : fail_opencl(error, "clEnqueueFillBuffer");
}

/* One element at a time: what lies between them is not ours. */
static clnorm_status fill_elements(const submission *s, const clnorm_tensor *tensor, clnorm_buffer begin,
                                   float value, cl_event *after)
{
    const size_t elements = tensor_elements(tensor);
    cl_event *events = calloc(elements, sizeof *events);
    cl_uint count = 0;
    if (events == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu events", elements);
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < elements; i++) {
        const size_t offset = begin.offset + tensor_offset(tensor, i) * sizeof value;
        status = fill_run(s, (clnorm_buffer){begin.mem, offset}, sizeof value, value, &events[count]);
        count += events[count] != NULL;
    }
    if (status == CLNORM_OK)
        status = queue_mark(s->queue, count, events, after);
    for (cl_uint i = 0; i < count; i++)
        clReleaseEvent(events[i]);
    free(events);
    return status;
}

static clnorm_status fill(const clnorm_plan *plan, const submission *s, const clnorm_buffers *buffers,
                          const op_fill *with, cl_event *after)
{
    const clnorm_buffer *buffer = (const clnorm_buffer *)(const void *)((const char *)buffers + with->field);
    const clnorm_tensor *tensor;
    if (buffer->mem == NULL)
        return CLNORM_OK;
    const clnorm_status status = buffers_check_one(&plan->needs, buffers, with->field, &tensor);
    const size_t elements = tensor_elements(tensor);
    if (status != CLNORM_OK || elements == 0)
        return status;
    if (elements < clnorm_tensor_span(tensor))
        return fill_elements(s, tensor, *buffer, with->value, after);
    return fill_run(s, *buffer, elements * sizeof with->value, with->value, after);
}

/* If x has no elements, no kernel runs, but the outputs in `fills` are still written, such as sums over x,
 * which are 0. Buffers without a byte need not be given. */
static clnorm_status execute_empty(const clnorm_plan *plan, const submission *s, const clnorm_buffers *given)
{
    clnorm_buffers buffers = clnorm_buffers_none();
    cl_event events[MAX_FILLS];
    cl_uint count = 0;
    clnorm_status status = given == NULL ? CLNORM_OK : buffers_import(given, &buffers);
    for (size_t i = 0; status == CLNORM_OK && i < plan->fill_count; i++) {
        events[count] = NULL;
        status = fill(plan, s, &buffers, &plan->fills[i], &events[count]);
        count += events[count] != NULL;
    }
    if (status == CLNORM_OK)
        status = count > 0 ? queue_mark(s->queue, count, events, s->event)
                           : queue_mark(s->queue, s->n_wait, s->wait_list, s->event);
    for (cl_uint i = 0; i < count; i++)
        clReleaseEvent(events[i]);
    return status;
}

static clnorm_status execute(clnorm_plan *plan, submission *s, const clnorm_buffers *given)
{
    clnorm_status status = fork_check();
    if (status == CLNORM_OK)
        status = queue_check(plan->context, s->queue, "plan", s->n_wait, s->wait_list);
    if (status == CLNORM_OK)
        status = ask_queue(s);
    if (status != CLNORM_OK)
        return status;
    if (plan->kernels.parts[0].launch_count == 0)
        return execute_empty(plan, s, given);
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
    return plan == NULL ? "" : plan->kernels.variant;
}

const char *clnorm_plan_refusals(const clnorm_plan *plan)
{
    return plan == NULL || plan->kernels.refusals == NULL ? "" : plan->kernels.refusals;
}

size_t clnorm_plan_scratch_bytes(const clnorm_plan *plan)
{
    return plan == NULL ? 0 : plan->needs.scratch_bytes;
}

size_t clnorm_plan_least_bytes(const clnorm_plan *plan)
{
    return plan == NULL ? 0 : plan->least_bytes;
}
