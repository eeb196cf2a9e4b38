/*
 * The host reference against the formulas written out a second time, in long double on plain matrices, and
 * its bounds against the accuracy table: everything else is judged by them.
 */
#include "data.h"
#include "suite.h"
#include <clnorm/reference.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { ROWS = 37, COLUMNS = 11, COUNT = ROWS * COLUMNS };

/* The distance from |value| to the next larger fp32 number. */
static double ulp(double value)
{
    return value == 0.0 ? ldexp(1.0, -149) : ldexp(1.0, (int)fmax(-126.0, ilogb(value)) - 23);
}

/* The bound is no wider than the table says, and no narrower than rounding the result needs. */
static void check(const char *name, double got, double bound, double expected, double allowed)
{
    double rounding = 0.4999 * ulp(expected);
    ck_assert_msg(fabs(got - expected) <= 1e-12 * (1.0 + fabs(expected)), "%s: %.17g, not %.17g", name, got,
                  expected);
    ck_assert_msg(bound <= allowed * 1.0001 + DBL_MIN, "%s: bound %g, table %g", name, bound, allowed);
    ck_assert_msg(bound >= rounding || bound == 0.0, "%s: bound %g is less than half an ulp, %g", name, bound,
                  rounding);
}

static void fill(double *values, size_t count, double mean, double deviation, uint64_t seed)
{
    generator random = generator_seeded(seed);
    for (size_t i = 0; i < count; i++)
        values[i] = (double)(float)(mean + deviation * generator_normal(&random));
}

static clnorm_tensor matrix(void)
{
    return clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
}

typedef struct channel {
    double x[COUNT], y[COUNT], y_bound[COUNT];
    double gamma[COLUMNS], beta[COLUMNS];
    double moving_mean[COLUMNS], moving_variance[COLUMNS];
    double old_mean[COLUMNS], old_variance[COLUMNS];
    double mean[COLUMNS], mean_bound[COLUMNS], variance[COLUMNS], variance_bound[COLUMNS];
    double residual[COLUMNS], residual_bound[COLUMNS], inverse[COLUMNS], inverse_bound[COLUMNS];
    double moving_mean_bound[COLUMNS], moving_variance_bound[COLUMNS];
} channel;

static void begin_channel(channel *c, double mean, double deviation)
{
    fill(c->x, COUNT, mean, deviation, 1);
    fill(c->gamma, COLUMNS, 1.0, 0.5, 2);
    fill(c->beta, COLUMNS, 0.0, 1.0, 3);
    fill(c->moving_mean, COLUMNS, mean, deviation, 4);
    for (size_t i = 0; i < COLUMNS; i++)
        c->moving_variance[i] = 0.25 + (double)i / 8.0;
    memcpy(c->old_mean, c->moving_mean, sizeof c->old_mean);
    memcpy(c->old_variance, c->moving_variance, sizeof c->old_variance);
}

static void check_y(const channel *c, size_t column, double mean, double variance, double epsilon)
{
    double largest = fabs(c->beta[column]);
    double inverse = 1.0 / sqrt(variance + epsilon);
    for (size_t i = column; i < COUNT; i += COLUMNS) {
        double scaled = (c->x[i] - mean) * inverse * c->gamma[column];
        largest = fmax(largest, fmax(fabs(scaled), fabs(scaled + c->beta[column])));
    }
    for (size_t i = column; i < COUNT; i += COLUMNS)
        check("y", c->y[i], c->y_bound[i], (c->x[i] - mean) * inverse * c->gamma[column] + c->beta[column],
              4.0 * ulp(largest));
}

static void moments(const channel *c, size_t column, double *mean, double *variance)
{
    long double sum = 0;
    long double squares = 0;
    for (size_t i = column; i < COUNT; i += COLUMNS)
        sum += (long double)c->x[i];
    for (size_t i = column; i < COUNT; i += COLUMNS)
        squares += ((long double)c->x[i] - sum / ROWS) * ((long double)c->x[i] - sum / ROWS);
    *mean = (double)(sum / ROWS);
    *variance = (double)(squares / ROWS);
}

static void check_training(const channel *c, const clnorm_op *op, size_t column)
{
    double mean = 0;
    double variance = 0;
    moments(c, column, &mean, &variance);
    double unbiased = op->unbiased_moving_variance ? (double)ROWS / (ROWS - 1) : 1.0;
    double mean_allowed = ulp(mean) + ulp(sqrt(variance));
    double new_mean = op->decay * c->old_mean[column] + (1.0 - op->decay) * mean;
    double new_variance = op->decay * c->old_variance[column] + (1.0 - op->decay) * variance * unbiased;
    check_y(c, column, mean, variance, op->epsilon);
    check("batch_mean", c->mean[column], c->mean_bound[column], mean, mean_allowed);
    check("batch_variance", c->variance[column], c->variance_bound[column], variance,
          4.0 * ulp(variance) + (double)FLT_MIN);
    check("inverse_deviation", c->inverse[column], c->inverse_bound[column],
          1.0 / sqrt(variance + op->epsilon), 4.0 * ulp(1.0 / sqrt(variance + op->epsilon)));
    check("moving_mean", c->moving_mean[column], c->moving_mean_bound[column], new_mean,
          mean_allowed + 4.0 * ulp(fmax(fabs(c->old_mean[column]), fabs(mean))));
    check("moving_variance", c->moving_variance[column], c->moving_variance_bound[column], new_variance,
          8.0 * ulp(fmax(c->old_variance[column], variance)));
    ck_assert_double_eq_tol(c->residual[column], mean - (double)(float)mean, 1e-12 * (1.0 + fabs(mean)));
}

static void train(channel *c, const clnorm_op *op)
{
    clnorm_reference_arrays arrays = {
        .size = sizeof arrays,
        .x = {c->x, NULL},
        .y = {c->y, c->y_bound},
        .gamma = {c->gamma, NULL},
        .beta = {c->beta, NULL},
        .moving_mean = {c->moving_mean, c->moving_mean_bound},
        .moving_variance = {c->moving_variance, c->moving_variance_bound},
        .batch_mean = {c->mean, c->mean_bound},
        .batch_variance = {c->variance, c->variance_bound},
        .batch_mean_residual = {c->residual, c->residual_bound},
        .inverse_deviation = {c->inverse, c->inverse_bound},
    };
    clnorm_status status = clnorm_reference(op, &arrays);
    ck_assert_msg(status == CLNORM_OK, "%s", clnorm_last_error());
}

START_TEST(batch_normalization_train)
{
    static const double means[] = {0.0, 3.0, 1e4, -1e4};
    static channel c;
    clnorm_op op = clnorm_batch_normalization(matrix());
    op.mode = CLNORM_TRAIN;
    op.decay = 0.8;
    op.unbiased_moving_variance = _i % 2;
    begin_channel(&c, means[_i], 1.0);
    train(&c, &op);
    for (size_t column = 0; column < COLUMNS; column++)
        check_training(&c, &op, column);
}
END_TEST

START_TEST(batch_normalization_infer)
{
    static channel c;
    clnorm_op op = clnorm_batch_normalization(matrix());
    op.epsilon = 1e-3;
    begin_channel(&c, 5.0, 2.0);
    clnorm_reference_arrays arrays = {
        .size = sizeof arrays,
        .x = {c.x, NULL},
        .y = {c.y, c.y_bound},
        .gamma = {c.gamma, NULL},
        .beta = {c.beta, NULL},
        .moving_mean = {c.moving_mean, NULL},
        .moving_variance = {c.moving_variance, NULL},
    };
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_OK);
    for (size_t column = 0; column < COLUMNS; column++) {
        check_y(&c, column, c.old_mean[column], c.old_variance[column], op.epsilon);
        ck_assert_double_eq(c.moving_mean[column], c.old_mean[column]);
    }
}
END_TEST

START_TEST(local_response_normalization)
{
    static const int windows[][2] = {{5, 5}, {0, 0}, {2, 1}, {0, 3}, {20, 1}};
    double x[COUNT], y[COUNT], bound[COUNT];
    clnorm_op op = clnorm_local_response_normalization(matrix());
    op.window_before = windows[_i][0];
    op.window_after = windows[_i][1];
    op.alpha_scaled_by_size = _i % 2;
    op.alpha = 0.3;
    op.bias = 1.5;
    op.beta = 0.6;
    fill(x, COUNT, 0.0, 2.0, 7);
    clnorm_reference_arrays arrays = {.size = sizeof arrays, .x = {x, NULL}, .y = {y, bound}};
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_OK);
    double alpha = op.alpha_scaled_by_size ? op.alpha / (windows[_i][0] + windows[_i][1] + 1) : op.alpha;
    for (int i = 0; i < COUNT; i++) {
        double sum = 0;
        int row = i / COLUMNS * COLUMNS;
        for (int k = i - op.window_before; k <= i + op.window_after; k++)
            sum += k >= row && k < row + COLUMNS ? x[k] * x[k] : 0.0;
        double expected = x[i] * pow(op.bias + alpha * sum, -op.beta);
        check("y", y[i], bound[i], expected, 6.0 * ulp(expected));
    }
}
END_TEST

START_TEST(l2_normalize)
{
    static const double scales[] = {1.0, 1e-9, 1e25, 1e-25};
    double x[COUNT], y[COUNT], bound[COUNT];
    clnorm_op op = clnorm_l2_normalize(matrix(), 0);
    op.epsilon = 1e-12;
    fill(x, COUNT, 0.0, scales[_i], 8);
    clnorm_reference_arrays arrays = {.size = sizeof arrays, .x = {x, NULL}, .y = {y, bound}};
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_OK);
    for (int i = 0; i < COUNT; i++) {
        double sum = 0;
        for (int k = i % COLUMNS; k < COUNT; k += COLUMNS)
            sum += x[k] * x[k];
        double expected = x[i] / sqrt(fmax(sum, op.epsilon));
        check("y", y[i], bound[i], expected, 4.0 * ulp(expected));
    }
}
END_TEST

static void expect_infer(const clnorm_op *op, double *x, const double *expected, size_t count)
{
    double y[8];
    clnorm_reference_arrays arrays = {.size = sizeof arrays, .x = {x, NULL}, .y = {y, NULL}};
    ck_assert_int_eq(clnorm_reference(op, &arrays), CLNORM_OK);
    for (size_t i = 0; i < count; i++)
        if (isnan(expected[i]))
            ck_assert_msg(isnan(y[i]), "%zu is %g, not NaN", i, y[i]);
        else
            ck_assert_double_eq_tol(y[i], expected[i], 1e-15);
}

/* What the formulas say of zeros, NaN and infinity. */
START_TEST(special_values)
{
    double zeros[4] = {0, 0, 0, 0};
    double infinite[4] = {INFINITY, 1, -INFINITY, 0};
    double spoiled[4] = {3, 4, NAN, 1};
    clnorm_op l2 = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 2, 2), 1);
    expect_infer(&l2, zeros, (double[]){0, 0, 0, 0}, 4);
    expect_infer(&l2, infinite, (double[]){NAN, 0, NAN, 0}, 4);
    expect_infer(&l2, spoiled, (double[]){0.6, 0.8, NAN, NAN}, 4);
    clnorm_op lrn = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 1, 4));
    lrn.depth_radius = 1;
    lrn.bias = 0;
    lrn.alpha = 1;
    lrn.beta = 1;
    expect_infer(&lrn, (double[]){0, 0, 0, 2}, (double[]){NAN, NAN, 0, 0.5}, 4);
    expect_infer(&lrn, (double[]){NAN, 0, 0, 2}, (double[]){NAN, NAN, 0, 0.5}, 4);
    expect_infer(&lrn, (double[]){INFINITY, 1, 1, 1}, (double[]){NAN, 0, 1.0 / 3.0, 0.5}, 4);
}
END_TEST

START_TEST(wrong_arrays)
{
    double values[4] = {1, 2, 3, 4};
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 2, 2), 1);
    clnorm_reference_arrays arrays = {
        .size = sizeof arrays, .x = {values, NULL}, .y = {values, NULL}, .gamma = {values, NULL}};
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_UNEXPECTED_BUFFER);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "an array was given that this mode of l2_normalize"));
    arrays.gamma.values = arrays.y.values = NULL;
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_MISSING_BUFFER);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "y is missing"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    TCase *formulas = tcase_create("formulas");
    tcase_add_loop_test(formulas, batch_normalization_train, 0, 4);
    tcase_add_test(formulas, batch_normalization_infer);
    tcase_add_loop_test(formulas, local_response_normalization, 0, 5);
    tcase_add_loop_test(formulas, l2_normalize, 0, 4);
    tcase_add_test(formulas, special_values);
    tcase_add_test(formulas, wrong_arrays);
    suite_add_tcase(suite, formulas);
    return run_suite(suite);
}
