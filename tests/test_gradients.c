/*
 * The backward modes: against differences of the forward, in any layout, in place, with any of their results
 * left out or added to.
 */
#include "harness.h"
#include "random_op.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* A backward mode, and what it is the gradient of. */
typedef struct subject {
    const test_operation *operation;
    clnorm_mode forward, backward;
} subject;

static const clnorm_mode backward_modes[] = {CLNORM_BACKWARD, CLNORM_BACKWARD_INFER};

/* The number `which`; its operation is NULL beyond the last. */
static subject subject_get(int which)
{
    for (size_t i = 0; i < test_operation_count(); i++) {
        const test_operation *operation = test_operation_get(i);
        for (int m = 0; m < 2; m++) {
            const bool trains =
                backward_modes[m] == CLNORM_BACKWARD && test_operation_has(operation, CLNORM_TRAIN);
            if (test_operation_has(operation, backward_modes[m]) && which-- == 0)
                return (subject){operation, trains ? CLNORM_TRAIN : CLNORM_INFER, backward_modes[m]};
        }
    }
    return (subject){NULL, CLNORM_INFER, CLNORM_INFER};
}

static int subject_count(void)
{
    int count = 0;
    while (subject_get(count).operation != NULL)
        count++;
    return count;
}

/* ---- The references of both directions agree ---- */

enum { MOST = 512, MOST_BUFFERS = 24 };

/* A problem on the host, all of it dense: what the buffers of both modes hold, by name. */
typedef struct host_problem {
    clnorm_op op;
    const clnorm_op_info *info;
    const char *names[MOST_BUFFERS];
    double values[MOST_BUFFERS][MOST];
    size_t count;
} host_problem;

static double *values_of(host_problem *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->names[i], name) == 0)
            return p->values[i];
    }
    ck_assert_uint_lt(p->count, MOST_BUFFERS);
    p->names[p->count] = name;
    return p->values[p->count++];
}

static size_t size_of(const host_problem *p, const clnorm_buffer_info *buffer)
{
    const clnorm_tensor tensor = clnorm_op_buffer_tensor(&p->op, buffer);
    return clnorm_tensor_span(&tensor);
}

/* Residuals of means are 0 here, and moving averages stay what they are. */
static bool is_left_out(const clnorm_buffer_info *buffer, clnorm_mode mode)
{
    return strstr(buffer->name, "residual") != NULL ||
           (mode == CLNORM_TRAIN && strncmp(buffer->name, "moving_", 7) == 0);
}

/* Computes one direction with all other buffers of its mode. */
static void compute(host_problem *p, clnorm_mode mode)
{
    p->op.mode = mode;
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    const clnorm_mode_info *found = clnorm_op_info_mode(p->info, mode);
    for (size_t i = 0; i < found->buffer_count; i++) {
        if (!is_left_out(found->buffers[i], mode))
            clnorm_reference_field(&arrays, found->buffers[i])->values =
                values_of(p, found->buffers[i]->name);
    }
    ck_assert_msg(clnorm_reference(&p->op, &arrays) == CLNORM_OK, "%s", clnorm_last_error());
}

/* sum(dy * y): what the gradients are the derivatives of. */
static double loss(host_problem *p, const subject *s)
{
    compute(p, s->forward);
    const double *y = values_of(p, "y"), *dy = values_of(p, "dy");
    const size_t elements = clnorm_tensor_span(&p->op.x);
    double sum = 0;
    for (size_t i = 0; i < elements; i++)
        sum += dy[i] * y[i];
    return sum;
}

static void expect_derivative(host_problem *p, const subject *s, double *variable, double derivative)
{
    const double step = 1e-5, before = *variable;
    *variable = before + step;
    const double above = loss(p, s);
    *variable = before - step;
    const double below = loss(p, s);
    *variable = before;
    const double found = (above - below) / (2 * step);
    ck_assert_msg(fabs(found - derivative) <= 1e-6 * (1 + fabs(found)), "%s: %.12g, by differences %.12g",
                  s->operation->name, derivative, found);
}

static void draw_values(host_problem *p, const clnorm_mode_info *mode, generator *random)
{
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = mode->buffers[i];
        double *values = values_of(p, buffer->name);
        const bool positive = strstr(buffer->name, "variance") || strstr(buffer->name, "deviation");
        for (size_t k = 0; buffer->role == CLNORM_ROLE_INPUT && k < size_of(p, buffer); k++)
            values[k] = positive ? 0.5 + generator_uniform(random) : 0.5 + generator_normal(random);
    }
}

static void draw_problem(host_problem *p, const subject *s, uint64_t seed)
{
    generator random = generator_seeded(seed + 40);
    memset(p, 0, sizeof *p);
    p->info = test_operation_info(s->operation);
    do
        p->op = random_op(&random, s->operation->kind, s->forward, random_tensor(&random, 2, MOST));
    while (clnorm_tensor_span(&p->op.x) > MOST);
    p->op.accumulate_dx = p->op.accumulate_dgamma = p->op.accumulate_dbeta = false;
    test_op_set(&p->op, "epsilon", 0.1); /* no corner to step over */
    draw_values(p, clnorm_op_info_mode(p->info, s->backward), &random);
    draw_values(p, clnorm_op_info_mode(p->info, s->forward), &random);
}

/* Each gradient, "dgamma", is of the buffer that it is named for. */
static size_t check_gradients(host_problem *p, const subject *s)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(p->info, s->backward);
    size_t checked = 0;
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *gradient = mode->buffers[i];
        if (gradient->role != CLNORM_ROLE_GRADIENT)
            continue;
        double *variable = values_of(p, gradient->name + 1), *found = values_of(p, gradient->name);
        const size_t size = size_of(p, gradient);
        for (size_t k = 0; k < size; k += 1 + size / 40)
            expect_derivative(p, s, &variable[k], found[k]);
        checked++;
    }
    return checked;
}

START_TEST(differences)
{
    const subject s = subject_get(_i);
    static host_problem p;
    for (uint64_t seed = 0; seed < 30; seed++) {
        draw_problem(&p, &s, seed);
        loss(&p, &s); /* training leaves its statistics */
        compute(&p, s.backward);
        ck_assert_uint_gt(check_gradients(&p, &s), 0);
    }
}
END_TEST

/* ---- On the device ---- */

static subject subject_of_case(int i)
{
    return subject_get(i / HARNESS_SCHEDULES);
}

static clnorm_context *context_of_case(int i)
{
    return harness_context(harness_schedules[i % HARNESS_SCHEDULES]);
}

/* Dense, with gaps, or with its axes the other way round in memory. */
static clnorm_tensor draw_layout(generator *random, const clnorm_tensor *like)
{
    clnorm_tensor tensor = clnorm_tensor_dense(CLNORM_F32, like->rank, like->dims);
    const size_t kind = generator_below(random, 4);
    size_t stride = kind == 2 ? 3 : 1;
    if (kind < 2)
        return tensor;
    for (unsigned i = 0; i < tensor.rank; i++) {
        const unsigned axis = kind == 2 ? tensor.rank - 1 - i : i;
        tensor.strides[axis] = stride;
        stride = stride * tensor.dims[axis] + (kind == 2 ? 2 : 0);
    }
    return tensor;
}

START_TEST(any_layout)
{
    const subject s = subject_of_case(_i);
    clnorm_context *context = context_of_case(_i);
    for (uint64_t seed = 0; seed < 40; seed++) {
        generator random = generator_seeded(seed + 900);
        trial t;
        clnorm_op op = random_op(&random, s.operation->kind, s.backward, random_tensor(&random, 2, 3000));
        op.dy = draw_layout(&random, &op.x);
        op.dx = draw_layout(&random, &op.x);
        op.x = draw_layout(&random, &op.x);
        trial_begin(&t, &op);
        t.shift = seed % 19;
        t.one_buffer = seed % 2;
        trial_fill(&t, DATA_NORMAL, seed);
        trial_check(&t, context);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Shapes of every kind of kernel: long and short rows, few and many columns, groups cut into parts. */
static const size_t shapes[][3] = {
    {2, 3, 70001}, {1, 2, 200003}, {40, 64, 49}, {64, 5, 112}, {300, 3, 7},
    {700, 1, 33},  {9001, 1, 61},  {5, 300, 16}, {33, 17, 65}, {20001, 1, 3},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

START_TEST(every_kernel)
{
    const subject s = subject_of_case(_i);
    clnorm_context *context = context_of_case(_i);
    for (size_t i = 0; i < SHAPES * 3; i++) {
        generator random = generator_seeded(i + 70);
        trial t;
        clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 3, shapes[i / 3]);
        clnorm_op op = random_op(&random, s.operation->kind, s.backward, x);
        test_op_set_axis(&op, (int)(i % 3));
        if (s.operation->classes > 0)
            s.operation->set_class(&op, (i / 3 + i) % 4); /* all four with each axis */
        trial_begin(&t, &op);
        t.in_place = s.operation->in_place && i % 4 == 1;
        t.in_place_of_x = s.operation->in_place && i % 4 == 2;
        t.shift = i;
        trial_fill(&t, i % 5 ? DATA_NORMAL : DATA_IMAGE, i);
        trial_check(&t, context);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Every subset of the results, each written or added to. */
START_TEST(subsets)
{
    static const char *const results[] = {"dx", "dgamma", "dbeta"};
    clnorm_context *context = context_of_case(_i);
    for (unsigned subset = 1; subset < 8; subset++) {
        for (unsigned added = 0; added < 8; added++) {
            trial t;
            clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 9, 5, 18));
            op.mode = backward_modes[_i / HARNESS_SCHEDULES];
            op.axis = 1 + (int)(subset + added) % 2;
            op.accumulate_dx = added & 1;
            op.accumulate_dgamma = added & 2;
            op.accumulate_dbeta = added & 4;
            trial_begin(&t, &op);
            for (unsigned i = 0; i < 3; i++)
                if (!(subset >> i & 1))
                    trial_omit(&t, results[i]);
            trial_fill(&t, DATA_NORMAL, subset);
            trial_check(&t, context);
            trial_end(&t);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Windows of any length, on either side, of channels first, last and in the middle. */
START_TEST(windows)
{
    static const int sizes[][2] = {{0, 0},  {1, 0},  {0, 3}, {4, 2},  {8, 8},
                                   {16, 0}, {0, 16}, {9, 8}, {20, 30}};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int axis = 0; axis < 3; axis++) {
            trial t;
            if (!test_is_full() && i / 3 % 3 == (size_t)axis) /* each is a program: two of three axes */
                continue;
            clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_3d(CLNORM_F32, 35, 21, 37));
            op.mode = CLNORM_BACKWARD;
            op.axis = axis;
            op.alpha = 0.3;
            op.beta = i % 2 ? 0.75 : 2;
            op.window_before = sizes[i][0];
            op.window_after = sizes[i][1];
            op.accumulate_dx = i % 3 == 0;
            trial_begin(&t, &op);
            trial_fill(&t, DATA_NORMAL, i);
            trial_check(&t, context);
            trial_end(&t);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Denominators just before the next first guess of their root, where squares have many bits after the first
 * six: the guess must not be made of those six alone. Once it was, and gave one and a half times the bound.
 */
START_TEST(guesses_of_roots)
{
    static const float x[] = {0.544689536f, -2.02991533f, 0.642750919f, 0.0915704221f};
    static const float dy[] = {2.61372495f, 2.06074262f, -0.372312576f, 0.613503337f};
    clnorm_context *context = harness_context(harness_schedules[_i / 2]);
    trial t;
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_4d(CLNORM_F32, 1, 4, 1, 16));
    op.mode = CLNORM_BACKWARD;
    op.axis = 1;
    op.bias = 0.5;
    op.alpha = 1;
    op.beta = _i % 2 == 0 ? 0.75 : 0.5;
    op.window_before = 2;
    op.window_after = 1;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 1);
    for (size_t i = 0; i < 64; i++) {
        trial_input(&t, "x")[i] = x[i / 16];
        trial_input(&t, "dy")[i] = dy[i / 16];
    }
    trial_check(&t, context);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

/* Where alpha or x^2 alone leave fp32's range, and alpha * x^2 does not. */
START_TEST(extreme_alphas)
{
    static const struct {
        double alpha;
        float x, dy;
    } cases[] = {
        {0, 1e25f, 1}, {1e-46, 1e23f, 1}, {1e39, 1e-20f, 1}, {1e-40, 1e20f, 1}, {1e-30, 1e18f, 1e27f}};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_3d(CLNORM_F32, 5, 35, 19));
        trial t;
        op.mode = CLNORM_BACKWARD;
        op.axis = i % 2 ? 1 : 2;
        op.depth_radius = 2;
        op.alpha = cases[i / 2].alpha;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        for (size_t k = 0; k < 5 * 35 * 19; k++) {
            trial_input(&t, "x")[k] *= cases[i / 2].x;
            trial_input(&t, "dy")[k] *= cases[i / 2].dy;
        }
        trial_check(&t, context);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* A vector whose squared norm is epsilon exactly projects, one below does not, and one of zeros has none. */
START_TEST(floor_of_norm)
{
    static const float x[3][4] = {{1, 0, 0, 0}, {0.5f, 0, 0.5f, 0}, {0, 0, 0, 0}};
    static const float expected[3][4] = {{0, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 3, 4), 1);
    trial t;
    op.mode = CLNORM_BACKWARD;
    op.epsilon = 1;
    trial_begin(&t, &op);
    trial_lay_out(&t);
    memcpy(trial_input(&t, "x"), x, sizeof x);
    for (size_t i = 0; i < 12; i++)
        trial_input(&t, "dy")[i] = 1;
    trial_run(&t, context, NULL);
    for (size_t i = 0; i < 12; i++)
        ck_assert_float_eq(trial_result(&t, "dx")[i], expected[i / 4][i % 4]);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradients");
    TCase *host = tcase_create("references");
    TCase *device = tcase_create("device");
    tcase_add_loop_test(host, differences, 0, subject_count());
    tcase_set_timeout(device, 900);
    tcase_add_loop_test(device, any_layout, 0, subject_count() * HARNESS_SCHEDULES);
    tcase_add_loop_test(device, every_kernel, 0, subject_count() * HARNESS_SCHEDULES);
    tcase_add_loop_test(device, subsets, 0, 2 * HARNESS_SCHEDULES);
    tcase_add_loop_test(device, windows, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(device, guesses_of_roots, 0, 2 * HARNESS_SCHEDULES);
    tcase_add_loop_test(device, extreme_alphas, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(device, floor_of_norm, 0, HARNESS_SCHEDULES);
    suite_add_tcase(suite, host);
    suite_add_tcase(suite, device);
    return run_suite(suite);
}
