/* Where a file is written that appears whole or not at all: under a temporary name beside the wanted one,
 * which it is renamed to. What was there gives it mode and owner; what is no file is not replaced. */
#ifndef CLNORM_BASE_FILE_PLACE_H
#define CLNORM_BASE_FILE_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct file_place {
    char *path;    /* the caller frees it */
    bool replaces; /* a file that is there, with these: */
    mode_t mode;
    uid_t owner;
    gid_t group;
} file_place;

/* Finds where a file named `path` is put: with `through_links` where symbolic links lead to, under the one
 * name that the file has; else under `path`, also if that is a link. False, with errno and the reason in
 * `why`, where no file is to be put: on a directory, a device, a pipe, a socket, a link to one of these, a
 * file that may not be written, or through a link that leads nowhere. */
bool file_place_find(file_place *place, const char *path, bool through_links, const char **why);

/* Opens the temporary file, which nobody but its owner may read yet if it replaces one. As
 * temporary_file_open. */
int file_place_open(const file_place *place, char **temporary);

/* Gives the file that has been written the mode, and as far as this process may the owner and group, of what
 * it replaces. False and errno when it fails. */
bool file_place_inherit(const file_place *place, int file);

#endif
