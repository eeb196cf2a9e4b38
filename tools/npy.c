#include "npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 10, ALIGNMENT = 64 };

_Static_assert(sizeof(float) == 4, "float32 is float");

void npy_shape_text(char text[NPY_SHAPE_TEXT_SIZE], unsigned rank, const size_t *dims)
{
    size_t length = 1;
    strcpy(text, "(");
    for (unsigned i = 0; i < rank && i < NPY_MAX_RANK; i++) {
        int n = snprintf(text + length, NPY_SHAPE_TEXT_SIZE - length, i > 0 ? ", %zu" : "%zu", dims[i]);
        length += (size_t)n;
    }
    strcpy(text + length, rank == 1 ? ",)" : ")");
}

bool npy_count(unsigned rank, const size_t *dims, size_t *count)
{
    size_t product = 1;
    bool empty = false;
    for (unsigned i = 0; i < rank; i++) {
        empty = empty || dims[i] == 0;
        if (dims[i] > 0 && product > PTRDIFF_MAX / sizeof(float) / dims[i])
            return false;
        product *= dims[i] > 0 ? dims[i] : 1;
    }
    *count = empty ? 0 : product;
    return true;
}

bool npy_allocate(npy_array *array, unsigned rank, const size_t *dims)
{
    size_t count;
    *array = (npy_array){.rank = rank};
    if (rank > NPY_MAX_RANK || !npy_count(rank, dims, &count))
        return false;
    for (unsigned i = 0; i < rank; i++)
        array->dims[i] = dims[i];
    array->count = count;
    array->values = calloc(count > 0 ? count : 1, sizeof(float));
    return array->values != NULL;
}

void npy_clear(npy_array *array)
{
    free(array->values);
    *array = (npy_array){.rank = 0};
}

void npy_swap(float *values, size_t count)
{
    const uint16_t probe = 1;
    if (*(const unsigned char *)&probe == 1)
        return;
    for (size_t i = 0; i < count; i++) {
        unsigned char *b = (unsigned char *)&values[i];
        unsigned char first = b[0], second = b[1];
        b[0] = b[3];
        b[1] = b[2];
        b[2] = second;
        b[3] = first;
    }
}

bool npy_write(FILE *file, const npy_array *array)
{
    char shape[NPY_SHAPE_TEXT_SIZE], header[PREFIX + NPY_SHAPE_TEXT_SIZE + 2 * ALIGNMENT];
    npy_shape_text(shape, array->rank, array->dims);
    int n = snprintf(header + PREFIX, sizeof header - PREFIX,
                     "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    size_t end = PREFIX + (size_t)n;
    size_t total = (end + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + end, ' ', total - end);
    header[total - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = (char)((total - PREFIX) & 0xff);
    header[9] = (char)((total - PREFIX) >> 8);

    npy_swap(array->values, array->count);
    bool done = fwrite(header, 1, total, file) == total &&
                fwrite(array->values, sizeof(float), array->count, file) == array->count;
    npy_swap(array->values, array->count);
    return done && fflush(file) == 0;
}
