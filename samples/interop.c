/*
 * interop: clnorm inside an application that has OpenCL objects of its own.
 *
 * The application owns the context, a queue for transfers, an out-of-order queue for computing, and ONE
 * buffer that holds everything at byte offsets. Two normalizations run in place on it, one after the
 * other. Nothing waits on the host until the end: events order the commands across the queues.
 */
#include "check.h"

#include <clnorm/reference.h>
#include <math.h>

/* The one buffer, in words: five of something else, gamma, beta, x. */
enum { ROWS = 1000, CHANNELS = 37, GAMMA = 5, BETA = GAMMA + CHANNELS, X = BETA + CHANNELS };
enum { WORDS = X + ROWS * CHANNELS };
static float before[WORDS], after[WORDS];

static cl_command_queue create_queue(cl_context context, cl_device_id device,
                                     cl_command_queue_properties wanted)
{
    cl_command_queue_properties supported;
    CHECK_CL(clGetDeviceInfo(device, CL_DEVICE_QUEUE_PROPERTIES, sizeof supported, &supported, NULL));
    cl_int error;
    cl_command_queue queue = clCreateCommandQueue(context, device, wanted & supported, &error);
    CHECK_CL(error);
    return queue;
}

/* Runs both operations on the host too, in double precision; the largest difference from the device. */
static double largest_error(const clnorm_op *batch_norm, const clnorm_op *l2)
{
    static double exact[WORDS], y[ROWS * CHANNELS], scaled[ROWS * CHANNELS];
    for (size_t i = 0; i < WORDS; i++)
        exact[i] = before[i];
    const clnorm_reference_arrays first = {.size = sizeof first,
                                           .x.values = exact + X,
                                           .gamma.values = exact + GAMMA,
                                           .beta.values = exact + BETA,
                                           .y.values = y};
    const clnorm_reference_arrays second = {.size = sizeof second, .x.values = y, .y.values = scaled};
    CHECK(clnorm_reference(batch_norm, &first));
    CHECK(clnorm_reference(l2, &second));
    double largest = 0;
    for (size_t i = 0; i < ROWS * CHANNELS; i++) {
        const double error = fabs((double)after[X + i] - scaled[i]);
        largest = error <= largest ? largest : error; /* a NaN counts as larger */
    }
    return largest;
}

int main(void)
{
    for (size_t i = 0; i < WORDS; i++)
        before[i] = (float)(i * 7919 % 1009) / 1009.0f + (float)(i % CHANNELS);

    /* The application's own objects, on a device that it found itself: here, the default of the listing. */
    clnorm_device_list *list;
    CHECK(clnorm_device_list_create(&list, NULL));
    cl_device_id device = NULL;
    for (size_t i = 0; i < clnorm_device_list_count(list); i++)
        if (clnorm_device_list_get(list, i)->is_default)
            device = clnorm_device_list_get(list, i)->device_id;
    clnorm_device_list_destroy(list);
    if (device == NULL) {
        fprintf(stderr, "no device, or none that CLNORM_DEVICE names; the sample devices tells more\n");
        return 1;
    }
    cl_int error;
    cl_context cl = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    CHECK_CL(error);
    cl_command_queue transfer = create_queue(cl, device, 0);
    cl_command_queue compute = create_queue(cl, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    cl_mem all = clCreateBuffer(cl, CL_MEM_READ_WRITE, sizeof before, NULL, &error);
    CHECK_CL(error);

    /* clnorm on them. */
    clnorm_context *context;
    CHECK(clnorm_context_from_queue(&context, compute));
    clnorm_op batch_norm = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, ROWS, CHANNELS));
    batch_norm.mode = CLNORM_TRAIN;
    clnorm_op l2 = clnorm_l2_normalize(batch_norm.x, -1);
    clnorm_plan *batch_norm_plan, *l2_plan;
    CHECK(clnorm_plan_create(&batch_norm_plan, context, &batch_norm));
    CHECK(clnorm_plan_create(&l2_plan, context, &l2));

    /* write -> batch normalization -> l2 -> read, over two queues */
    const clnorm_buffer x = {all, X * sizeof(float)};
    const clnorm_buffer gamma = {all, GAMMA * sizeof(float)}, beta = {all, BETA * sizeof(float)};
    cl_event written, normalized, scaled;
    CHECK_CL(clEnqueueWriteBuffer(transfer, all, CL_FALSE, 0, sizeof before, before, 0, NULL, &written));
    CHECK_CL(clFlush(transfer)); /* before a command of another queue waits for it */
    CHECK(clnorm_plan_execute(batch_norm_plan, &CLNORM_BUFFERS(.x = x, .y = x, .gamma = gamma, .beta = beta),
                              compute, 1, &written, &normalized));
    CHECK(clnorm_plan_execute(l2_plan, &CLNORM_BUFFERS(.x = x, .y = x), compute, 1, &normalized, &scaled));
    CHECK_CL(clFlush(compute));
    CHECK_CL(clEnqueueReadBuffer(transfer, all, CL_TRUE, 0, sizeof after, after, 1, &scaled, NULL));

    const double largest = largest_error(&batch_norm, &l2);
    printf("%d x %d, twice in place at byte %zu of one buffer, over two queues: largest error %.2g\n", ROWS,
           CHANNELS, x.offset, largest);

    clReleaseEvent(scaled);
    clReleaseEvent(normalized);
    clReleaseEvent(written);
    clnorm_plan_destroy(l2_plan);
    clnorm_plan_destroy(batch_norm_plan);
    clnorm_context_destroy(context);
    clReleaseMemObject(all);
    clReleaseCommandQueue(compute);
    clReleaseCommandQueue(transfer);
    clReleaseContext(cl);
    return largest < 1e-6 ? 0 : 1;
}
