/* A small batch with its gradients, and layers that it goes through. */
#ifndef CLNORM_TESTS_LAYER_BATCH_H
#define CLNORM_TESTS_LAYER_BATCH_H

#include "layer_rig.h"

enum { ROWS = 5, COLUMNS = 3, CELLS = ROWS * COLUMNS };

extern const float some_x[CELLS], some_dy[CELLS];

const clnorm_tensor *some_shape(void);

/* A batch normalization of so many channels, with the default options. */
clnorm_layer *default_layer(const rig *r, size_t channels);

/* Of so many values. dx_values may be NULL. */
clnorm_status backward(const rig *r, clnorm_layer *layer, const float *x_values, const float *dy_values,
                       float *dx_values, size_t count);

/* The gradients of y = (x - mean) * inv * gamma + beta in double, over the columns of some_x and some_dy.
 * Without `mean` those of training, where mean and variance are the batch's. */
typedef struct gradients {
    double dx[CELLS], dgamma[COLUMNS], dbeta[COLUMNS];
} gradients;

gradients expect(const double *gamma, const double *mean, const double *variance, double epsilon);

/* `got` is `times` what is expected, but for rounding. */
void near(const char *what, const float *got, const double *expected, double times, size_t count);

/* The gradients of the variables in `scope` are `times` g. */
void check_gradients(const rig *r, const char *scope, const gradients *g, double times);

/* Of a variable of COLUMNS values. */
void read_gradient(const rig *r, const char *name, float *values);

#endif
