/* tflearn's rules for the names of layers and their variables. The model's lock is held. */
#ifndef CLNORM_LAYERS_SCOPE_H
#define CLNORM_LAYERS_SCOPE_H

#include "layers/model.h"

/* What TensorFlow takes: letters, digits and _.-/ after a letter, digit or dot. `field` is for the
 * message. */
clnorm_status name_check(const char *name, const char *field);

/* The scope that a batch normalization with these options has: found where it is reused, made otherwise, with
 * its variables in the model. */
clnorm_status scope_get(clnorm_model *model, size_t channels,
                        const clnorm_batch_normalization_options *options, variable_scope **scope);

/* `name`, or name_1, name_2, ... that no scope or layer of the model has. The caller frees it. */
clnorm_status name_of_layer(const clnorm_model *model, const char *name, char **unique);

#endif
