/* The parts of batch normalization: its problems, and its reference. */
#ifndef CLNORM_OPERATIONS_BATCH_NORMALIZATION_H
#define CLNORM_OPERATIONS_BATCH_NORMALIZATION_H

#include "operations/op.h"

/* op_definition.reference */
clnorm_status batch_normalization_reference(const clnorm_op *op, const clnorm_reference_arrays *arrays);

#endif
