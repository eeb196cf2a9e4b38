#include "base/fork.h"
#include "base/log.h"
#include "execute/queue.h"
#include "layers/model.h"
#include "layers/variable.h"

#include <stdlib.h>

/* Enqueues zeros for each gradient, after the wait list. Appends the event of each to `events`. */
static clnorm_status fill(const clnorm_model *model, cl_command_queue queue, cl_uint n_wait,
                          const cl_event *wait_list, cl_event *events, cl_uint *filled)
{
    const float zero = 0;
    for (size_t i = 0; i < model->variable_count; i++) {
        const clnorm_variable *variable = model->variables[i];
        if (variable->gradient == NULL)
            continue;
        const cl_int error = clEnqueueFillBuffer(queue, variable->gradient, &zero, sizeof zero, 0,
                                                 variable_elements(variable) * sizeof zero, n_wait, wait_list,
                                                 &events[*filled]);
        if (error != CL_SUCCESS)
            return fail_opencl(error, "clEnqueueFillBuffer (gradient)");
        ++*filled;
    }
    return CLNORM_OK;
}

/* Zeros all gradients. *event completes after them, or, without gradients, after the wait list. */
static clnorm_status zero(const clnorm_model *model, cl_command_queue queue, cl_uint n_wait,
                          const cl_event *wait_list, cl_event *event)
{
    cl_uint filled = 0;
    cl_event *events = malloc((model->variable_count + 1) * sizeof *events);
    if (events == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu events", model->variable_count);
    clnorm_status status = fill(model, queue, n_wait, wait_list, events, &filled);
    if (status == CLNORM_OK)
        status = filled > 0 ? queue_mark(queue, filled, events, event)
                            : queue_mark(queue, n_wait, wait_list, event);
    for (cl_uint i = 0; i < filled; i++)
        clReleaseEvent(events[i]);
    free(events);
    return status;
}

clnorm_status clnorm_model_zero_gradients(clnorm_model *model, cl_command_queue queue, cl_uint n_wait,
                                          const cl_event *wait_list, cl_event *event)
{
    if (model == NULL)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "model is NULL; it must be given"));
    if (queue == NULL)
        queue = model->context->queue;
    clnorm_status status = fork_check();
    if (status == CLNORM_OK)
        status = queue_check(model->context, queue, "model", n_wait, wait_list);
    if (status != CLNORM_OK)
        return log_failure(status);
    pthread_mutex_lock(&model->lock);
    status = zero(model, queue, n_wait, wait_list, event);
    pthread_mutex_unlock(&model->lock);
    return log_failure(status);
}
