#include "output_file.h"

#include "base/file_place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool refuse(char *error, const char *path, const char *why)
{
    snprintf(error, NPY_ERROR_SIZE, "%s cannot be written: %s", path, why);
    return false;
}

/* All of it under the temporary name. False and errno when it fails. */
static bool write_all(const file_place *place, int descriptor, const npy_array *array)
{
    FILE *stream = fdopen(descriptor, "wb");
    if (!stream) {
        const int failure = errno;
        close(descriptor);
        errno = failure;
        return false;
    }
    const bool written = npy_write(stream, array) && file_place_inherit(place, descriptor);
    const int failure = errno;
    if (fclose(stream) != 0 && written)
        return false;
    errno = failure;
    return written;
}

bool output_file_write(output_file *file, const char *path, const npy_array *array,
                       char error[NPY_ERROR_SIZE])
{
    file_place place;
    const char *why;
    *file = (output_file){.target = NULL};
    if (!file_place_find(&place, path, true, &why))
        return refuse(error, path, why);
    file->target = place.path;
    char *temporary;
    const int descriptor = file_place_open(&place, &temporary);
    if (descriptor < 0) {
        free(temporary);
        return refuse(error, path, strerror(errno));
    }
    file->temporary = temporary;
    return write_all(&place, descriptor, array) ? true : refuse(error, path, strerror(errno));
}

/* Keeps the old file under a second name, by a hard link, so that the target exists at every moment. */
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
