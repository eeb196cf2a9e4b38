/* Gzipped IDX files, as MNIST and Fashion-MNIST come: a header of four big-endian words, then bytes. */
#include "fashion.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static int read_bytes(gzFile file, unsigned char *bytes, size_t count)
{
    return gzread(file, bytes, (unsigned)count) == (int)count;
}

static size_t word_at(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* Reads the header and sets *count to at most what the file says it holds. */
static const char *read_header(gzFile file, size_t *count)
{
    unsigned char header[16];
    if (!read_bytes(file, header, sizeof header) || word_at(header) != 0x00000803)
        return "is no IDX file of images";
    if (word_at(header + 8) != SIDE || word_at(header + 12) != SIDE)
        return "has images of another size than 28 x 28";
    if (word_at(header + 4) == 0)
        return "holds no images";
    if (word_at(header + 4) < *count)
        *count = word_at(header + 4);
    return NULL;
}

static const char *read_pixels(gzFile file, float *images, size_t count)
{
    unsigned char bytes[PIXELS];
    for (size_t i = 0; i < count; i++) {
        if (!read_bytes(file, bytes, sizeof bytes))
            return "ends before its last image";
        for (size_t pixel = 0; pixel < PIXELS; pixel++)
            images[i * PIXELS + pixel] = (float)bytes[pixel] / 255.0f;
    }
    return NULL;
}

float *images_read(const char *path, size_t *count)
{
    float *images = NULL;
    const char *wrong = NULL;
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot open %s (Debian's package dataset-fashion-mnist brings it)\n", path);
        return NULL;
    }
    wrong = read_header(file, count);
    if (wrong != NULL)
        goto cleanup;
    images = calloc(*count, PIXELS * sizeof *images);
    wrong = images == NULL ? "does not fit into memory" : read_pixels(file, images, *count);

cleanup:
    gzclose(file);
    if (wrong == NULL)
        return images;
    fprintf(stderr, "%s %s\n", path, wrong);
    free(images);
    return NULL;
}
