/*
 * safetensors files: eight bytes with the length of a JSON header, little-endian; the header, an object with
 * {"dtype", "shape", "data_offsets"} for each tensor; their bytes, without gaps. What is read may come from
 * anybody: everything is checked against the file's size before it is believed or allocated.
 */
#ifndef CLNORM_LAYERS_SAFETENSORS_H
#define CLNORM_LAYERS_SAFETENSORS_H

#include "base/status.h"
#include <jansson.h>

/* A tensor of a file. */
typedef struct tensor_entry {
    const char *name;  /* the file's */
    const char *dtype; /* "F32"; the file's */
    const json_t *shape;
    size_t begin, end; /* of its bytes, counted from the first tensor's */
} tensor_entry;

typedef struct tensor_file {
    const char *path; /* the caller's */
    int descriptor;
    size_t data_start; /* in the file */
    json_t *header;
    tensor_entry *entries; /* in the order of their bytes */
    size_t count;
} tensor_file;

/* Opens a file and checks all of its header. INVALID_ARGUMENT, IO_ERROR, INVALID_FILE, OUT_OF_MEMORY. The
 * file must be closed also when that failed; it may be zeroed. */
clnorm_status tensor_file_open(tensor_file *file, const char *path);
void tensor_file_close(tensor_file *file);

/* NULL if there is none. */
const tensor_entry *tensor_file_find(const tensor_file *file, const char *name);

/* Whether the tensor has these sizes. */
bool tensor_entry_has_shape(const tensor_entry *entry, unsigned rank, const size_t *dims);

/* The values of a tensor of `count` floats. UNSUPPORTED_TYPE, IO_ERROR, INVALID_FILE, OUT_OF_MEMORY. */
clnorm_status tensor_file_read(const tensor_file *file, const tensor_entry *entry, float *values,
                               size_t count);

/* A name from a file as it can be shown: at most so many bytes of it, control characters replaced. */
enum { SHOWN_NAME = 128 };
const char *shown_name(const char *name, char shown[SHOWN_NAME]);

#endif
