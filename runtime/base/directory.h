/* Directories that are made when they are needed. */
#ifndef CLNORM_BASE_DIRECTORY_H
#define CLNORM_BASE_DIRECTORY_H

#include <stdbool.h>
#include <sys/stat.h>

/* Makes `directory` and those above it with `mode`, where they are not there. False and errno when it
 * fails. */
bool directory_ensure(const char *directory, mode_t mode);

/* Opens a directory whose files can be trusted: not a symbolic link, owned by this user or root, and not
 * writable by others. Callers use the files through the descriptor, so that nobody can swap the directory in
 * between. -1 when it fails; `fault` then says why, and errno is ENOENT if the directory does not exist. */
int directory_open_own(const char *directory, const char **fault);

/* Opens a directory and locks it until the descriptor is closed: other threads and processes that call this
 * for the same directory wait. On file systems without locks nobody waits. -1 and errno when it cannot be
 * opened. */
int directory_lock(const char *directory);

/* The same for a directory that is open. */
void directory_lock_opened(int directory);

/* Why an open file or directory cannot be trusted, or NULL if it can: another user than this one or root owns
 * it, or others may write to it, so that they could have put any code there. Fills `info` by fstat. */
const char *own_fault(int file, struct stat *info);

#endif
