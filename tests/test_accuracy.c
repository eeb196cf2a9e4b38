/*
 * The accuracy table on the device: every kind of data, random shapes, both schedules; a million values a
 * channel; groups of 2^24. CLNORM_TEST_QUICK=1 leaves the largest out, for sanitizers.
 */
#include "harness.h"
#include "random_op.h"
#include "walk.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHAPES = 16 }; /* of a mode, for each kind of data and schedule */

static bool is_backward(clnorm_mode mode)
{
    return mode == CLNORM_BACKWARD || mode == CLNORM_BACKWARD_INFER;
}

static bool quick(void)
{
    const char *value = getenv("CLNORM_TEST_QUICK");
    return value && strcmp(value, "1") == 0;
}

static void report(const char *what, int which)
{
    printf("%s %d: at most %.2f of the bound\n", what, which, harness_worst());
    fflush(stdout);
}

/* A context a schedule: the reference, which takes the time, is computed once for all. */
typedef struct contexts {
    clnorm_context *of[HARNESS_SCHEDULES];
} contexts;

static contexts open_contexts(void)
{
    contexts all;
    for (int i = 0; i < HARNESS_SCHEDULES; i++)
        all.of[i] = harness_context(harness_schedules[i]);
    return all;
}

static void close_contexts(contexts *all)
{
    for (int i = 0; i < HARNESS_SCHEDULES; i++)
        clnorm_context_destroy(all->of[i]);
}

/* Leaves out what is optional, one time in four each; moving averages come both or neither, and the mean
 * always where there is nothing but statistics. */
static void omit_some(trial *t, generator *random)
{
    bool running = generator_below(random, 4) == 0;
    bool backward = is_backward(t->op.mode);
    const char *gradient = backward && generator_below(random, 4) == 0 ? "dbeta" : "dx";
    for (size_t i = 0; i < t->count; i++) {
        const clnorm_buffer_info *info = t->operands[i].info;
        bool chosen = strncmp(info->name, "moving_", 7) == 0 ? running : generator_below(random, 4) == 0;
        bool kept = t->op.mode == CLNORM_STATISTICS && strcmp(info->name, "batch_mean") == 0;
        kept = kept || (backward && strcmp(info->name, gradient) == 0);
        if (chosen && !info->required && !kept)
            trial_omit(t, info->name);
    }
}

/* Together, mean and residual know the mean far better than fp32 does: to an ulp of the deviation. */
static void check_split_mean(trial *t)
{
    const operand *means = trial_operand(t, "batch_mean");
    const operand *residuals = trial_operand(t, "batch_mean_residual");
    const operand *variances = trial_operand(t, "batch_variance");
    if (!means || !means->expected || !residuals->given || !variances->given)
        return;
    for (size_t c = 0; c < means->span; c++) {
        double spread = sqrt(variances->expected[c]);
        double sum = (double)t->after[means->start + c] + (double)t->after[residuals->start + c];
        double error = fabs(sum - means->expected[c]);
        double allowed = spread > 0 ? ldexp(1.0, ilogb(spread) - 23) : 0.0;
        bool in_table = fabs(means->expected[c]) <= 1e4 * spread || spread == 0;
        ck_assert_msg(!in_table || error <= allowed,
                      "channel %zu: mean and residual are off by %g, %.2f ulp of the deviation", c, error,
                      error / allowed);
    }
}

static void check_random(const test_subject *s, data_kind kind, uint64_t seed, const contexts *all)
{
    generator random = generator_seeded(seed + (uint64_t)s->operation->kind * 77 + (uint64_t)s->mode * 7);
    clnorm_tensor x = random_tensor(&random, s->operation->minimum_rank, (size_t)1 << 17);
    clnorm_op op = random_op(&random, s->operation->kind, s->mode, x);
    trial t;
    trial_begin(&t, &op);
    omit_some(&t, &random);
    t.shift = generator_below(&random, 20);
    t.one_buffer = generator_below(&random, 2);
    trial_fill(&t, kind, seed);
    for (int i = 0; i < HARNESS_SCHEDULES; i++) {
        trial_check(&t, all->of[i]);
        check_split_mean(&t);
    }
    trial_end(&t);
}

static void check_subject(const test_subject *s)
{
    contexts all = open_contexts();
    const int kinds = s->operation->bears_huge ? DATA_HUGE + 1 : DATA_KINDS;
    const size_t shapes = quick() ? SHAPES / 4 : SHAPES;
    for (int kind = 0; kind < kinds; kind++)
        for (size_t i = 0; i < shapes; i++)
            check_random(s, (data_kind)kind, (uint64_t)kind * 1000 + i, &all);
    report(s->operation->name, (int)s->mode);
    close_contexts(&all);
}

/* The mode number `which` of one direction; false beyond the last. */
static bool find_subject(bool backward, int which, test_subject *subject)
{
    for (size_t i = 0; i < test_subject_count(); i++) {
        *subject = test_subject_get(i);
        if (is_backward(subject->mode) == backward && which-- == 0)
            return true;
    }
    return false;
}

static int count_subjects(bool backward)
{
    test_subject subject;
    int count = 0;
    while (find_subject(backward, count, &subject))
        count++;
    return count;
}

START_TEST(random_shapes)
{
    test_subject s;
    ck_assert(find_subject(false, _i, &s));
    check_subject(&s);
}
END_TEST

START_TEST(random_gradients)
{
    test_subject s;
    ck_assert(find_subject(true, _i, &s));
    check_subject(&s);
}
END_TEST

static const data_kind hard_kinds[] = {DATA_TWO_VALUED, DATA_IMAGE, DATA_NORMAL, DATA_LARGE_MEAN};
enum { HARD_KINDS = 4 };

static void check_large(const clnorm_op *op, data_kind kind, bool in_place, const contexts *all)
{
    trial t;
    trial_begin(&t, op);
    t.in_place = in_place;
    t.shift = 3;
    trial_fill(&t, kind, 42);
    for (int i = 0; i < HARNESS_SCHEDULES; i++) {
        trial_check(&t, all->of[i]);
        check_split_mean(&t);
    }
    trial_end(&t);
}

/* A million values and a few a channel, channels last and first. */
START_TEST(million)
{
    contexts all = open_contexts();
    const clnorm_tensor shapes[] = {
        clnorm_tensor_2d(CLNORM_F32, 1000003, 3),       clnorm_tensor_4d(CLNORM_F32, 4, 3, 500, 501),
        clnorm_tensor_4d(CLNORM_F32, 1, 2, 1009, 1013), clnorm_tensor_3d(CLNORM_F32, 250007, 4, 2),
        clnorm_tensor_3d(CLNORM_F32, 250007, 3, 4), /* the channels in the middle, the last axis short */
    };
    static const int axes[] = {-1, 1, 1, 1, 1};
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        clnorm_op op = clnorm_batch_normalization(shapes[i]);
        op.mode = CLNORM_TRAIN;
        op.axis = axes[i];
        check_large(&op, hard_kinds[_i], i % 2, &all);
    }
    report("a million a channel", _i);
    close_contexts(&all);
}
END_TEST

/* 2^24 elements normalized together. */
START_TEST(largest_group)
{
    contexts all = open_contexts();
    const size_t most = (size_t)1 << 24;
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 1, 1, most));
    if (_i == 0)
        op = clnorm_l2_normalize(clnorm_tensor_1d(CLNORM_F32, most), 0);
    else if (_i == 1)
        op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, most, 2), 0);
    else if (_i == 2)
        op.mode = CLNORM_TRAIN;
    else
        op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, most, 2));
    if (_i == 2)
        op.axis = 1;
    if (_i == 3)
        op.mode = CLNORM_STATISTICS;
    check_large(&op, hard_kinds[_i], _i < 3, &all);
    report("groups of 2^24", _i);
    close_contexts(&all);
}
END_TEST

/* Elements that the spoiled one may change: its group, or those of it that it reaches. */
static bool touched(const clnorm_op *op, const size_t *index, size_t group, size_t position)
{
    const test_operation *operation = test_operation_of(op->kind);
    size_t at = 0, before, after;
    if (data_group(&op->x, test_op_groups(op), index, &at) != group)
        return false;
    if (operation->groups != GROUPS_WINDOW)
        return true;
    operation->reach(op, &before, &after);
    return at + after >= position && at <= position + before;
}

static void check_spoiled(const clnorm_op *op, float value, uint64_t seed, clnorm_context *context)
{
    trial clean;
    trial spoiled;
    generator random = generator_seeded(seed);
    size_t axis = test_op_groups(op).axis;
    size_t total = walk_begin(&op->x).left;
    size_t kept = test_op_groups(op).along ? total / op->x.dims[axis] : op->x.dims[axis];
    size_t group = generator_below(&random, kept);
    size_t position = generator_below(&random, total / kept);
    trial_begin(&clean, op);
    trial_begin(&spoiled, op);
    trial_fill(&clean, DATA_NORMAL, seed);
    trial_fill(&spoiled, DATA_NORMAL, seed);
    data_spoil(trial_input(&spoiled, "x"), &op->x, test_op_groups(op), group, position, value);
    trial_check(&clean, context);
    trial_check(&spoiled, context);
    const float *one = trial_result(&clean, "y");
    const float *other = trial_result(&spoiled, "y");
    for (walk w = walk_begin(&op->x); w.left; walk_next(&w))
        ck_assert_msg(touched(op, w.index, group, position) || memcmp(&one[w.place], &other[w.place], 4) == 0,
                      "%g in group %zu changed element %zu", (double)value, group, w.place);
    trial_end(&clean);
    trial_end(&spoiled);
}

static void check_spoiled_seed(const test_operation *operation, uint64_t seed, clnorm_context *context)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    generator random = generator_seeded(seed + 500);
    const bool trains = seed % 2 && test_operation_has(operation, CLNORM_TRAIN);
    const clnorm_op op = random_op(&random, operation->kind, trains ? CLNORM_TRAIN : CLNORM_INFER,
                                   random_tensor(&random, 2, 20000));
    check_spoiled(&op, GENERATOR_PICK(&random, values), seed, context);
}

/* NaN or infinity spoils its own group, and not one bit elsewhere. */
START_TEST(spoiled_group)
{
    enum { SEEDS = 20 };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < test_operation_count(); i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++)
            check_spoiled_seed(test_operation_get(i), seed + i * SEEDS, context);
    clnorm_context_destroy(context);
}
END_TEST

/* The cases are tests of their own for meson, which runs them side by side. */
int main(void)
{
    Suite *suite = suite_create("accuracy");
    TCase *forward = tcase_create("forward"), *gradients = tcase_create("gradients");
    TCase *groups = tcase_create("groups");
    TCase *const cases[] = {forward, gradients, groups};
    tcase_add_loop_test(forward, random_shapes, 0, count_subjects(false));
    tcase_add_loop_test(gradients, random_gradients, 0, count_subjects(true));
    tcase_add_loop_test(groups, spoiled_group, 0, HARNESS_SCHEDULES);
    if (!quick()) {
        tcase_add_loop_test(groups, million, 0, HARD_KINDS);
        tcase_add_loop_test(groups, largest_group, 0, HARD_KINDS);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_set_timeout(cases[i], 1200);
        suite_add_tcase(suite, cases[i]);
    }
    return run_suite(suite);
}
