/* Files that are written under a name of their own and then renamed, so that nobody reads half of one. */
#ifndef CLNORM_BASE_TEMPORARY_FILE_H
#define CLNORM_BASE_TEMPORARY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Opens a new file beside `path`, under a name that no other thread or process uses. Both paths are relative
 * to the open `directory`, which may be AT_FDCWD. The caller frees `*name`, which is NULL without memory. -1
 * and errno when it fails. */
int temporary_file_open(int directory, const char *path, mode_t mode, char **name);

/* Closes a file of temporary_file_open and renames it from `temporary` to `name`; if not everything was
 * `written`, removes it instead. Frees `temporary`. `file` may be -1, if it could not be opened. False and
 * errno if the file was not renamed. */
bool temporary_file_end(int directory, int file, char *temporary, const char *name, bool written);

/* All of the bytes; false and errno when it fails. */
bool file_write(int file, const void *bytes, size_t size);

/* The next `size` bytes. False when it fails; errno is as it was if the file has no more. */
bool file_read(int file, void *bytes, size_t size);

#endif
