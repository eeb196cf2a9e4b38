/*
 * split: one batch, partly on one device and partly on another, normalized as one.
 *
 *   split [DEVICE [DEVICE]]    default: the CPU and the accelerator (fpga); without one, the default device
 * twice
 *
 * Each device finds the statistics of its part (mode statistics), the host merges them, and each device
 * applies the result (mode apply). What comes out is compared with the whole batch on the first device alone,
 * and both with the host's reference, which says how large an error may be.
 */
#include "check.h"
#include "device.h"

#include <clnorm/reference.h>
#include <clnorm/statistics.h>
#include <math.h>

enum { SAMPLES = 96, WIDTH = 14, CHANNELS = 24, FIRST = 64 /* samples for the first device */ };
enum { SAMPLE = WIDTH * WIDTH * CHANNELS, VALUES = SAMPLES * SAMPLE };
static float x[VALUES], y[VALUES], whole[VALUES];
static double exact[VALUES], expected[VALUES], bound[VALUES];

/* A device's part of the batch. */
typedef struct share {
    clnorm_context *context;
    size_t samples;
    cl_mem x, y, mean, residual, variance;
    float found[3][CHANNELS]; /* mean, residual, variance */
} share;

static clnorm_op batch_norm(clnorm_mode mode, size_t samples)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, samples, WIDTH, WIDTH, CHANNELS));
    op.mode = mode;
    return op;
}

/* Makes a plan, enqueues it once, and is done with it: commands in flight keep what they need. */
static void run(const share *s, const clnorm_op *op, const clnorm_buffers *buffers)
{
    clnorm_plan *plan;
    CHECK(clnorm_plan_create(&plan, s->context, op));
    CHECK(clnorm_plan_execute(plan, buffers, NULL, 0, NULL, NULL));
    clnorm_plan_destroy(plan);
    CHECK_CL(clFlush(clnorm_context_cl_queue(s->context)));
}

static void transfer(const share *s, cl_mem buffer, float *values, size_t count, bool to_device)
{
    cl_command_queue queue = clnorm_context_cl_queue(s->context);
    if (to_device)
        CHECK_CL(
            clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, count * sizeof *values, values, 0, NULL, NULL));
    else
        CHECK_CL(
            clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, count * sizeof *values, values, 0, NULL, NULL));
}

static void open_share(share *s, const char *device, float *values, size_t samples)
{
    char name[256] = "";
    CHECK(clnorm_context_create(&s->context, device));
    CHECK_CL(clGetDeviceInfo(clnorm_context_cl_device(s->context), CL_DEVICE_NAME, sizeof name, name, NULL));
    printf("%zu samples on %s\n", samples, name);
    s->samples = samples;
    s->x = create_buffer(s->context, samples * SAMPLE * sizeof *values, values);
    s->y = create_buffer(s->context, samples * SAMPLE * sizeof *values, NULL);
    s->mean = create_buffer(s->context, CHANNELS * sizeof *values, NULL);
    s->residual = create_buffer(s->context, CHANNELS * sizeof *values, NULL);
    s->variance = create_buffer(s->context, CHANNELS * sizeof *values, NULL);
}

static void close_share(share *s)
{
    const cl_mem buffers[] = {s->x, s->y, s->mean, s->residual, s->variance};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        clReleaseMemObject(buffers[i]);
    clnorm_context_destroy(s->context);
}

static void normalize_split(share shares[2])
{
    clnorm_statistics parts[2];
    for (int i = 0; i < 2; i++) { /* both devices work at once */
        const clnorm_op statistics = batch_norm(CLNORM_STATISTICS, shares[i].samples);
        run(&shares[i], &statistics,
            &CLNORM_BUFFERS(.x = {shares[i].x, 0}, .batch_mean = {shares[i].mean, 0},
                            .batch_mean_residual = {shares[i].residual, 0},
                            .batch_variance = {shares[i].variance, 0}));
    }
    for (int i = 0; i < 2; i++) {
        transfer(&shares[i], shares[i].mean, shares[i].found[0], CHANNELS, false);
        transfer(&shares[i], shares[i].residual, shares[i].found[1], CHANNELS, false);
        transfer(&shares[i], shares[i].variance, shares[i].found[2], CHANNELS, false);
        parts[i] = clnorm_statistics_of((double)(shares[i].samples * WIDTH * WIDTH), shares[i].found[0],
                                        shares[i].found[1], shares[i].found[2]);
    }
    float mean[CHANNELS], residual[CHANNELS], variance[CHANNELS];
    clnorm_statistics merged = clnorm_statistics_of(0, mean, residual, variance);
    CHECK(clnorm_statistics_merge(&merged, parts, 2, CHANNELS));
    for (int i = 0; i < 2; i++) {
        const clnorm_op apply = batch_norm(CLNORM_APPLY, shares[i].samples);
        transfer(&shares[i], shares[i].mean, mean, CHANNELS, true);
        transfer(&shares[i], shares[i].residual, residual, CHANNELS, true);
        transfer(&shares[i], shares[i].variance, variance, CHANNELS, true);
        run(&shares[i], &apply,
            &CLNORM_BUFFERS(.x = {shares[i].x, 0}, .y = {shares[i].y, 0}, .batch_mean = {shares[i].mean, 0},
                            .batch_mean_residual = {shares[i].residual, 0},
                            .batch_variance = {shares[i].variance, 0}));
    }
    transfer(&shares[0], shares[0].y, y, shares[0].samples * SAMPLE, false);
    transfer(&shares[1], shares[1].y, y + shares[0].samples * SAMPLE, shares[1].samples * SAMPLE, false);
}

/* The whole batch on one device. */
static void normalize_whole(const share *first)
{
    share all = {.context = first->context, .samples = SAMPLES};
    const clnorm_op train = batch_norm(CLNORM_TRAIN, SAMPLES);
    all.x = create_buffer(all.context, sizeof x, x);
    run(&all, &train, &CLNORM_BUFFERS(.x = {all.x, 0}, .y = {all.x, 0}));
    transfer(&all, all.x, whole, VALUES, false);
    clReleaseMemObject(all.x);
}

/* The largest error, as a share of what is allowed. */
static double error_of(const float *values)
{
    double largest = 0;
    for (size_t i = 0; i < VALUES; i++) {
        const double error = fabs((double)values[i] - expected[i]) / bound[i];
        largest = error <= largest ? largest : error; /* a NaN counts as larger */
    }
    return largest;
}

static bool there_is(const char *device)
{
    clnorm_device_list *list;
    bool found = false;
    CHECK(clnorm_device_list_create(&list, device));
    for (size_t i = 0; i < clnorm_device_list_count(list); i++)
        found = found || clnorm_device_list_get(list, i)->is_default;
    clnorm_device_list_destroy(list);
    return found;
}

int main(int argc, char **argv)
{
    const bool both = there_is("cpu") && there_is("fpga");
    const char *first = argc > 1 ? argv[1] : both ? "cpu" : NULL;
    const char *second = argc > 2 ? argv[2] : argc > 1 ? argv[1] : both ? "fpga" : NULL;
    if (argc == 1 && !both)
        printf("not both a CPU and an accelerator: both parts are for one device\n");
    for (size_t i = 0; i < VALUES; i++) /* the parts differ much in mean and spread */
        exact[i] = x[i] = (float)(i * 7919 % 1009) / (i < FIRST * SAMPLE ? 1009.0f : 101.0f) +
                          (float)(i % CHANNELS * 10) + (i < FIRST * SAMPLE ? 0 : 100.0f);

    share shares[2] = {0};
    open_share(&shares[0], first, x, FIRST);
    open_share(&shares[1], second, x + FIRST * SAMPLE, SAMPLES - FIRST);
    normalize_split(shares);
    normalize_whole(&shares[0]);
    close_share(&shares[1]);
    close_share(&shares[0]);

    const clnorm_op train = batch_norm(CLNORM_TRAIN, SAMPLES);
    const clnorm_reference_arrays arrays = {
        .size = sizeof arrays, .x.values = exact, .y = {.values = expected, .bound = bound}};
    CHECK(clnorm_reference(&train, &arrays));
    const double split = error_of(y), one = error_of(whole);
    printf("error of allowed: %.0f %% from two devices, %.0f %% from one\n", 100 * split, 100 * one);
    return split <= 1 && one <= 1 ? 0 : 1;
}
