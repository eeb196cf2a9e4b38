#define _XOPEN_SOURCE 700 /* realpath */
#include "output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(char *error, const char *path, const char *why)
{
    snprintf(error, NPY_ERROR_SIZE, "%s cannot be written: %s", path, why);
    return false;
}

/* The path of a file that is not there, by the one name of the directory that it will be in. NULL, with
 * errno. */
static char *absent_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *directory = slash == path ? strdup("/")
                      : slash       ? strndup(path, (size_t)(slash - path))
                                    : strdup(".");
    char *resolved = directory ? realpath(directory, NULL) : NULL;
    char *result = resolved ? malloc(strlen(resolved) + strlen(name) + 2) : NULL;
    if (result)
        sprintf(result, "%s/%s", resolved, name);
    free(directory);
    free(resolved);
    return result;
}

/* Finds where to write, and with which permissions. A rename must not replace a directory or a device. */
static bool resolve(output_file *file, const char *path, mode_t *permissions, char *error)
{
    struct stat status;
    if (stat(path, &status) == 0) {
        if (!S_ISREG(status.st_mode))
            return refuse(error, path,
                          S_ISDIR(status.st_mode) ? "it is a directory" : "it is no regular file");
        if (access(path, W_OK) != 0)
            return refuse(error, path, strerror(errno));
        *permissions = status.st_mode & 0777;
        file->target = realpath(path, NULL);
    } else if (errno != ENOENT) {
        return refuse(error, path, strerror(errno));
    } else if (lstat(path, &status) == 0) {
        return refuse(error, path, "it is a link that leads nowhere");
    } else {
        mode_t mask = umask(0);
        umask(mask);
        *permissions = 0666 & ~mask;
        file->target = absent_path(path);
    }
    return file->target ? true : refuse(error, path, strerror(errno));
}

bool output_file_write(output_file *file, const char *path, const npy_array *array,
                       char error[NPY_ERROR_SIZE])
{
    static const char suffix[] = ".XXXXXX";
    mode_t permissions;
    *file = (output_file){.target = NULL};
    if (!resolve(file, path, &permissions, error))
        return false;

    char *temporary = malloc(strlen(file->target) + sizeof suffix);
    if (!temporary)
        return refuse(error, path, "out of memory");
    strcpy(temporary, file->target);
    strcat(temporary, suffix);
    int descriptor = mkstemp(temporary);
    if (descriptor < 0) {
        free(temporary);
        return refuse(error, path, strerror(errno));
    }
    file->temporary = temporary;

    FILE *stream = fdopen(descriptor, "wb");
    if (!stream) {
        close(descriptor);
        return refuse(error, path, strerror(errno));
    }
    bool done = npy_write(stream, array) && fchmod(descriptor, permissions) == 0;
    int failure = errno;
    if (fclose(stream) != 0 && done) {
        done = false;
        failure = errno;
    }
    return done ? true : refuse(error, path, strerror(failure));
}

/* A second name, as not to leave a moment without a file. */
static bool keep(output_file *file, char *error)
{
    char *kept = malloc(strlen(file->temporary) + 2);
    if (!kept)
        return refuse(error, file->target, "out of memory");
    strcpy(kept, file->temporary);
    strcat(kept, "~");
    if (link(file->target, kept) == 0)
        file->kept = kept;
    else
        free(kept);
    return true;
}

bool output_file_commit(output_file *file, char error[NPY_ERROR_SIZE])
{
    if (!keep(file, error))
        return false;
    if (rename(file->temporary, file->target) != 0)
        return refuse(error, file->target, strerror(errno));
    file->renamed = true;
    return true;
}

void output_file_undo(output_file *file)
{
    if (!file->renamed)
        return;
    if (!file->kept) {
        unlink(file->target);
    } else if (rename(file->kept, file->target) != 0) {
        free(file->kept); /* the old file keeps the name that it has */
        file->kept = NULL;
    }
}

void output_file_clear(output_file *file)
{
    if (file->temporary && !file->renamed)
        unlink(file->temporary);
    if (file->kept)
        unlink(file->kept);
    free(file->kept);
    free(file->temporary);
    free(file->target);
    *file = (output_file){.target = NULL};
}
