/* Statistics of parts, merged on the host. */
#include "data.h"
#include "suite.h"

#include <clnorm/statistics.h>
#include <math.h>
#include <string.h>

enum { VALUES = 1000, MOST_PARTS = 7 };

/* Two passes in double, as mode statistics leaves it. */
static void summarize(const float *values, size_t count, float result[3])
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] - (double)values[0];
    const double mean = (double)values[0] + sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    result[0] = (float)mean;
    result[1] = (float)(mean - (double)result[0]);
    result[2] = (float)(squares / (double)count);
}

static double ulp(double value)
{
    int exponent;
    frexp(value, &exponent);
    return ldexp(1, exponent - 24);
}

/* Any cut of the values gives what the whole has. */
START_TEST(parts_are_as_good_as_the_whole)
{
    const double means[] = {0, 1, 1e4, -3e5};
    for (uint64_t seed = 0; seed < 400; seed++) {
        generator random = generator_seeded(seed);
        float values[VALUES], found[MOST_PARTS][3], whole[3], merged[3];
        clnorm_statistics parts[MOST_PARTS];
        for (size_t i = 0; i < VALUES; i++)
            values[i] = (float)(means[seed % 4] + generator_normal(&random) * (i < 300 ? 1 : 5));
        const size_t part_count = 1 + generator_below(&random, MOST_PARTS);
        size_t begin = 0;
        for (size_t p = 0; p < part_count; p++) {
            const size_t left = VALUES - begin;
            const size_t count = p + 1 == part_count ? left : generator_below(&random, left);
            summarize(values + begin, count > 0 ? count : 1, found[p]);
            parts[p] = clnorm_statistics_of((double)count, found[p], found[p] + 1, found[p] + 2);
            begin += count;
        }
        summarize(values, VALUES, whole);
        clnorm_statistics all = clnorm_statistics_of(0, merged, merged + 1, merged + 2);
        ck_assert_int_eq(clnorm_statistics_merge(&all, parts, part_count, 1), CLNORM_OK);
        ck_assert_double_eq(all.count, VALUES);
        const double mean_error =
            ((double)merged[0] - (double)whole[0]) + ((double)merged[1] - (double)whole[1]);
        ck_assert_double_le(fabs(mean_error), ulp(sqrt((double)whole[2])));
        ck_assert_double_le(fabs((double)merged[2] - (double)whole[2]), 2 * ulp((double)whole[2]));
    }
}
END_TEST

START_TEST(channels_are_apart_and_may_be_written_over)
{
    float a_mean[] = {1, 10}, a_variance[] = {0, 4}, b_mean[] = {3, 10}, b_variance[] = {0, 8};
    const clnorm_statistics parts[] = {clnorm_statistics_of(2, a_mean, NULL, a_variance),
                                       clnorm_statistics_of(2, b_mean, NULL, b_variance)};
    clnorm_statistics merged = clnorm_statistics_of(0, a_mean, NULL, a_variance);
    ck_assert_int_eq(clnorm_statistics_merge(&merged, parts, 2, 2), CLNORM_OK);
    ck_assert_double_eq(merged.count, 4);
    ck_assert_float_eq(a_mean[0], 2);
    ck_assert_float_eq(a_variance[0], 1); /* of 1, 1, 3, 3 */
    ck_assert_float_eq(a_mean[1], 10);
    ck_assert_float_eq(a_variance[1], 6);
}
END_TEST

START_TEST(what_is_not_finite_stays_so)
{
    const struct {
        float first, second, expected;
    } cases[] = {
        {INFINITY, 1, INFINITY}, {1, -INFINITY, -INFINITY}, {INFINITY, -INFINITY, NAN}, {NAN, 1, NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float means[] = {cases[i].first, cases[i].second}, variances[] = {NAN, 1}, result[3];
        const clnorm_statistics parts[] = {clnorm_statistics_of(1, means, NULL, variances),
                                           clnorm_statistics_of(5, means + 1, NULL, variances + 1)};
        clnorm_statistics merged = clnorm_statistics_of(0, result, result + 1, result + 2);
        ck_assert_int_eq(clnorm_statistics_merge(&merged, parts, 2, 1), CLNORM_OK);
        ck_assert(isnan(cases[i].expected) ? isnan(result[0]) : result[0] == cases[i].expected);
        ck_assert_float_eq(result[1], 0);
        ck_assert(isnan(result[2]));
    }
}
END_TEST

START_TEST(empty_parts_count_nothing)
{
    float mean[] = {5}, variance[] = {2}, result[2];
    const clnorm_statistics parts[] = {clnorm_statistics_of(0, NULL, NULL, NULL),
                                       clnorm_statistics_of(3, mean, NULL, variance),
                                       clnorm_statistics_of(0, NULL, NULL, NULL)};
    clnorm_statistics merged = clnorm_statistics_of(0, result, NULL, result + 1);
    ck_assert_int_eq(clnorm_statistics_merge(&merged, parts, 3, 1), CLNORM_OK);
    ck_assert_float_eq(result[0], 5);
    ck_assert_float_eq(result[1], 2);
}
END_TEST

static void assert_refused(clnorm_statistics *merged, const clnorm_statistics *parts, size_t count,
                           const char *why)
{
    ck_assert_int_eq(clnorm_statistics_merge(merged, parts, count, 1), CLNORM_INVALID_ARGUMENT);
    ck_assert_msg(strstr(clnorm_last_error(), why) != NULL, "%s", clnorm_last_error());
}

START_TEST(what_cannot_be_merged_is_refused)
{
    float one[] = {1};
    clnorm_statistics merged = clnorm_statistics_of(7, one, NULL, one),
                      without = clnorm_statistics_of(0, one, NULL, NULL);
    clnorm_statistics part = clnorm_statistics_of(1, one, NULL, one);
    assert_refused(NULL, &part, 1, "merged is NULL");
    assert_refused(&merged, NULL, 1, "there are no parts");
    assert_refused(&merged, &part, 0, "there are no parts");
    assert_refused(&without, &part, 1, "variance of merged is NULL");
    part.count = -1;
    assert_refused(&merged, &part, 1, "the count of part 0 is -1");
    part.count = NAN;
    assert_refused(&merged, &part, 1, "the count of part 0 is nan");
    part.count = 0;
    assert_refused(&merged, &part, 1, "0 elements together");
    part = clnorm_statistics_of(1, NULL, NULL, one);
    assert_refused(&merged, &part, 1, "mean of part 0 is NULL");
    ck_assert_double_eq(merged.count, 7);
}
END_TEST

/* A program with a longer struct, whose array has longer steps; and one that set no size. */
START_TEST(sizes)
{
    struct longer {
        clnorm_statistics known;
        double later;
    } parts[2];
    float one[] = {1, 3}, two[] = {4, 5}, result[2];
    for (int i = 0; i < 2; i++) {
        parts[i].known = clnorm_statistics_of(1 + i, &one[i], NULL, &two[i]);
        parts[i].known.size = sizeof parts[i];
        parts[i].later = NAN;
    }
    clnorm_statistics merged = clnorm_statistics_of(0, &result[0], NULL, &result[1]);
    ck_assert_int_eq(clnorm_statistics_merge(&merged, &parts[0].known, 2, 1), CLNORM_OK);
    ck_assert_double_eq(merged.count, 3);
    ck_assert_float_eq_tol(result[0], 7.0f / 3, 1e-6f);
    parts[1].known.size = sizeof(clnorm_statistics);
    assert_refused(&merged, &parts[0].known, 2, "parts[1].size is");
    merged.size = 0;
    assert_refused(&merged, &parts[0].known, 1, "merged.size is 0; make the struct by clnorm_statistics_of");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *cases = tcase_create("merge");
    tcase_add_test(cases, parts_are_as_good_as_the_whole);
    tcase_add_test(cases, channels_are_apart_and_may_be_written_over);
    tcase_add_test(cases, what_is_not_finite_stays_so);
    tcase_add_test(cases, empty_parts_count_nothing);
    tcase_add_test(cases, what_cannot_be_merged_is_refused);
    tcase_add_test(cases, sizes);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
