/* Replaces a file atomically: whoever opens it gets all of the old bytes or all of the new ones, even after a
 * crash or a power failure. */
#ifndef CLNORM_BASE_REPLACE_FILE_H
#define CLNORM_BASE_REPLACE_FILE_H

#include "base/status.h"

/* One piece of what a file will hold. */
typedef struct file_piece {
    const void *bytes;
    size_t size;
} file_piece;

/* Writes `pieces` one after the other. A symbolic link is replaced, not followed. Fails if `path` is, or
 * links to, something else than a regular file, or may not be written. A file that is replaced keeps its
 * mode. IO_ERROR, OUT_OF_MEMORY. When it fails `path` is as before, unless only syncing the directory
 * failed. */
clnorm_status replace_file(const char *path, const file_piece *pieces, size_t count);

#endif
