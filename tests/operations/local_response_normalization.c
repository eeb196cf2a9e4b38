#include "faults.h"
#include "operation.h"

extern const test_operation local_response_normalization_test;

static void reach(const clnorm_op *op, size_t *before, size_t *after)
{
    *before = (size_t)(op->window_before < 0 ? op->depth_radius : op->window_before);
    *after = (size_t)(op->window_after < 0 ? op->depth_radius : op->window_after);
}

/* Windows and exponents are constants of a build: each window with one exponent, or with all of its row.
 * Others are those of test_layouts and test_gradients. */
static void draw(generator *random, clnorm_op *op)
{
    static const struct {
        int radius, before, after; /* -1: the radius */
        double betas[3];
    } builds[] = {
        {5, -1, -1, {0.75, 0.75, 0.5}}, {2, -1, -1, {0.5, 0.75, 0.3}},  {0, -1, -1, {1.0, 0.75, 2.5}},
        {5, 1, 0, {-0.5, 0.5, 0.75}},   {2, -1, 3, {0.0, 0.75, 1.0}},   {3, 2, 1, {2.5, 0.5, 0.3}},
        {7, -1, 20, {0.75, 0.5, 1.0}},  {1, 20, -1, {0.3, 0.75, -0.5}},
    };
    static const double alphas[] = {1e-4, 2e-5, 0.3, 1.0};
    static const double biases[] = {1.0, 2.0, 0.5};
    const size_t build = generator_below(random, sizeof builds / sizeof *builds);
    op->depth_radius = builds[build].radius;
    op->window_before = builds[build].before;
    op->window_after = builds[build].after;
    op->alpha_scaled_by_size = generator_below(random, 2);
    op->alpha = GENERATOR_PICK(random, alphas);
    const double beta = GENERATOR_PICK(random, builds[build].betas);
    op->beta = test_is_full() ? beta : builds[build].betas[0];
    op->bias = GENERATOR_PICK(random, biases);
}

/* Exponents that have a path of their own, and windows that fit in registers, in a vector, or in neither. The
 * first classes differ in both. */
static const double betas[] = {0.75, 0.5, 0.6, 1, 0, 2};
static const int windows[][2] = {{5, 5}, {2, 3}, {3, 4}, {6, 6}, {40, 40}};
enum { BETAS = sizeof betas / sizeof *betas, WINDOWS = sizeof windows / sizeof *windows };

static void set_class(clnorm_op *op, size_t number)
{
    op->beta = betas[number % BETAS];
    const size_t window = (number / BETAS + number % BETAS) % WINDOWS;
    op->window_before = windows[window][0];
    op->window_after = windows[window][1];
}

static uint64_t faults(const clnorm_op *op)
{
    const bool wrong = op->depth_radius < 0 || op->window_before < -1 || op->window_after < -1 ||
                       !is_held(op->bias, -FLT_MAX, FLT_MAX) || !isfinite(op->alpha) ||
                       !is_held(op->beta, -FLT_MAX, FLT_MAX);
    return axis_faults(op, op->axis) | rank_faults(op, 2) | three_mode_faults(op) |
           fault(wrong, CLNORM_INVALID_ATTRIBUTE);
}

/* ---- In other libraries ---- */

static void set_numbers(clnorm_op *op, const foreign_attributes *given, const char *bias)
{
    op->bias = foreign_number(given, bias);
    op->alpha = foreign_number(given, "alpha");
    op->beta = foreign_number(given, "beta");
}

static clnorm_op of_tflearn(clnorm_tensor x, const foreign_attributes *given)
{
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = (int)foreign_number(given, "axis");
    op.depth_radius = (int)foreign_number(given, "depth_radius");
    set_numbers(&op, given, "bias");
    return op;
}

/* An even size leans forward in ONNX and backward in PyTorch. */
static clnorm_op of_onnx(clnorm_tensor x, const foreign_attributes *given)
{
    const int size = (int)foreign_number(given, "size");
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = 1;
    op.window_before = (size - 1) / 2;
    op.window_after = size / 2;
    op.alpha_scaled_by_size = true;
    set_numbers(&op, given, "bias");
    return op;
}

static clnorm_op of_torch(clnorm_tensor x, const foreign_attributes *given)
{
    const int size = (int)foreign_number(given, "size");
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = (int)foreign_number(given, "axis");
    op.window_before = size / 2;
    op.window_after = (size - 1) / 2;
    op.alpha_scaled_by_size = true;
    set_numbers(&op, given, "k");
    return op;
}

static const foreign_name foreign[] = {
    {"local_response_normalization", of_tflearn},
    {"LRN", of_onnx},
    {"local_response_norm", of_torch},
    {NULL, NULL},
};

const test_operation local_response_normalization_test = {
    .kind = CLNORM_LOCAL_RESPONSE_NORMALIZATION,
    .name = "local_response_normalization",
    .minimum_rank = 2,
    .attributes = {{"axis", -1},
                   {"depth_radius", 5},
                   {"bias", 1},
                   {"alpha", 1e-4},
                   {"beta", 0.75},
                   {"window_before", -1},
                   {"window_after", -1},
                   {"alpha_scaled_by_size", 0},
                   {"accumulate_dx", 0}},
    .modes = {{"infer", "x y!"}, {"backward", "x dy dx+"}},
    .groups = GROUPS_WINDOW,
    .reach = reach,
    .draw = draw,
    .classes = BETAS * WINDOWS,
    .set_class = set_class,
    .faults = faults,
    .foreign = foreign,
};
