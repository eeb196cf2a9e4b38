/* Directories that are made when they are needed. */
#ifndef CLNORM_RUNTIME_DIRECTORY_H
#define CLNORM_RUNTIME_DIRECTORY_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes `directory` and those above it with `mode`, where they are not there. False and errno when it fails.
 */
bool directory_ensure(const char *directory, mode_t mode);

#endif
