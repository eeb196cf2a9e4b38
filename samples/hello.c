/*
 * hello: the smallest whole use of clnorm.
 *
 * Batch normalization for inference, y = (x - mean) / sqrt(variance + epsilon), of three samples with two
 * channels each. It runs on the device that CLNORM_DEVICE names, or on the best one there is.
 */
#include "check.h"

enum { SAMPLES = 3, CHANNELS = 2 };

static cl_mem on_device(const clnorm_context *context, size_t bytes, void *values)
{
    cl_int error;
    cl_mem buffer = clCreateBuffer(clnorm_context_cl_context(context),
                                   CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, values, &error);
    CHECK_CL(error);
    return buffer;
}

int main(void)
{
    float x[SAMPLES][CHANNELS] = {{1, 10}, {2, 40}, {3, 70}}, y[SAMPLES][CHANNELS] = {{0}};
    float mean[CHANNELS] = {2, 40}, variance[CHANNELS] = {1, 900};

    clnorm_context *context;
    CHECK(clnorm_context_create(&context, NULL));

    /* What to compute: tflearn's defaults for this shape; the channels are the last axis. */
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, SAMPLES, CHANNELS));

    /* A plan is made once: it checks, chooses and compiles. It is executed as often as you like. */
    clnorm_plan *plan;
    CHECK(clnorm_plan_create(&plan, context, &op));

    cl_mem x_buffer = on_device(context, sizeof x, x);
    cl_mem y_buffer = on_device(context, sizeof y, y);
    cl_mem mean_buffer = on_device(context, sizeof mean, mean);
    cl_mem variance_buffer = on_device(context, sizeof variance, variance);
    CHECK(clnorm_plan_execute(plan,
                              &CLNORM_BUFFERS(.x = {x_buffer, 0}, .y = {y_buffer, 0},
                                              .moving_mean = {mean_buffer, 0},
                                              .moving_variance = {variance_buffer, 0}),
                              NULL, 0, NULL, NULL)); /* NULL: the context's own queue */
    CHECK_CL(clEnqueueReadBuffer(clnorm_context_cl_queue(context), y_buffer, CL_TRUE, 0, sizeof y, y, 0, NULL,
                                 NULL));

    for (size_t i = 0; i < SAMPLES; i++)
        printf("x = (%2g, %2g)   y = (%9.6f, %9.6f)\n", x[i][0], x[i][1], y[i][0], y[i][1]);

    clReleaseMemObject(variance_buffer);
    clReleaseMemObject(mean_buffer);
    clReleaseMemObject(y_buffer);
    clReleaseMemObject(x_buffer);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
    return 0;
}
