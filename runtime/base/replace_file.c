#include "base/replace_file.h"
#include "base/file_place.h"
#include "base/temporary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Syncs the directory of `path`, so that the rename survives a power failure. */
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
    /* Not errors: EINVAL, from a file system that cannot sync directories, and a directory that this process
     * may not read and so cannot open. */
    if (file < 0 ? errno != EACCES : fsync(file) != 0 && errno != EINVAL)
        status = fail(CLNORM_IO_ERROR, "%s: cannot be synced: %s", directory, strerror(errno));
    if (file >= 0)
        close(file);
    free(directory);
    return status;
}

static clnorm_status fail_memory(const char *path)
{
    return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", strlen(path));
}

static clnorm_status write_at(const file_place *place, const char *path, const file_piece *pieces,
                              size_t count)
{
    char *temporary;
    const int file = file_place_open(place, &temporary);
    if (temporary == NULL)
        return fail_memory(path);
    clnorm_status status = CLNORM_OK;
    bool written = file >= 0;
    for (size_t i = 0; written && i < count; i++)
        written = file_write(file, pieces[i].bytes, pieces[i].size);
    /* Sync before the rename: otherwise the file could be empty after a power failure. */
    written = written && file_place_inherit(place, file) && fsync(file) == 0;
    if (file >= 0 && close(file) != 0)
        written = false;
    written = written && rename(temporary, place->path) == 0;
    if (!written) {
        status = fail(CLNORM_IO_ERROR, "%s: cannot be written: %s", path, strerror(errno));
        if (file >= 0)
            unlink(temporary);
    }
    free(temporary);
    return status == CLNORM_OK ? sync_directory(place->path) : status;
}

clnorm_status replace_file(const char *path, const file_piece *pieces, size_t count)
{
    file_place place;
    const char *why;
    if (!file_place_find(&place, path, false, &why))
        return errno == ENOMEM ? fail_memory(path)
                               : fail(CLNORM_IO_ERROR, "%s: cannot be written: %s", path, why);
    const clnorm_status status = write_at(&place, path, pieces, count);
    free(place.path);
    return status;
}
