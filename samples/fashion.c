/*
 * fashion: the three normalizations on a big batch of real images.
 *
 *   fashion [PICTURE [IMAGES [COUNT]]]
 *
 * Reads COUNT images of Fashion-MNIST (28 x 28, gray), runs each operation on the device that
 * CLNORM_DEVICE names, times it, compares every value with the host reference and with the error that
 * docs/ops.md allows it, and draws some images before and after. Ends with 1 if an error is too large.
 */
#include "check.h"
#include "device.h"
#include "fashion.h"

#define PICTURE "samples/out/fashion.png"
#define DATASET "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"

enum { COUNT = 16384, STACK = 16, JOBS = 5 };

typedef struct job {
    const char *name;
    clnorm_op op;
} job;

/* The same memory, seen as five tensors. Gray images have no channels that could compete in a local
 * response, but there are two stand-ins: the pixels of a row, and the images of a stack of 16. */
static void describe_jobs(size_t n, job *jobs)
{
    const clnorm_tensor flat = clnorm_tensor_2d(CLNORM_F32, n, PIXELS);

    jobs[0].name = "batch norm, one channel for all";
    jobs[0].op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, n, SIDE, SIDE, 1));
    jobs[0].op.mode = CLNORM_TRAIN;

    jobs[1].name = "batch norm, a channel for each pixel";
    jobs[1].op = clnorm_batch_normalization(flat);
    jobs[1].op.mode = CLNORM_TRAIN;

    jobs[2].name = "local response along rows";
    jobs[2].op = clnorm_local_response_normalization(clnorm_tensor_3d(CLNORM_F32, n, SIDE, SIDE));
    jobs[2].op.alpha = 1; /* 1e-4, the default, would change nothing that an eye sees */

    jobs[3].name = "local response across 16 images";
    jobs[3].op =
        clnorm_local_response_normalization(clnorm_tensor_4d(CLNORM_F32, n / STACK, STACK, SIDE, SIDE));
    jobs[3].op.alpha = 1;
    jobs[3].op.axis = 1;

    jobs[4].name = "l2, each image to length 1";
    jobs[4].op = clnorm_l2_normalize(flat, -1);
}

/* Runs each job on the images and prints its row of the table. False if an error is too large. */
static bool do_jobs(clnorm_context *context, const float *images, float *result, size_t count, picture *drawn)
{
    const size_t bytes = count * PIXELS * sizeof *images;
    cl_command_queue queue = clnorm_context_cl_queue(context);
    cl_mem x = create_buffer(context, bytes, NULL), y = create_buffer(context, bytes, NULL);
    CHECK_CL(clEnqueueWriteBuffer(queue, x, CL_TRUE, 0, bytes, images, 0, NULL, NULL));

    job jobs[JOBS];
    describe_jobs(count, jobs);
    printf("%-37s%-20s%8s%8s%10s%11s\n", "operation", "variant", "ms", "GB/s", "error", "of allowed");
    bool good = true;
    for (size_t i = 0; i < JOBS; i++) {
        clnorm_plan *plan;
        double error, share;
        CHECK(clnorm_plan_create(&plan, context, &jobs[i].op));
        const double seconds = measure_seconds(plan, x, y);
        CHECK_CL(clEnqueueReadBuffer(queue, y, CL_TRUE, 0, bytes, result, 0, NULL, NULL));
        measure_error(&jobs[i].op, images, result, count * PIXELS, &error, &share);
        printf("%-37s%-20s%8.2f%8.1f%10.1e%9.0f %%\n", jobs[i].name, clnorm_plan_variant(plan), 1e3 * seconds,
               1e-9 * (double)clnorm_plan_least_bytes(plan) / seconds, error, 100 * share);
        picture_draw(drawn, i + 1, result);
        clnorm_plan_destroy(plan);
        good = share <= 1 && good;
    }
    clReleaseMemObject(y);
    clReleaseMemObject(x);
    return good;
}

/* A whole number of stacks of images, or 0 if `text` is none. */
static size_t read_count(const char *text)
{
    char *end;
    const long count = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && count >= IN_A_BAND ? (size_t)count / STACK * STACK : 0;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : PICTURE;
    const char *dataset = argc > 2 ? argv[2] : DATASET;
    size_t count = argc > 3 ? read_count(argv[3]) : COUNT;
    if (argc > 4 || count == 0) {
        fprintf(stderr, "usage: %s [PICTURE [IMAGES [COUNT]]]   (COUNT at least %d)\n", argv[0], IN_A_BAND);
        return 2;
    }

    clnorm_context *context;
    CHECK(clnorm_context_create(&context, NULL));
    char device[256];
    CHECK_CL(clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_NAME, sizeof device, device, NULL));
    float *images = images_read(dataset, &count);
    if (images == NULL)
        return 1;
    count -= count % STACK;
    float *result = calloc(count + 1, PIXELS * sizeof *result);
    picture *drawn = picture_create(1 + JOBS);
    if (result == NULL || drawn == NULL || count < IN_A_BAND) {
        fprintf(stderr, "%s\n", count < IN_A_BAND ? "too few images" : "not enough memory");
        return 1;
    }

    printf("%zu images of %d x %d on %s\n\n", count, SIDE, SIDE, device);
    picture_draw(drawn, 0, images);
    const bool good = do_jobs(context, images, result, count, drawn);
    if (!good)
        printf("\nAN ERROR IS LARGER THAN ALLOWED\n");
    const bool written = picture_write(drawn, path);
    if (written)
        printf("\n%s: first the images, then each operation in this order\n", path);

    picture_destroy(drawn);
    free(result);
    free(images);
    clnorm_context_destroy(context);
    return good && written ? 0 : 1;
}
