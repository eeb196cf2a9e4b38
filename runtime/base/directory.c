#define _XOPEN_SOURCE 700 /* S_ISVTX */
#include "base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

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

const char *own_fault(int file, struct stat *info)
{
    if (fstat(file, info) != 0)
        return strerror(errno);
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return "belongs to another user";
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return NULL;
    /* Do not suggest chmod for a directory such as /tmp: it is shared on purpose. */
    if (S_ISDIR(info->st_mode) && (info->st_uid != geteuid() || (info->st_mode & (S_ISVTX | S_ISGID)) != 0))
        return "others may write to it; a private directory is needed, such as one in it that `mkdir -m 700` "
               "makes";
    return "others may write to it; `chmod go-w` makes it one's own";
}

/* Copies the path without slashes at its end: with one, open would follow a symbolic link in spite of
 * O_NOFOLLOW. False if the path is too long. */
static bool without_slashes(const char *directory, char path[PATH_MAX])
{
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    if (length >= PATH_MAX)
        return false;
    memcpy(path, directory, length);
    path[length] = '\0';
    return true;
}

int directory_open_own(const char *directory, const char **fault)
{
    char path[PATH_MAX];
    if (!without_slashes(directory, path)) {
        errno = ENAMETOOLONG;
        *fault = strerror(errno);
        return -1;
    }
    struct stat info;
    const int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        const int error = errno;
        *fault = lstat(path, &info) == 0 && S_ISLNK(info.st_mode) ? "a symbolic link" : strerror(error);
        errno = error;
        return -1;
    }
    *fault = own_fault(file, &info);
    if (*fault == NULL)
        return file;
    close(file);
    errno = EACCES;
    return -1;
}

void directory_lock_opened(int directory)
{
    while (flock(directory, LOCK_EX) != 0 && errno == EINTR)
        continue;
}

int directory_lock(const char *directory)
{
    const int opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened >= 0)
        directory_lock_opened(opened);
    return opened;
}
