#include "safetensors.h"
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct safetensors {
    unsigned char *bytes;
    json_t *header;
    const unsigned char *data; /* inside bytes */
    size_t data_size;
};

static unsigned char *read_file(const char *path, size_t *size)
{
    unsigned char *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END) != 0)
        goto cleanup;
    long end = ftell(file);
    if (end < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto cleanup;
    bytes = malloc((size_t)end + 1);
    if (bytes && fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        free(bytes);
        bytes = NULL;
    }
    *size = (size_t)end;
cleanup:
    fclose(file);
    return bytes;
}

static uint64_t little_endian_64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

safetensors *safetensors_open(const char *path)
{
    size_t size = 0;
    safetensors *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->bytes = read_file(path, &size);
    if (!file->bytes || size < 8)
        goto malformed;
    uint64_t header_size = little_endian_64(file->bytes);
    if (header_size > size - 8)
        goto malformed;
    file->header = json_loadb((const char *)file->bytes + 8, (size_t)header_size, 0, NULL);
    if (!json_is_object(file->header))
        goto malformed;
    file->data = file->bytes + 8 + header_size;
    file->data_size = size - 8 - (size_t)header_size;
    return file;
malformed:
    safetensors_close(file);
    return NULL;
}

void safetensors_close(safetensors *file)
{
    if (!file)
        return;
    json_decref(file->header);
    free(file->bytes);
    free(file);
}

static size_t dtype_size(const char *dtype)
{
    if (strcmp(dtype, "F64") == 0)
        return 8;
    if (strcmp(dtype, "F32") == 0)
        return 4;
    return strcmp(dtype, "F16") == 0 || strcmp(dtype, "BF16") == 0 ? 2 : 0;
}

static bool read_shape(const json_t *shape, safetensors_entry *entry)
{
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_MAX_RANK)
        return false;
    entry->rank = (unsigned)json_array_size(shape);
    entry->count = 1;
    for (unsigned axis = 0; axis < entry->rank; axis++) {
        json_int_t dim = json_integer_value(json_array_get(shape, axis));
        if (dim < 0 || (dim > 0 && entry->count > SIZE_MAX / 8 / (size_t)dim))
            return false;
        entry->dims[axis] = (size_t)dim;
        entry->count *= (size_t)dim;
    }
    return true;
}

bool safetensors_find(const safetensors *file, const char *name, safetensors_entry *entry)
{
    const json_t *described = json_object_get(file->header, name);
    const json_t *offsets = json_object_get(described, "data_offsets");
    *entry = (safetensors_entry){.dtype = json_string_value(json_object_get(described, "dtype"))};
    if (!entry->dtype || !read_shape(json_object_get(described, "shape"), entry))
        return false;
    json_int_t begin = json_integer_value(json_array_get(offsets, 0));
    json_int_t end = json_integer_value(json_array_get(offsets, 1));
    if (begin < 0 || end < begin || (uint64_t)end > file->data_size)
        return false;
    entry->data = file->data + begin;
    return (size_t)(end - begin) == entry->count * dtype_size(entry->dtype);
}

double *safetensors_values(const safetensors_entry *entry)
{
    bool wide = strcmp(entry->dtype, "F64") == 0;
    if (!wide && strcmp(entry->dtype, "F32") != 0)
        return NULL;
    double *values = malloc((entry->count + 1) * sizeof *values);
    if (!values)
        return NULL;
    for (size_t i = 0; i < entry->count; i++) {
        float narrow = 0;
        if (wide) {
            memcpy(&values[i], entry->data + 8 * i, 8);
            continue;
        }
        memcpy(&narrow, entry->data + 4 * i, 4);
        values[i] = (double)narrow;
    }
    return values;
}
