/* gamma and beta of any shape that is broadcast against x, and their gradients. */
#include "harness.h"
#include "walk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static clnorm_op op_of(clnorm_mode mode, unsigned gamma, unsigned beta)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, 3, 5, 7, 6));
    op.axis = 1;
    op.mode = mode;
    op.gamma_tensor = test_parameter_tensor(&op.x, gamma);
    op.beta_tensor = test_parameter_tensor(&op.x, beta);
    return op;
}

static void check_and_end(trial *t, clnorm_context *context)
{
    trial_check(t, context);
    trial_end(t);
}

/* ---- Every shape ---- */

/* All sets of axes for gamma, against all for beta in turn. */
START_TEST(all_shapes)
{
    static const clnorm_mode modes[] = {CLNORM_INFER, CLNORM_TRAIN, CLNORM_BACKWARD, CLNORM_BACKWARD_INFER,
                                        CLNORM_APPLY};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (unsigned gamma = 0; gamma < 16; gamma++) {
        for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
            trial t;
            clnorm_op op = op_of(modes[m], gamma, (gamma * 7 + (unsigned)m) % 16);
            op.accumulate_dgamma = gamma % 3 == 0;
            op.accumulate_dbeta = gamma % 3 == 1;
            op.accumulate_dx = gamma % 4 == 0;
            trial_begin(&t, &op);
            t.in_place = gamma % 2;
            t.in_place_of_x = gamma % 4 == 2;
            trial_fill(&t, gamma % 5 == 0 ? DATA_LARGE_MEAN : DATA_NORMAL, gamma);
            check_and_end(&t, context);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Gaps, another order of axes, and x that is not dense. */
START_TEST(any_strides)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (unsigned backward = 0; backward < 2; backward++) {
        trial t;
        clnorm_op op = op_of(backward ? CLNORM_BACKWARD : CLNORM_TRAIN, 0xb, 0x6);
        const size_t gamma_strides[] = {2, 6 * 6 + 1, 99, 6}, beta_strides[] = {0, 1, 5, 0};
        memcpy(op.gamma_tensor.strides, gamma_strides, sizeof gamma_strides);
        memcpy(op.beta_tensor.strides, beta_strides, sizeof beta_strides);
        op.x.strides[0] += 3;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, 3);
        check_and_end(&t, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(channels_last)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (unsigned backward = 0; backward < 2; backward++) {
        trial t;
        clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, 4, 9, 10, 33));
        op.mode = backward ? CLNORM_BACKWARD : CLNORM_TRAIN;
        op.gamma_tensor = op.beta_tensor =
            test_parameter_tensor(&op.x, 0x9); /* one for each sample and channel */
        trial_begin(&t, &op);
        trial_fill(&t, DATA_IMAGE, 4);
        check_and_end(&t, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Numbers that do not come from the reference ---- */

/* A scale and a shift for each sample and channel. */
START_TEST(known_values)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 2, 2, 2));
    static const float x[] = {1, 3, 10, 20, 5, 7, 30, 40}, gamma[] = {1, 2, -3, 0.5f},
                       beta[] = {0, 10, 20, 30};
    static const float mean[] = {4, 25}, variance[] = {4, 25};
    static const float expected[] = {-1.5f, -0.5f, 10 - 6, 10 - 2, 20 - 1.5f, 20 - 4.5f, 30.5f, 31.5f};
    op.axis = 1;
    op.epsilon = 0;
    op.gamma_tensor = op.beta_tensor = test_parameter_tensor(&op.x, 0x3);
    trial t;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 0);
    memcpy(trial_input(&t, "x"), x, sizeof x);
    memcpy(trial_input(&t, "gamma"), gamma, sizeof gamma);
    memcpy(trial_input(&t, "beta"), beta, sizeof beta);
    memcpy(trial_input(&t, "moving_mean"), mean, sizeof mean);
    memcpy(trial_input(&t, "moving_variance"), variance, sizeof variance);
    trial_run(&t, context, NULL);
    for (size_t i = 0; i < 8; i++)
        ck_assert_float_eq_tol(trial_result(&t, "y")[i], expected[i], 4e-6f);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

/* dgamma of a gamma for each element is dy * x^, and dbeta of one number is the sum of dy. */
START_TEST(known_gradients)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = op_of(CLNORM_BACKWARD_INFER, 0xf, 0);
    trial t;
    op.epsilon = 0;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 8);
    for (size_t c = 0; c < 5; c++) {
        trial_input(&t, "moving_mean")[c] = (float)c;
        trial_input(&t, "moving_variance")[c] = 0.25f;
    }
    trial_run(&t, context, NULL);
    const float *x = trial_input(&t, "x"), *dy = trial_input(&t, "dy");
    double sum = 0;
    for (size_t i = 0; i < 630; i++) {
        const double normalized = 2 * ((double)x[i] - (double)(i / 42 % 5));
        sum += (double)dy[i];
        ck_assert_double_eq_tol((double)trial_result(&t, "dgamma")[i], (double)dy[i] * normalized, 1e-5);
    }
    ck_assert_double_eq_tol((double)trial_result(&t, "dbeta")[0], sum, 1e-4);
    trial_end(&t);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- The usual shape by another name ---- */

static const char *variant_of(const clnorm_op *op, clnorm_context *context, char name[160])
{
    clnorm_plan *plan;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, op), CLNORM_OK);
    snprintf(name, 160, "%s", clnorm_plan_variant(plan));
    clnorm_plan_destroy(plan);
    return name;
}

/* One value for each channel, with x's rank, or repeated by strides of 0: the same kernels, the same bits. */
START_TEST(usual_shapes)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    char usual[160], other[160];
    for (unsigned backward = 0; backward < 2; backward++) {
        clnorm_op op = op_of(backward ? CLNORM_BACKWARD : CLNORM_TRAIN, 0x2, 0x2);
        const clnorm_tensor repeated =
            clnorm_tensor_strided(CLNORM_F32, 4, op.x.dims, (const size_t[]){0, 1, 0, 0});
        trial with, without;
        trial_begin(&with, &op);
        variant_of(&op, context, other);
        op.gamma_tensor = op.beta_tensor = (clnorm_tensor){.rank = 0};
        trial_begin(&without, &op);
        ck_assert_str_eq(variant_of(&op, context, usual), other);
        op.gamma_tensor = op.beta_tensor = repeated;
        ck_assert_str_eq(variant_of(&op, context, other), usual);
        trial_fill(&with, DATA_NORMAL, 2);
        trial_fill(&without, DATA_NORMAL, 2);
        trial_run(&with, context, NULL);
        trial_run(&without, context, NULL);
        for (size_t i = 0; i < with.count; i++)
            ck_assert(trial_same_bits(&with, &without, with.operands[i].info->name));
        trial_end(&with);
        trial_end(&without);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Buffers that are left out ---- */

START_TEST(optional_buffers)
{
    static const char *const names[] = {"gamma", "dx", "dgamma", "dbeta", "batch_mean_residual"};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (unsigned set = 0; set < 32; set++) {
        trial t;
        const clnorm_op op = op_of(CLNORM_BACKWARD, 0x3, 0xc);
        if ((set & 0xe) == 0xe) /* no output is left */
            continue;
        trial_begin(&t, &op);
        for (unsigned i = 0; i < 5; i++)
            if (set >> i & 1)
                trial_omit(&t, names[i]);
        trial_fill(&t, DATA_NORMAL, set);
        check_and_end(&t, context);
    }
    for (unsigned set = 0; set < 4; set++) {
        trial t;
        const clnorm_op op = op_of(CLNORM_INFER, 0x3, 0xc);
        trial_begin(&t, &op);
        if (set & 1)
            trial_omit(&t, "gamma");
        if (set & 2)
            trial_omit(&t, "beta");
        trial_fill(&t, DATA_NORMAL, set);
        check_and_end(&t, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Sums over nothing are 0, and gaps stay what they are. */
START_TEST(empty)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 0, 3, 4));
    trial t;
    op.axis = 1;
    op.mode = CLNORM_BACKWARD;
    op.gamma_tensor = test_parameter_tensor(&op.x, 0x6);
    op.gamma_tensor.strides[1] = 9;
    op.gamma_tensor.strides[2] = 2;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 1);
    check_and_end(&t, context);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- The ends of fp32's range ---- */

/* gamma * dy or gamma * x^ is more than fp32 holds, or less, although results are in range. */
START_TEST(extremes)
{
    static const struct {
        float gamma, dy, variance;
    } factors[] = {{1e30f, 1e20f, 1e38f},    {1e30f, 1e-30f, 1e-20f}, {1e-30f, 1e25f, 1e-30f},
                   {1e-38f, 1e-20f, 1e-38f}, {3e38f, 3e38f, 1},       {1e-44f, 1, 1e20f}};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        for (unsigned backward = 0; backward < 2; backward++) {
            const clnorm_op op = op_of(backward ? CLNORM_BACKWARD_INFER : CLNORM_INFER, 0xf, 0x1);
            trial t;
            trial_begin(&t, &op);
            trial_fill(&t, DATA_NORMAL, i);
            for (size_t k = 0; k < 630; k++)
                trial_input(&t, "gamma")[k] *= factors[i].gamma;
            for (size_t k = 0; backward && k < 630; k++)
                trial_input(&t, "dy")[k] *= factors[i].dy;
            for (size_t k = 0; k < 5; k++)
                trial_input(&t, "moving_variance")[k] = factors[i].variance;
            check_and_end(&t, context);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

/* One dx of a channel is infinite; the others are right. */
START_TEST(one_infinite_gradient)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    const clnorm_op op = op_of(CLNORM_BACKWARD, 0xf, 0xf);
    trial t;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 6);
    for (size_t k = 0; k < 630; k++)
        trial_input(&t, "gamma")[k] = 1e20f;
    for (size_t k = 0; k < 630; k++)
        trial_input(&t, "dy")[k] *= 1e18f;
    for (size_t c = 0; c < 5; c++)
        trial_input(&t, "dy")[c * 42] = 1e20f;
    check_and_end(&t, context);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- What is refused ---- */

typedef struct refusal {
    clnorm_status status;
    const char *words;
    clnorm_mode mode;
    unsigned rank;
    size_t dims[4], strides[4];
    clnorm_dtype dtype;
} refusal;

static const refusal refusals[] = {
    {CLNORM_INVALID_RANK,
     "gamma_tensor has rank 3; x has 4",
     CLNORM_INFER,
     3,
     {5, 1, 1},
     {1, 1, 1},
     CLNORM_F32},
    {CLNORM_INVALID_RANK, "gamma_tensor has rank 9", CLNORM_INFER, 9, {5, 1, 1}, {1, 1, 1}, CLNORM_F32},
    {CLNORM_INVALID_SHAPE,
     "gamma_tensor has 4 along axis 1; x has 5: that or 1 is allowed",
     CLNORM_TRAIN,
     4,
     {1, 4, 1, 1},
     {1, 1, 1, 1},
     CLNORM_F32},
    {CLNORM_INVALID_SHAPE,
     "gamma_tensor has 0 along axis 0",
     CLNORM_TRAIN,
     4,
     {0, 5, 1, 1},
     {1, 1, 1, 1},
     CLNORM_F32},
    {CLNORM_UNSUPPORTED_TYPE,
     "gamma_tensor has dtype f16",
     CLNORM_APPLY,
     4,
     {1, 5, 1, 1},
     {1, 1, 1, 1},
     CLNORM_F16},
    {CLNORM_INVALID_STRIDES,
     "gamma_tensor overlaps itself",
     CLNORM_BACKWARD,
     4,
     {3, 5, 1, 1},
     {1, 1, 1, 1},
     CLNORM_F32},
    {CLNORM_OK, "", CLNORM_INFER, 4, {3, 5, 1, 1}, {1, 1, 1, 1}, CLNORM_F32},
    {CLNORM_OK, "", CLNORM_BACKWARD, 4, {3, 5, 7, 6}, {5, 1, 0, 0}, CLNORM_F32},
    {CLNORM_OK, "", CLNORM_STATISTICS, 9, {4}, {1}, CLNORM_F16}, /* has no gamma */
};

START_TEST(refused)
{
    const refusal *r = &refusals[_i];
    clnorm_op op = op_of(r->mode, 0xf, 0xf);
    op.gamma_tensor = (clnorm_tensor){.dtype = r->dtype, .rank = r->rank};
    memcpy(op.gamma_tensor.dims, r->dims, sizeof r->dims);
    memcpy(op.gamma_tensor.strides, r->strides, sizeof r->strides);
    ck_assert_int_eq(clnorm_op_check(&op), r->status);
    if (r->status != CLNORM_OK)
        ck_assert_msg(strstr(clnorm_last_error(), r->words) != NULL, "%s", clnorm_last_error());
}
END_TEST

/* The buffer must hold the tensor; one of the usual size does not. */
START_TEST(small_buffer)
{
    clnorm_context *context = harness_context(harness_schedules[0]);
    const clnorm_op op = op_of(CLNORM_INFER, 0x3, 0x2);
    clnorm_plan *plan;
    clnorm_buffers buffers;
    trial t;
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 1);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    trial_upload(&t, clnorm_context_cl_context(context), &buffers);
    cl_mem small = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_ONLY, 5 * 4, NULL, NULL);
    buffers.gamma = (clnorm_buffer){small, 0};
    ck_assert_int_eq(clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL), CLNORM_BUFFER_TOO_SMALL);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "gamma needs 60 bytes"));
    clReleaseMemObject(small);
    trial_download(&t, clnorm_context_cl_queue(context));
    trial_end(&t);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parameters");
    TCase *test = tcase_create("parameters");
    tcase_set_timeout(test, 0);
    tcase_add_loop_test(test, all_shapes, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, any_strides, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, channels_last, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, known_values, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, known_gradients, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, usual_shapes, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, optional_buffers, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, empty, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, extremes, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, one_infinite_gradient, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(test, refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(test, small_buffer);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
