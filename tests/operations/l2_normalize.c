#include "faults.h"
#include "operation.h"

extern const test_operation l2_normalize_test;

static void draw(generator *random, clnorm_op *op)
{
    static const double epsilons[] = {1e-12, 1e-12, 0.0, 0.01};
    op->epsilon = GENERATOR_PICK(random, epsilons);
}

static uint64_t faults(const clnorm_op *op)
{
    return axis_faults(op, op->dim) | three_mode_faults(op) |
           fault(!is_within(op->epsilon, 0, INFINITY), CLNORM_INVALID_ATTRIBUTE);
}

/* ---- In other libraries ---- */

static clnorm_op of_tflearn(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_l2_normalize(x, (int)foreign_number(given, "dim"));
    op.epsilon = foreign_number(given, "epsilon");
    return op;
}

static clnorm_op of_onnx(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_l2_normalize(x, (int)foreign_number(given, "axis"));
    op.epsilon = 0.0;
    return op;
}

/* PyTorch's epsilon is a floor of the norm, ours of its square. */
static clnorm_op of_torch(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_l2_normalize(x, (int)foreign_number(given, "dim"));
    op.epsilon = foreign_number(given, "epsilon") * foreign_number(given, "epsilon");
    return op;
}

static const foreign_name foreign[] = {
    {"l2_normalize", of_tflearn},
    {"LpNormalization", of_onnx},
    {"lp_normalize", of_torch},
    {NULL, NULL},
};

const test_operation l2_normalize_test = {
    .kind = CLNORM_L2_NORMALIZE,
    .name = "l2_normalize",
    .minimum_rank = 1,
    .in_place = true,
    .attributes = {{"dim", NAN}, {"epsilon", 1e-12}, {"accumulate_dx", 0}},
    .modes = {{"infer", "x y!"}, {"backward", "x dy dx+"}},
    .groups = GROUPS_ALONG,
    .bears_huge = true,
    .draw = draw,
    .faults = faults,
    .foreign = foreign,
};
