/* Prints how long creating a plan and executing it once took, in milliseconds: what test_start_up.sh compares
 * between a process that compiles and one that finds the compiled program on disk. */
#include <clnorm/clnorm.h>

#include <stdio.h>
#include <time.h>

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

int main(void)
{
    enum { N = 8, C = 16, H = 14, W = 14, ELEMENTS = N * C * H * W };
    static float values[ELEMENTS];
    for (size_t i = 0; i < ELEMENTS; i++)
        values[i] = (float)(i * 7919 % 1009);
    clnorm_context *context;
    if (clnorm_context_create(&context, NULL) != CLNORM_OK)
        return fprintf(stderr, "%s\n", clnorm_last_error()), 1;
    cl_mem x =
        clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_COPY_HOST_PTR, sizeof values, values, NULL);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, N, C, H, W));
    op.mode = CLNORM_TRAIN;
    op.axis = 1;

    const double start = milliseconds();
    clnorm_plan *plan;
    cl_event done = NULL;
    if (clnorm_plan_create(&plan, context, &op) != CLNORM_OK ||
        clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {x, 0}, .y = {x, 0}), NULL, 0, NULL, &done) !=
            CLNORM_OK)
        return fprintf(stderr, "%s\n", clnorm_last_error()), 1;
    clWaitForEvents(1, &done);
    printf("%.2f\n", milliseconds() - start);

    clReleaseEvent(done);
    clReleaseMemObject(x);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
    return 0;
}
