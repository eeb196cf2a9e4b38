#include "base/fork.h"
#include "base/log.h"
#include "base/tensor.h"
#include "execute/plan.h"
#include "layers/layer.h"
#include "operations/op.h"

#include <string.h>

/* The queue and event arguments of an execution. */
typedef struct turn {
    cl_command_queue queue;
    cl_uint n_wait;
    const cl_event *wait_list;
    cl_event *event;
} turn;

/* ---- Plans ---- */

static bool same_tensor(const clnorm_tensor *a, const clnorm_tensor *b)
{
    return a->dtype == b->dtype && a->rank == b->rank &&
           memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0 &&
           memcmp(a->strides, b->strides, a->rank * sizeof *a->strides) == 0;
}

/* The place of the plan for this shape and mode. If there is none, a free place, for which the plan that was
 * not used for longest is destroyed if necessary. */
static layer_plan *find_plan(clnorm_layer *layer, clnorm_mode mode, const clnorm_tensor *x)
{
    layer_plan *place = &layer->plans[0];
    for (size_t i = 0; i < LAYER_PLANS; i++) {
        layer_plan *candidate = &layer->plans[i];
        if (candidate->plan != NULL && candidate->mode == mode && same_tensor(&candidate->x, x))
            return candidate;
        if (candidate->used < place->used)
            place = candidate;
    }
    if (place->plan != NULL && (place->mode != mode || !same_tensor(&place->x, x))) {
        clnorm_plan_destroy(place->plan);
        *place = (layer_plan){.used = 0};
    }
    return place;
}

static clnorm_status run(clnorm_layer *layer, clnorm_mode mode, const clnorm_tensor *x,
                         const clnorm_buffers *buffers, const turn *t)
{
    layer_plan *place = find_plan(layer, mode, x);
    if (place->plan == NULL) {
        clnorm_op op = layer->op;
        op.mode = mode;
        op.x = *x;
        const clnorm_status status = plan_create(&place->plan, layer->model->context, &op);
        if (status != CLNORM_OK)
            return status;
        place->mode = mode;
        place->x = *x;
    }
    place->used = ++layer->clock;
    return plan_execute(place->plan, buffers, t->queue, t->n_wait, t->wait_list, t->event);
}

/* ---- Forward ---- */

/* Checks rank and channels against the layer's, which the operation's own check does not know. */
static clnorm_status check_shape(const clnorm_layer *layer, const clnorm_tensor *x)
{
    unsigned axis;
    if (x->rank < 1 || x->rank > CLNORM_MAX_RANK)
        return fail(CLNORM_INVALID_RANK, "x has rank %u; 1 to %d are allowed", x->rank, CLNORM_MAX_RANK);
    if (layer->op.kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION && x->rank != LAYER_LRN_RANK)
        return fail(CLNORM_INVALID_RANK, "x has rank %u; layer %s takes rank %d only", x->rank, layer->name,
                    LAYER_LRN_RANK);
    if (layer->scope == NULL || !tensor_axis(x, layer->op.axis, &axis))
        return CLNORM_OK; /* the operation refuses the axis */
    if (x->dims[axis] != layer->scope->channels)
        return fail(CLNORM_INVALID_SHAPE, "x has %zu channels along axis %d; layer %s has %zu", x->dims[axis],
                    layer->op.axis, layer->name, layer->scope->channels);
    return CLNORM_OK;
}

static void add_variables(const clnorm_layer *layer, clnorm_mode mode, clnorm_buffers *buffers)
{
    const variable_scope *scope = layer->scope;
    if (scope == NULL)
        return;
    const bool backward = mode == CLNORM_BACKWARD || mode == CLNORM_BACKWARD_INFER;
    buffers->gamma.mem = scope->gamma->value;
    if (!backward)
        buffers->beta.mem = scope->beta->value;
    if (mode != CLNORM_BACKWARD) {
        buffers->moving_mean.mem = scope->moving_mean->value;
        buffers->moving_variance.mem = scope->moving_variance->value;
    }
    if (mode == CLNORM_TRAIN || mode == CLNORM_BACKWARD) {
        buffers->batch_mean.mem = layer->batch_mean;
        buffers->batch_mean_residual.mem = layer->batch_mean_residual;
        buffers->inverse_deviation.mem = layer->inverse_deviation;
    }
    if (backward) {
        buffers->dgamma.mem = scope->gamma->gradient;
        buffers->dbeta.mem = scope->beta->gradient;
    }
}

static clnorm_status forward(clnorm_layer *layer, const clnorm_tensor *x, clnorm_buffers *buffers,
                             const turn *t)
{
    const bool trains = layer->scope != NULL && atomic_load(&layer->model->training);
    const clnorm_mode mode = trains ? CLNORM_TRAIN : CLNORM_INFER;
    const clnorm_status status = check_shape(layer, x);
    if (status != CLNORM_OK)
        return status;
    add_variables(layer, mode, buffers);
    return run(layer, mode, x, buffers, t);
}

clnorm_status clnorm_layer_forward(clnorm_layer *layer, const clnorm_tensor *shape, clnorm_buffer x,
                                   clnorm_buffer y, cl_command_queue queue, cl_uint n_wait,
                                   const cl_event *wait_list, cl_event *event)
{
    const turn t = {queue, n_wait, wait_list, event};
    clnorm_buffers buffers = clnorm_buffers_none();
    if (layer == NULL || shape == NULL)
        return log_failure(
            fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given", layer == NULL ? "layer" : "shape"));
    buffers.x = x;
    buffers.y = y;
    clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return log_failure(status);
    pthread_mutex_lock(&layer->lock);
    status = forward(layer, shape, &buffers, &t);
    if (status == CLNORM_OK) {
        layer->has_run = true;
        layer->last_x = *shape;
        layer->last_mode = buffers.batch_mean.mem != NULL ? CLNORM_TRAIN : CLNORM_INFER;
    }
    pthread_mutex_unlock(&layer->lock);
    return log_failure(status);
}

/* ---- Backward ---- */

static clnorm_status backward(clnorm_layer *layer, clnorm_buffers *buffers, const turn *t)
{
    if (!layer->has_run)
        return fail(CLNORM_INVALID_STATE, "layer %s has not run forward; backward is that of a forward",
                    layer->name);
    const bool constant = layer->scope != NULL && layer->last_mode == CLNORM_INFER;
    const clnorm_mode mode = constant ? CLNORM_BACKWARD_INFER : CLNORM_BACKWARD;
    add_variables(layer, mode, buffers);
    if (buffers->dx.mem == NULL && buffers->dgamma.mem == NULL && buffers->dbeta.mem == NULL)
        return fail(CLNORM_MISSING_BUFFER,
                    "dx is missing; layer %s has no trainable variables, and nothing else to find",
                    layer->name);
    return run(layer, mode, &layer->last_x, buffers, t);
}

clnorm_status clnorm_layer_backward(clnorm_layer *layer, clnorm_buffer x, clnorm_buffer dy, clnorm_buffer dx,
                                    cl_command_queue queue, cl_uint n_wait, const cl_event *wait_list,
                                    cl_event *event)
{
    const turn t = {queue, n_wait, wait_list, event};
    clnorm_buffers buffers = clnorm_buffers_none();
    if (layer == NULL)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "layer is NULL; it must be given"));
    buffers.x = x;
    buffers.dy = dy;
    buffers.dx = dx;
    clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return log_failure(status);
    pthread_mutex_lock(&layer->lock);
    status = backward(layer, &buffers, &t);
    pthread_mutex_unlock(&layer->lock);
    return log_failure(status);
}
