/* A network of dense layers, with or without batch normalization between them, trained by gradient
 * descent. */
#ifndef SAMPLES_NETWORK_H
#define SAMPLES_NETWORK_H

#include "dataset.h"

#include <clnorm/layers.h>

typedef struct network network;

/* Its first weights depend on `seed` alone. Ends the program if it cannot be made, as all that follows
 * does. */
network *network_create(clnorm_context *context, bool batch_norm, unsigned long long seed);
void network_destroy(network *it); /* NULL is allowed */

/* All variables of the network: what is saved and loaded. */
clnorm_model *network_model(network *it);

/* One step: the gradient of the mean loss over the BATCH samples from `first` on, times `rate`. */
void network_train(network *it, const dataset *from, size_t first, float rate);

/* The share of samples whose label the network finds, in inference mode. */
double network_accuracy(network *it, const dataset *of);

/* The mean loss that training found on the BATCH samples from `first` on. */
double network_loss(network *it, const dataset *of, size_t first);

#endif
