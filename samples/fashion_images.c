/* Gzipped IDX files, as MNIST and Fashion-MNIST come: a magic word with the rank, the sizes, all in four
 * big-endian bytes, then the bytes of the items. */
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
static const char *read_header(gzFile file, unsigned rank, size_t *count)
{
    unsigned char header[16];
    if (!read_bytes(file, header, 4 + 4 * rank) || word_at(header) != 0x00000800 + rank)
        return rank == 3 ? "is no IDX file of images" : "is no IDX file of labels";
    if (rank == 3 && (word_at(header + 8) != SIDE || word_at(header + 12) != SIDE))
        return "has images of another size than 28 x 28";
    if (word_at(header + 4) == 0)
        return "holds nothing";
    if (word_at(header + 4) < *count)
        *count = word_at(header + 4);
    return NULL;
}

static const char *read_items(gzFile file, unsigned char *bytes, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!read_bytes(file, bytes + i * size, size))
            return "ends before its last item";
    }
    return NULL;
}

/* Up to *count items of `size` bytes each. NULL after a message. */
static unsigned char *read_idx(const char *path, unsigned rank, size_t size, size_t *count)
{
    unsigned char *bytes = NULL;
    const char *wrong = NULL;
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot open %s (Debian's package dataset-fashion-mnist brings it)\n", path);
        return NULL;
    }
    wrong = read_header(file, rank, count);
    if (wrong != NULL)
        goto cleanup;
    bytes = calloc(*count, size);
    wrong = bytes == NULL ? "does not fit into memory" : read_items(file, bytes, size, *count);

cleanup:
    gzclose(file);
    if (wrong == NULL)
        return bytes;
    fprintf(stderr, "%s %s\n", path, wrong);
    free(bytes);
    return NULL;
}

unsigned char *pixels_read(const char *path, size_t *count)
{
    return read_idx(path, 3, PIXELS, count);
}

unsigned char *labels_read(const char *path, size_t *count)
{
    return read_idx(path, 1, 1, count);
}

float *images_read(const char *path, size_t *count)
{
    unsigned char *pixels = pixels_read(path, count);
    float *images = pixels != NULL ? calloc(*count, PIXELS * sizeof *images) : NULL;
    for (size_t i = 0; images != NULL && i < *count * PIXELS; i++)
        images[i] = (float)pixels[i] / 255.0f;
    if (pixels != NULL && images == NULL)
        fprintf(stderr, "%s does not fit into memory\n", path);
    free(pixels);
    return images;
}
