/* Result files that appear whole or not at all. */
#ifndef CLNORM_TOOLS_OUTPUT_FILE_H
#define CLNORM_TOOLS_OUTPUT_FILE_H

#include "npy.h"

typedef struct output_file {
    char *target;    /* where the file is wanted, symbolic links followed */
    char *temporary; /* beside it, written; NULL once renamed */
} output_file;

/* Writes the array beside `path`. False, with a sentence in `error` that names `path`, if that fails. */
bool output_file_write(output_file *file, const char *path, const npy_array *array,
                       char error[NPY_ERROR_SIZE]);

/* Renames it to its target. */
bool output_file_commit(output_file *file, char error[NPY_ERROR_SIZE]);

/* Frees it, and removes what was not renamed. */
void output_file_clear(output_file *file);

#endif
