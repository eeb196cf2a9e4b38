/* A model on the device, and what tests of it say again and again. */
#ifndef CLNORM_TESTS_LAYER_RIG_H
#define CLNORM_TESTS_LAYER_RIG_H

#include "suite.h"
#include <clnorm/layers.h>
#include <stdio.h>
#include <string.h>

enum { RIG_MOST = 2048 };

typedef struct rig {
    clnorm_context *context;
    clnorm_model *model;
} rig;

static inline void must(clnorm_status status)
{
    ck_assert_msg(status == CLNORM_OK, "%s: %s", clnorm_status_name(status), clnorm_last_error());
}

/* It failed with this status, and the sentence holds `piece`. */
static inline void refused(clnorm_status status, clnorm_status expected, const char *piece)
{
    ck_assert_msg(status == expected, "%s instead of %s: %s", clnorm_status_name(status),
                  clnorm_status_name(expected), clnorm_last_error());
    ck_assert_msg(strstr(clnorm_last_error(), piece) != NULL, "no \"%s\" in: %s", piece, clnorm_last_error());
}

/* On the device that `name` names; NULL: on the chosen one. */
static inline rig rig_open_by_name(const char *name, unsigned long long seed)
{
    rig r = {NULL, NULL};
    must(clnorm_context_create(&r.context, name));
    must(clnorm_model_create(&r.model, r.context, seed));
    return r;
}

static inline rig rig_open(unsigned long long seed)
{
    return rig_open_by_name(NULL, seed);
}

static inline rig rig_open_on(const clnorm_device *device, unsigned long long seed)
{
    char name[32];
    snprintf(name, sizeof name, "%u:%u", device->platform, device->device);
    return rig_open_by_name(name, seed);
}

static inline void rig_close(rig *r)
{
    clnorm_model_destroy(r->model);
    clnorm_context_destroy(r->context);
}

/* A batch normalization of so many channels in `scope`. */
static inline clnorm_layer *rig_layer(const rig *r, const char *scope, size_t channels)
{
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.scope = scope;
    must(clnorm_batch_normalization_layer(&layer, r->model, channels, &options));
    return layer;
}

static inline const clnorm_variable *rig_variable(const rig *r, const char *name)
{
    const clnorm_variable *variable = clnorm_model_find_variable(r->model, name);
    ck_assert_msg(variable != NULL, "there is no %s", name);
    return variable;
}

/* The values of a variable: an array that the next call overwrites. */
static inline const float *rig_read(const rig *r, const char *name)
{
    static float values[RIG_MOST];
    const clnorm_variable *variable = rig_variable(r, name);
    ck_assert_uint_le(variable->tensor.dims[0], RIG_MOST);
    must(clnorm_variable_read(r->model, variable, values, variable->tensor.dims[0]));
    return values;
}

static inline void rig_write(const rig *r, const char *name, const float *values)
{
    const clnorm_variable *variable = rig_variable(r, name);
    must(clnorm_variable_write(r->model, variable, values, variable->tensor.dims[0]));
}

/* All of a variable is `value`. */
static inline void rig_set(const rig *r, const char *name, float value)
{
    float values[RIG_MOST];
    for (size_t i = 0; i < RIG_MOST; i++)
        values[i] = value;
    rig_write(r, name, values);
}

/* Whether all of a variable is `value`. */
static inline bool rig_is(const rig *r, const char *name, float value)
{
    const float *values = rig_read(r, name);
    for (size_t i = 0; i < rig_variable(r, name)->tensor.dims[0]; i++) {
        if (memcmp(&values[i], &value, sizeof value) != 0)
            return false;
    }
    return true;
}

static inline cl_mem rig_buffer(const rig *r, const float *values, size_t count)
{
    cl_int error = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(clnorm_context_cl_context(r->context), CL_MEM_READ_WRITE,
                                   count * sizeof *values, NULL, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    if (values != NULL)
        error = clEnqueueWriteBuffer(clnorm_context_cl_queue(r->context), buffer, CL_TRUE, 0,
                                     count * sizeof *values, values, 0, NULL, NULL);
    ck_assert_int_eq(error, CL_SUCCESS);
    return buffer;
}

static inline void rig_fetch(const rig *r, cl_mem buffer, float *values, size_t count)
{
    ck_assert_int_eq(clEnqueueReadBuffer(clnorm_context_cl_queue(r->context), buffer, CL_TRUE, 0,
                                         count * sizeof *values, values, 0, NULL, NULL),
                     CL_SUCCESS);
}

/* y from x, on the context's queue; `values` is x, and y afterwards. */
static inline void rig_forward(const rig *r, clnorm_layer *layer, const clnorm_tensor *shape, float *values,
                               size_t count)
{
    cl_mem x = rig_buffer(r, values, count), y = rig_buffer(r, NULL, count);
    must(clnorm_layer_forward(layer, shape, (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, NULL, 0, NULL,
                              NULL));
    rig_fetch(r, y, values, count);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
}

#endif
