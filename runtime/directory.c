#include "directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool make_one_directory(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return true;
    const int error = errno;
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    errno = error == EEXIST ? ENOTDIR : error;
    return false;
}

/* Leaves the string as it was. */
static bool make_directories(char *directory, mode_t mode)
{
    for (char *at = directory + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        const bool made = make_one_directory(directory, mode);
        *at = '/';
        if (!made)
            return false;
    }
    return make_one_directory(directory, mode);
}

bool directory_ensure(const char *directory, mode_t mode)
{
    if (*directory == '\0') {
        errno = ENOENT;
        return false;
    }
    struct stat info;
    if (stat(directory, &info) == 0 && S_ISDIR(info.st_mode))
        return true;

    const size_t size = strlen(directory) + 1;
    char *copy = malloc(size);
    if (copy == NULL) {
        errno = ENOMEM;
        return false;
    }
    memcpy(copy, directory, size);
    const bool made = make_directories(copy, mode);
    const int error = errno;
    free(copy);
    errno = error;
    return made;
}
