/* Files that are written under a name of their own and then renamed, so that nobody reads half of one. */
#ifndef CLNORM_BASE_TEMPORARY_FILE_H
#define CLNORM_BASE_TEMPORARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens a new file beside `path` that no other thread or process uses; both are relative to the open
 * `directory`, which may be AT_FDCWD. Its name is the caller's to free, NULL without memory. -1 and errno
 * when it fails. */
int temporary_file_open(int directory, const char *path, mode_t mode, char **name);

/* Closes a file of temporary_file_open, gives it its `name`, and frees the temporary one; or removes it, if
 * not all was `written`. `file` may be -1: it could not be opened. False and errno when it has not got its
 * name. */
bool temporary_file_end(int directory, int file, char *temporary, const char *name, bool written);

/* All of the bytes; false and errno when it fails. */
bool file_write(int file, const void *bytes, size_t size);

#endif
