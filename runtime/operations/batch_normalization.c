#include "base/tensor.h"
#include "operations/arguments.h"
#include "operations/batch_normalization.h"

#define CLNORM_HOST 1
#include "../../kernels-cl/ops/batch_normalization.cl"
#include "../../kernels-cl/ops/batch_normalization_backward.cl"
#include "../../kernels-cl/ops/beta_gradient.cl"
#include "../../kernels-cl/ops/gamma_gradient.cl"

#include <float.h>
#include <math.h>

static const clnorm_attribute_info *const attributes[] = {
    ATTRIBUTE_AXIS(axis, false, -1, "-1", "the channels; negative counts from the end"),
    ATTRIBUTE_REAL(epsilon, 1e-5, "1e-05", 0, FLT_MAX, "added to the variance"),
    ATTRIBUTE_REAL(decay, 0.9, "0.9", 0, 1, "weight of the old moving average"),
    ATTRIBUTE_SWITCH(unbiased_moving_variance, "N/(N-1) goes into the moving variance, as in PyTorch"),
    ATTRIBUTE_ACCUMULATE(dx),
    ATTRIBUTE_ACCUMULATE(dgamma),
    ATTRIBUTE_ACCUMULATE(dbeta),
};

static const clnorm_buffer_info *const infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(moving_mean, INPUT, CHANNEL, true),
    BUFFER(moving_variance, INPUT, CHANNEL, true),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info *const train_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(moving_mean, UPDATED, CHANNEL, false),
    BUFFER(moving_variance, UPDATED, CHANNEL, false),
    BUFFER(y, OUTPUT, Y, true),
    BUFFER(batch_mean, OUTPUT, CHANNEL, false),
    BUFFER(batch_variance, OUTPUT, CHANNEL, false),
    BUFFER(inverse_deviation, OUTPUT, CHANNEL, false),
    BUFFER(batch_mean_residual, OUTPUT, CHANNEL, false),
};

static const clnorm_buffer_info *const statistics_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(batch_mean, OUTPUT, CHANNEL, false),
    BUFFER(batch_variance, OUTPUT, CHANNEL, false),
    BUFFER(batch_mean_residual, OUTPUT, CHANNEL, false),
    BUFFER(count, OUTPUT, SCALAR, false),
};

static const clnorm_buffer_info *const apply_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(beta, INPUT, BETA, false),
    BUFFER(batch_mean, INPUT, CHANNEL, true),
    BUFFER(batch_variance, INPUT, CHANNEL, true),
    BUFFER(batch_mean_residual, INPUT, CHANNEL, false),
    BUFFER(y, OUTPUT, Y, true),
};

static const clnorm_buffer_info *const backward_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(batch_mean, INPUT, CHANNEL, true),
    BUFFER(batch_mean_residual, INPUT, CHANNEL, false),
    BUFFER(inverse_deviation, INPUT, CHANNEL, true),
    BUFFER(dx, GRADIENT, DX, false),
    BUFFER(dgamma, GRADIENT, GAMMA, false),
    BUFFER(dbeta, GRADIENT, BETA, false),
};

static const clnorm_buffer_info *const backward_infer_buffers[] = {
    BUFFER(x, INPUT, X, true),
    BUFFER(dy, INPUT, DY, true),
    BUFFER(gamma, INPUT, GAMMA, false),
    BUFFER(moving_mean, INPUT, CHANNEL, true),
    BUFFER(moving_variance, INPUT, CHANNEL, true),
    BUFFER(dx, GRADIENT, DX, false),
    BUFFER(dgamma, GRADIENT, GAMMA, false),
    BUFFER(dbeta, GRADIENT, BETA, false),
};

static const clnorm_mode_info *const modes[] = {
    MODE(INFER, "infer", infer_buffers),
    MODE(TRAIN, "train", train_buffers),
    MODE(BACKWARD, "backward", backward_buffers),
    MODE(BACKWARD_INFER, "backward_infer", backward_infer_buffers),
    MODE(STATISTICS, "statistics", statistics_buffers),
    MODE(APPLY, "apply", apply_buffers),
};

DECLARE_ARGUMENTS(map_arguments, MAP_ARGUMENTS)
DECLARE_ARGUMENTS(reduce_arguments, REDUCE_ARGUMENTS)
DECLARE_ARGUMENTS(backward_arguments, BACKWARD_ARGUMENTS)
DECLARE_ARGUMENTS(gamma_gradient_arguments, GAMMA_GRADIENT_ARGUMENTS)
DECLARE_ARGUMENTS(beta_gradient_arguments, BETA_GRADIENT_ARGUMENTS)

/* ---- Problems ---- */

static bool has_usual_gamma(const clnorm_op *op)
{
    return op_parameter_is_usual(op, &op->gamma_tensor, op->axis);
}

static bool has_usual_parameters(const clnorm_op *op)
{
    return has_usual_gamma(op) && op_parameter_is_usual(op, &op->beta_tensor, op->axis);
}

static void add_parameter(problem *p, const clnorm_op *op, size_t field, double absent,
                          const clnorm_tensor *parameter)
{
    const clnorm_tensor tensor = op_parameter(op, parameter, op->axis);
    problem_add_operand(p, field, absent, &tensor);
}

/* epsilon times 2^192, for kernels that scale very small variances by the same factor; 0 if epsilon is so
 * large that they do not need it. */
static double small_epsilon(const clnorm_op *op)
{
    return op->epsilon < 0x1p-64 ? ldexp(op->epsilon, 192) : 0;
}

static map_arguments arguments_of_map(const clnorm_op *op)
{
    const bool apply = op->mode == CLNORM_APPLY;
    return (map_arguments){
        .gamma = FIELD(gamma),
        .beta = FIELD(beta),
        .mean = apply ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = apply ? FIELD(batch_mean_residual) : NO_BUFFER,
        .variance = apply ? FIELD(batch_variance) : FIELD(moving_variance),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
    };
}

static reduce_arguments arguments_of_reduce(const clnorm_op *op, size_t count)
{
    const bool train = op->mode == CLNORM_TRAIN, unbiased = op->unbiased_moving_variance && count > 1;
    return (reduce_arguments){
        .gamma = train ? FIELD(gamma) : NO_BUFFER,
        .beta = train ? FIELD(beta) : NO_BUFFER,
        .moving_mean = train ? FIELD(moving_mean) : NO_BUFFER,
        .moving_variance = train ? FIELD(moving_variance) : NO_BUFFER,
        .batch_mean = FIELD(batch_mean),
        .batch_variance = FIELD(batch_variance),
        .batch_mean_residual = FIELD(batch_mean_residual),
        .inverse_deviation = train ? FIELD(inverse_deviation) : NO_BUFFER,
        .count = train ? NO_BUFFER : FIELD(count),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .decay = op->decay,
        .one_minus_decay = 1 - op->decay,
        .elements = (double)count,
        .inverse_elements = 1 / (double)count,
        .moving_variance_factor = unbiased ? (double)count / (double)(count - 1) : 1,
    };
}

static backward_arguments arguments_of_backward(const clnorm_op *op, size_t count)
{
    const bool train = op->mode == CLNORM_BACKWARD;
    return (backward_arguments){
        .gamma = FIELD(gamma),
        .mean = train ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = train ? FIELD(batch_mean_residual) : NO_BUFFER,
        .inverse_deviation = train ? FIELD(inverse_deviation) : NO_BUFFER,
        .variance = train ? NO_BUFFER : FIELD(moving_variance),
        .dgamma = has_usual_gamma(op) ? FIELD(dgamma) : NO_BUFFER,
        .dbeta = has_usual_parameters(op) ? FIELD(dbeta) : NO_BUFFER,
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .inverse_elements = 1 / (double)count,
        .accumulate_dgamma = op->accumulate_dgamma,
        .accumulate_dbeta = op->accumulate_dbeta,
    };
}

static void lower_backward(const clnorm_op *op, problem *p)
{
    p->rescales = !has_usual_gamma(op);
    if (p->rescales)
        add_parameter(p, op, FIELD(gamma), 1, &op->gamma_tensor);
    if (op->mode == CLNORM_BACKWARD_INFER)
        problem_define(p, "CONSTANT_STATISTICS", 1);
    problem_collapse_around(p, op, op->axis);
    p->formula = "ops/batch_normalization_backward.cl";
    p->work = WORK_REDUCE_MAP;
    const backward_arguments values = arguments_of_backward(op, p->group_size);
    add_backward_arguments(&p->arguments, &values);
}

/* dgamma alone. */
static void lower_gamma_gradient(const clnorm_op *op, problem *p)
{
    const bool train = op->mode == CLNORM_BACKWARD;
    const gamma_gradient_arguments values = {
        .mean = train ? FIELD(batch_mean) : FIELD(moving_mean),
        .mean_residual = train ? FIELD(batch_mean_residual) : NO_BUFFER,
        .inverse_or_variance = train ? FIELD(inverse_deviation) : FIELD(moving_variance),
        .dgamma = FIELD(dgamma),
        .epsilon = op->epsilon,
        .small_epsilon = small_epsilon(op),
        .is_variance = !train,
        .accumulate = op->accumulate_dgamma,
    };
    const clnorm_tensor sums = op_parameter(op, &op->gamma_tensor, op->axis);
    const clnorm_tensor of_channel = op_parameter(op, &(clnorm_tensor){.rank = 0}, op->axis);
    problem_add_operand(p, values.mean, 0, &of_channel);
    problem_add_operand(p, values.mean_residual, 0, &of_channel);
    problem_add_operand(p, values.inverse_or_variance, 1, &of_channel);
    problem_collapse_sums(p, op, FIELD(dgamma), &sums);
    p->formula = "ops/gamma_gradient.cl";
    p->rescales = true;
    p->work = WORK_REDUCE;
    add_gamma_gradient_arguments(&p->arguments, &values);
}

/* dbeta alone. */
static void lower_beta_gradient(const clnorm_op *op, problem *p)
{
    const beta_gradient_arguments values = {.dbeta = FIELD(dbeta), .accumulate = op->accumulate_dbeta};
    const clnorm_tensor sums = op_parameter(op, &op->beta_tensor, op->axis);
    problem_collapse_sums(p, op, FIELD(dbeta), &sums);
    p->formula = "ops/beta_gradient.cl";
    p->work = WORK_REDUCE;
    add_beta_gradient_arguments(&p->arguments, &values);
}

static void lower_forward(const clnorm_op *op, problem *p)
{
    if (op->mode != CLNORM_STATISTICS && !has_usual_parameters(op)) {
        add_parameter(p, op, FIELD(gamma), 1, &op->gamma_tensor);
        add_parameter(p, op, FIELD(beta), 0, &op->beta_tensor);
    }
    problem_collapse_around(p, op, op->axis);
    p->formula = "ops/batch_normalization.cl";
    p->work = op->mode == CLNORM_TRAIN        ? WORK_REDUCE_MAP
              : op->mode == CLNORM_STATISTICS ? WORK_REDUCE
                                              : WORK_MAP;
    if (p->work == WORK_MAP) {
        const map_arguments values = arguments_of_map(op);
        add_map_arguments(&p->arguments, &values);
    } else {
        const reduce_arguments values = arguments_of_reduce(op, p->group_size);
        add_reduce_arguments(&p->arguments, &values);
    }
}

/* In backward modes with usual parameters dx, dgamma and dbeta are one problem. Otherwise sums of another
 * shape than a channel's are problems of their own: dgamma, then dbeta. dx comes last, since it may be
 * written where x or dy is. */
static bool lower(const clnorm_op *op, size_t index, problem *p)
{
    void (*problems[MAX_PROBLEMS])(const clnorm_op *, problem *);
    size_t count = 0;
    if (op_is_backward(op) && !has_usual_gamma(op))
        problems[count++] = lower_gamma_gradient;
    if (op_is_backward(op) && !has_usual_parameters(op))
        problems[count++] = lower_beta_gradient;
    problems[count++] = op_is_backward(op) ? lower_backward : lower_forward;
    if (index < count)
        problems[index](op, p);
    return index < count;
}

/* For x without elements: sums are 0. The batch's mean and variance are set to 0, too: nothing uses them, and
 * 0, unlike NaN, has no effect in a merge. The moving averages do not change. */
static size_t fill(const clnorm_op *op, op_fill fills[MAX_FILLS])
{
    size_t count = 0, elements = 1;
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    for (unsigned i = 0; i < op->x.rank; i++)
        elements *= i == axis ? 1 : op->x.dims[i];
    if (op->mode == CLNORM_TRAIN || op->mode == CLNORM_STATISTICS) {
        fills[count++] = (op_fill){FIELD(batch_mean), 0};
        fills[count++] = (op_fill){FIELD(batch_mean_residual), 0};
        fills[count++] = (op_fill){FIELD(batch_variance), 0};
        fills[count++] = op->mode == CLNORM_STATISTICS
                             ? (op_fill){FIELD(count), (float)elements}
                             : (op_fill){FIELD(inverse_deviation), (float)(1 / sqrt(op->epsilon))};
    }
    if (op_is_backward(op) && !op->accumulate_dgamma)
        fills[count++] = (op_fill){FIELD(dgamma), 0};
    if (op_is_backward(op) && !op->accumulate_dbeta)
        fills[count++] = (op_fill){FIELD(dbeta), 0};
    return count;
}

const op_definition batch_normalization_op = {
    .info = {CLNORM_BATCH_NORMALIZATION, "batch_normalization",
             "y = (x - mean) * gamma / sqrt(variance + epsilon) + beta for each channel", 2, CLNORM_MAX_RANK,
             true, COUNT_OF(attributes), attributes, COUNT_OF(modes), modes},
    .lower = lower,
    .fill = fill,
    .reference = batch_normalization_reference,
};
