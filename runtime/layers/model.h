/* What a model is made of. */
#ifndef CLNORM_LAYERS_MODEL_H
#define CLNORM_LAYERS_MODEL_H

#include "base/status.h"
#include <clnorm/layers.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* The four variables that the layers of one scope share. */
typedef struct variable_scope {
    char *name;
    size_t channels;
    clnorm_variable *beta, *gamma, *moving_mean, *moving_variance; /* the model's */
} variable_scope;

struct clnorm_model {
    clnorm_context *context;
    uint64_t seed;
    atomic_bool training;

    /* Held while the lists are read or grow, and by all that reads or writes variables by name. Taken before
     * any layer's lock. */
    pthread_mutex_t lock;
    clnorm_variable **variables;
    size_t variable_count;
    variable_scope **scopes;
    size_t scope_count;
    clnorm_layer **layers;
    size_t layer_count;
};

#endif
