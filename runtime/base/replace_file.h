/* Files that are replaced as a whole: whoever opens the name finds the old bytes or the new ones, whatever
 * happens to the process or the machine. */
#ifndef CLNORM_BASE_REPLACE_FILE_H
#define CLNORM_BASE_REPLACE_FILE_H

#include "base/status.h"

/* One piece of what a file will hold. */
typedef struct file_piece {
    const void *bytes;
    size_t size;
} file_piece;

/* A symbolic link is replaced, not written through. What is no file, or leads to something else than one, is
 * refused, and so is a file that may not be written; the mode of one that was there is kept. IO_ERROR,
 * OUT_OF_MEMORY. When it fails `path` is as before, but where only syncing its directory failed. */
clnorm_status replace_file(const char *path, const file_piece *pieces, size_t count);

#endif
