/* Tensors of a file to variables of a model: what loading and importing share. */
#ifndef CLNORM_LAYERS_TRANSFER_H
#define CLNORM_LAYERS_TRANSFER_H

#include "layers/model.h"
#include "layers/report.h"
#include "layers/safetensors.h"

/* A variable and the tensor that it is to become. */
typedef struct transfer {
    const clnorm_variable *variable;
    const char *tensor;        /* its name in the file */
    const tensor_entry *entry; /* filled in by the following */
    float *values, *old;
} transfer;

/* All of them or none. Failures are as clnorm_model_load says; the report tells of all of them. The model's
 * lock is held. */
clnorm_status transfer_all(const clnorm_model *model, const tensor_file *file, transfer *transfers,
                           size_t count, clnorm_load_report *report);

#endif
