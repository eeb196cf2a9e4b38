#include "replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100, SUFFIX = 48 };

static bool write_all(int file, const file_piece *piece)
{
    const char *bytes = piece->bytes;
    for (size_t left = piece->size; left > 0;) {
        const ssize_t count = write(file, bytes, left);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        left -= (size_t)count;
    }
    return true;
}

/* Opens a new file beside `path` that no other thread or process uses; its name goes to `temporary`. */
static int open_temporary(const char *path, char *temporary, size_t size)
{
    static atomic_uint counter;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(temporary, size, "%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&counter, 1U));
        const int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

/* The new name is in the directory also after a power failure. */
static clnorm_status sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    char *directory = malloc(length + 1);
    if (directory == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", length);
    memcpy(directory, slash == NULL ? "." : path, length);
    directory[length] = '\0';
    clnorm_status status = CLNORM_OK;
    const int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* A file system that cannot sync directories says EINVAL; one that may not be read cannot be synced. */
    if (file < 0 ? errno != EACCES : fsync(file) != 0 && errno != EINVAL)
        status = fail(CLNORM_IO_ERROR, "%s: cannot be synced: %s", directory, strerror(errno));
    if (file >= 0)
        close(file);
    free(directory);
    return status;
}

clnorm_status replace_file(const char *path, const file_piece *pieces, size_t count)
{
    const size_t size = strlen(path) + SUFFIX;
    char *temporary = malloc(size);
    if (temporary == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", size);
    clnorm_status status = CLNORM_OK;
    const int file = open_temporary(path, temporary, size);
    bool written = file >= 0;
    for (size_t i = 0; written && i < count; i++)
        written = write_all(file, &pieces[i]);
    /* On the disk before it has the name: else the name could lead to nothing after a power failure. */
    written = written && fsync(file) == 0;
    if (file >= 0 && close(file) != 0)
        written = false;
    written = written && rename(temporary, path) == 0;
    if (!written) {
        status = fail(CLNORM_IO_ERROR, "%s: cannot be written: %s", path, strerror(errno));
        if (file >= 0)
            unlink(temporary);
    }
    free(temporary);
    return status == CLNORM_OK ? sync_directory(path) : status;
}
