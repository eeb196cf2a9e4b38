/* Valid operations drawn at random: shapes with the sizes that loops get wrong, attributes of every kind. */
#ifndef CLNORM_TESTS_RANDOM_OP_H
#define CLNORM_TESTS_RANDOM_OP_H

#include "data.h"

/* A dense shape of at most `limit` elements: mostly small sizes, and one near 16, 64, 1024 or 65536. */
clnorm_tensor random_tensor(generator *random, unsigned least_rank, size_t limit);

/* An operation on `x`, every attribute drawn. `mode` is one that the operation has. */
clnorm_op random_op(generator *random, clnorm_op_kind kind, clnorm_mode mode, clnorm_tensor x);

#endif
