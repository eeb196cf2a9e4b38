/*
 * Manifests of images: what is read has the form that manifest.h tells, a row that is added is found and
 * leaves the others as they were, and writing an image spoils none of another device.
 *
 * An input is manifest.json of a directory that holds an image, "image.bin". In it, @SOURCE and @HASH stand
 * for the hashes of this library's kernels and of that image.
 */
#include "fuzz.h"

#include "programs/image_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char image_bytes[] = "an image", other_bytes[] = "another image";
static const char *const devices[] = {"emulator", "board A", "board-a", ""};
enum { DEVICES = sizeof devices / sizeof *devices, IMAGE_SIZE = sizeof image_bytes - 1 };

/* The hash of the kernels. */
static const char *source_hash(void)
{
    static char source[HASH_DIGITS + 1];
    fuzz_require(source[0] != '\0' || image_text(NULL, NULL, source) == CLNORM_OK, "no kernels");
    return source;
}

/* The text with the hashes in their places, which the caller frees. */
static char *expand(const uint8_t *data, size_t size, size_t *length)
{
    char hash[HASH_DIGITS + 1];
    hash_text(image_bytes, IMAGE_SIZE, hash);
    char *text = malloc(size * HASH_DIGITS / 4 + HASH_DIGITS), *at = text;
    fuzz_require(text != NULL, "no memory");
    for (size_t i = 0; i < size;) {
        const size_t left = size - i;
        const bool is_source = left >= 7 && memcmp(data + i, "@SOURCE", 7) == 0;
        const bool is_hash = left >= 5 && memcmp(data + i, "@HASH", 5) == 0;
        if (is_source || is_hash) {
            memcpy(at, is_source ? source_hash() : hash, HASH_DIGITS);
            at += HASH_DIGITS;
            i += is_source ? 7 : 5;
        } else {
            *at++ = (char)data[i++];
        }
    }
    *length = (size_t)(at - text);
    return text;
}

static image_description description_of(const char *device)
{
    static const image_kernel kernels[] = {{"reduce", 9}, {"map", 12}};
    return (image_description){device, "vendor", "driver", "platform", source_hash(), kernels, 2};
}

static void check_row(const json_t *manifest, const char *directory, const char *device)
{
    manifest_row row;
    const clnorm_status status = manifest_find(manifest, directory, device, &row);
    fuzz_require(status == CLNORM_OK || status == CLNORM_NO_IMAGE || status == CLNORM_INVALID_FILE, "%s",
                 clnorm_status_name(status));
    if (status != CLNORM_OK)
        return;
    fuzz_require(*row.file != '\0' && strchr(row.file, '/') == NULL, "the file is \"%s\"", row.file);
    fuzz_require(row.size > 0 && row.size <= INT64_MAX && json_is_array(row.kernels), "no size or kernels");
    fuzz_require(strcmp(row.device, device) == 0, "the row of \"%s\" is for \"%s\"", row.device, device);
}

/* A row more, in memory. */
static void check_with(const json_t *manifest, const char *directory, const char *device)
{
    const image_description description = description_of(device);
    manifest_row row;
    json_t *grown = manifest_with(manifest, &description, "new.bin", 77, "0123");
    fuzz_require(grown != NULL && manifest_find(grown, directory, device, &row) == CLNORM_OK,
                 "a row is not found: %s", clnorm_last_error());
    fuzz_require(strcmp(row.file, "new.bin") == 0 && row.size == 77 && strcmp(row.hash, "0123") == 0,
                 "another row is found");
    const size_t before = json_array_size(json_object_get(manifest, "images"));
    const size_t after = json_array_size(json_object_get(grown, "images"));
    fuzz_require(after > 0 && after <= before + 1, "%zu rows became %zu", before, after);
    json_decref(grown);
}

/* Which of the images a device has: 1 or 2, 0 if it does not open. */
static int image_of(const char *directory, const char *device)
{
    image *opened = NULL;
    size_t size;
    if (image_open(&opened, directory, device, NULL) != CLNORM_OK)
        return 0;
    const unsigned char *bytes = image_binary(opened, &size);
    const bool first = size == IMAGE_SIZE && memcmp(bytes, image_bytes, size) == 0;
    const bool second = size == sizeof other_bytes && memcmp(bytes, other_bytes, size) == 0;
    (void)image_has_kernel(opened, "map");
    image_close(opened);
    fuzz_require(first || second, "the image of \"%s\" holds what nobody wrote", device);
    return first ? 1 : 2;
}

/* What other devices have must be as it was when an image has been written. */
static void check_write(const char *directory, const char *device)
{
    int before[DEVICES];
    for (size_t i = 0; i < DEVICES; i++)
        before[i] = image_of(directory, devices[i]);
    const image_description description = description_of(device);
    const clnorm_status status = image_write(directory, &description, other_bytes, sizeof other_bytes);
    fuzz_require(status == CLNORM_OK, "an image is not written: %s", clnorm_last_error());
    fuzz_require(image_of(directory, device) == 2, "an image that was written does not open: %s",
                 clnorm_last_error());
    for (size_t i = 0; i < DEVICES; i++)
        fuzz_require(strcmp(device, devices[i]) == 0 || image_of(directory, devices[i]) == before[i],
                     "the image of \"%s\" is not as it was: %s", devices[i], clnorm_last_error());
}

/* The same bytes for two devices whose files would have one name; then others for one of them. */
static void check_names(const char *directory)
{
    for (size_t i = 1; i < 3; i++) {
        const image_description description = description_of(devices[i]);
        fuzz_require(image_write(directory, &description, image_bytes, IMAGE_SIZE) == CLNORM_OK,
                     "an image is not written: %s", clnorm_last_error());
    }
    check_write(directory, devices[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length;
    json_t *manifest = NULL;
    char *text = expand(data, size, &length);
    fuzz_clear();
    const char *directory = fuzz_path("");
    const char *path = fuzz_path("manifest.json");
    fuzz_write(path, text, length);
    free(text);
    fuzz_write(fuzz_path("image.bin"), image_bytes, IMAGE_SIZE);
    const clnorm_status status = manifest_read(directory, &manifest);
    fuzz_require(status == CLNORM_OK || status == CLNORM_INVALID_FILE, "%s: %s", clnorm_status_name(status),
                 clnorm_last_error());
    if (status != CLNORM_OK)
        return 0;
    for (size_t i = 0; i < DEVICES; i++)
        check_row(manifest, directory, devices[i]);
    check_with(manifest, directory, devices[length % DEVICES]);
    check_write(directory, devices[length % DEVICES]);
    check_names(directory);
    json_decref(manifest);
    return 0;
}
