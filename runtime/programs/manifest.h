/*
 * manifest.json of a directory of images:
 *
 *   {"format": 1, "images": [{
 *     "file": "name.bin", "size": 1234, "hash": "...",               (XXH3-128)
 *     "device": "...", "vendor": "...", "driver": "...", "platform": "...",
 *     "library": "0.1.0", "source": "...",                           (a hash of the text)
 *     "parameters": {"VECTOR": 16, ...},
 *     "kernels": [{"name": "...", "arguments": 9}, ...]
 *   }, ...]}
 *
 * Texts of drivers are kept as ASCII.
 */
#ifndef CLNORM_PROGRAMS_MANIFEST_H
#define CLNORM_PROGRAMS_MANIFEST_H

#include "base/status.h"

#include <jansson.h>

enum { MANIFEST_FORMAT = 1, MANIFEST_TEXT = 256 };

typedef struct image_kernel {
    const char *name;
    cl_uint arguments;
} image_kernel;

/* What a manifest is to say of an image. */
typedef struct image_description {
    const char *device, *vendor, *driver, *platform;
    const char *source;
    const image_kernel *kernels;
    size_t kernel_count;
} image_description;

/* What it says of one; the strings are the manifest's. */
typedef struct manifest_row {
    const char *file, *hash, *device, *driver, *library, *source;
    size_t size;
    json_t *kernels;
} manifest_row;

/* Reads `directory`/manifest.json. NO_IMAGE: there is none. INVALID_FILE, OUT_OF_MEMORY. */
clnorm_status manifest_read(const char *directory, json_t **manifest);

/* The row for a device. NO_IMAGE, with the devices that there are; INVALID_FILE. */
clnorm_status manifest_find(const json_t *manifest, const char *directory, const char *device,
                            manifest_row *row);

/* Adds a row, in the place of those there were for the same device; `manifest` may be NULL: a new one. The
 * caller owns what comes back, NULL without memory. */
json_t *manifest_with(const json_t *manifest, const image_description *description, const char *file,
                      size_t size, const char *hash);

/* Whether one of its rows is about this file. */
bool manifest_names(const json_t *manifest, const char *file);

/* Writes it. IO_ERROR, OUT_OF_MEMORY. */
clnorm_status manifest_write(const char *directory, const json_t *manifest);

/* INVALID_FILE where something else than a regular file is: a pipe would make its reader wait. */
clnorm_status check_regular(const char *path);

/* "directory/name", which the caller frees; NULL without memory. */
char *path_in(const char *directory, const char *name);

#endif
