#include "base/fork.h"
#include "base/log.h"
#include "layers/list.h"
#include "layers/similar.h"
#include "layers/transfer.h"
#include "layers/variable.h"

#include <stdlib.h>

/* ---- By a map ---- */

static clnorm_status check_names(const clnorm_import_name *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].tensor == NULL || names[i].variable == NULL)
            return fail(CLNORM_INVALID_ARGUMENT, "names[%zu].%s is NULL; it must be given", i,
                        names[i].tensor == NULL ? "tensor" : "variable");
    }
    return CLNORM_OK;
}

static clnorm_status refuse_variable(const clnorm_model *model, size_t i, const char *name)
{
    similar best = {.wanted = name};
    for (size_t k = 0; k < model->variable_count; k++)
        similar_offer(&best, model->variables[k]->name);
    return fail(CLNORM_INVALID_NAME, "names[%zu].variable is \"%s\"; the model has no such variable%s%s%s", i,
                name, best.name != NULL ? "; like it there is \"" : "", best.name != NULL ? best.name : "",
                best.name != NULL ? "\"" : "");
}

static clnorm_status map_names(const clnorm_model *model, const clnorm_import_name *names, size_t count,
                               transfer *transfers)
{
    for (size_t i = 0; i < count; i++) {
        const clnorm_variable *variable = variable_find(model, names[i].variable);
        if (variable == NULL)
            return refuse_variable(model, i, names[i].variable);
        for (size_t k = 0; k < i; k++) {
            if (transfers[k].variable == variable)
                return fail(CLNORM_INVALID_NAME, "names[%zu].variable is \"%s\", and so is names[%zu]'s", i,
                            names[i].variable, k);
        }
        transfers[i] = (transfer){.variable = variable, .tensor = names[i].tensor};
    }
    return CLNORM_OK;
}

static clnorm_status import_locked(clnorm_model *model, const tensor_file *file,
                                   const clnorm_import_name *names, size_t count, clnorm_load_report *report)
{
    transfer *transfers = calloc(count + 1, sizeof *transfers);
    if (transfers == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory to import %zu variables", count);
    pthread_mutex_lock(&model->lock);
    clnorm_status status = map_names(model, names, count, transfers);
    if (status == CLNORM_OK)
        status = transfer_all(model, file, transfers, count, report);
    pthread_mutex_unlock(&model->lock);
    free(transfers);
    return status;
}

static clnorm_status import(clnorm_model *model, const char *path, const clnorm_import_name *names,
                            size_t count, clnorm_load_report **report)
{
    tensor_file file = {.path = NULL};
    clnorm_load_report *found = NULL;
    if (report != NULL)
        *report = NULL;
    if (model == NULL || path == NULL || (names == NULL && count > 0))
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    model == NULL  ? "model"
                    : path == NULL ? "path"
                                   : "names");
    clnorm_status status = check_names(names, count);
    if (status == CLNORM_OK)
        status = fork_check();
    if (status == CLNORM_OK)
        status = tensor_file_open(&file, path);
    if (status == CLNORM_OK)
        status = report_create(&found);
    if (status == CLNORM_OK)
        status = import_locked(model, &file, names, count, found);
    tensor_file_close(&file);
    if (report != NULL)
        *report = found;
    else
        clnorm_load_report_free(found);
    return status;
}

clnorm_status clnorm_model_import(clnorm_model *model, const char *path, const clnorm_import_name *names,
                                  size_t count, clnorm_load_report **report)
{
    return log_failure(import(model, path, names, count, report));
}

/* ---- One layer ---- */

enum { PARTS = 4 };

/* What PyTorch calls the four, and what they are in Keras and here. */
static const char *const pytorch[PARTS] = {"weight", "bias", "running_mean", "running_var"};
static const char *const keras[PARTS] = {"gamma", "beta", "moving_mean", "moving_variance"};

static clnorm_status import_layer(clnorm_model *model, const char *path, const char *prefix,
                                  clnorm_convention convention, const char *scope,
                                  clnorm_load_report **report)
{
    clnorm_import_name names[PARTS] = {{NULL, NULL}};
    clnorm_status status = CLNORM_OK;
    if (report != NULL)
        *report = NULL;
    if (prefix == NULL || scope == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    prefix == NULL ? "prefix" : "scope");
    if (convention != CLNORM_PYTORCH && convention != CLNORM_KERAS)
        return fail(CLNORM_INVALID_ARGUMENT, "convention is %d; PYTORCH and KERAS (1 and 2) are allowed",
                    (int)convention);
    const char *const *theirs = convention == CLNORM_PYTORCH ? pytorch : keras;
    for (size_t i = 0; status == CLNORM_OK && i < PARTS; i++) {
        status = join_text(prefix, "", theirs[i], &names[i].tensor);
        if (status == CLNORM_OK)
            status = join_text(scope, "/", keras[i], &names[i].variable);
    }
    if (status == CLNORM_OK)
        status = import(model, path, names, PARTS, report);
    for (size_t i = 0; i < PARTS; i++) {
        free_text(names[i].tensor);
        free_text(names[i].variable);
    }
    return status;
}

clnorm_status clnorm_model_import_batch_normalization(clnorm_model *model, const char *path,
                                                      const char *prefix, clnorm_convention convention,
                                                      const char *scope, clnorm_load_report **report)
{
    return log_failure(import_layer(model, path, prefix, convention, scope, report));
}
