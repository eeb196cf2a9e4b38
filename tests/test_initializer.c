/* The numbers that gamma begins with: normal, and the same bits everywhere. */
#include "suite.h"

#include "layers/initializer.h"
#include <math.h>
#include <string.h>

enum { MANY = 400000 };

static float *normal_numbers(size_t count, double mean, double deviation)
{
    float *values = malloc(count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    fill_normal(values, count, mean, deviation, 1234, "net/bn/gamma");
    return values;
}

static int ascending(const void *left, const void *right)
{
    const float a = *(const float *)left, b = *(const float *)right;
    return a < b ? -1 : a > b;
}

/* Kolmogorov and Smirnov: with 400000 numbers the largest distance between the distributions stays below
 * 1.95 / sqrt(400000) in all but one of a thousand samples. These are always the same ones. */
START_TEST(distribution)
{
    float *values = normal_numbers(MANY, 0, 1);
    double furthest = 0;
    qsort(values, MANY, sizeof *values, ascending);
    for (size_t i = 0; i < MANY; i++) {
        const double exact = 0.5 * erfc(-(double)values[i] / sqrt(2.0));
        furthest = fmax(furthest, fabs(exact - (double)i / MANY));
        furthest = fmax(furthest, fabs(exact - (double)(i + 1) / MANY));
    }
    ck_assert_double_lt(furthest, 1.95 / sqrt((double)MANY));
    free(values);
}
END_TEST

/* Each within five of its own standard deviations; kurtosis sees the tails. */
START_TEST(moments)
{
    float *values = normal_numbers(MANY, 3, 0.5);
    double sums[5] = {0};
    for (size_t i = 0; i < MANY; i++) {
        double power = 1;
        for (int k = 1; k <= 4; k++) {
            power *= ((double)values[i] - 3) / 0.5;
            sums[k] += power / MANY;
        }
    }
    ck_assert_double_lt(fabs(sums[1]), 5 / sqrt((double)MANY));
    ck_assert_double_lt(fabs(sums[2] - 1), 5 * sqrt(2.0 / MANY));
    ck_assert_double_lt(fabs(sums[3]), 5 * sqrt(15.0 / MANY));
    ck_assert_double_lt(fabs(sums[4] - 3), 5 * sqrt(96.0 / MANY));
    free(values);
}
END_TEST

/* Neighbours, and the same place under another name or seed, have nothing to do with each other. */
START_TEST(independence)
{
    float *a = normal_numbers(MANY, 0, 1), *b = normal_numbers(MANY, 0, 1), *c = normal_numbers(MANY, 0, 1);
    double next = 0, name = 0, seed = 0;
    fill_normal(b, MANY, 0, 1, 1234, "net/bn_1/gamma");
    fill_normal(c, MANY, 0, 1, 1235, "net/bn/gamma");
    for (size_t i = 0; i < MANY; i++) {
        next += (double)a[i] * (double)a[(i + 1) % MANY] / MANY;
        name += (double)a[i] * (double)b[i] / MANY;
        seed += (double)a[i] * (double)c[i] / MANY;
    }
    ck_assert_double_lt(fabs(next), 5 / sqrt((double)MANY));
    ck_assert_double_lt(fabs(name), 5 / sqrt((double)MANY));
    ck_assert_double_lt(fabs(seed), 5 / sqrt((double)MANY));
    free(a);
    free(b);
    free(c);
}
END_TEST

/* More channels have the same values in front. */
START_TEST(value_by_place)
{
    float *few = normal_numbers(3, 1, 0.002), *more = normal_numbers(300, 1, 0.002);
    ck_assert_mem_eq(few, more, 3 * sizeof *few);
    free(few);
    free(more);
}
END_TEST

/* Written down once: every machine and every version gives these bits. */
START_TEST(known_bits)
{
    static const float expected[] = {0x1.0589dap+0F,  -0x1.647068p+0F, -0x1.c4f71cp-2F, 0x1.6c7ea6p-1F,
                                     -0x1.2341d2p+0F, 0x1.beea26p-6F,  0x1.1a628ap-1F,  0x1.670ee4p-1F};
    float values[8];
    fill_normal(values, 8, 0, 1, 42, "BatchNormalization/gamma");
    for (size_t i = 0; i < 8; i++)
        ck_assert_msg(memcmp(&values[i], &expected[i], sizeof values[i]) == 0, "%zu: %a, not %a", i,
                      (double)values[i], (double)expected[i]);
    fill_constant(values, 8, 0.1);
    ck_assert(values[0] == 0.1F && values[7] == 0.1F);
    fill_normal(values, 8, 0.1, 0, 42, "x");
    ck_assert(values[0] == 0.1F && values[7] == 0.1F);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("initializer");
    TCase *cases = tcase_create("values");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, distribution);
    tcase_add_test(cases, moments);
    tcase_add_test(cases, independence);
    tcase_add_test(cases, value_by_place);
    tcase_add_test(cases, known_bits);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
