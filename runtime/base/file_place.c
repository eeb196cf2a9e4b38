#define _XOPEN_SOURCE 700 /* realpath */
#include "base/file_place.h"
#include "base/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Finding ---- */

/* The canonical path of a file that does not exist yet: that of its directory, and its name. NULL and errno
 * when it fails. */
static char *absent_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *directory = slash == path   ? strdup("/")
                      : slash != NULL ? strndup(path, (size_t)(slash - path))
                                      : strdup(".");
    char *resolved = directory != NULL ? realpath(directory, NULL) : NULL;
    char *result = resolved != NULL ? malloc(strlen(resolved) + strlen(name) + 2) : NULL;
    if (result != NULL) {
        strcpy(result, resolved);
        strcat(result, "/");
        strcat(result, name);
    }
    free(directory);
    free(resolved);
    return result;
}

/* Why an existing file must not be replaced, or NULL. Checked here because rename would replace anything,
 * even a device node. */
static const char *find_fault(const char *path, const struct stat *info)
{
    if (!S_ISREG(info->st_mode)) {
        errno = S_ISDIR(info->st_mode) ? EISDIR : EINVAL;
        return S_ISDIR(info->st_mode) ? "it is a directory" : "it is no regular file";
    }
    /* rename would replace a read-only file, too: it needs permission to write to the directory only. */
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 ? strerror(errno) : NULL;
}

bool file_place_find(file_place *place, const char *path, bool through_links, const char **why)
{
    struct stat info;
    *place = (file_place){.path = NULL};
    *why = NULL;
    if (stat(path, &info) == 0) {
        *why = find_fault(path, &info);
        *place = (file_place){NULL, true, info.st_mode & 07777, info.st_uid, info.st_gid};
    } else if (errno != ENOENT) {
        *why = strerror(errno);
    } else if (through_links && lstat(path, &info) == 0) {
        *why = "it is a link that leads nowhere";
    }
    if (*why != NULL)
        return false;
    place->path = !through_links ? strdup(path) : place->replaces ? realpath(path, NULL) : absent_path(path);
    if (place->path == NULL)
        *why = strerror(errno);
    return place->path != NULL;
}

/* ---- Writing ---- */

int file_place_open(const file_place *place, char **temporary)
{
    return temporary_file_open(AT_FDCWD, place->path, place->replaces ? place->mode & S_IRWXU : 0666,
                               temporary);
}

/* The old file's mode, adapted if the new file could not get its owner or group: without set-user-ID for
 * another owner; another group gets no set-group-ID and no more permissions than everybody has. */
static mode_t fitting_mode(const file_place *place, const struct stat *info)
{
    mode_t mode = place->mode;
    if (info->st_uid != place->owner)
        mode &= ~(mode_t)S_ISUID;
    if (info->st_gid != place->group)
        mode &= ~(mode_t)(S_ISGID | S_IRWXG) | (mode & S_IRWXO) << 3;
    return mode;
}

bool file_place_inherit(const file_place *place, int file)
{
    struct stat info;
    if (!place->replaces)
        return true;
    if (fstat(file, &info) != 0)
        return false;
    /* Only root may give a file away; others may hand it to a group of theirs. */
    const bool owned = info.st_uid == place->owner && info.st_gid == place->group;
    if (!owned &&
        (fchown(file, place->owner, place->group) == 0 || fchown(file, (uid_t)-1, place->group) == 0) &&
        fstat(file, &info) != 0)
        return false;
    return fchmod(file, fitting_mode(place, &info)) == 0;
}
