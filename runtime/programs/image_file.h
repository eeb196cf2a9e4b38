/*
 * Images: programs that were compiled ahead of time, for devices that cannot compile.
 *
 * A directory holds images for any number of devices, and manifest.json, which describes them. An image is
 * found by the name of its device. Both files are replaced as a whole.
 */
#ifndef CLNORM_PROGRAMS_IMAGE_FILE_H
#define CLNORM_PROGRAMS_IMAGE_FILE_H

#include "base/hash.h"
#include "programs/image_text.h"
#include "programs/manifest.h"

/* The text that images are compiled from, which the caller frees, and its hash; `kernel_directory` as for
 * source_expand, `text` may be NULL. */
clnorm_status image_text(const char *kernel_directory, char **text, char hash[HASH_DIGITS + 1]);

/* An image that was read, and found to be whole and of this library. */
typedef struct image image;

/* Reads the image for the device of that name; `kernel_directory` as above. The message says what to do.
 * Errors: INVALID_ENVIRONMENT (there is no such directory: it is CLNORM_BINARY_DIR), NO_IMAGE (there is no
 * manifest, no image for this device, or one of another text), INVALID_FILE (a manifest that cannot be read,
 * an image that is missing, cut or changed), IO_ERROR (CLNORM_KERNEL_DIR lacks a file), OUT_OF_MEMORY. */
clnorm_status image_open(image **opened, const char *directory, const char *device,
                         const char *kernel_directory);
void image_close(image *opened);

const unsigned char *image_binary(const image *opened, size_t *size);
const char *image_path(const image *opened);
/* The driver that it was built with. */
const char *image_driver(const image *opened);
bool image_has_kernel(const image *opened, const char *kernel);

/* Writes an image and adds it to the manifest, in place of an older one for the same device. Makes the
 * directory if needed. IO_ERROR, INVALID_FILE (manifest.json exists, but is no manifest), OUT_OF_MEMORY. */
clnorm_status image_write(const char *directory, const image_description *description, const void *binary,
                          size_t size);

#endif
