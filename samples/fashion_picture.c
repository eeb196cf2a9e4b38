/* A gray PNG of images in bands, drawn in memory and written through libpng. */
#include "fashion.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZOOM = 2, GAP = 12 }; /* a pixel's side; the space between bands */
enum { WIDTH = BAND_COLUMNS * SIDE * ZOOM, BAND_HEIGHT = BAND_ROWS * SIDE * ZOOM };

struct picture {
    size_t height;
    unsigned char gray[]; /* WIDTH a row */
};

picture *picture_create(size_t bands)
{
    const size_t height = bands * (BAND_HEIGHT + GAP) - GAP;
    picture *it = malloc(sizeof *it + height * WIDTH);
    if (it == NULL)
        return NULL;
    it->height = height;
    memset(it->gray, 255, height * WIDTH);
    return it;
}

static int compare(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

/* Black and white stand for the 1st and the 99th percentile: single extreme pixels, as dead corners have
 * after batch normalization, would otherwise leave nothing for all the others. */
static void gray_range(const float *images, float *black, float *white)
{
    static float sorted[IN_A_BAND * PIXELS];
    memcpy(sorted, images, sizeof sorted);
    qsort(sorted, IN_A_BAND * PIXELS, sizeof *sorted, compare);
    *black = sorted[IN_A_BAND * PIXELS / 100];
    *white = sorted[IN_A_BAND * PIXELS * 99 / 100];
}

static unsigned char to_gray(float value, float black, float white)
{
    if (!(value > black))
        return 0;
    return value < white ? (unsigned char)(255.0f * (value - black) / (white - black)) : 255;
}

void picture_draw(picture *to, size_t band, const float *images)
{
    float black, white;
    gray_range(images, &black, &white);
    for (size_t row = 0; row < BAND_HEIGHT; row++) {
        unsigned char *line = to->gray + (band * (BAND_HEIGHT + GAP) + row) * WIDTH;
        for (size_t column = 0; column < WIDTH; column++) {
            const size_t y = row / ZOOM, x = column / ZOOM;
            const size_t image = y / SIDE * BAND_COLUMNS + x / SIDE;
            line[column] = to_gray(images[image * PIXELS + y % SIDE * SIDE + x % SIDE], black, white);
        }
    }
}

bool picture_write(const picture *from, const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = WIDTH,
                       .height = (png_uint_32)from->height,
                       .format = PNG_FORMAT_GRAY};
    if (png_image_write_to_file(&image, path, 0, from->gray, 0, NULL))
        return true;
    fprintf(stderr, "cannot write %s: %s\n", path, image.message);
    return false;
}

void picture_destroy(picture *it)
{
    free(it);
}
