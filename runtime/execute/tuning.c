#include "execute/tuning.h"

#include "base/log.h"
#include "programs/tuning_file.h"

static tuning_key key_of(const clnorm_context *context)
{
    const program_device device = program_store_device(context->programs);
    return (tuning_key){device.name, device.platform, device.driver, context->caps.compute_units};
}

void context_load_tuning(clnorm_context *context)
{
    tuning loaded;
    const tuning_key key = key_of(context);
    tuning_file_load(context->directories.cache, &key, &loaded);
    for (size_t i = 0; i < TUNING_COUNT; i++) {
        atomic_store(&context->tuning[i], loaded.values[i]);
        atomic_store(&context->stored[i], loaded.values[i]);
    }
}

tuning context_tuning(const clnorm_context *context)
{
    tuning now;
    for (size_t i = 0; i < TUNING_COUNT; i++)
        now.values[i] = atomic_load(&context->tuning[i]);
    return now;
}

static clnorm_status find(const clnorm_context *context, const char *name, size_t *index)
{
    if (context == NULL || name == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "%s is NULL; it must be given",
                    context == NULL ? "context" : "name");
    *index = tuning_find(name);
    if (*index < TUNING_COUNT)
        return CLNORM_OK;
    return fail(CLNORM_INVALID_NAME,
                "\"%.100s\" is no value that is tuned; clnorm_tuning_info_get lists them", name);
}

static clnorm_status get(const clnorm_context *context, const char *name, size_t *value,
                         clnorm_tuning_origin *origin)
{
    size_t index = 0;
    const clnorm_status status = find(context, name, &index);
    if (status != CLNORM_OK)
        return status;
    if (value == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "value is NULL; a place for it is needed");
    const tuning now = context_tuning(context);
    *value = tuning_value(&now, (tuning_index)index);
    if (origin != NULL)
        *origin = now.values[index] == 0                                      ? CLNORM_TUNING_USUAL
                  : now.values[index] == atomic_load(&context->stored[index]) ? CLNORM_TUNING_FILE
                                                                              : CLNORM_TUNING_SET;
    return CLNORM_OK;
}

clnorm_status clnorm_tuning_get(const clnorm_context *context, const char *name, size_t *value,
                                clnorm_tuning_origin *origin)
{
    return log_failure(get(context, name, value, origin));
}

static clnorm_status set(clnorm_context *context, const char *name, size_t value)
{
    size_t index = 0;
    const clnorm_status status = find(context, name, &index);
    if (status != CLNORM_OK)
        return status;
    const clnorm_tuning_info *info = clnorm_tuning_info_get(index);
    if (value != 0 && (value < info->least || value > info->most))
        return fail(CLNORM_INVALID_ARGUMENT, "%s is %zu; allowed are %zu to %zu, and 0 for the usual value",
                    info->name, value, info->least, info->most);
    atomic_store(&context->tuning[index], value == info->usual ? 0 : value);
    return CLNORM_OK;
}

clnorm_status clnorm_tuning_set(clnorm_context *context, const char *name, size_t value)
{
    return log_failure(set(context, name, value));
}

static clnorm_status check_directory(const clnorm_context *context)
{
    if (context == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "context is NULL; a context is needed");
    if (context->directories.cache != NULL)
        return CLNORM_OK;
    return fail(CLNORM_INVALID_STATE,
                "the context has no cache directory, where the values are kept (CLNORM_CACHE_DIR is \"off\", "
                "or there is no home)");
}

static clnorm_status save(clnorm_context *context)
{
    clnorm_status status = check_directory(context);
    if (status != CLNORM_OK)
        return status;
    const tuning_key key = key_of(context);
    const tuning now = context_tuning(context);
    status = tuning_file_store(context->directories.cache, &key, &now);
    for (size_t i = 0; status == CLNORM_OK && i < TUNING_COUNT; i++)
        atomic_store(&context->stored[i], now.values[i]);
    return status;
}

clnorm_status clnorm_tuning_save(clnorm_context *context)
{
    return log_failure(save(context));
}

static clnorm_status reset(clnorm_context *context)
{
    clnorm_status status = check_directory(context);
    if (status != CLNORM_OK)
        return status;
    const tuning_key key = key_of(context);
    status = tuning_file_remove(context->directories.cache, &key);
    for (size_t i = 0; status == CLNORM_OK && i < TUNING_COUNT; i++) {
        atomic_store(&context->tuning[i], 0);
        atomic_store(&context->stored[i], 0);
    }
    return status;
}

clnorm_status clnorm_tuning_reset(clnorm_context *context)
{
    return log_failure(reset(context));
}
