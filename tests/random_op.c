#include "random_op.h"

#include "operations/operation.h"

static size_t featured_size(generator *random, size_t limit)
{
    static const size_t sizes[] = {11,   13,   15,    16,    17,    31,    32,    33,    61,
                                   63,   64,   65,    97,    127,   128,   129,   251,   256,
                                   509,  1021, 1023,  1024,  1025,  1033,  2049,  4093,  4096,
                                   8191, 9973, 16384, 16411, 65521, 65535, 65536, 65537, 65551};
    size_t size = GENERATOR_PICK(random, sizes);
    while (size > limit)
        size = size / 2 + 1 < size ? size / 2 + 1 : 1;
    return size;
}

clnorm_tensor random_tensor(generator *random, unsigned least_rank, size_t limit)
{
    static const size_t small[] = {1, 1, 1, 2, 2, 3, 4, 5, 7, 8, 13};
    size_t dims[CLNORM_MAX_RANK];
    size_t total = 1;
    unsigned rank = least_rank + (unsigned)generator_below(random, CLNORM_MAX_RANK + 1 - least_rank);
    unsigned featured = (unsigned)generator_below(random, rank);
    for (unsigned axis = 0; axis < rank; axis++) {
        dims[axis] = GENERATOR_PICK(random, small);
        if (axis == featured || total * dims[axis] > limit / 64)
            dims[axis] = 1;
        total *= dims[axis];
    }
    dims[featured] = featured_size(random, limit / total);
    return clnorm_tensor_dense(CLNORM_F32, rank, dims);
}

/* Gives gamma or beta, as `shape` says, a tensor of its own in one of three cases: some of x's axes, perhaps
 * with gaps. */
static void random_parameter(generator *random, const clnorm_op *op, clnorm_buffer_shape shape,
                             clnorm_tensor *tensor)
{
    unsigned varies = 0;
    if (!test_op_has_shape(op, shape) || generator_below(random, 3) > 0)
        return;
    for (unsigned axis = 0; axis < op->x.rank; axis++)
        varies |= (unsigned)generator_below(random, 2) << axis;
    *tensor = test_parameter_tensor(&op->x, varies);
    const size_t gap = generator_below(random, 4) == 0 ? 2 : 1;
    for (unsigned axis = 0; axis < op->x.rank; axis++)
        tensor->strides[axis] *= gap;
}

clnorm_op random_op(generator *random, clnorm_op_kind kind, clnorm_mode mode, clnorm_tensor x)
{
    const test_operation *operation = test_operation_of(kind);
    int axis = (int)generator_below(random, x.rank);
    axis = generator_below(random, 2) ? axis : axis - (int)x.rank;
    clnorm_op op = test_operation_op(operation, x, axis);
    op.mode = mode;
    if (mode == CLNORM_BACKWARD || mode == CLNORM_BACKWARD_INFER) {
        op.accumulate_dx = generator_below(random, 4) == 0;
        op.accumulate_dgamma = generator_below(random, 4) == 0;
        op.accumulate_dbeta = generator_below(random, 4) == 0;
    }
    if (operation->draw != NULL)
        operation->draw(random, &op);
    random_parameter(random, &op, CLNORM_SHAPE_GAMMA, &op.gamma_tensor);
    random_parameter(random, &op, CLNORM_SHAPE_BETA, &op.beta_tensor);
    return op;
}
