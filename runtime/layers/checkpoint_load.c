#include "base/fork.h"
#include "base/log.h"
#include "layers/transfer.h"
#include "layers/variable.h"

#include <stdlib.h>

static clnorm_status find_unexpected(const clnorm_model *model, const tensor_file *file,
                                     clnorm_load_report *report)
{
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < file->count; i++) {
        if (variable_find(model, file->entries[i].name) == NULL)
            status = report_add(&report->unexpected, file->entries[i].name);
    }
    return status;
}

static clnorm_status load(const clnorm_model *model, const tensor_file *file, clnorm_load_report *report)
{
    size_t count = 0;
    transfer *transfers = calloc(model->variable_count + 1, sizeof *transfers);
    if (transfers == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory to load %zu variables", model->variable_count);
    for (size_t i = 0; i < model->variable_count; i++) {
        const clnorm_variable *variable = model->variables[i];
        if (variable->restore)
            transfers[count++] = (transfer){.variable = variable, .tensor = variable->name};
    }
    clnorm_status status = find_unexpected(model, file, report);
    if (status == CLNORM_OK)
        status = transfer_all(model, file, transfers, count, report);
    free(transfers);
    return status;
}

clnorm_status clnorm_model_load(clnorm_model *model, const char *path, clnorm_load_report **report)
{
    tensor_file file = {.path = NULL};
    clnorm_load_report *found = NULL;
    if (report != NULL)
        *report = NULL;
    if (model == NULL || path == NULL)
        return log_failure(
            fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given", model == NULL ? "model" : "path"));
    clnorm_status status = fork_check();
    if (status == CLNORM_OK)
        status = tensor_file_open(&file, path);
    if (status == CLNORM_OK)
        status = report_create(&found);
    if (status == CLNORM_OK) {
        pthread_mutex_lock(&model->lock);
        status = load(model, &file, found);
        pthread_mutex_unlock(&model->lock);
    }
    tensor_file_close(&file);
    if (report != NULL)
        *report = found;
    else
        clnorm_load_report_free(found);
    return log_failure(status);
}
