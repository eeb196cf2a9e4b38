/* A driver that makes one value wrong in what one kernel computes: results are right all the same, or nothing
 * is computed and the driver named. tests/bad_driver_layer.c is that driver. */
#include "harness.h"

#include "chosen.h"
#include "execute/context.h"
#include "files.h"
#include <clnorm/cache.h>

static char cache[FILES_PATH_SIZE];

static void set_up(void)
{
    files_make_directory(cache);
    setenv("CLNORM_CACHE_DIR", cache, 1);
}

static void tear_down(void)
{
    files_remove(cache);
}

/* ---- What is computed ---- */

/* For operations whose groups are of this kind: each mode of each of them. */
typedef struct shape {
    grouping groups;
    int axis;
    size_t dims[4];
    bool gaps; /* for strided kernels */
} shape;

static const shape shapes[] = {
    {GROUPS_AROUND, 1, {2, 5, 7, 9}, false},      {GROUPS_AROUND, 1, {2, 3, 149, 251}, false}, /* in parts */
    {GROUPS_AROUND, 1, {2, 1, 1, 300001}, false},                                              /* in many */
    {GROUPS_AROUND, 3, {2, 7, 9, 35}, false},     {GROUPS_AROUND, 3, {1, 1, 40001, 5}, false},
    {GROUPS_AROUND, 1, {2, 5, 7, 9}, true},       {GROUPS_WINDOW, 1, {2, 13, 5, 9}, false},
    {GROUPS_WINDOW, 3, {2, 5, 9, 13}, false},     {GROUPS_WINDOW, 1, {2, 13, 5, 9}, true},
    {GROUPS_ALONG, 3, {2, 5, 9, 13}, false},      {GROUPS_ALONG, 3, {1, 1, 3, 9001}, false},
    {GROUPS_ALONG, 3, {1, 1, 1, 300001}, false},  {GROUPS_ALONG, 2, {1, 2, 9, 35}, false},
    {GROUPS_ALONG, 2, {1, 1, 40001, 5}, false},   {GROUPS_ALONG, 3, {2, 5, 9, 13}, true},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static clnorm_op op_of(const test_subject *subject, const shape *s)
{
    clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 4, s->dims);
    for (unsigned i = 0; s->gaps && i < x.rank; i++)
        x.strides[i] *= 2;
    clnorm_op op = test_operation_op(subject->operation, x, s->axis);
    op.mode = subject->mode;
    return op;
}

/* The next op from number `*at` on, of each shape each subject that it is for; false beyond the last. */
static bool next_op(size_t *at, clnorm_op *op)
{
    for (; *at < SHAPES * test_subject_count(); ++*at) {
        const test_subject subject = test_subject_get(*at % test_subject_count());
        const shape *s = &shapes[*at / test_subject_count()];
        if (subject.operation->groups != s->groups)
            continue;
        *op = op_of(&subject, s);
        ++*at;
        return true;
    }
    return false;
}

static clnorm_op first_op(void)
{
    size_t at = 0;
    clnorm_op op;
    ck_assert(next_op(&at, &op));
    return op;
}

/* ---- On which plan ---- */

/* With results that are right, or named: "variant: what was refused". */
static void assert_right(clnorm_context *context, clnorm_plan *plan, const clnorm_op *op)
{
    trial t;
    trial_begin(&t, op);
    trial_fill(&t, DATA_IMAGE, 11);
    trial_run(&t, context, plan);
    trial_judge(&t);
    trial_end(&t);
}

/* True: a plan was made, and refused the variant. */
static bool check_corrupted(const clnorm_op *op, clnorm_kernels schedule, const char *variant)
{
    clnorm_context *context = harness_context(schedule);
    clnorm_plan *plan = NULL;
    const clnorm_status status = clnorm_plan_create(&plan, context, op);
    if (status == CLNORM_OK) {
        ck_assert_msg(strstr(clnorm_plan_refusals(plan), variant) != NULL,
                      "mode %d by %s with a wrong %s: \"%s\"", (int)op->mode, variant,
                      getenv("LAYER_CORRUPT"), clnorm_plan_refusals(plan));
        /* now, or when it was put on record */
        ck_assert(strstr(clnorm_plan_refusals(plan), "its results are wrong") != NULL ||
                  strstr(clnorm_plan_refusals(plan), "its results were wrong") != NULL);
        ck_assert_str_ne(clnorm_plan_variant(plan), variant);
        assert_right(context, plan, op);
    } else {
        ck_assert_msg(status == CLNORM_UNTRUSTED_DRIVER, "%s: %s", clnorm_status_name(status),
                      clnorm_last_error());
        ck_assert_ptr_nonnull(strstr(clnorm_last_error(), variant));
    }
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
    return status == CLNORM_OK;
}

/* A context's device as the choice sees it. */
static caps caps_of(clnorm_kernels schedule)
{
    caps device;
    clnorm_context *context = harness_context(schedule);
    ck_assert_int_eq(device_caps(clnorm_context_cl_device(context), &device), CLNORM_OK);
    clnorm_context_destroy(context);
    return device;
}

static choice choice_for(const clnorm_op *given, const caps *device, clnorm_kernels schedule)
{
    const problem p = problem_for(given, schedule);
    return choose_of(&p, device, schedule);
}

/* What was tried: an op, its mode and a kernel once. */
static bool is_new(const clnorm_op *op, const char *kernel)
{
    static char tried[256][128];
    char text[128];
    snprintf(text, sizeof text, "%d %d %s", (int)op->kind, (int)op->mode, kernel);
    for (size_t i = 0; i < 256; i++) {
        if (strcmp(tried[i], text) == 0)
            return false;
        if (tried[i][0] != '\0')
            continue;
        strcpy(tried[i], text);
        return true;
    }
    ck_abort_msg("there is no room for %s", text);
}

/* What the last kernel leaves in scratch is read by nobody: the layer corrupts something else. */
static void spare_scratch(const choice *chosen, size_t number)
{
    const argument_list *list = &chosen->steps[number].arguments;
    char index[16];
    size_t found = 0, at = 0;
    for (; found < list->count && list->items[found].kind != ARGUMENT_SCRATCH; found++)
        at += list->items[found].kind == ARGUMENT_BUFFER ? 2 : 1; /* with its offset */
    if (number + 1 < chosen->step_count || found == list->count) {
        unsetenv("LAYER_SPARE");
        return;
    }
    snprintf(index, sizeof index, "%zu", at);
    setenv("LAYER_SPARE", index, 1);
}

static const clnorm_kernels schedules[] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU, CLNORM_KERNELS_FPGA};

START_TEST(each_kernel)
{
    const clnorm_kernels schedule = schedules[_i];
    const caps device = caps_of(schedule);
    size_t count = 0, refused = 0;
    clnorm_op op;
    for (size_t at = 0; next_op(&at, &op);) {
        const choice chosen = choice_for(&op, &device, schedule);
        for (size_t s = 0; s < chosen.step_count; s++) {
            if (!is_new(&op, chosen.steps[s].kernel))
                continue;
            files_remove(cache); /* what was proven before is not asked again */
            setenv("LAYER_CORRUPT", chosen.steps[s].kernel, 1);
            spare_scratch(&chosen, s);
            refused += !check_corrupted(&op, schedule, chosen.variant);
            count++;
        }
        unsetenv("LAYER_CORRUPT");
        unsetenv("LAYER_SPARE");
    }
    printf("schedule %d: %zu kernels, %zu without a plan\n", (int)schedule, count, refused);
    ck_assert_uint_gt(count, schedule == CLNORM_KERNELS_FPGA ? 10 : 25);
}
END_TEST

/* What is wrong is not kept, that it is wrong is, until it is told to forget it. */
START_TEST(what_is_kept)
{
    const clnorm_op op = first_op();
    const caps device = caps_of(CLNORM_KERNELS_CPU);
    const choice chosen = choice_for(&op, &device, CLNORM_KERNELS_CPU);
    setenv("LAYER_CORRUPT", chosen.steps[0].kernel, 1);
    ck_assert(check_corrupted(&op, CLNORM_KERNELS_CPU, chosen.variant));
    ck_assert_uint_eq(files_count(cache, ".verdict", NULL), 1);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1); /* the next variant's */

    unsetenv("LAYER_CORRUPT");
    ck_assert(check_corrupted(&op, CLNORM_KERNELS_CPU, chosen.variant));
    ck_assert_uint_eq(files_count(cache, ".building", NULL), 0);

    setenv("CLNORM_VERIFY", "off", 1); /* asks nobody */
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    clnorm_plan *plan = NULL;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    ck_assert_str_eq(clnorm_plan_variant(plan), chosen.variant);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
    unsetenv("CLNORM_VERIFY");

    ck_assert_int_eq(clnorm_cache_clear(NULL), CLNORM_OK);
    ck_assert_uint_eq(files_count(cache, ".verdict", NULL), 0);
    context = harness_context(CLNORM_KERNELS_CPU);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    ck_assert_str_eq(clnorm_plan_variant(plan), chosen.variant);
    ck_assert_str_eq(clnorm_plan_refusals(plan), "");
    assert_right(context, plan, &op);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* A driver that goes wrong after a program was proven: only who asks always finds it, and then it is not
 * kept. */
START_TEST(always_asks_again)
{
    const clnorm_op op = first_op();
    const caps device = caps_of(CLNORM_KERNELS_CPU);
    const choice chosen = choice_for(&op, &device, CLNORM_KERNELS_CPU);
    clnorm_plan *plan = NULL;
    for (int corrupted = 0; corrupted < 2; corrupted++) {
        if (corrupted)
            setenv("LAYER_CORRUPT", chosen.steps[0].kernel, 1);
        clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
        ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
        ck_assert_str_eq(clnorm_plan_variant(plan), chosen.variant);
        ck_assert_str_eq(clnorm_plan_refusals(plan), "");
        ck_assert_uint_eq(files_count(cache, ".clbin", NULL), chosen.step_count);
        clnorm_plan_destroy(plan);
        clnorm_context_destroy(context);
    }
    setenv("CLNORM_VERIFY", "always", 1);
    ck_assert(check_corrupted(&op, CLNORM_KERNELS_CPU, chosen.variant));
    ck_assert_uint_eq(files_count(cache, ".verdict", NULL), 1);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1); /* the next variant's */
    unsetenv("CLNORM_VERIFY");
    unsetenv("LAYER_CORRUPT");
    ck_assert(check_corrupted(&op, CLNORM_KERNELS_CPU, chosen.variant));
}
END_TEST

/* The same variant without them. */
START_TEST(only_sub_groups)
{
    setenv("LAYER_EXTENSIONS", "cl_intel_subgroups", 1);
    setenv("LAYER_PLATFORM", "Somebody's OpenCL", 1); /* PoCL's own are not used */
    setenv("LAYER_ONLY_WITH", "SUB_GROUPS", 1);
    setenv("LAYER_LEAVE_OUT", " -DSUB_GROUPS=1", 1); /* the compiler has none */
    size_t count = 0;
    const caps device = caps_of(CLNORM_KERNELS_GPU);
    ck_assert_int_eq(device.sub_groups, SUB_GROUPS_INTEL);
    clnorm_op op;
    for (size_t at = 0; next_op(&at, &op);) {
        const choice chosen = choice_for(&op, &device, CLNORM_KERNELS_GPU);
        for (size_t s = 0; s < chosen.step_count; s++) {
            if (!chosen.steps[s].sub_groups || !is_new(&op, chosen.steps[s].kernel))
                continue;
            char expected[128];
            clnorm_plan *plan = NULL;
            files_remove(cache);
            setenv("LAYER_CORRUPT", chosen.steps[s].kernel, 1);
            clnorm_context *context = harness_context(CLNORM_KERNELS_GPU);
            ck_assert_msg(clnorm_plan_create(&plan, context, &op) == CLNORM_OK, "%s", clnorm_last_error());
            snprintf(expected, sizeof expected,
                     "%s with sub-groups is not used: its results are wrong: ", chosen.variant);
            ck_assert_msg(strncmp(clnorm_plan_refusals(plan), expected, strlen(expected)) == 0,
                          "%s of %s: \"%s\"", chosen.steps[s].kernel, chosen.variant,
                          clnorm_plan_refusals(plan));
            ck_assert_ptr_null(strchr(clnorm_plan_refusals(plan), '\n'));
            ck_assert_str_eq(clnorm_plan_variant(plan), chosen.variant);
            assert_right(context, plan, &op);
            clnorm_plan_destroy(plan);
            clnorm_context_destroy(context);
            count++;
        }
    }
    printf("%zu kernels with sub-groups\n", count);
    ck_assert_uint_gt(count, 5);
}
END_TEST

/* A driver that may be older than the processor: what is known to go wrong then is computed first. */
START_TEST(an_unknown_processor)
{
    const clnorm_op op = first_op();
    for (int wrong = 0; wrong < 2; wrong++) {
        clnorm_plan *plan = NULL;
        files_remove(cache);
        if (wrong)
            setenv("LAYER_CORRUPT", "roots", 1);
        clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
        context->caps.may_not_know_processor = true;
        const clnorm_status status = clnorm_plan_create(&plan, context, &op);
        ck_assert_msg(status == (wrong ? CLNORM_UNTRUSTED_DRIVER : CLNORM_OK), "%s", clnorm_last_error());
        if (wrong)
            ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "the driver does not know this processor"));
        else
            assert_right(context, plan, &op);
        clnorm_plan_destroy(plan);
        clnorm_context_destroy(context);
    }
    unsetenv("LAYER_CORRUPT");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrong_driver");
    static const char *const names[] = {"cpu kernels", "gpu kernels", "fpga kernels"};
    for (int i = 0; i < 3; i++) {
        TCase *each = tcase_create(names[i]);
        tcase_add_checked_fixture(each, set_up, tear_down);
        tcase_set_timeout(each, 1200);
        tcase_add_loop_test(each, each_kernel, i, i + 1);
        suite_add_tcase(suite, each);
    }
    TCase *kept = tcase_create("kept");
    tcase_add_checked_fixture(kept, set_up, tear_down);
    tcase_set_timeout(kept, 300);
    tcase_add_test(kept, what_is_kept);
    tcase_add_test(kept, always_asks_again);
    tcase_add_test(kept, an_unknown_processor);
    suite_add_tcase(suite, kept);
    TCase *groups = tcase_create("sub-groups");
    tcase_add_checked_fixture(groups, set_up, tear_down);
    tcase_set_timeout(groups, 1200);
    tcase_add_test(groups, only_sub_groups);
    suite_add_tcase(suite, groups);
    return run_suite(suite);
}
