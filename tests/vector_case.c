#include "vector_case.h"

#include "operations/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *vector_path(char path[VECTOR_PATH_SIZE], const char *file)
{
    const char *directory = getenv("CLNORM_TEST_VECTORS");
    snprintf(path, VECTOR_PATH_SIZE, "%s/%s", directory && *directory ? directory : TEST_VECTORS, file);
    return path;
}

bool vector_file_open(vector_file *file, const char *name)
{
    char base[VECTOR_PATH_SIZE], path[VECTOR_PATH_SIZE + sizeof ".safetensors"];
    vector_path(base, name);
    snprintf(path, sizeof path, "%s.json", base);
    file->json = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s.safetensors", base);
    file->tensors = safetensors_open(path);
    return file->json && file->tensors;
}

void vector_file_close(vector_file *file)
{
    json_decref(file->json);
    safetensors_close(file->tensors);
}

/* What other libraries call our buffers. */
static const char *buffer_name(const char *name)
{
    static const char *const aliases[][2] = {
        {"X", "x"},
        {"input", "x"},
        {"Y", "y"},
        {"output", "y"},
        {"scale", "gamma"},
        {"weight", "gamma"},
        {"B", "beta"},
        {"bias", "beta"},
        {"input_mean", "moving_mean"},
        {"running_mean", "moving_mean"},
        {"new_running_mean", "moving_mean"},
        {"new_moving_mean", "moving_mean"},
        {"input_var", "moving_variance"},
        {"running_var", "moving_variance"},
        {"new_running_var", "moving_variance"},
        {"new_moving_variance", "moving_variance"},
        {"dweight", "dgamma"},
        {"dbias", "dbeta"},
    };
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            return aliases[i][1];
    return name;
}

const char *vector_case_key(const json_t *vector, const char *group, const char *buffer, const char *suffix)
{
    char stem[64];
    size_t tail = strlen(suffix);
    json_t *names = json_object_get(vector, group);
    for (void *at = json_object_iter(names); at; at = json_object_iter_next(names, at)) {
        const char *key = json_object_iter_key(at);
        size_t length = strlen(key);
        if (length <= tail || strcmp(key + length - tail, suffix) != 0)
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(length - tail), key);
        if (strcmp(buffer_name(stem), buffer) == 0)
            return key;
    }
    return NULL;
}

bool vector_case_entry(const vector_file *file, const json_t *vector, const char *group, const char *key,
                       safetensors_entry *entry)
{
    const char *name = json_string_value(json_object_get(json_object_get(vector, group), key));
    return name && safetensors_find(file->tensors, name, entry);
}

static double number_of(const void *from, const char *name)
{
    const json_t *value = json_object_get(from, name);
    return json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
}

/* The operation that is called so in another library, or NULL. */
static const foreign_name *find_foreign(const char *name)
{
    for (size_t i = 0; i < test_operation_count(); i++) {
        const foreign_name *foreign = test_operation_get(i)->foreign;
        for (; foreign != NULL && foreign->name != NULL; foreign++) {
            if (strcmp(foreign->name, name) == 0)
                return foreign;
        }
    }
    return NULL;
}

vector_verdict vector_case_op(const vector_file *file, const json_t *vector, clnorm_op *op)
{
    safetensors_entry x;
    const char *name = json_string_value(json_object_get(vector, "op"));
    char forward[64];
    snprintf(forward, sizeof forward, "%s", name ? name : "");
    char *suffix = strstr(forward, "_grad");
    if (suffix)
        *suffix = '\0';
    const json_t *attributes = json_object_get(vector, "attrs");
    const foreign_attributes given = {number_of, attributes};
    const foreign_name *foreign = find_foreign(forward);
    if (!foreign)
        return VECTOR_OTHER_OP;
    if (json_object_get(attributes, "p") && foreign_number(&given, "p") != 2.0)
        return VECTOR_OTHER_EXPONENT;
    const char *key = vector_case_key(vector, "inputs", "x", "");
    key = key ? key : vector_case_key(vector, "inputs", "x", "_0");
    if (!key || !vector_case_entry(file, vector, "inputs", key, &x) || strcmp(x.dtype, "F32") != 0)
        return VECTOR_OTHER_TYPE;
    *op = foreign->translate(clnorm_tensor_dense(CLNORM_F32, x.rank, x.dims), &given);
    const bool constant =
        op->mode == CLNORM_INFER && test_operation_has(test_operation_of(op->kind), CLNORM_BACKWARD_INFER);
    if (suffix)
        op->mode = constant ? CLNORM_BACKWARD_INFER : CLNORM_BACKWARD;
    return VECTOR_RUNS;
}
