/*
 * Local response and L2 normalization over all of fp32's range: values, sums, attributes and gradients as
 * large and as small as they get, and all of that in one window.
 */
#include "harness.h"
#include "walk.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Data ---- */

typedef enum spread {
    SPREAD_ONE,     /* normal noise of one size */
    SPREAD_ALL,     /* every size that fp32 has */
    SPREAD_SPARSE,  /* the same, every other value 0 */
    SPREAD_OUTLIER, /* ordinary noise, and one value in sixteen of that size */
    SPREADS
} spread;

static float any_size(generator *random)
{
    const double size = ldexp(1 + generator_uniform(random), (int)generator_below(random, 277) - 149);
    return (float)(generator_below(random, 2) ? size : -size);
}

static float one_value(generator *random, spread kind, double size)
{
    const double noise = generator_normal(random);
    const bool chosen = generator_below(random, 16) == 0, empty = generator_below(random, 2);
    if (kind == SPREAD_ALL || kind == SPREAD_SPARSE)
        return kind == SPREAD_SPARSE && empty ? 0.0f : any_size(random);
    const double value = noise * (kind == SPREAD_ONE || chosen ? size : 1);
    return (float)fmax(fmin(value, (double)FLT_MAX), -(double)FLT_MAX);
}

static void fill(trial *t, const char *name, generator *random, spread kind, double size)
{
    const operand *o = trial_operand(t, name);
    for (walk w = walk_begin(&o->tensor); w.left; walk_next(&w))
        trial_input(t, name)[w.place] = one_value(random, kind, size);
}

/* ---- Layouts ---- */

/* One for each loop nest: pixels side by side, in rows shorter and longer than a vector, channels side by
 * side, less and more of them than a vector holds, and neither. */
enum { LAYOUTS = 6 };

static clnorm_tensor layout(int which, unsigned *axis)
{
    static const size_t dims[LAYOUTS][3] = {{2, 19, 23}, {2, 11, 5}, {3, 2, 37},
                                            {4, 3, 7},   {2, 13, 6}, {2, 9, 40}};
    static const unsigned axes[LAYOUTS] = {1, 1, 2, 2, 1, 1};
    *axis = axes[which];
    const size_t *d = dims[which];
    if (which == 4)
        return clnorm_tensor_strided(CLNORM_F32, 3, d, (size_t[]){d[1] * d[2] * 2, d[2] * 2, 2});
    return clnorm_tensor_3d(CLNORM_F32, d[0], d[1], d[2]);
}

/* ---- The trials ---- */

/* Ranges of x and dy; all kinds of both. */
static const double sizes[] = {1e-44, 1e-38, 1e-30, 1e-20, 1e-10, 1, 1e10, 1e14, 1e19, 1e25, 1e33, 3e38};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_data(const clnorm_op *op, clnorm_context *context, uint64_t seed)
{
    generator random = generator_seeded(seed);
    trial t;
    trial_begin(&t, op);
    t.shift = generator_below(&random, 20);
    trial_fill(&t, DATA_NORMAL, seed);
    const spread of_x = (spread)generator_below(&random, SPREADS),
                 of_dy = (spread)generator_below(&random, SPREADS);
    const double x_size = sizes[generator_below(&random, SIZES)],
                 dy_size = sizes[generator_below(&random, SIZES)];
    fill(&t, "x", &random, of_x, x_size);
    if (op->mode == CLNORM_BACKWARD)
        fill(&t, "dy", &random, of_dy, dy_size);
    snprintf(t.note, sizeof t.note, "x %d %g, dy %d %g, seed %llu", (int)of_x, x_size, (int)of_dy, dy_size,
             (unsigned long long)seed);
    trial_check(&t, context);
    trial_end(&t);
}

typedef struct constants {
    double alpha, bias;
} constants;

static const constants all_constants[] = {
    {1e-4, 1},      {1, 1},     {1, 0},       {1e-4, 0},      {2e-5, 1e-30},  {1e-40, 0},   {1e-30, 1},
    {1e-44, 1e-44}, {1e30, 1},  {3e38, 3e38}, {3e38, 0},      {1e-4, 1e-44},  {1e-4, 3e38}, {0, 1e-40},
    {0, 2},         {-1e-4, 1}, {1, -1},      {-3e38, 1e-44}, {1e-30, -1e30}, {-1, -1},
};
enum { CONSTANTS = sizeof all_constants / sizeof *all_constants };

static const double betas[] = {0.75, 0.5, 1, 0.3, 2.5, -0.5, 2, 0, -3};
static const int windows[][2] = {{2, 2}, {20, 7}, {1, 0}};
enum { BETAS = sizeof betas / sizeof *betas, WINDOWS = sizeof windows / sizeof *windows };

/* CLNORM_TEST_QUICK=1: one root, division and the general path. */
static bool is_left_out(int beta)
{
    const char *quick = getenv("CLNORM_TEST_QUICK");
    return quick && strcmp(quick, "1") == 0 && beta != 0 && beta != 2 && beta != 3;
}

static uint64_t trials(void)
{
    const char *many = getenv("CLNORM_TEST_REPEAT");
    return many ? strtoull(many, NULL, 10) : 3;
}

static void check_windows(clnorm_mode mode, double beta, int which, int window, clnorm_context *context)
{
    unsigned axis;
    clnorm_op op = clnorm_local_response_normalization(layout(which, &axis));
    op.mode = mode;
    op.axis = (int)axis;
    op.beta = beta;
    op.window_before = windows[window][0];
    op.window_after = windows[window][1];
    for (size_t i = 0; i < CONSTANTS; i++) {
        op.alpha = all_constants[i].alpha;
        op.bias = all_constants[i].bias;
        op.accumulate_dx = mode == CLNORM_BACKWARD && which == 3;
        for (uint64_t seed = 0; seed < trials(); seed++)
            check_data(&op, context, seed * 1000 + i * 50 + (uint64_t)which);
    }
}

/* One exponent with each nest, each exponent with two, and some with long and with lopsided windows: each is
 * a program. */
static void check_exponent(clnorm_mode mode, int beta)
{
    if (is_left_out(beta))
        return;
    for (int i = 0; i < HARNESS_SCHEDULES; i++) {
        clnorm_context *context = harness_context(harness_schedules[i]);
        for (int which = 0; which < LAYOUTS; which++)
            if (beta == 0 || which % 3 == beta % 3)
                check_windows(mode, betas[beta], which, 0, context);
        if (beta < 5)
            check_windows(mode, betas[beta], beta, beta % 2 + 1, context);
        clnorm_context_destroy(context);
    }
    printf("beta %g: at most %.2f of the bound\n", betas[beta], harness_worst());
    fflush(stdout);
}

START_TEST(windows_forward)
{
    check_exponent(CLNORM_INFER, _i);
}
END_TEST

START_TEST(windows_backward)
{
    check_exponent(CLNORM_BACKWARD, _i);
}
END_TEST

/* Said in numbers, whatever the reference says: seven channels in windows of five. */
START_TEST(known_values)
{
    static const float x[7] = {1, -2, 3, 1, -1, 2, 1}, dy[7] = {1, 2, -1, 3, 1, -2, 1};
    static const struct {
        clnorm_mode mode;
        double size, alpha, bias, beta;
        float results[7];
    } cases[] = {
        {CLNORM_BACKWARD,
         1e14,
         1,
         1,
         1,
         {1.20217539e-29f, 6.89963809e-30f, 5.74429246e-30f, 3.71345090e-29f, -5.98392530e-30f,
          -8.79107804e-30f, 2.82188915e-29f}},
        {CLNORM_INFER,
         1e-20,
         1e-4,
         0,
         0.75,
         {1.38166889e12f, -2.62398627e12f, 3.75000006e12f, 1.09884088e12f, -1.25000002e12f, 4.64736168e12f,
          2.60847434e12f}},
    };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 1, 7));
        trial t;
        op.mode = cases[i].mode;
        op.depth_radius = 2;
        op.alpha = cases[i].alpha;
        op.bias = cases[i].bias;
        op.beta = cases[i].beta;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        for (size_t c = 0; c < 7; c++) {
            trial_input(&t, "x")[c] = (float)(x[c] * cases[i].size);
            if (op.mode == CLNORM_BACKWARD)
                trial_input(&t, "dy")[c] = dy[c];
        }
        trial_check(&t, context);
        const float *found = trial_result(&t, op.mode == CLNORM_BACKWARD ? "dx" : "y");
        for (size_t c = 0; c < 7; c++)
            ck_assert_float_eq_tol(found[c], cases[i].results[c], fabsf(cases[i].results[c]) * 5e-7f);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- L2 ---- */

/* Rows and columns, fewer and more values than a work-group holds or a tile, and a gap between neighbours. */
enum { VECTORS = 7 };

static clnorm_tensor vectors(int which, unsigned *dim)
{
    static const size_t dims[VECTORS][2] = {{3, 5},  {37, 3},    {5, 129},  {70, 21},
                                            {9, 70}, {2, 20011}, {20011, 2}};
    static const unsigned along[VECTORS] = {1, 0, 1, 0, 1, 1, 0};
    const size_t *d = dims[which];
    *dim = along[which];
    return which == 4 ? clnorm_tensor_strided(CLNORM_F32, 2, d, (size_t[]){d[1] * 3, 3})
                      : clnorm_tensor_2d(CLNORM_F32, d[0], d[1]);
}

static const double epsilons[] = {1e-12, 0, 1e-45, 1e-38, 1e-30, 1, 1e10, 1e30, 3e38};
enum { EPSILONS = sizeof epsilons / sizeof *epsilons };

static void check_vectors(clnorm_mode mode, int which, clnorm_context *context)
{
    unsigned dim;
    clnorm_op op = clnorm_l2_normalize(vectors(which, &dim), 0);
    op.dim = (int)dim;
    op.mode = mode;
    op.accumulate_dx = mode == CLNORM_BACKWARD && which % 3 == 1;
    const uint64_t count = which < 5 ? 16 * trials() : trials();
    for (size_t i = 0; i < EPSILONS; i++) {
        op.epsilon = epsilons[i];
        for (uint64_t seed = 0; seed < count; seed++)
            check_data(&op, context, seed * 1000 + i * 50 + (uint64_t)which);
    }
}

START_TEST(vectors_of_any_size)
{
    for (int i = 0; i < HARNESS_SCHEDULES; i++) {
        clnorm_context *context = harness_context(harness_schedules[i]);
        for (int which = 0; which < VECTORS; which++)
            check_vectors(_i == 0 ? CLNORM_INFER : CLNORM_BACKWARD, which, context);
        clnorm_context_destroy(context);
    }
    printf("vectors %d: at most %.2f of the bound\n", _i, harness_worst());
    fflush(stdout);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window extremes");
    TCase *forward = tcase_create("windows forward"), *backward = tcase_create("windows backward");
    TCase *vector = tcase_create("vectors"), *known = tcase_create("known");
    TCase *const cases[] = {known, forward, backward, vector};
    tcase_add_loop_test(known, known_values, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(forward, windows_forward, 0, BETAS);
    tcase_add_loop_test(backward, windows_backward, 0, BETAS);
    tcase_add_loop_test(vector, vectors_of_any_size, 0, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_set_timeout(cases[i], 1200);
        suite_add_tcase(suite, cases[i]);
    }
    return run_suite(suite);
}
