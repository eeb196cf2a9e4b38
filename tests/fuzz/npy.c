/* .npy files: one that is read holds what its header says, and is the same after it was written; so is a
 * header. */
#include "fuzz.h"

#include "npy.h"
#include "npy_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header as text. */
static size_t header_text(const npy_header *header, char *text, size_t size)
{
    const char quote = strchr(header->descr, '\'') != NULL ? '"' : '\'';
    size_t length = (size_t)snprintf(text, size, "{'shape': (%s",
                                     header->rank == 1   ? ""
                                     : header->rank == 0 ? ""
                                                         : " ");
    for (size_t axis = 0; axis < header->rank; axis++)
        length += (size_t)snprintf(text + length, size - length, "%zu,", header->dims[axis]);
    length += (size_t)snprintf(text + length, size - length, "), 'fortran_order':%s, 'descr':%c%s%c}",
                               header->fortran_order ? "True" : "False", quote, header->descr, quote);
    return length;
}

static void check_header(const uint8_t *data, size_t size)
{
    npy_header header, again;
    char *text = fuzz_copy(data, size);
    const char *wrong = npy_header_parse(text, size, &header);
    free(text);
    fuzz_require(wrong == NULL || *wrong != '\0', "a header is refused without a word");
    if (wrong != NULL || header.rank > NPY_MAX_RANK || header.descr[0] == '\0' ||
        (strchr(header.descr, '\'') != NULL && strchr(header.descr, '"') != NULL))
        return;
    char written[512];
    const size_t length = header_text(&header, written, sizeof written);
    wrong = npy_header_parse(written, length, &again);
    fuzz_require(wrong == NULL, "\"%s\" is refused: %s", written, wrong != NULL ? wrong : "");
    fuzz_require(strcmp(header.descr, again.descr) == 0 && header.fortran_order == again.fortran_order &&
                     header.rank == again.rank &&
                     memcmp(header.dims, again.dims, header.rank * sizeof *header.dims) == 0,
                 "\"%s\" is another header", written);
}

static bool is_little_endian(void)
{
    const uint16_t probe = 1;
    return *(const uint8_t *)&probe == 1;
}

/* As many values as the dims say; they end the file. */
static void check_array(const npy_array *array, const uint8_t *data, size_t size)
{
    size_t count = 1;
    fuzz_require(array->rank <= NPY_MAX_RANK, "rank %u", array->rank);
    for (unsigned axis = 0; axis < array->rank; axis++)
        count *= array->dims[axis];
    fuzz_require(count == array->count && count * sizeof(float) < size, "%zu values, not %zu", array->count,
                 count);
    if (is_little_endian())
        fuzz_require(memcmp(array->values, data + size - count * sizeof(float), count * sizeof(float)) == 0,
                     "other values than the file's");
}

static void check_written(const npy_array *array)
{
    char error[NPY_ERROR_SIZE];
    npy_array again;
    size_t size;
    const char *path = fuzz_path("written.npy");
    FILE *file = fopen(path, "wb");
    fuzz_require(file != NULL && npy_write(file, array) && fclose(file) == 0, "%s cannot be written", path);
    fuzz_require(npy_read(path, &again, error), "what was written is refused: %s", error);
    fuzz_require(again.rank == array->rank && again.count == array->count &&
                     memcmp(again.dims, array->dims, array->rank * sizeof *array->dims) == 0 &&
                     memcmp(again.values, array->values, array->count * sizeof(float)) == 0,
                 "what was written is another array");
    uint8_t *bytes = fuzz_read(path, &size);
    fuzz_require((size - array->count * sizeof(float)) % 64 == 0, "values are not aligned");
    free(bytes);
    npy_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[NPY_ERROR_SIZE] = "";
    npy_array array;
    check_header(data, size);
    const char *path = fuzz_path("read.npy");
    fuzz_write(path, data, size);
    if (!npy_read(path, &array, error)) {
        fuzz_require(strncmp(error, path, strlen(path)) == 0 && strchr(error, '\n') == NULL,
                     "no sentence about the file: %s", error);
        return 0;
    }
    check_array(&array, data, size);
    check_written(&array);
    npy_clear(&array);
    return 0;
}
