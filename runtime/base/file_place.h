/* For files that must never be seen half written: a file is written under a temporary name beside its target
 * and then renamed. It takes over the mode and owner of the file that it replaces. Anything else than a
 * regular file is not replaced. */
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

/* Finds the place for a file named `path`. With `through_links` symbolic links are followed, and place->path
 * is canonical, so that two paths to the same file give the same one; otherwise place->path is `path`, even
 * if that is a link. False, with errno and the reason in `why`, if `path` is a directory, a device, a pipe, a
 * socket, a link to one of these, a file that may not be written, or (with `through_links`) a link to
 * nothing. */
bool file_place_find(file_place *place, const char *path, bool through_links, const char **why);

/* Opens the temporary file, which nobody but its owner may read yet if it replaces one. As
 * temporary_file_open. */
int file_place_open(const file_place *place, char **temporary);

/* Gives the written file the mode of the file that it replaces, and its owner and group as far as this
 * process is allowed to. False and errno when it fails. */
bool file_place_inherit(const file_place *place, int file);

#endif
