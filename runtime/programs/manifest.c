#include "programs/manifest.h"
#include "base/file_kind.h"
#include "base/json_text.h"
#include "base/replace_file.h"
#include "base/version_text.h"

#include "../../kernels-cl/fpga/parameters.cl"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char NAME[] = "manifest.json";

char *path_in(const char *directory, const char *name)
{
    const size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s/%s", directory, name);
    return path;
}

clnorm_status check_regular(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return CLNORM_OK;
    return fail(CLNORM_INVALID_FILE,
                "%s is no regular file; `clnorm build --out` writes into an empty directory", path);
}

/* ---- Reading ---- */

static clnorm_status fail_memory(void)
{
    return fail(CLNORM_OUT_OF_MEMORY, "no memory for a manifest");
}

static clnorm_status check_format(const json_t *manifest, const char *path)
{
    const json_t *format = json_object_get(manifest, "format");
    if (!json_is_array(json_object_get(manifest, "images")) || !json_is_integer(format))
        return fail(
            CLNORM_INVALID_FILE,
            "%s is no manifest of images: \"format\" and \"images\" are missing; `clnorm build --out` "
            "writes it",
            path);
    if (json_integer_value(format) != MANIFEST_FORMAT)
        return fail(CLNORM_INVALID_FILE,
                    "%s is of format %lld, and this library reads %d; `clnorm build --out` writes it again",
                    path, (long long)json_integer_value(format), MANIFEST_FORMAT);
    return CLNORM_OK;
}

/* It is no JSON: begun as such and damaged, or never meant to be. */
static clnorm_status refuse_text(const char *path, const json_error_t *error)
{
    const char *kind = file_kind_of_text_at(path);
    if (kind == NULL || strncmp(kind, "JSON", 4) == 0)
        return fail(CLNORM_INVALID_FILE,
                    "%s is not JSON: line %d: %s; `clnorm build --out` writes it into an empty directory",
                    path, error->line, error->text);
    return fail(CLNORM_INVALID_FILE,
                "%s is not JSON; it looks like %s; `clnorm build --out` writes it into an empty directory",
                path, kind);
}

static clnorm_status read_json(const char *path, const char *directory, json_t **read)
{
    json_error_t error;
    const clnorm_status status = check_regular(path);
    if (status != CLNORM_OK)
        return status;
    /* A manifest that exists but cannot be read is an error: otherwise it would be replaced by one that
     * contains only the new image. */
    if (access(path, R_OK) != 0)
        return fail(errno == ENOENT || errno == ENOTDIR ? CLNORM_NO_IMAGE : CLNORM_IO_ERROR,
                    "%s: %s; `clnorm build --device fpga --out %s` puts an image and its manifest there",
                    path, strerror(errno), directory);
    *read = json_read_file(path, 0, &error);
    if (*read != NULL)
        return check_format(*read, path);
    switch (json_error_code(&error)) {
    case json_error_cannot_open_file:
        return fail(CLNORM_IO_ERROR, "%s: cannot be read: %s", path, error.text);
    case json_error_out_of_memory:
        return fail(CLNORM_OUT_OF_MEMORY, "%s: no memory to read it", path);
    default:
        return refuse_text(path, &error);
    }
}

clnorm_status manifest_read(const char *directory, json_t **manifest)
{
    json_t *read = NULL;
    char *path = path_in(directory, NAME);
    if (path == NULL)
        return fail_memory();
    const clnorm_status status = read_json(path, directory, &read);
    if (status == CLNORM_OK)
        *manifest = json_incref(read);
    json_decref(read);
    free(path);
    return status;
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static bool is_for(const json_t *object, const char *device)
{
    char ascii[MANIFEST_TEXT];
    json_copy_ascii(device, ascii, sizeof ascii);
    return strcmp(string_of(object, "device"), ascii) == 0;
}

/* The row's object, or NULL. */
static json_t *object_for(const json_t *manifest, const char *device)
{
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(manifest, "images"), i, object)
    {
        if (is_for(object, device))
            return object;
    }
    return NULL;
}

static clnorm_status fail_device(const json_t *manifest, const char *directory, const char *device)
{
    char known[1024] = "none";
    size_t i, used = 0;
    json_t *object;
    json_array_foreach(json_object_get(manifest, "images"), i, object)
    {
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s\"%s\"", i > 0 ? ", " : "",
                                     string_of(object, "device"));
    }
    return fail(
        CLNORM_NO_IMAGE,
        "%s has no image for the device \"%s\"; it has images for: %s; `clnorm build --device ... --out "
        "%s` adds one",
        directory, device, known, directory);
}

clnorm_status manifest_find(const json_t *manifest, const char *directory, const char *device,
                            manifest_row *row)
{
    const json_t *object = object_for(manifest, device);
    if (object == NULL)
        return fail_device(manifest, directory, device);
    const json_t *size = json_object_get(object, "size");
    *row = (manifest_row){.file = string_of(object, "file"),
                          .hash = string_of(object, "hash"),
                          .device = string_of(object, "device"),
                          .driver = string_of(object, "driver"),
                          .library = string_of(object, "library"),
                          .source = string_of(object, "source"),
                          .size = (size_t)json_integer_value(size),
                          .kernels = json_object_get(object, "kernels")};
    /* The file must be a plain name, and not that of the manifest, so that a manifest cannot name files
     * outside of its directory. */
    const bool is_image =
        *row->file != '\0' && strchr(row->file, '/') == NULL && strcmp(row->file, NAME) != 0;
    if (!is_image || !json_is_integer(size) || json_integer_value(size) <= 0 || !json_is_array(row->kernels))
        return fail(
            CLNORM_INVALID_FILE,
            "%s/%s: the row for \"%s\" lacks a file in that directory, its size or its kernels; `clnorm "
            "build --out` writes it again",
            directory, NAME, device);
    return CLNORM_OK;
}

bool manifest_names(const json_t *manifest, const char *file)
{
    size_t i;
    json_t *object;
    json_array_foreach(json_object_get(manifest, "images"), i, object)
    {
        if (strcmp(string_of(object, "file"), file) == 0)
            return true;
    }
    return false;
}

/* ---- Writing ---- */

static json_t *ascii_json(const char *text)
{
    char ascii[MANIFEST_TEXT];
    json_copy_ascii(text, ascii, sizeof ascii);
    return json_string(ascii);
}

/* All of them, or NULL without memory. */
static json_t *kernels_json(const image_description *d)
{
    json_t *kernels = json_array();
    for (size_t i = 0; i < d->kernel_count; i++) {
        if (json_array_append_new(kernels, json_pack("{s:s, s:I}", "name", d->kernels[i].name, "arguments",
                                                     (json_int_t)d->kernels[i].arguments)) != 0) {
            json_decref(kernels);
            return NULL;
        }
    }
    return kernels;
}

static json_t *row_json(const image_description *d, const char *file, size_t size, const char *hash)
{
    json_t *parameters = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "VECTOR", VECTOR, "SLOTS", SLOTS,
                                   "MERGE_DISTANCE", MERGE_DISTANCE, "WINDOW_VECTOR", WINDOW_VECTOR,
                                   "WINDOW_RADIUS", WINDOW_RADIUS, "WINDOW_WORDS", WINDOW_WORDS);
    return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}", "file", file, "size",
                     (json_int_t)size, "hash", hash, "device", ascii_json(d->device), "vendor",
                     ascii_json(d->vendor), "driver", ascii_json(d->driver), "platform",
                     ascii_json(d->platform), "library", VERSION_TEXT, "source", d->source, "parameters",
                     parameters, "kernels", kernels_json(d));
}

json_t *manifest_with(const json_t *manifest, const image_description *description, const char *file,
                      size_t size, const char *hash)
{
    json_t *images = json_array();
    size_t i;
    json_t *object;
    int failed = 0;
    json_array_foreach(json_object_get(manifest, "images"), i, object)
    {
        if (!is_for(object, description->device)) /* several, where people have put manifests together */
            failed |= json_array_append(images, object);
    }
    failed |= json_array_append_new(images, row_json(description, file, size, hash));
    if (failed != 0) {
        json_decref(images);
        return NULL;
    }
    return json_pack("{s:i, s:o}", "format", MANIFEST_FORMAT, "images", images);
}

clnorm_status manifest_write(const char *directory, const json_t *manifest)
{
    char *path = path_in(directory, NAME), *text = json_write(manifest, JSON_INDENT(2));
    clnorm_status status = fail_memory();
    if (path != NULL && text != NULL)
        status = replace_file(path, (const file_piece[]){{text, strlen(text)}, {"\n", 1}}, 2);
    free(text);
    free(path);
    return status;
}
