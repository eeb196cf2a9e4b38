#include "layers/model.h"
#include "base/fork.h"
#include "base/log.h"
#include "execute/context.h"
#include "layers/layer.h"
#include "layers/variable.h"

#include <stdlib.h>

static clnorm_status create(clnorm_model **model, clnorm_context *context, uint64_t seed)
{
    if (model == NULL || context == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    model == NULL ? "model" : "context");
    const clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return status;
    clnorm_model *made = calloc(1, sizeof *made);
    if (made == NULL || pthread_mutex_init(&made->lock, NULL) != 0) {
        free(made);
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a model of %zu bytes", sizeof *made);
    }
    context_retain(context);
    made->context = context;
    made->seed = seed;
    atomic_init(&made->training, false);
    *model = made;
    return CLNORM_OK;
}

clnorm_status clnorm_model_create(clnorm_model **model, clnorm_context *context, unsigned long long seed)
{
    return log_failure(create(model, context, seed));
}

void clnorm_model_destroy(clnorm_model *model)
{
    if (model == NULL || is_forked())
        return;
    for (size_t i = 0; i < model->layer_count; i++)
        layer_destroy(model->layers[i]);
    for (size_t i = 0; i < model->scope_count; i++) {
        free(model->scopes[i]->name);
        free(model->scopes[i]);
    }
    for (size_t i = 0; i < model->variable_count; i++)
        variable_destroy(model->variables[i]);
    free(model->layers);
    free(model->scopes);
    free(model->variables);
    pthread_mutex_destroy(&model->lock);
    context_release(model->context);
    free(model);
}

clnorm_status clnorm_model_set_training(clnorm_model *model, bool training)
{
    if (model == NULL)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "model is NULL; it must be given"));
    atomic_store(&model->training, training);
    return CLNORM_OK;
}

bool clnorm_model_is_training(const clnorm_model *model)
{
    return model != NULL && atomic_load(&model->training);
}
