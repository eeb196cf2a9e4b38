#define _XOPEN_SOURCE 700 /* nrand48 */
#include "dataset.h"
#include "check.h"
#include "device.h"
#include "fashion.h"

#include <string.h>

void dataset_rewind(dataset *it)
{
    memcpy(it->random, (const unsigned short[]){1, 2, 3}, sizeof it->random);
}

/* Ends the program unless these are so many labelled images. */
static void check_dataset(const char *path, size_t labels, size_t images, const unsigned char *classes)
{
    size_t wrong = 0;
    for (size_t i = 0; i < labels; i++)
        wrong += classes[i] >= CLASSES;
    if (labels == images && images >= BATCH && wrong == 0)
        return;
    fprintf(stderr,
            "%s has %zu images and %zu labels, %zu of them not below %d; at least %d images are needed\n",
            path, images, labels, wrong, CLASSES, BATCH);
    exit(EXIT_FAILURE);
}

dataset dataset_open(const clnorm_context *context, const char *images, const char *labels)
{
    size_t image_count = SIZE_MAX;
    dataset it = {.count = SIZE_MAX};
    unsigned char *pixels = pixels_read(images, &image_count);
    unsigned char *classes = pixels != NULL ? labels_read(labels, &it.count) : NULL;
    if (classes == NULL)
        exit(EXIT_FAILURE);
    check_dataset(images, it.count, image_count, classes);
    it.count -= it.count % BATCH;
    cl_uint *order = must_allocate(it.count * sizeof *order);
    for (size_t i = 0; i < it.count; i++)
        order[i] = (cl_uint)i;
    it.images = create_buffer(context, it.count * PIXELS, pixels);
    it.labels = create_buffer(context, it.count, classes);
    it.order = create_buffer(context, it.count * sizeof *order, order);
    it.losses = create_buffer(context, it.count * sizeof(float), NULL);
    it.hits = create_buffer(context, it.count * sizeof(float), NULL);
    dataset_rewind(&it);
    free(order);
    free(classes);
    free(pixels);
    return it;
}

void dataset_close(const dataset *it)
{
    clReleaseMemObject(it->images);
    clReleaseMemObject(it->labels);
    clReleaseMemObject(it->order);
    clReleaseMemObject(it->losses);
    clReleaseMemObject(it->hits);
}

/* Fisher and Yates, from the inside out. */
void dataset_shuffle(const clnorm_context *context, dataset *it)
{
    cl_uint *order = must_allocate(it->count * sizeof *order);
    for (size_t i = 0; i < it->count; i++) {
        const size_t k = (size_t)nrand48(it->random) % (i + 1);
        order[i] = order[k];
        order[k] = (cl_uint)i;
    }
    CHECK_CL(clEnqueueWriteBuffer(clnorm_context_cl_queue(context), it->order, CL_TRUE, 0,
                                  it->count * sizeof *order, order, 0, NULL, NULL));
    free(order);
}
