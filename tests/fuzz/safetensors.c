/* safetensors files: one that is opened is covered by its tensors, each of the size of its shape and of the
 * bytes of the file; and it is the same after it was written. */
#include "fuzz.h"

#include "layers/safetensors.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

static void require_entry(const tensor_entry *entry, size_t begin, size_t data_size)
{
    fuzz_require(entry->name != NULL && entry->dtype != NULL, "a tensor without name or type");
    fuzz_require(entry->begin == begin && entry->end >= begin && entry->end <= data_size,
                 "%s lies in %zu ... %zu of %zu, behind %zu", entry->name, entry->begin, entry->end,
                 data_size, begin);
}

/* The sizes, and their product; false if there are more than fit. */
static bool shape_of(const tensor_entry *entry, size_t *dims, unsigned most, unsigned *rank, size_t *count)
{
    *rank = (unsigned)json_array_size(entry->shape);
    *count = 1;
    if (*rank > most)
        return false;
    for (unsigned axis = 0; axis < *rank; axis++) {
        const json_int_t dim = json_integer_value(json_array_get(entry->shape, axis));
        fuzz_require(dim >= 0, "%s has a size below 0", entry->name);
        dims[axis] = (size_t)dim;
        *count *= dims[axis];
    }
    return true;
}

static void check_values(const tensor_file *file, const tensor_entry *entry, const uint8_t *bytes)
{
    size_t dims[16], count;
    unsigned rank;
    if (!shape_of(entry, dims, 16, &rank, &count))
        return;
    fuzz_require(tensor_entry_has_shape(entry, rank, dims), "%s has not its own shape", entry->name);
    dims[0] += 1;
    fuzz_require(rank == 0 || !tensor_entry_has_shape(entry, rank, dims), "%s has another shape",
                 entry->name);
    const size_t size = entry->end - entry->begin;
    if (strcmp(entry->dtype, "F32") != 0) {
        float none;
        fuzz_require(tensor_file_read(file, entry, &none, 0) == CLNORM_UNSUPPORTED_TYPE, "%s of %s is read",
                     entry->name, entry->dtype);
        return;
    }
    fuzz_require(size == count * sizeof(float), "%s has %zu bytes for %zu floats", entry->name, size, count);
    float *values = malloc(size > 0 ? size : 1);
    fuzz_require(values != NULL && tensor_file_read(file, entry, values, count) == CLNORM_OK, "%s: %s",
                 entry->name, clnorm_last_error());
    uint8_t *little = (uint8_t *)values;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t k = 0; k < sizeof bits; k++)
            little[sizeof bits * i + k] = (uint8_t)(bits >> 8 * k);
    }
    fuzz_require(memcmp(little, bytes, size) == 0, "%s has other values than the file", entry->name);
    free(values);
}

/* `data` is what stands behind the header. */
static void check_file(const tensor_file *file, const uint8_t *data, size_t size)
{
    size_t end = 0;
    for (size_t i = 0; i < file->count; i++) {
        const tensor_entry *entry = &file->entries[i];
        require_entry(entry, end, size);
        end = entry->end;
        fuzz_require(tensor_file_find(file, entry->name) == entry, "%s is not found", entry->name);
        check_values(file, entry, data + entry->begin);
    }
    fuzz_require(end == size, "the tensors end at %zu of %zu", end, size);
}

static void check_written(const tensor_file *file, const uint8_t *data, size_t size)
{
    tensor_file again;
    const char *path = fuzz_path("written.safetensors");
    char *header = json_dumps(file->header, JSON_COMPACT);
    fuzz_require(header != NULL, "no header");
    const size_t length = strlen(header);
    uint8_t *bytes = malloc(LENGTH_BYTES + length + size);
    fuzz_require(bytes != NULL, "no memory");
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        bytes[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(bytes + LENGTH_BYTES, header, length);
    if (size > 0)
        memcpy(bytes + LENGTH_BYTES + length, data, size);
    fuzz_write(path, bytes, LENGTH_BYTES + length + size);
    fuzz_require(tensor_file_open(&again, path) == CLNORM_OK, "what was written is refused: %s",
                 clnorm_last_error());
    fuzz_require(again.count == file->count && json_equal(again.header, file->header),
                 "what was written is another file");
    tensor_file_close(&again);
    free(bytes);
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tensor_file file;
    const char *path = fuzz_path("read.safetensors");
    fuzz_write(path, data, size);
    const clnorm_status status = tensor_file_open(&file, path);
    fuzz_require(status == CLNORM_OK ||
                     (status == CLNORM_INVALID_FILE && strncmp(clnorm_last_error(), path, strlen(path)) == 0),
                 "%s: %s", clnorm_status_name(status), clnorm_last_error());
    if (status == CLNORM_OK) {
        fuzz_require(file.data_start <= size, "data begins behind the file's end");
        check_file(&file, data + file.data_start, size - file.data_start);
        check_written(&file, data + file.data_start, size - file.data_start);
    }
    tensor_file_close(&file);
    return 0;
}
