#include "base/fork.h"
#include "base/json_text.h"
#include "base/log.h"
#include "base/replace_file.h"
#include "base/tensor.h"
#include "layers/model.h"
#include "layers/variable.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 8 };

/* ---- Header ---- */

static json_t *describe_shape(const clnorm_tensor *tensor)
{
    json_t *shape = json_array();
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        if (json_array_append_new(shape, json_integer((json_int_t)tensor->dims[axis])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return shape;
}

/* {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]} */
static json_t *describe(const clnorm_tensor *tensor, size_t begin)
{
    const size_t end = begin + tensor_elements(tensor) * sizeof(float);
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", describe_shape(tensor), "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

static json_t *make_header(const clnorm_model *model)
{
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "clnorm");
    size_t begin = 0;
    for (size_t i = 0; header != NULL && i < model->variable_count; i++) {
        const clnorm_variable *variable = model->variables[i];
        if (json_object_set_new(header, variable->name, describe(&variable->tensor, begin)) != 0) {
            json_decref(header);
            return NULL;
        }
        begin += variable_elements(variable) * sizeof(float);
    }
    return header;
}

/* Length and header as they stand in the file. The caller frees them. */
static unsigned char *write_header(const json_t *header, size_t *size)
{
    char *text = json_write(header, JSON_COMPACT);
    if (text == NULL)
        return NULL;
    const size_t length = strlen(text);
    const size_t padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    unsigned char *bytes = malloc(ALIGNMENT + padded);
    if (bytes != NULL) {
        for (unsigned i = 0; i < ALIGNMENT; i++)
            bytes[i] = (unsigned char)((unsigned long long)padded >> 8 * i);
        memcpy(bytes + ALIGNMENT, text, length);
        memset(bytes + ALIGNMENT + length, ' ', padded - length);
    }
    free(text);
    *size = ALIGNMENT + padded;
    return bytes;
}

/* ---- Data ---- */

static bool data_size(const clnorm_model *model, size_t *size)
{
    *size = 0;
    for (size_t i = 0; i < model->variable_count; i++) {
        if (!checked_add(*size, variable_elements(model->variables[i]) * sizeof(float), size))
            return false;
    }
    return true;
}

/* In place: what a float is on this machine becomes four bytes, the lowest first. */
static void to_little_endian(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        const unsigned char bytes[] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                       (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
        memcpy(&values[i], bytes, sizeof bytes);
    }
}

static clnorm_status read_variables(const clnorm_model *model, float *values)
{
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < model->variable_count; i++) {
        const size_t count = variable_elements(model->variables[i]);
        status = variable_download(model, model->variables[i]->value, values, count);
        to_little_endian(values, count);
        values += count;
    }
    return status;
}

static clnorm_status save(const clnorm_model *model, const char *path)
{
    clnorm_status status = CLNORM_OK;
    size_t size = 0, header_size = 0;
    float *values = NULL;
    unsigned char *head = NULL;
    json_t *header = make_header(model);
    if (header != NULL)
        head = write_header(header, &header_size);
    if (data_size(model, &size))
        values = malloc(size + 1);
    if (head == NULL || values == NULL) {
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a checkpoint of %zu bytes", size);
        goto cleanup;
    }
    status = read_variables(model, values);
    if (status == CLNORM_OK)
        status = replace_file(path, (const file_piece[]){{head, header_size}, {values, size}}, 2);

cleanup:
    json_decref(header);
    free(head);
    free(values);
    return status;
}

clnorm_status clnorm_model_save(clnorm_model *model, const char *path)
{
    if (model == NULL || path == NULL || *path == '\0')
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "%s; it must be given",
                                model == NULL  ? "model is NULL"
                                : path == NULL ? "path is NULL"
                                               : "path is empty"));
    clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return log_failure(status);
    pthread_mutex_lock(&model->lock);
    status = save(model, path);
    pthread_mutex_unlock(&model->lock);
    return log_failure(status);
}
