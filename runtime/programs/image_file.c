#include "programs/image_file.h"
#include "base/directory.h"
#include "base/file_kind.h"
#include "base/replace_file.h"
#include "programs/binary_cache.h"
#include "programs/manifest.h"
#include "programs/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    json_t *manifest;
    manifest_row row;
    char *path;
    unsigned char *binary;
};

clnorm_status image_text(const char *kernel_directory, char **text, char hash[HASH_DIGITS + 1])
{
    static const char *const names[IMAGE_SOURCES] = {IMAGE_SOURCE_NAMES};
    char *expanded;
    const clnorm_status status = source_expand(names, IMAGE_SOURCES, kernel_directory, &expanded);
    if (status != CLNORM_OK)
        return status;
    const cache_key key = cache_key_of((const char *const[]){expanded, IMAGE_OPTIONS}, 2);
    for (size_t i = 0; i < sizeof key.bytes; i++)
        snprintf(hash + 2 * i, 3, "%02x", key.bytes[i]);
    if (text != NULL)
        *text = expanded;
    else
        free(expanded);
    return CLNORM_OK;
}

/* ---- Reading ---- */

static clnorm_status check_directory(const char *directory)
{
    struct stat info;
    const bool there = stat(directory, &info) == 0;
    if (there && S_ISDIR(info.st_mode))
        return CLNORM_OK;
    return fail(
        CLNORM_INVALID_ENVIRONMENT,
        "CLNORM_BINARY_DIR is \"%s\": %s; it must name a directory that `clnorm build --device fpga --out "
        "DIR` wrote",
        directory, there ? "not a directory" : strerror(errno));
}

static clnorm_status fail_changed(const image *opened, const char *what)
{
    const char *kind = file_kind_of_text_at(opened->path);
    return fail(
        CLNORM_INVALID_FILE,
        "%s %s%s%s: the file was cut, changed or replaced; copy the directory again, or build it again with "
        "`clnorm build`",
        opened->path, what, kind != NULL ? ", and looks like " : "", kind != NULL ? kind : "");
}

static clnorm_status check_bytes(image *opened, FILE *file)
{
    const size_t size = opened->row.size;
    char what[128], hash[HASH_DIGITS + 1];
    struct stat info;
    if (fstat(fileno(file), &info) != 0)
        return fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", opened->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail_changed(opened, "is no regular file");
    if ((uintmax_t)info.st_size != size) {
        snprintf(what, sizeof what, "holds %jd bytes, and its manifest says %zu", (intmax_t)info.st_size,
                 size);
        return fail_changed(opened, what);
    }
    opened->binary = malloc(size);
    if (opened->binary == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for an image of %zu bytes", size);
    if (fread(opened->binary, 1, size, file) != size)
        return ferror(file) ? fail(CLNORM_IO_ERROR, "%s: cannot be read to its end", opened->path)
                            : fail_changed(opened, "became shorter");
    hash_text(opened->binary, size, hash);
    if (strcmp(hash, opened->row.hash) != 0)
        return fail_changed(opened, "does not have the hash that its manifest says");
    return CLNORM_OK;
}

static clnorm_status read_binary(image *opened)
{
    clnorm_status status = check_regular(opened->path);
    if (status != CLNORM_OK)
        return status;
    FILE *file = fopen(opened->path, "rb");
    if (file == NULL && errno != ENOENT)
        return fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", opened->path, strerror(errno));
    if (file == NULL)
        return fail(
            CLNORM_INVALID_FILE,
            "%s: %s, and its manifest names it; copy the directory again, or build it again with `clnorm "
            "build`",
            opened->path, strerror(errno));
    status = check_bytes(opened, file);
    fclose(file);
    return status;
}

static clnorm_status check_source(const image *opened, const char *directory, const char *kernel_directory)
{
    char source[HASH_DIGITS + 1];
    const clnorm_status status = image_text(kernel_directory, NULL, source);
    if (status != CLNORM_OK || strcmp(opened->row.source, source) == 0)
        return status;
    return fail(
        CLNORM_NO_IMAGE,
        "%s was built from the kernels of clnorm %s, and this library's are others; build it again with "
        "`clnorm build --out %s`",
        opened->path, opened->row.library, directory);
}

clnorm_status image_open(image **opened, const char *directory, const char *device,
                         const char *kernel_directory)
{
    clnorm_status status = check_directory(directory);
    image *made = status == CLNORM_OK ? calloc(1, sizeof *made) : NULL;
    if (status == CLNORM_OK && made == NULL)
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for an image");
    if (status == CLNORM_OK)
        status = manifest_read(directory, &made->manifest);
    if (status == CLNORM_OK)
        status = manifest_find(made->manifest, directory, device, &made->row);
    if (status == CLNORM_OK && (made->path = path_in(directory, made->row.file)) == NULL)
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a path");
    if (status == CLNORM_OK)
        status = check_source(made, directory, kernel_directory);
    if (status == CLNORM_OK)
        status = read_binary(made);
    if (status != CLNORM_OK) {
        image_close(made);
        return status;
    }
    *opened = made;
    return CLNORM_OK;
}

void image_close(image *opened)
{
    if (opened == NULL)
        return;
    json_decref(opened->manifest);
    free(opened->path);
    free(opened->binary);
    free(opened);
}

const unsigned char *image_binary(const image *opened, size_t *size)
{
    *size = opened->row.size;
    return opened->binary;
}

const char *image_path(const image *opened)
{
    return opened->path;
}

const char *image_driver(const image *opened)
{
    return opened->row.driver;
}

bool image_has_kernel(const image *opened, const char *kernel)
{
    size_t i;
    json_t *object;
    json_array_foreach(opened->row.kernels, i, object)
    {
        const char *name = json_string_value(json_object_get(object, "name"));
        if (name != NULL && strcmp(name, kernel) == 0)
            return true;
    }
    return false;
}

/* ---- Writing ---- */

/* The file name of an image, such as "intel-r-fpga-emulation-device-0123abcd.bin". It contains a hash of the
 * image, so that a new image does not overwrite the old one while the manifest still names that. */
static void file_name(const char *device, const char *hash, char name[MANIFEST_TEXT])
{
    enum { HASH_SHOWN = 8, LONGEST = MANIFEST_TEXT - HASH_SHOWN - 6 };
    size_t length = 0;
    for (const char *at = device; *at != '\0' && length < LONGEST; at++) {
        if (isalnum((unsigned char)*at))
            name[length++] = (char)tolower((unsigned char)*at);
        else if (length > 0 && name[length - 1] != '-')
            name[length++] = '-';
    }
    const bool ends = length == 0 || name[length - 1] == '-';
    snprintf(name + length, MANIFEST_TEXT - length, "%s%.*s.bin", ends ? "" : "-", HASH_SHOWN, hash);
}

/* Removes the file of the image that was replaced, unless another device uses it, too: devices whose names
 * differ in punctuation only share a file if their images are equal. Only removes a file that file_name could
 * have named, so that a manifest cannot make us remove any other. */
static void remove_old(const json_t *old, const json_t *manifest, const char *directory, const char *device)
{
    manifest_row row;
    char given[MANIFEST_TEXT];
    if (old == NULL || manifest_find(old, directory, device, &row) != CLNORM_OK ||
        manifest_names(manifest, row.file))
        return;
    file_name(device, row.hash, given);
    if (strcmp(row.file, given) != 0)
        return;
    char *path = path_in(directory, row.file);
    if (path != NULL)
        unlink(path);
    free(path);
}

static clnorm_status write_locked(const char *directory, const image_description *description,
                                  const void *binary, size_t size)
{
    char name[MANIFEST_TEXT], hash[HASH_DIGITS + 1];
    json_t *old = NULL, *manifest = NULL;
    char *path = NULL;
    clnorm_status status = manifest_read(directory, &old);
    if (status != CLNORM_OK && status != CLNORM_NO_IMAGE)
        return status;
    hash_text(binary, size, hash);
    file_name(description->device, hash, name);
    path = path_in(directory, name);
    manifest = manifest_with(old, description, name, size, hash);
    if (path == NULL || manifest == NULL)
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a manifest");
    else
        status = replace_file(path, (const file_piece[]){{binary, size}}, 1);
    if (status == CLNORM_OK)
        status = manifest_write(directory, manifest);
    if (status == CLNORM_OK)
        remove_old(old, manifest, directory, description->device);
    json_decref(manifest);
    json_decref(old);
    free(path);
    return status;
}

clnorm_status image_write(const char *directory, const image_description *description, const void *binary,
                          size_t size)
{
    if (!directory_ensure(directory, 0777))
        return fail(CLNORM_IO_ERROR, "%s: cannot be made: %s", directory, strerror(errno));
    /* Without a lock, two processes could at once write manifests that lack each other's row. */
    const int lock = directory_lock(directory);
    if (lock < 0)
        return fail(CLNORM_IO_ERROR, "%s: cannot be opened: %s", directory, strerror(errno));
    const clnorm_status status = write_locked(directory, description, binary, size);
    close(lock);
    return status;
}
