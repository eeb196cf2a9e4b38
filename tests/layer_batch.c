#include "layer_batch.h"

#include <math.h>
#include <stdio.h>

const float some_x[CELLS] = {1, -2, 30, 4, 0.5F, 31, -3, 2, 29, 2, 2, 33, 0, -1, 30.5F};
const float some_dy[CELLS] = {0.5F, 1, -1, 2, -0.25F, 0, 1, 1, 3, -1, 0.125F, 1, 0, 2, -2};

gradients expect(const double *gamma, const double *mean, const double *variance, double epsilon)
{
    gradients g = {{0}, {0}, {0}};
    for (size_t c = 0; c < COLUMNS; c++) {
        double m = 0, v = 0;
        for (size_t i = c; i < CELLS; i += COLUMNS)
            m += (double)some_x[i] / ROWS;
        for (size_t i = c; i < CELLS; i += COLUMNS)
            v += ((double)some_x[i] - m) * ((double)some_x[i] - m) / ROWS;
        m = mean ? mean[c] : m;
        const double inv = 1 / sqrt((mean ? variance[c] : v) + epsilon);
        for (size_t i = c; i < CELLS; i += COLUMNS) {
            g.dbeta[c] += (double)some_dy[i];
            g.dgamma[c] += (double)some_dy[i] * ((double)some_x[i] - m) * inv;
        }
        for (size_t i = c; i < CELLS; i += COLUMNS) {
            const double through = (g.dbeta[c] + ((double)some_x[i] - m) * inv * g.dgamma[c]) / ROWS;
            g.dx[i] = gamma[c] * inv * ((double)some_dy[i] - (mean ? 0 : through));
        }
    }
    return g;
}

void near(const char *what, const float *got, const double *expected, double times, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)got[i] - times * expected[i]) <= 4e-6 * (1 + fabs(times * expected[i])),
                      "%s at %zu is %.9g, not %.9g", what, i, (double)got[i], times * expected[i]);
}

const clnorm_tensor *some_shape(void)
{
    static clnorm_tensor shape;
    shape = clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
    return &shape;
}

clnorm_status backward(const rig *r, clnorm_layer *layer, const float *x_values, const float *dy_values,
                       float *dx_values, size_t count)
{
    cl_mem x = rig_buffer(r, x_values, count), dy = rig_buffer(r, dy_values, count);
    cl_mem dx = dx_values ? rig_buffer(r, NULL, count) : NULL;
    const clnorm_status status = clnorm_layer_backward(layer, (clnorm_buffer){x, 0}, (clnorm_buffer){dy, 0},
                                                       (clnorm_buffer){dx, 0}, NULL, 0, NULL, NULL);
    if (dx && status == CLNORM_OK)
        rig_fetch(r, dx, dx_values, count);
    clFinish(clnorm_context_cl_queue(r->context));
    clReleaseMemObject(x);
    clReleaseMemObject(dy);
    if (dx)
        clReleaseMemObject(dx);
    return status;
}

clnorm_layer *default_layer(const rig *r, size_t channels)
{
    clnorm_layer *layer = NULL;
    must(clnorm_batch_normalization_layer(&layer, r->model, channels, NULL));
    return layer;
}

void read_gradient(const rig *r, const char *name, float *values)
{
    must(clnorm_variable_read_gradient(r->model, rig_variable(r, name), values, COLUMNS));
}

void check_gradients(const rig *r, const char *scope, const gradients *g, double times)
{
    char name[64];
    float values[COLUMNS];
    snprintf(name, sizeof name, "%s/gamma", scope);
    read_gradient(r, name, values);
    near(name, values, g->dgamma, times, COLUMNS);
    snprintf(name, sizeof name, "%s/beta", scope);
    read_gradient(r, name, values);
    near(name, values, g->dbeta, times, COLUMNS);
}
