/*
 * Reads .safetensors files: eight bytes of header length (little-endian), a JSON header that gives each
 * tensor's type, shape and place, then the data. A header that does not fit its file is refused.
 */
#ifndef CLNORM_TESTS_SAFETENSORS_H
#define CLNORM_TESTS_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

enum { SAFETENSORS_MAX_RANK = 8 };

typedef struct safetensors safetensors;

typedef struct safetensors_entry {
    const char *dtype; /* "F32", "F64", "F16", "BF16" */
    unsigned rank;
    size_t dims[SAFETENSORS_MAX_RANK];
    size_t count;              /* elements */
    const unsigned char *data; /* little-endian, aligned to nothing */
} safetensors_entry;

/* NULL if the file cannot be read or is malformed. */
safetensors *safetensors_open(const char *path);
void safetensors_close(safetensors *file);

/* What is found belongs to `file`. False if there is no such tensor, or its description is wrong. */
bool safetensors_find(const safetensors *file, const char *name, safetensors_entry *entry);

/* The elements as doubles, which the caller frees. NULL if the type is neither F32 nor F64. */
double *safetensors_values(const safetensors_entry *entry);

#endif
