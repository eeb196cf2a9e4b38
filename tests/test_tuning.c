/* A context's tuning: what is set is taken by plans and comes back from the file, and no file makes a context
 * or a plan fail. */
#include "files.h"

#include <clnorm/cache.h>
#include <clnorm/tuning.h>

static char directory[FILES_PATH_SIZE];
static char reasons[2048];

static void keep_lines(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    if (strstr(line, "tuning") != NULL)
        snprintf(reasons + strlen(reasons), sizeof reasons - strlen(reasons), "%s\n", line);
}

static void set_up(void)
{
    files_make_directory(directory);
    reasons[0] = '\0';
}

static void tear_down(void)
{
    files_remove(directory);
}

static clnorm_context *open_with(const char *cache)
{
    clnorm_context *made = NULL;
    clnorm_context_options options = clnorm_context_defaults();
    options.cache_directory = cache;
    options.log_callback = keep_lines;
    options.log_level = CLNORM_LOG_INFO;
    ck_assert_msg(clnorm_context_create_with(&made, &options) == CLNORM_OK, "%s", clnorm_last_error());
    return made;
}

static void set(clnorm_context *context, const char *name, size_t value)
{
    ck_assert_msg(clnorm_tuning_set(context, name, value) == CLNORM_OK, "%s", clnorm_last_error());
}

static void assert_value(const clnorm_context *context, const char *name, size_t expected,
                         clnorm_tuning_origin from)
{
    size_t value = 0;
    clnorm_tuning_origin origin;
    ck_assert_msg(clnorm_tuning_get(context, name, &value, &origin) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_msg(value == expected && origin == from, "%s is %zu (%d), not %zu (%d)", name, value,
                  (int)origin, expected, (int)from);
}

START_TEST(what_is_set_counts_until_it_is_saved_and_then_for_all)
{
    clnorm_context *context = open_with(directory);
    assert_value(context, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    assert_value(context, "stream_bytes", 0, CLNORM_TUNING_USUAL);
    set(context, "pieces_per_unit", 9);
    assert_value(context, "pieces_per_unit", 9, CLNORM_TUNING_SET);
    clnorm_context *other = open_with(directory);
    assert_value(other, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    ck_assert_int_eq(clnorm_tuning_save(context), CLNORM_OK);
    assert_value(context, "pieces_per_unit", 9, CLNORM_TUNING_FILE);
    assert_value(other, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    clnorm_context_destroy(other);

    other = open_with(directory);
    assert_value(other, "pieces_per_unit", 9, CLNORM_TUNING_FILE);
    assert_value(other, "map_lanes", 4, CLNORM_TUNING_USUAL);
    ck_assert_ptr_nonnull(strstr(reasons, "pieces_per_unit is 9"));
    set(other, "pieces_per_unit", 4); /* the usual value, by name */
    assert_value(other, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    ck_assert_int_eq(clnorm_tuning_reset(other), CLNORM_OK);
    clnorm_context_destroy(other);
    other = open_with(directory);
    assert_value(other, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    ck_assert_int_eq(clnorm_tuning_reset(context), CLNORM_OK);
    assert_value(context, "pieces_per_unit", 4, CLNORM_TUNING_USUAL);
    clnorm_context_destroy(other);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(mistakes_have_a_sentence)
{
    size_t value = 77;
    clnorm_context *context = open_with(directory), *without = open_with("");
    const struct {
        clnorm_status status, expected;
    } calls[] = {
        {clnorm_tuning_get(NULL, "map_lanes", &value, NULL), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_get(context, NULL, &value, NULL), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_get(context, "map_lanes", NULL, NULL), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_get(context, "lanes", &value, NULL), CLNORM_INVALID_NAME},
        {clnorm_tuning_set(NULL, "map_lanes", 1), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_set(context, "lanes", 1), CLNORM_INVALID_NAME},
        {clnorm_tuning_save(NULL), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_reset(NULL), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_save(without), CLNORM_INVALID_STATE},
        {clnorm_tuning_reset(without), CLNORM_INVALID_STATE},
        {clnorm_tuning_set(context, "map_lanes", 5), CLNORM_INVALID_ARGUMENT},
        {clnorm_tuning_set(context, "small_tensor", 1), CLNORM_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        ck_assert_msg(calls[i].status == calls[i].expected, "call %zu: %s", i,
                      clnorm_status_name(calls[i].status));
    ck_assert_uint_eq(value, 77);
    ck_assert_int_eq(clnorm_tuning_set(context, "map_lanes", 5), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "map_lanes is 5; allowed are 1 to 4, and 0"));
    assert_value(context, "map_lanes", 4, CLNORM_TUNING_USUAL);
    ck_assert_uint_eq(files_count(directory, "json", NULL), 0);
    clnorm_context_destroy(without);
    clnorm_context_destroy(context);
}
END_TEST

/* Which variant a plan takes. */
static void assert_variant(clnorm_context *context, const clnorm_op *op, const char *expected)
{
    clnorm_plan *plan = NULL;
    ck_assert_msg(clnorm_plan_create(&plan, context, op) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_str_eq(clnorm_plan_variant(plan), expected);
    clnorm_plan_destroy(plan);
}

/* A group of 300000 values is split among the compute units, or is small, as the context says. */
START_TEST(plans_take_what_counts_when_they_are_made)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 1, 1, 300000));
    op.axis = 1;
    op.mode = CLNORM_TRAIN;
    clnorm_context *context = open_with(getenv("CLNORM_CACHE_DIR"));
    ck_assert_int_eq(clnorm_context_set_kernels(context, CLNORM_KERNELS_CPU), CLNORM_OK);
    assert_variant(context, &op, "cpu/plane/split");
    set(context, "small_tensor", 400000);
    assert_variant(context, &op, "cpu/plane/fused");
    set(context, "small_tensor", 0);
    assert_variant(context, &op, "cpu/plane/split");
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(no_file_makes_a_plan_fail)
{
    static const char *const texts[] = {"", "{", "\xff\xfe", "{\"format\": 1, \"devices\": [[[]]]}"};
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 3, 5), 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        reasons[0] = '\0';
        files_write_text(directory, "tuning.json", texts[i]);
        clnorm_context *context = open_with(directory);
        ck_assert_msg(i == 3 || strstr(reasons, "tuning.json: ") != NULL, "no line for file %zu", i);
        ck_assert_msg(i == 3 || strstr(reasons, "not used") != NULL, "no line for file %zu", i);
        assert_value(context, "small_tensor", 262144, CLNORM_TUNING_USUAL);
        clnorm_plan *plan = NULL;
        ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
        clnorm_plan_destroy(plan);
        ck_assert_int_eq(clnorm_tuning_save(context), CLNORM_OK);
        clnorm_context_destroy(context);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tuning");
    TCase *cases = tcase_create("tuning");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_is_set_counts_until_it_is_saved_and_then_for_all);
    tcase_add_test(cases, mistakes_have_a_sentence);
    tcase_add_test(cases, plans_take_what_counts_when_they_are_made);
    tcase_add_test(cases, no_file_makes_a_plan_fail);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
