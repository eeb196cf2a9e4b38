#include "faults.h"
#include "operation.h"

extern const test_operation batch_normalization_test;

static void draw(generator *random, clnorm_op *op)
{
    static const double epsilons[] = {1e-5, 1e-5, 1e-3, 0.1};
    static const double decays[] = {0.9, 0.99, 0.5, 0.0, 1.0};
    op->epsilon = GENERATOR_PICK(random, epsilons);
    op->decay = GENERATOR_PICK(random, decays);
    op->unbiased_moving_variance = generator_below(random, 2);
}

static uint64_t faults(const clnorm_op *op)
{
    return axis_faults(op, op->axis) | rank_faults(op, 2) |
           fault((unsigned)op->mode > (unsigned)CLNORM_APPLY, CLNORM_INVALID_MODE) |
           fault(!is_held(op->epsilon, 0, FLT_MAX) || !is_held(op->decay, 0, 1), CLNORM_INVALID_ATTRIBUTE);
}

/* ---- In other libraries ---- */

static clnorm_op of_tflearn(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = foreign_number(given, "training") != 0 ? CLNORM_TRAIN : CLNORM_INFER;
    op.axis = (int)foreign_number(given, "axis");
    op.epsilon = foreign_number(given, "epsilon");
    op.decay = foreign_number(given, "decay");
    return op;
}

static clnorm_op of_onnx(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = foreign_number(given, "training_mode") != 0 ? CLNORM_TRAIN : CLNORM_INFER;
    op.axis = 1;
    op.epsilon = foreign_number(given, "epsilon");
    op.decay = foreign_number(given, "momentum");
    return op;
}

/* PyTorch's momentum weights the new value, and its moving variance is unbiased. */
static clnorm_op of_torch(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = of_tflearn(x, given);
    op.decay = 1.0 - foreign_number(given, "momentum");
    op.unbiased_moving_variance = true;
    return op;
}

static const foreign_name foreign[] = {
    {"batch_normalization", of_tflearn},
    {"batch_normalization_steps", of_tflearn},
    {"BatchNormalization", of_onnx},
    {"batch_norm", of_torch},
    {NULL, NULL},
};

const test_operation batch_normalization_test = {
    .kind = CLNORM_BATCH_NORMALIZATION,
    .name = "batch_normalization",
    .minimum_rank = 2,
    .in_place = true,
    .attributes = {{"axis", -1},
                   {"epsilon", 1e-5},
                   {"decay", 0.9},
                   {"unbiased_moving_variance", 0},
                   {"accumulate_dx", 0},
                   {"accumulate_dgamma", 0},
                   {"accumulate_dbeta", 0}},
    .modes = {{"infer", "x moving_mean moving_variance gamma? beta? y!"},
              {"train", "x gamma? beta? moving_mean~? moving_variance~? y! batch_mean!? batch_variance!? "
                        "batch_mean_residual!? inverse_deviation!?"},
              {"backward",
               "x dy gamma? batch_mean batch_mean_residual? inverse_deviation dx+? dgamma+? dbeta+?"},
              {"backward_infer", "x dy gamma? moving_mean moving_variance dx+? dgamma+? dbeta+?"},
              {"statistics", "x batch_mean!? batch_variance!? batch_mean_residual!? count!?"},
              {"apply", "x gamma? beta? batch_mean batch_variance batch_mean_residual? y!"}},
    .groups = GROUPS_AROUND,
    .draw = draw,
    .faults = faults,
    .foreign = foreign,
};
