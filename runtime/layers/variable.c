#include "layers/variable.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/tensor.h"
#include "devices/device_memory.h"
#include "execute/context.h"
#include "execute/queue.h"
#include "layers/initializer.h"
#include "layers/list.h"

#include <stdlib.h>
#include <string.h>

/* ---- Making ---- */

clnorm_status create_buffer(const clnorm_model *model, const char *name, const float *values, size_t count,
                            cl_mem *buffer)
{
    return device_memory_create(model->context->context, model->context->device, name, count * sizeof(float),
                                values, buffer);
}

static clnorm_status create_gradient(const clnorm_model *model, size_t count, cl_mem *gradient)
{
    float *zeros = calloc(count, sizeof *zeros);
    if (zeros == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu gradients", count);
    const clnorm_status status = create_buffer(model, "a gradient", zeros, count, gradient);
    free(zeros);
    return status;
}

static clnorm_status create_value(clnorm_variable *variable, const clnorm_model *model, double mean,
                                  double stddev)
{
    const size_t count = variable_elements(variable);
    float *values = calloc(count, sizeof *values);
    if (values == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu values of %s", count, variable->name);
    if (stddev > 0)
        fill_normal(values, count, mean, stddev, model->seed, variable->name);
    else
        fill_constant(values, count, mean);
    const clnorm_status status = create_buffer(model, variable->name, values, count, &variable->value);
    free(values);
    return status;
}

clnorm_status variable_create(clnorm_variable **variable, const clnorm_model *model, const char *name,
                              const clnorm_tensor *tensor, double mean, double stddev, bool trainable,
                              bool restore)
{
    clnorm_variable *made = calloc(1, sizeof *made);
    if (made == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a variable of %zu bytes", sizeof *made);
    made->tensor = *tensor;
    made->trainable = trainable;
    made->restore = restore;
    clnorm_status status = join_text(name, "", "", &made->name);
    if (status == CLNORM_OK)
        status = create_value(made, model, mean, stddev);
    if (status == CLNORM_OK && trainable)
        status = create_gradient(model, variable_elements(made), &made->gradient);
    if (status != CLNORM_OK) {
        variable_destroy(made);
        return status;
    }
    *variable = made;
    return CLNORM_OK;
}

void variable_destroy(clnorm_variable *variable)
{
    if (variable == NULL)
        return;
    if (variable->value != NULL)
        clReleaseMemObject(variable->value);
    if (variable->gradient != NULL)
        clReleaseMemObject(variable->gradient);
    free_text(variable->name);
    free(variable);
}

/* ---- Finding ---- */

size_t variable_elements(const clnorm_variable *variable)
{
    return tensor_elements(&variable->tensor);
}

clnorm_variable *variable_find(const clnorm_model *model, const char *name)
{
    for (size_t i = 0; i < model->variable_count; i++) {
        if (strcmp(model->variables[i]->name, name) == 0)
            return model->variables[i];
    }
    return NULL;
}

size_t clnorm_model_variable_count(clnorm_model *model)
{
    if (model == NULL || is_forked())
        return 0;
    pthread_mutex_lock(&model->lock);
    const size_t count = model->variable_count;
    pthread_mutex_unlock(&model->lock);
    return count;
}

const clnorm_variable *clnorm_model_variable(clnorm_model *model, size_t index)
{
    if (model == NULL || is_forked())
        return NULL;
    pthread_mutex_lock(&model->lock);
    const clnorm_variable *variable = index < model->variable_count ? model->variables[index] : NULL;
    pthread_mutex_unlock(&model->lock);
    return variable;
}

const clnorm_variable *clnorm_model_find_variable(clnorm_model *model, const char *name)
{
    if (model == NULL || name == NULL || is_forked())
        return NULL;
    pthread_mutex_lock(&model->lock);
    const clnorm_variable *variable = variable_find(model, name);
    pthread_mutex_unlock(&model->lock);
    return variable;
}

/* ---- Reading and writing ---- */

/* A queue that the application made may run commands in any order. */
static clnorm_status finish_queue(const clnorm_model *model)
{
    return queue_finish(model->context, model->context->queue);
}

clnorm_status variable_download(const clnorm_model *model, cl_mem memory, float *values, size_t count)
{
    const clnorm_status status = finish_queue(model);
    if (status != CLNORM_OK)
        return status;
    return queue_read(model->context, model->context->queue, memory, count * sizeof *values, values,
                      "variable");
}

clnorm_status variable_upload(const clnorm_model *model, cl_mem memory, const float *values, size_t count)
{
    const clnorm_status status = finish_queue(model);
    if (status != CLNORM_OK)
        return status;
    return queue_write(model->context, model->context->queue, memory, count * sizeof *values, values,
                       "variable");
}

static clnorm_status check_access(clnorm_model *model, const clnorm_variable *variable, const float *values,
                                  size_t count)
{
    if (model == NULL || variable == NULL || values == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    model == NULL      ? "model"
                    : variable == NULL ? "variable"
                                       : "values");
    const clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return status;
    bool known = false;
    pthread_mutex_lock(&model->lock);
    for (size_t i = 0; i < model->variable_count; i++)
        known |= model->variables[i] == variable;
    pthread_mutex_unlock(&model->lock);
    if (!known)
        return fail(CLNORM_INVALID_NAME, "variable is not one of this model's");
    if (count != variable_elements(variable))
        return fail(CLNORM_INVALID_SHAPE, "count is %zu; %s has %zu elements", count, variable->name,
                    variable_elements(variable));
    return CLNORM_OK;
}

clnorm_status clnorm_variable_read(clnorm_model *model, const clnorm_variable *variable, float *values,
                                   size_t count)
{
    clnorm_status status = check_access(model, variable, values, count);
    if (status == CLNORM_OK)
        status = variable_download(model, variable->value, values, count);
    return log_failure(status);
}

clnorm_status clnorm_variable_read_gradient(clnorm_model *model, const clnorm_variable *variable,
                                            float *values, size_t count)
{
    clnorm_status status = check_access(model, variable, values, count);
    if (status == CLNORM_OK && variable->gradient == NULL)
        status = fail(CLNORM_MISSING_BUFFER, "%s has no gradient; it is not trainable", variable->name);
    if (status == CLNORM_OK)
        status = variable_download(model, variable->gradient, values, count);
    return log_failure(status);
}

clnorm_status clnorm_variable_write(clnorm_model *model, const clnorm_variable *variable, const float *values,
                                    size_t count)
{
    clnorm_status status = check_access(model, variable, values, count);
    if (status == CLNORM_OK)
        status = variable_upload(model, variable->value, values, count);
    return log_failure(status);
}
