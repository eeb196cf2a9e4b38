/* Result files that appear whole or not at all. */
#ifndef CLNORM_TOOLS_OUTPUT_FILE_H
#define CLNORM_TOOLS_OUTPUT_FILE_H

#include "npy.h"

typedef struct output_file {
    char *target;    /* where the file is wanted, symbolic links followed: one name for one file */
    char *temporary; /* beside it: what was written, until it is renamed */
    char *kept; /* beside it: what had the name before; NULL: there was nothing, or it could not be kept */
    bool renamed;
} output_file;

/* Writes the array beside `path`. False, with a sentence in `error` that names `path`, if that fails. */
bool output_file_write(output_file *file, const char *path, const npy_array *array,
                       char error[NPY_ERROR_SIZE]);

/* Renames it to its target, and keeps what was there, if the file system has hard links. */
bool output_file_commit(output_file *file, char error[NPY_ERROR_SIZE]);

/* Gives what was kept its name back; without it, the target is removed. Nothing if it was not renamed. */
void output_file_undo(output_file *file);

/* Frees it, and removes all but the target. */
void output_file_clear(output_file *file);

#endif
