/* Variables of a model and their device memory. */
#ifndef CLNORM_LAYERS_VARIABLE_H
#define CLNORM_LAYERS_VARIABLE_H

#include "layers/model.h"

/* A variable of a dense tensor, drawn from normal(mean, stddev), with a gradient of zeros if it is trainable.
 * Not yet in the model's list. */
clnorm_status variable_create(clnorm_variable **variable, const clnorm_model *model, const char *name,
                              const clnorm_tensor *tensor, double mean, double stddev, bool trainable,
                              bool restore);
void variable_destroy(clnorm_variable *variable); /* NULL is allowed */

/* A read-write buffer of the model's context; `values` NULL: undefined. */
clnorm_status create_buffer(const clnorm_model *model, const char *name, const float *values, size_t count,
                            cl_mem *buffer);

size_t variable_elements(const clnorm_variable *variable);

/* Finds a variable by name, or NULL. The caller holds the model's lock. */
clnorm_variable *variable_find(const clnorm_model *model, const char *name);

/* The whole of it, through the context's queue; waits. */
clnorm_status variable_download(const clnorm_model *model, cl_mem memory, float *values, size_t count);
clnorm_status variable_upload(const clnorm_model *model, cl_mem memory, const float *values, size_t count);

#endif
