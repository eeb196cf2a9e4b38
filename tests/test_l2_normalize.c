/* What l2_normalize alone has to get right: norms and values at the ends of fp32's range. */
#include "suite.h"

#include <clnorm/reference.h>
#include <math.h>
#include <string.h>

enum { VALUES = 5 };

static const float rows[][VALUES] = {
    {0x1p+60f, 1.2345678f * 0x1p-60f, 1.7777777f * 0x1p-50f, -3.0f, 0.0f}, /* y far below x's largest */
    {3e38f, 3e38f, -3e38f, 1e-3f, 1e-38f},
    {1e20f, 2e20f, 3e-10f, 1e10f, -1e20f},
    {1e-30f, -2e-30f, 3e-30f, 1e-38f, 0.0f}, /* below the floor, and above it for epsilon 0 */
    {1e-22f, 1e-44f, 3e-23f, 2e-40f, 0.0f},
    {0.0f, -0.0f, 0.0f, 0.0f, 0.0f},
};

/* One row along `dim` of a tensor of 1 x VALUES or VALUES x 1. */
static void assert_row(clnorm_context *context, const float *row, double epsilon, int dim)
{
    const clnorm_tensor along[] = {clnorm_tensor_2d(CLNORM_F32, VALUES, 1),
                                   clnorm_tensor_2d(CLNORM_F32, 1, VALUES)};
    clnorm_op op = clnorm_l2_normalize(along[dim], dim);
    op.epsilon = epsilon;
    double x[VALUES], expected[VALUES], bound[VALUES];
    for (size_t i = 0; i < VALUES; i++)
        x[i] = (double)row[i];
    const clnorm_reference_arrays arrays = {
        .size = sizeof arrays, .x.values = x, .y = {.values = expected, .bound = bound}};
    ck_assert_int_eq(clnorm_reference(&op, &arrays), CLNORM_OK);

    float y[VALUES];
    memcpy(y, row, sizeof y);
    clnorm_plan *plan;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    cl_mem memory =
        clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_COPY_HOST_PTR, sizeof y, y, NULL);
    ck_assert_int_eq(
        clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {memory, 0}, .y = {memory, 0}), NULL, 0, NULL, NULL),
        CLNORM_OK);
    clEnqueueReadBuffer(clnorm_context_cl_queue(context), memory, CL_TRUE, 0, sizeof y, y, 0, NULL, NULL);
    for (size_t i = 0; i < VALUES; i++)
        ck_assert_msg(fabs((double)y[i] - expected[i]) <= bound[i],
                      "epsilon %g, dim %d: y[%zu] of %g is %.9g, not %.9g", epsilon, dim, i, x[i],
                      (double)y[i], expected[i]);
    clReleaseMemObject(memory);
    clnorm_plan_destroy(plan);
}

START_TEST(the_ends_of_the_range)
{
    static const double epsilons[] = {1e-12, 0.0, 1e-80, 1e60};
    clnorm_context *context;
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    ck_assert_int_eq(clnorm_context_set_kernels(context, _i == 0 ? CLNORM_KERNELS_CPU : CLNORM_KERNELS_GPU),
                     CLNORM_OK);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (size_t e = 0; e < sizeof epsilons / sizeof *epsilons; e++) {
            assert_row(context, rows[r], epsilons[e], 0);
            assert_row(context, rows[r], epsilons[e], 1);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("l2_normalize");
    TCase *cases = tcase_create("range");
    tcase_set_timeout(cases, 0);
    tcase_add_loop_test(cases, the_ends_of_the_range, 0, 2);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
