/* Variables that an application adds to its model. */
#include "base/fork.h"
#include "base/log.h"
#include "base/tensor.h"
#include "layers/list.h"
#include "layers/options.h"
#include "layers/scope.h"
#include "layers/variable.h"

#include <float.h>

static clnorm_status check_tensor(const clnorm_tensor *tensor)
{
    const clnorm_status status = tensor_check(tensor, "tensor");
    if (status != CLNORM_OK)
        return status;
    const clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, tensor->rank, tensor->dims);
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        if (tensor->dims[axis] == 0)
            return fail(CLNORM_INVALID_SHAPE, "tensor.dims[%u] is 0; a variable has at least 1", axis);
        if (tensor->strides[axis] != dense.strides[axis])
            return fail(CLNORM_INVALID_STRIDES,
                        "tensor.strides[%u] is %zu; a variable is dense, which is %zu", axis,
                        tensor->strides[axis], dense.strides[axis]);
    }
    return CLNORM_OK;
}

static clnorm_status check(const clnorm_model *model, const char *name, const clnorm_tensor *tensor,
                           const clnorm_variable_options *options)
{
    if (model == NULL || tensor == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    model == NULL ? "model" : "tensor");
    clnorm_status status = name_check(name, "name");
    if (status == CLNORM_OK)
        status = check_tensor(tensor);
    if (status == CLNORM_OK)
        status = initial_check("mean", options->mean, -FLT_MAX);
    if (status == CLNORM_OK)
        status = initial_check("stddev", options->stddev, 0);
    return status == CLNORM_OK ? fork_check() : status;
}

/* The model's lock is held. */
static clnorm_status add(clnorm_model *model, const char *name, const clnorm_tensor *tensor,
                         const clnorm_variable_options *options, clnorm_variable **variable)
{
    if (variable_find(model, name) != NULL)
        return fail(CLNORM_INVALID_NAME, "name is \"%s\", which is taken; variables have names of their own",
                    name);
    clnorm_status status = variable_create(variable, model, name, tensor, options->mean, options->stddev,
                                           options->trainable, options->restore);
    if (status != CLNORM_OK)
        return status;
    status = list_append(&model->variables, &model->variable_count, *variable);
    if (status != CLNORM_OK)
        variable_destroy(*variable);
    return status;
}

clnorm_status clnorm_variable_create(const clnorm_variable **variable, clnorm_model *model, const char *name,
                                     const clnorm_tensor *tensor, const clnorm_variable_options *given)
{
    clnorm_variable_options options = clnorm_variable_defaults();
    clnorm_variable *made = NULL;
    clnorm_status status = options_import(&options, sizeof options, given);
    if (status == CLNORM_OK)
        status = check(model, name, tensor, &options);
    if (status != CLNORM_OK)
        return log_failure(status);
    pthread_mutex_lock(&model->lock);
    status = add(model, name, tensor, &options, &made);
    pthread_mutex_unlock(&model->lock);
    if (status == CLNORM_OK && variable != NULL)
        *variable = made;
    return log_failure(status);
}
