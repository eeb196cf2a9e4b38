/* Images and their labels on the device, in the order in which a network takes them. */
#ifndef SAMPLES_DATASET_H
#define SAMPLES_DATASET_H

#include <clnorm/clnorm.h>

enum { BATCH = 200, CLASSES = 10 }; /* what is taken at once; the labels are 0 ... CLASSES-1 */

typedef struct dataset {
    size_t count;             /* a multiple of BATCH */
    cl_mem images, labels;    /* uchar, as in the files */
    cl_mem order;             /* uint: which image is the first, the second, ... */
    cl_mem losses, hits;      /* float, in that order: what a network's last pass found */
    unsigned short random[3]; /* what the next order depends on */
} dataset;

/* Ends the program with a message if that fails. */
dataset dataset_open(const clnorm_context *context, const char *images, const char *labels);
void dataset_close(const dataset *it);

/* Another order, for another epoch: the same ones in the same succession after each dataset_rewind. */
void dataset_shuffle(const clnorm_context *context, dataset *it);
void dataset_rewind(dataset *it);

#endif
