/* A layer: an operation with its attributes, and the plans and statistics of its executions. */
#ifndef CLNORM_LAYERS_LAYER_H
#define CLNORM_LAYERS_LAYER_H

#include "layers/model.h"

enum { LAYER_PLANS = 16, LAYER_LRN_RANK = 4 };

/* A plan and what it is for. */
typedef struct layer_plan {
    clnorm_mode mode;
    clnorm_tensor x;
    clnorm_plan *plan;  /* NULL: a free place */
    unsigned long used; /* when, on the layer's clock */
} layer_plan;

struct clnorm_layer {
    clnorm_model *model;
    const char *name; /* the scope's, or its own */
    char *own_name;
    clnorm_op op; /* the attributes; x and mode are those of each call */

    variable_scope *scope;                                     /* NULL: without variables. The model's. */
    cl_mem batch_mean, batch_mean_residual, inverse_deviation; /* what training forward keeps for backward */

    /* Held from the choice of a plan until all is enqueued. */
    pthread_mutex_t lock;
    layer_plan plans[LAYER_PLANS];
    unsigned long clock;
    bool has_run;
    clnorm_mode last_mode; /* of the last forward */
    clnorm_tensor last_x;
};

void layer_destroy(clnorm_layer *layer); /* NULL is allowed */

#endif
