#include "base/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS = 100, SUFFIX = 48, LONGEST_STEM = 200 };

/* Bytes of `path` that the temporary name begins with: file systems have a longest name. */
static size_t stem_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t length = strlen(path), start = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    return length - start > LONGEST_STEM ? start + LONGEST_STEM : length;
}

int temporary_file_open(int directory, const char *path, mode_t mode, char **name)
{
    static atomic_uint counter;
    const size_t stem = stem_length(path), size = stem + SUFFIX;
    *name = malloc(size);
    if (*name == NULL) {
        errno = ENOMEM;
        return -1;
    }
    int file = -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(*name, size, "%.*s.%ld-%u.tmp", (int)stem, path, (long)getpid(),
                 atomic_fetch_add(&counter, 1U));
        file = openat(directory, *name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (file >= 0 || errno != EEXIST)
            break;
    }
    return file;
}

bool temporary_file_end(int directory, int file, char *temporary, const char *name, bool written)
{
    bool stored = file >= 0 && written;
    if (file >= 0 && close(file) != 0) /* network file systems report a full disk only here */
        stored = false;
    stored = stored && renameat(directory, temporary, directory, name) == 0;
    const int error = errno;
    if (!stored && file >= 0)
        unlinkat(directory, temporary, 0);
    free(temporary);
    errno = error;
    return stored;
}

bool file_write(int file, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        const ssize_t count = write(file, from, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        from += count;
        size -= (size_t)count;
    }
    return true;
}

bool file_read(int file, void *bytes, size_t size)
{
    char *to = bytes;
    while (size > 0) {
        const ssize_t count = read(file, to, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        to += count;
        size -= (size_t)count;
    }
    return true;
}
