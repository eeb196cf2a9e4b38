/* What the samples on Fashion-MNIST share: images in, measuring, a picture out. */
#ifndef SAMPLES_FASHION_H
#define SAMPLES_FASHION_H

#include <clnorm/clnorm.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

/* Reads up to *count images of SIDE x SIDE pixels from a gzipped IDX file, each pixel 0 ... 1, and sets
 * *count to how many came. The caller frees them. NULL after a message on stderr. */
float *images_read(const char *path, size_t *count);

/* The same as the bytes that they are, PIXELS of them an image; and the labels of such images, a byte
 * each. */
unsigned char *pixels_read(const char *path, size_t *count);
unsigned char *labels_read(const char *path, size_t *count);

/* The median of several warm executions, in seconds, each from the enqueue to its completed event. */
double measure_seconds(clnorm_plan *plan, cl_mem x, cl_mem y);

/* Compares y, `count` values from a device, with the host reference of `op` on x: the largest error, and
 * the largest share that an error has of what is allowed for its element. */
void measure_error(const clnorm_op *op, const float *x, const float *y, size_t count, double *error,
                   double *share);

/* A picture of bands one below the other, each of IN_A_BAND images; grays are stretched band by band. */
enum { BAND_COLUMNS = 16, BAND_ROWS = 2, IN_A_BAND = BAND_COLUMNS * BAND_ROWS };

typedef struct picture picture;

picture *picture_create(size_t bands);
void picture_draw(picture *to, size_t band, const float *images);
/* Writes a PNG file. False after a message on stderr. */
bool picture_write(const picture *from, const char *path);
void picture_destroy(picture *it);

#endif
