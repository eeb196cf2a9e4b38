#include "random_op.h"

#define PICK(random, table) ((table)[generator_below((random), sizeof(table) / sizeof(table)[0])])

static size_t featured_size(generator *random, size_t limit)
{
    static const size_t sizes[] = {11,   13,   15,    16,    17,    31,    32,    33,    61,
                                   63,   64,   65,    97,    127,   128,   129,   251,   256,
                                   509,  1021, 1023,  1024,  1025,  1033,  2049,  4093,  4096,
                                   8191, 9973, 16384, 16411, 65521, 65535, 65536, 65537, 65551};
    size_t size = PICK(random, sizes);
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
        dims[axis] = PICK(random, small);
        if (axis == featured || total * dims[axis] > limit / 64)
            dims[axis] = 1;
        total *= dims[axis];
    }
    dims[featured] = featured_size(random, limit / total);
    return clnorm_tensor_dense(CLNORM_F32, rank, dims);
}

/* Windows and exponents are constants of a build: few of them, or the tests would compile for hours. Other
 * windows are those of test_layouts and test_gradients. */
static void draw_window(generator *random, clnorm_op *op)
{
    static const struct {
        int radius, before, after; /* -1: the radius */
        double betas[3];
    } builds[] = {
        {5, -1, -1, {0.75, 0.75, 0.5}}, {2, -1, -1, {0.75, 0.5, 0.3}},  {0, -1, -1, {0.75, 1.0, 2.5}},
        {5, 1, 0, {0.5, 0.75, -0.5}},   {2, -1, 3, {0.75, 1.0, 0.0}},   {3, 2, 1, {0.5, 0.3, 2.5}},
        {7, -1, 20, {0.75, 0.5, 1.0}},  {1, 20, -1, {0.75, -0.5, 0.3}},
    };
    static const double alphas[] = {1e-4, 2e-5, 0.3, 1.0};
    static const double biases[] = {1.0, 2.0, 0.5};
    const size_t build = generator_below(random, sizeof builds / sizeof *builds);
    op->depth_radius = builds[build].radius;
    op->window_before = builds[build].before;
    op->window_after = builds[build].after;
    op->alpha_scaled_by_size = generator_below(random, 2);
    op->alpha = PICK(random, alphas);
    op->beta = PICK(random, builds[build].betas);
    op->bias = PICK(random, biases);
}

clnorm_op random_op(generator *random, clnorm_op_kind kind, clnorm_mode mode, clnorm_tensor x)
{
    static const double batch_epsilons[] = {1e-5, 1e-5, 1e-3, 0.1};
    static const double square_epsilons[] = {1e-12, 1e-12, 0.0, 0.01};
    static const double decays[] = {0.9, 0.99, 0.5, 0.0, 1.0};
    int axis = (int)generator_below(random, x.rank);
    axis = generator_below(random, 2) ? axis : axis - (int)x.rank;
    clnorm_op op = kind == CLNORM_BATCH_NORMALIZATION ? clnorm_batch_normalization(x)
                   : kind == CLNORM_L2_NORMALIZE      ? clnorm_l2_normalize(x, axis)
                                                      : clnorm_local_response_normalization(x);
    op.mode = mode;
    if (mode == CLNORM_BACKWARD || mode == CLNORM_BACKWARD_INFER) {
        op.accumulate_dx = generator_below(random, 4) == 0;
        op.accumulate_dgamma = generator_below(random, 4) == 0;
        op.accumulate_dbeta = generator_below(random, 4) == 0;
    }
    op.axis = kind == CLNORM_L2_NORMALIZE ? op.axis : axis;
    if (kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION)
        draw_window(random, &op);
    if (kind == CLNORM_BATCH_NORMALIZATION) {
        op.epsilon = PICK(random, batch_epsilons);
        op.decay = PICK(random, decays);
        op.unbiased_moving_variance = generator_below(random, 2);
    }
    if (kind == CLNORM_L2_NORMALIZE)
        op.epsilon = PICK(random, square_epsilons);
    return op;
}
