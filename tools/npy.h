/* Arrays of float32 in NumPy's .npy files, format versions 1.0, 2.0 and 3.0. */
#ifndef CLNORM_TOOLS_NPY_H
#define CLNORM_TOOLS_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { NPY_MAX_RANK = 8, NPY_SHAPE_TEXT_SIZE = 200, NPY_ERROR_SIZE = 1024 };

typedef struct npy_array {
    unsigned rank; /* 0: one value without an axis */
    size_t dims[NPY_MAX_RANK];
    size_t count;  /* of elements */
    float *values; /* dense, the last axis contiguous; memory for one element at least */
} npy_array;

/* Reads a little-endian float32 array in C order from a file or a pipe; NPY_STANDARD_STREAM is standard
 * input. False, and one sentence in `error` that names the file and what is wrong with it, for anything else.
 * The caller clears the array. */
bool npy_read(const char *path, npy_array *array, char error[NPY_ERROR_SIZE]);

/* The path that stands for standard input and output, and how it is called in sentences. */
#define NPY_STANDARD_STREAM "-"
bool npy_is_standard(const char *path);
const char *npy_input_name(const char *path);

/* Memory for an array of zeros. False if it is too large or there is no memory. */
bool npy_allocate(npy_array *array, unsigned rank, const size_t *dims);

/* Writes the array in format 1.0. False, with errno set, if that fails. */
bool npy_write(FILE *file, const npy_array *array);

void npy_clear(npy_array *array);

/* The number of elements. False if they, or their strides, do not fit into memory's addresses. */
bool npy_count(unsigned rank, const size_t *dims, size_t *count);

/* Turns little-endian bytes into the machine's floats and back. */
void npy_swap(float *values, size_t count);

/* "()", "(3,)", "(2, 3)" */
void npy_shape_text(char text[NPY_SHAPE_TEXT_SIZE], unsigned rank, const size_t *dims);

#endif
