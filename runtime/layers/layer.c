#include "layers/layer.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/tensor.h"
#include "layers/list.h"
#include "layers/options.h"
#include "layers/scope.h"
#include "layers/variable.h"
#include "operations/op.h"

#include <float.h>
#include <stdlib.h>

/* Checks the attributes before x is known, with a shape of the largest rank allowed, in which every axis that
 * any x could have is valid. */
static clnorm_status check_op(const clnorm_op *op)
{
    const unsigned rank = op->kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION ? LAYER_LRN_RANK : CLNORM_MAX_RANK;
    const size_t dims[CLNORM_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    const op_definition *definition;
    clnorm_op imported, whole = *op;
    whole.x = clnorm_tensor_dense(CLNORM_F32, rank, dims);
    return op_import(&whole, &imported, &definition);
}

/* ---- Making ---- */

/* What every constructor begins with: `given` over the defaults in `options`. */
static clnorm_status begin(clnorm_layer **layer, const clnorm_model *model, void *options, size_t size,
                           const void *given)
{
    if (layer == NULL || model == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    layer == NULL ? "layer" : "model");
    const clnorm_status status = options_import(options, size, given);
    return status == CLNORM_OK ? fork_check() : status;
}

static clnorm_status allocate(clnorm_layer **layer, clnorm_model *model, const clnorm_op *op)
{
    clnorm_layer *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a layer of %zu bytes", sizeof *made);
    }
    made->model = model;
    made->op = *op;
    *layer = made;
    return CLNORM_OK;
}

void layer_destroy(clnorm_layer *layer)
{
    if (layer == NULL)
        return;
    cl_mem const buffers[] = {layer->batch_mean, layer->batch_mean_residual, layer->inverse_deviation};
    for (size_t i = 0; i < COUNT_OF(buffers); i++) {
        if (buffers[i] != NULL)
            clReleaseMemObject(buffers[i]);
    }
    for (size_t i = 0; i < LAYER_PLANS; i++)
        clnorm_plan_destroy(layer->plans[i].plan);
    pthread_mutex_destroy(&layer->lock);
    free(layer->own_name);
    free(layer);
}

static clnorm_status create_statistics(clnorm_layer *layer, size_t channels)
{
    clnorm_status status = create_buffer(layer->model, "batch_mean", NULL, channels, &layer->batch_mean);
    if (status == CLNORM_OK)
        status =
            create_buffer(layer->model, "batch_mean_residual", NULL, channels, &layer->batch_mean_residual);
    if (status == CLNORM_OK)
        status = create_buffer(layer->model, "inverse_deviation", NULL, channels, &layer->inverse_deviation);
    return status;
}

/* The variables are made last, so that nothing fails after them: a layer that fails leaves no variables. */
static clnorm_status make_batch_normalization(clnorm_layer *layer, size_t channels,
                                              const clnorm_batch_normalization_options *options)
{
    clnorm_model *model = layer->model;
    clnorm_status status = create_statistics(layer, channels);
    if (status != CLNORM_OK)
        return status;
    pthread_mutex_lock(&model->lock);
    status = list_append(&model->layers, &model->layer_count, layer);
    if (status == CLNORM_OK) {
        model->layer_count--; /* the list keeps room for it, but hides it while it has no name */
        status = scope_get(model, channels, options, &layer->scope);
    }
    if (status == CLNORM_OK) {
        layer->name = layer->scope->name;
        model->layer_count++;
    }
    pthread_mutex_unlock(&model->lock);
    return status;
}

static clnorm_status create_batch_normalization(clnorm_layer **layer, clnorm_model *model, size_t channels,
                                                const clnorm_batch_normalization_options *given)
{
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    size_t bytes;
    clnorm_layer *made = NULL;
    clnorm_status status = begin(layer, model, &options, sizeof options, given);
    if (status != CLNORM_OK)
        return status;
    if (channels == 0 || !checked_multiply(channels, sizeof(float), &bytes))
        return fail(CLNORM_INVALID_SHAPE, "channels is %zu; 1 to %zu are allowed", channels,
                    SIZE_MAX / sizeof(float));
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_1d(CLNORM_F32, 1));
    op.axis = options.axis;
    op.epsilon = options.epsilon;
    op.decay = options.decay;
    op.accumulate_dgamma = op.accumulate_dbeta = true;
    status = check_op(&op);
    if (status == CLNORM_OK)
        status = initial_check("beta", options.beta, -FLT_MAX);
    if (status == CLNORM_OK)
        status = initial_check("gamma", options.gamma, -FLT_MAX);
    if (status == CLNORM_OK)
        status = initial_check("stddev", options.stddev, 0);
    if (status == CLNORM_OK)
        status = allocate(&made, model, &op);
    if (status == CLNORM_OK)
        status = make_batch_normalization(made, channels, &options);
    if (status != CLNORM_OK) {
        layer_destroy(made);
        return status;
    }
    *layer = made;
    return CLNORM_OK;
}

clnorm_status clnorm_batch_normalization_layer(clnorm_layer **layer, clnorm_model *model, size_t channels,
                                               const clnorm_batch_normalization_options *options)
{
    return log_failure(create_batch_normalization(layer, model, channels, options));
}

/* A layer without variables. */
static clnorm_status create_plain(clnorm_layer **layer, clnorm_model *model, const clnorm_op *op,
                                  const char *name)
{
    clnorm_layer *made = NULL;
    clnorm_status status = check_op(op);
    if (status == CLNORM_OK)
        status = allocate(&made, model, op);
    if (status != CLNORM_OK)
        return status;
    pthread_mutex_lock(&model->lock);
    status = name_of_layer(model, name, &made->own_name);
    made->name = made->own_name;
    if (status == CLNORM_OK)
        status = list_append(&model->layers, &model->layer_count, made);
    pthread_mutex_unlock(&model->lock);
    if (status != CLNORM_OK) {
        layer_destroy(made);
        return status;
    }
    *layer = made;
    return CLNORM_OK;
}

clnorm_status
clnorm_local_response_normalization_layer(clnorm_layer **layer, clnorm_model *model,
                                          const clnorm_local_response_normalization_options *given)
{
    clnorm_local_response_normalization_options options = clnorm_local_response_normalization_defaults();
    const clnorm_status status = begin(layer, model, &options, sizeof options, given);
    if (status != CLNORM_OK)
        return log_failure(status);
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_1d(CLNORM_F32, 1));
    op.axis = options.axis;
    op.depth_radius = options.depth_radius;
    op.bias = options.bias;
    op.alpha = options.alpha;
    op.beta = options.beta;
    return log_failure(create_plain(layer, model, &op, options.name));
}

clnorm_status clnorm_l2_normalize_layer(clnorm_layer **layer, clnorm_model *model, int dim,
                                        const clnorm_l2_normalize_options *given)
{
    clnorm_l2_normalize_options options = clnorm_l2_normalize_defaults();
    const clnorm_status status = begin(layer, model, &options, sizeof options, given);
    if (status != CLNORM_OK)
        return log_failure(status);
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_1d(CLNORM_F32, 1), dim);
    op.epsilon = options.epsilon;
    return log_failure(create_plain(layer, model, &op, options.name));
}

const char *clnorm_layer_name(const clnorm_layer *layer)
{
    return layer == NULL ? "" : layer->name;
}
