/*
 * Batch normalization at the ends of fp32's range, where squares, sums, differences or factors leave it
 * though results do not; over no values, and over more than a float counts.
 */
#include "harness.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Data ---- */

/* A channel's values: `a` and `b` in turn, or `a` first (last) and `b` ever after (before), or by halves; or
 * from `a` to `b` in equal steps; or `a` a hundred times, then `b` a hundred times, and so on; or `a` for a
 * while, then a period of eight values, whose rounding errors repeat: those of `periods`, or `b` and `a`. */
typedef enum pattern {
    IN_TURN,
    FIRST,
    LAST,
    HALVES,
    RISING,
    BY_HUNDREDS,
    PERIOD,
    OTHER_PERIOD,
    STRIPES
} pattern;

typedef struct channel {
    pattern pattern;
    float a, b;
} channel;

static const channel channels[] = {
    {IN_TURN, 1e18f, 2e18f},
    {IN_TURN, 3e18f, 6e18f},
    {IN_TURN, 3e38f, -3e38f},
    {IN_TURN, FLT_MAX, 3.3e38f},
    {IN_TURN, FLT_MAX, 0},
    {IN_TURN, 1e-25f, -1e-25f},
    {IN_TURN, 1e-25f, 3e-25f},
    {IN_TURN, 3e-40f, 1e-40f},
    {IN_TURN, 1.00001e-20f, 1e-20f},
    {FIRST, 1e20f, 0},
    {LAST, 1e20f, 0},
    {LAST, 3e38f, 1},
    {FIRST, 1e-22f, 0},
    {HALVES, 1e-25f, 0},
    {HALVES, 0, 1e-25f},
    {HALVES, 1e25f, 1e-3f},
    {HALVES, 1, 1e-30f},
    {HALVES, -3e38f, 3e38f},
    {HALVES, 1e-30f, 1e30f},
    {IN_TURN, 1e-30f, 1e-30f},
    {IN_TURN, FLT_MAX, FLT_MAX},
    {IN_TURN, 0, 0},
    {IN_TURN, 1, 1.0000001f},
    {FIRST, 1e15f, 1},
    {RISING, 1e4f, 1.01e4f},
    {RISING, -1e-20f, 1e-21f},
    {RISING, 0, 3e38f},
    {BY_HUNDREDS, 1e4f, 1e4f + 0.01f},
    {BY_HUNDREDS, 1e-22f, 1e20f},
    {BY_HUNDREDS, 0, -1e-30f},
    {PERIOD, 0.8036457896232605f, 0},
    {OTHER_PERIOD, 0.7940497994422913f, 0},
    {STRIPES, 1.0833055973052979f, 0.34721192717552185f},
};
enum { CHANNELS = sizeof channels / sizeof channels[0] };

enum { BEFORE_PERIODS = 16 };

static const float periods[2][8] = {
    {-0.823252260684967f, -0.4231516420841217f, 0.36977025866508484f, 0.07245385646820068f,
     -0.9592595100402832f, -2.050389528274536f, 1.071092963218689f, 0.8962185978889465f},
    {-0.21464307606220245f, 0.7493761777877808f, -0.7188349962234497f, -0.888207733631134f,
     0.018287092447280884f, -0.021887190639972687f, -0.3210623562335968f, 1.551127552986145f},
};

static float value_of(const channel *c, size_t position, size_t count)
{
    if (position >= BEFORE_PERIODS && (c->pattern == PERIOD || c->pattern == OTHER_PERIOD))
        return periods[c->pattern == OTHER_PERIOD][position % 8];
    if (position >= BEFORE_PERIODS && c->pattern == STRIPES)
        return (0x25 >> position % 8 & 1) != 0 ? c->b : c->a;
    if (c->pattern == RISING)
        return c->a + (c->b - c->a) * ((float)position / (float)count);
    const bool is_a = c->pattern == IN_TURN  ? position % 2 == 0
                      : c->pattern == FIRST  ? position == 0
                      : c->pattern == LAST   ? position == count - 1
                      : c->pattern == HALVES ? position < count / 2
                                             : c->pattern != BY_HUNDREDS || position / 100 % 2 == 0;
    return is_a ? c->a : c->b;
}

/* Every channel another of the patterns, so that neighbours in a vector differ. */
static void fill_channels(trial *t, const char *name, size_t first, float factor)
{
    const operand *o = trial_operand(t, name);
    const data_groups groups = {test_op_groups(&t->op).axis, false};
    const size_t count = clnorm_tensor_span(&o->tensor) > 0
                             ? t->op.x.dims[0] * t->op.x.dims[1] * t->op.x.dims[2] / t->op.x.dims[groups.axis]
                             : 0;
    size_t index[CLNORM_MAX_RANK] = {0};
    for (index[0] = 0; index[0] < o->tensor.dims[0]; index[0]++)
        for (index[1] = 0; index[1] < o->tensor.dims[1]; index[1]++)
            for (index[2] = 0; index[2] < o->tensor.dims[2]; index[2]++) {
                size_t position, place = 0;
                const size_t group = data_group(&o->tensor, groups, index, &position);
                for (unsigned axis = 0; axis < 3; axis++)
                    place += index[axis] * o->tensor.strides[axis];
                trial_input(t, name)[place] =
                    factor * value_of(&channels[(group + first) % CHANNELS], position, count);
            }
}

/* Layouts of every kind of kernel: channels first, last, with gaps, alone; short and long ones. */
static const struct {
    size_t dims[3];
    int axis;
    size_t gap;
} layouts[] = {
    {{2, CHANNELS, 18}, 1, 0},      {{3, CHANNELS, 1200}, 1, 0}, {{130, 3, CHANNELS}, 2, 0},
    {{1500, 3, CHANNELS}, 2, 0},    {{7, CHANNELS, 10}, 1, 2},   {{CHANNELS, 1, 50}, 0, 0},
    {{2, 2, 40000}, 1, 0},          {{20001, 1, 2}, 2, 0},       {{CHANNELS, 1, 5}, 0, 0},
    {{CHANNELS * 140, 1, 5}, 0, 0}, {{256, 1, CHANNELS}, 2, 0},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

static clnorm_tensor tensor_of(size_t layout)
{
    clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 3, layouts[layout].dims);
    if (layouts[layout].gap > 0) {
        x.strides[1] = x.dims[2] + layouts[layout].gap;
        x.strides[0] = x.strides[1] * x.dims[1];
    }
    return x;
}

/* Narrow layouts take several turns to see all patterns. */
static size_t turns_of(size_t layout)
{
    const size_t here = layouts[layout].dims[layouts[layout].axis];
    return here >= CHANNELS || getenv("CLNORM_TEST_QUICK") ? 1 : CHANNELS / here;
}

/* ---- Forward ---- */

static void set_all(trial *t, const char *name, float value)
{
    const operand *o = trial_operand(t, name);
    for (size_t i = 0; o && i < o->span; i++)
        trial_input(t, name)[i] = value;
}

static const struct {
    double epsilon;
    float gamma;
} scales[] = {{0, 1}, {1e-5, -2}, {1e30, 1e30f}, {0, 1e-30f}, {2e-45, 1e25f}, {3e38, 1}};

START_TEST(train)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t layout = 0; layout < LAYOUTS; layout++) {
        for (size_t k = 0; k < turns_of(layout) + sizeof scales / sizeof scales[0]; k++) {
            const size_t s = k % (sizeof scales / sizeof scales[0]);
            clnorm_op op = clnorm_batch_normalization(tensor_of(layout));
            trial t;
            op.mode = CLNORM_TRAIN;
            op.axis = layouts[layout].axis;
            op.epsilon = scales[s].epsilon;
            trial_begin(&t, &op);
            trial_fill(&t, DATA_NORMAL, k);
            fill_channels(&t, "x", k * 2, 1);
            set_all(&t, "gamma", scales[s].gamma);
            trial_check(&t, context);
            trial_end(&t);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Said in numbers, whatever the reference says. */
START_TEST(known_values)
{
    static const struct {
        float a, b, variance, inverse;
    } cases[] = {
        {1e18f, 2e18f, 2.5e35f, 2e-18f},
        {3e18f, 6e18f, 2.25e36f, 6.6666666e-19f},
        {-1e-25f, 1e-25f, 0, 1e25f},
        {-2e38f, 2e38f, INFINITY, 5e-39f},
    };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t count = i % 2 ? 512 : 65536;
        clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 1, 1, count));
        trial t;
        op.mode = CLNORM_TRAIN;
        op.axis = 1;
        op.epsilon = 0;
        op.decay = 0;
        trial_begin(&t, &op);
        trial_omit(&t, "gamma");
        trial_omit(&t, "beta");
        trial_fill(&t, DATA_NORMAL, i);
        for (size_t k = 0; k < count; k++)
            trial_input(&t, "x")[k] = k % 2 ? cases[i].b : cases[i].a;
        trial_check(&t, context);
        for (size_t k = 0; k < count; k++)
            ck_assert_float_eq_tol(trial_result(&t, "y")[k], k % 2 ? 1.0f : -1.0f, 5e-7f);
        if (isinf(cases[i].variance))
            ck_assert_float_eq(trial_result(&t, "batch_variance")[0], INFINITY);
        else
            ck_assert_float_eq_tol(trial_result(&t, "batch_variance")[0], cases[i].variance,
                                   cases[i].variance * 5e-7f + FLT_MIN);
        ck_assert_float_eq_tol(trial_result(&t, "inverse_deviation")[0], cases[i].inverse,
                               cases[i].inverse * 5e-7f);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* A variance that fp32 does not hold may move a moving average that it does. */
START_TEST(moving_value_of_no_float)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 100, 1));
    trial t;
    op.mode = CLNORM_TRAIN;
    op.decay = 0.99;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 1);
    for (size_t k = 0; k < 100; k++)
        trial_input(&t, "x")[k] = k % 2 ? 1e20f : -1e20f;
    trial_run(&t, context, NULL);
    ck_assert_float_eq(trial_result(&t, "batch_variance")[0], INFINITY);
    ck_assert_float_eq_tol(trial_result(&t, "moving_variance")[0], 1e38f, 1e32f);
    trial_judge(&t);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

/* Statistics that are given: y alone has to be a float. */
static const struct {
    double epsilon;
    float gamma, mean, variance, x, y;
} given[] = {
    {0, 1e30f, 0, 1e-30f, 1e-20f, 1e25f},  {0, 1e-30f, 0, 1e38f, 1e38f, 1e-11f},
    {0, 1e-38f, 0, 1e30f, 3e38f, 3e-15f},  {0, 1e-30f, -3e38f, 1e38f, 3e38f, 6e-11f},
    {0, 1e38f, 1e25f, 1e-40f, 1e25f, 0},   {3e38, 1, 0, 3e38f, 3e19f, 1.2247449f},
    {0, 1, 0, 1e-44f, 1e-22f, 1.0006246f}, /* the variance rounds to 7 * 2^-149 */
    {1e-44, 1, 0, 0, 1e-22f, 1.0f},        {0, 1e20f, 0, 1e-44f, 1e-44f, 0.99881f},
    {1e30, 1e30f, 0, 0, 1e-20f, 1e-5f},    {1e-5, 0, 0, 1e-40f, 1e30f, 0},
    {1e-5, 1, 3e38f, INFINITY, 1, 0},      {1.7e38, 1, 0, 1e-23f, 1e19f, 0.76696499f},
};

START_TEST(given_statistics)
{
    clnorm_context *context = harness_context(harness_schedules[_i / 2]);
    for (size_t i = 0; i < 3 * sizeof given / sizeof given[0]; i++) {
        const size_t g = i / 3;
        const bool apply = _i % 2;
        clnorm_tensor x =
            i % 3 == 0 ? clnorm_tensor_2d(CLNORM_F32, 30, 35) : clnorm_tensor_2d(CLNORM_F32, 35, 30);
        x.strides[0] += i % 3 == 2;
        clnorm_op op = clnorm_batch_normalization(x);
        trial t;
        op.mode = apply ? CLNORM_APPLY : CLNORM_INFER;
        op.axis = i % 3 == 0 ? 1 : 0;
        op.epsilon = given[g].epsilon;
        trial_begin(&t, &op);
        trial_omit(&t, "beta");
        trial_fill(&t, DATA_NORMAL, i);
        set_all(&t, "x", given[g].x);
        set_all(&t, "gamma", given[g].gamma);
        set_all(&t, apply ? "batch_mean" : "moving_mean", given[g].mean);
        set_all(&t, apply ? "batch_variance" : "moving_variance", given[g].variance);
        if (apply)
            set_all(&t, "batch_mean_residual", 0);
        trial_check(&t, context);
        if (g != 6 && g != 7 && g != 8)
            ck_assert_float_eq_tol(trial_result(&t, "y")[0], given[g].y, fabsf(given[g].y) * 5e-7f + FLT_MIN);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Backward ---- */

START_TEST(backward)
{
    static const float sizes[] = {1, 1e30f, 1e-25f};
    clnorm_context *context = harness_context(harness_schedules[_i / 2]);
    for (size_t layout = 0; layout < LAYOUTS; layout++) {
        for (size_t k = 0; k < turns_of(layout) + 3; k++) {
            clnorm_op op = clnorm_batch_normalization(tensor_of(layout));
            trial t;
            op.mode = _i % 2 ? CLNORM_BACKWARD_INFER : CLNORM_BACKWARD;
            op.axis = layouts[layout].axis;
            op.epsilon = k % 2 ? 1e-5 : 1e-35;
            op.accumulate_dgamma = k % 3 == 1;
            trial_begin(&t, &op);
            trial_fill(&t, DATA_NORMAL, k);
            if (op.mode == CLNORM_BACKWARD) {
                for (size_t i = 0; i < trial_operand(&t, "dy")->span; i++)
                    trial_input(&t, "dy")[i] *= sizes[k % 3];
            } else {
                set_all(&t, "moving_mean", -3e38f);
                set_all(&t, "moving_variance", 1e38f);
                fill_channels(&t, "x", k * 2, 1);
            }
            const bool extreme_dy = k % 3 != 2 && op.mode == CLNORM_BACKWARD;
            if (extreme_dy)
                fill_channels(&t, "dy", 2 * k, 1);
            /* where terms of dx are no floats, nothing is left of those that cancel */
            set_all(&t, "gamma", k % 2 ? 1e-20f : extreme_dy ? 1e-3f : 1e10f);
            trial_check(&t, context);
            trial_end(&t);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* x, and what training saved of it, at the ends of the range. */
START_TEST(backward_of_extreme_x)
{
    static const struct {
        float a, b, gamma, dy;
    } cases[] = {
        {1e18f, 2e18f, 1, 1},           {3e38f, -3e38f, 1e20f, 1e10f},
        {1e-25f, 3e-25f, 1e-10f, 1e5f}, {1e-25f, 3e-25f, 1e20f, 1e-20f},
        {3e38f, 1e38f, 1e30f, 1e20f},   {3e37f, 1e37f, 1e-5f, 1e38f},
        {-3e38f, -3.1e38f, 1, 1e30f},
    };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const size_t n = 90;
        clnorm_op op =
            clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, i % 2 ? n : 1, 1, i % 2 ? 1 : n));
        trial t;
        op.mode = CLNORM_BACKWARD;
        op.axis = i % 2 ? 2 : 1;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        const double a = (double)cases[i / 2].a, b = (double)cases[i / 2].b;
        for (size_t k = 0; k < n; k++) {
            trial_input(&t, "x")[k] = k % 2 ? (float)b : (float)a;
            trial_input(&t, "dy")[k] *= cases[i / 2].dy;
        }
        set_all(&t, "batch_mean", (float)((a + b) / 2));
        set_all(&t, "batch_mean_residual", (float)((a + b) / 2 - (double)(float)((a + b) / 2)));
        set_all(&t, "inverse_deviation", (float)(2 / fabs(a - b)));
        set_all(&t, "gamma", cases[i / 2].gamma);
        trial_check(&t, context);
        ck_assert(isfinite(trial_result(&t, "dx")[n / 2]));
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Given statistics: the terms of dgamma are no floats where dgamma is, or each is one and their sum is not.
 * Every third element has a dy of 0, and an x that is the mean. */
/* x^ is 32, and dy so small that the sums of its channel are subnormal. */
START_TEST(tiny_gradients_of_an_outlier)
{
    static const float gammas[] = {1, 2.5f, 4, 30};
    enum { COUNT = 1031, CHANNELS_OF_IT = 4 };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, CHANNELS_OF_IT, COUNT));
    const double mean = 32.0 / COUNT, root = sqrt(32.0 * mean - mean * mean + 1e-5);
    trial t;
    op.axis = 0;
    op.mode = CLNORM_BACKWARD;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_ONE_HOT, 3);
    for (size_t c = 0; c < CHANNELS_OF_IT; c++) {
        trial_input(&t, "gamma")[c] = gammas[c];
        trial_input(&t, "batch_mean")[c] = (float)mean;
        trial_input(&t, "batch_mean_residual")[c] = (float)(mean - (double)(float)mean);
        trial_input(&t, "inverse_deviation")[c] = (float)(1 / root);
        for (size_t i = 0; i < COUNT; i++) {
            trial_input(&t, "x")[c * COUNT + i] = i == 7 ? 32 : 0;
            trial_input(&t, "dy")[c * COUNT + i] *= 3e-43f;
        }
        trial_input(&t, "dy")[c * COUNT + 7] = 2e-42f * (float)(c + 1);
    }
    trial_check(&t, context);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(sums_of_products)
{
    static const struct {
        float x, dy, variance, dgamma; /* of one element */
        float idle;                    /* x where dy is 0, unless it is as elsewhere */
    } cases[] = {
        {3e38f, 1e-8f, 0.25f, 6e30f, 0},         {3e38f, 1e-38f, 1e-30f, 3e15f, 0},
        {1e-30f, 1e-25f, 1e-40f, 1e-35f, 0},     {1e-40f, 1e30f, 1, 1e-10f, 0},
        {1e-20f, 1e-40f, 1e-44f, 1e-38f, 0},     {3e38f, 3e38f, 1, INFINITY, 0},
        {1e20f, 1e-35f, 1e38f, 1e-34f, 0},       {1e-38f, 1e38f, 1e38f, 1e-19f, 0},
        {1.1f, 1e-40f, 1e-44f, 1.1e-18f, 1e30f},
    };
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < 3 * sizeof cases / sizeof cases[0]; i++) {
        const size_t n = 180, c = i / 3;
        clnorm_op op = clnorm_batch_normalization(
            clnorm_tensor_3d(CLNORM_F32, i % 3 ? n : 1, i % 3 == 2 ? 35 : 1, i % 3 ? 1 : n));
        trial t;
        op.mode = CLNORM_BACKWARD_INFER;
        op.axis = 1;
        op.epsilon = 0;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        for (size_t k = 0; k < trial_operand(&t, "x")->span; k++) {
            const size_t row = i % 3 == 2 ? k / 35 : k;
            const float idle = cases[c].idle > 0 ? cases[c].idle : cases[c].x;
            trial_input(&t, "x")[k] = row % 3 == 0 ? 0 : row % 3 == 2 ? idle : cases[c].x;
            trial_input(&t, "dy")[k] = row % 3 == 2 ? 0 : row % 3 == 0 ? 1 : cases[c].dy;
        }
        set_all(&t, "moving_mean", 0);
        set_all(&t, "moving_variance", cases[c].variance);
        trial_check(&t, context);
        const float wanted = 60 * cases[c].dgamma;
        if (isinf(wanted))
            ck_assert_float_infinite(trial_result(&t, "dgamma")[0]);
        else
            ck_assert_float_eq_tol(trial_result(&t, "dgamma")[0], wanted, wanted * 1e-2f);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Nothing, and much ---- */

static const clnorm_mode modes[] = {CLNORM_INFER,          CLNORM_TRAIN,      CLNORM_BACKWARD,
                                    CLNORM_BACKWARD_INFER, CLNORM_STATISTICS, CLNORM_APPLY};

/* No element, or no channel: what is a sum over nothing is 0, and nothing else is touched. */
START_TEST(empty)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < 4 * sizeof modes / sizeof modes[0]; i++) {
        const bool no_channels = i / 2 % 2, adds = i % 2;
        clnorm_op op = clnorm_batch_normalization(
            clnorm_tensor_2d(CLNORM_F32, no_channels ? 5 : 0, no_channels ? 0 : 4));
        trial t;
        op.mode = modes[i / 4];
        op.accumulate_dgamma = op.accumulate_dbeta = adds;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, i);
        trial_check(&t, context);
        for (size_t c = 0; !no_channels && c < 4 && op.mode == CLNORM_TRAIN; c++)
            ck_assert_mem_eq(trial_result(&t, "moving_variance"), trial_input(&t, "moving_variance"), 16);
        for (size_t c = 0;
             !no_channels && c < 4 && (op.mode == CLNORM_BACKWARD || op.mode == CLNORM_BACKWARD_INFER); c++) {
            ck_assert_float_eq(trial_result(&t, "dgamma")[c], adds ? trial_input(&t, "dgamma")[c] : 0);
            ck_assert_float_eq(trial_result(&t, "dbeta")[c], adds ? trial_input(&t, "dbeta")[c] : 0);
        }
        if (op.mode == CLNORM_STATISTICS) {
            ck_assert_float_eq(trial_result(&t, "count")[0], no_channels ? 5 : 0);
            for (size_t c = 0; !no_channels && c < 4; c++)
                ck_assert_float_eq(trial_result(&t, "batch_variance")[c], 0);
        }
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Buffers of what is written are checked, though no kernel runs; x has no byte and need not be given. */
START_TEST(empty_buffers)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 0, 4));
    clnorm_plan *plan;
    float values[4] = {7, 7, 7, 7};
    op.mode = CLNORM_STATISTICS;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    cl_mem memory =
        clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_COPY_HOST_PTR, sizeof values, values, NULL);
    ck_assert_int_eq(
        clnorm_plan_execute(plan, &CLNORM_BUFFERS(.batch_mean = {memory, 4}), NULL, 0, NULL, NULL),
        CLNORM_BUFFER_TOO_SMALL);
    ck_assert_int_eq(clnorm_plan_execute(plan, NULL, NULL, 0, NULL, NULL), CLNORM_OK);
    ck_assert_int_eq(clnorm_plan_execute(plan, &CLNORM_BUFFERS(.count = {memory, 4}), NULL, 0, NULL, NULL),
                     CLNORM_OK);
    clEnqueueReadBuffer(clnorm_context_cl_queue(context), memory, CL_TRUE, 0, sizeof values, values, 0, NULL,
                        NULL);
    ck_assert_float_eq(values[0], 7);
    ck_assert_float_eq(values[1], 0);
    ck_assert_float_eq(values[2], 7);
    clReleaseMemObject(memory);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

#ifndef HARNESS_FPGA
/* 2^29 values, of which memory holds 32: half of them 1000 and 1002, then half of them 1004 and 1006. A float
 * that counts them by 16 stops at 2^28. */
START_TEST(many_values)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_tensor x = clnorm_tensor_4d(CLNORM_F32, 2, (size_t)1 << 24, 1, 16);
    x.strides[0] = 16;
    x.strides[1] = 0;
    x.strides[2] = 16;
    clnorm_op op = clnorm_batch_normalization(x);
    float values[32], result[3];
    clnorm_plan *plan;
    op.mode = CLNORM_STATISTICS;
    op.axis = 2;
    for (size_t i = 0; i < 32; i++)
        values[i] = (i < 16 ? 1000.0f : 1004.0f) + (i % 2 ? 2.0f : 0.0f);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    cl_context cl = clnorm_context_cl_context(context);
    cl_mem input = clCreateBuffer(cl, CL_MEM_COPY_HOST_PTR, sizeof values, values, NULL);
    cl_mem output = clCreateBuffer(cl, CL_MEM_READ_WRITE, sizeof result, NULL, NULL);
    ck_assert_int_eq(clnorm_plan_execute(plan,
                                         &CLNORM_BUFFERS(.x = {input, 0}, .batch_mean = {output, 0},
                                                         .batch_variance = {output, 4}, .count = {output, 8}),
                                         NULL, 0, NULL, NULL),
                     CLNORM_OK);
    clEnqueueReadBuffer(clnorm_context_cl_queue(context), output, CL_TRUE, 0, sizeof result, result, 0, NULL,
                        NULL);
    ck_assert_float_eq(result[0], 1003);
    ck_assert_float_eq_tol(result[1], 5, 2e-6f);
    ck_assert_float_eq(result[2], 0x1p+29f);
    clReleaseMemObject(input);
    clReleaseMemObject(output);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("batch extremes");
    TCase *range = tcase_create("range"), *gradients = tcase_create("gradients"),
          *counts = tcase_create("counts"), *many = tcase_create("many values");
    tcase_set_timeout(many, 0);
    tcase_set_timeout(range, 0);
    tcase_set_timeout(gradients, 0);
    tcase_set_timeout(counts, 0);
    tcase_add_loop_test(range, known_values, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(range, moving_value_of_no_float, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(range, given_statistics, 0, 2 * HARNESS_SCHEDULES);
    tcase_add_loop_test(range, train, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(gradients, backward, 0, 2 * HARNESS_SCHEDULES);
    tcase_add_loop_test(gradients, backward_of_extreme_x, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(gradients, tiny_gradients_of_an_outlier, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(gradients, sums_of_products, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(counts, empty, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(counts, empty_buffers, 0, HARNESS_SCHEDULES);
#ifndef HARNESS_FPGA
    if (!getenv("CLNORM_TEST_QUICK"))
        tcase_add_loop_test(many, many_values, 0, HARNESS_SCHEDULES);
#endif
    suite_add_tcase(suite, range);
    suite_add_tcase(suite, gradients);
    suite_add_tcase(suite, counts);
    suite_add_tcase(suite, many);
    return run_suite(suite);
}
