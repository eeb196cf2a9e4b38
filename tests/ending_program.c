/*
 * An application: normalizes three small tensors, each in as many threads as the first argument says, all at
 * once, and compares what it gets. Prints the variants, then what their plans refused. 1: something failed;
 * 2: a result is wrong.
 */
#include <clnorm/ops.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { TENSORS = 3, MOST_THREADS = 8 };

static const struct {
    size_t dims[2];
    int axis;
} tensors[TENSORS] = {{{35, 13}, 1}, {{3, 9001}, 1}, {{35, 37}, 0}};

static clnorm_context *context;

typedef struct worker {
    pthread_t thread;
    unsigned tensor;
    int result; /* as of the process */
} worker;

/* Along the axis; fp32 gives six digits. */
static bool is_right(unsigned tensor, const float *x, const float *y)
{
    const size_t rows = tensors[tensor].dims[0], columns = tensors[tensor].dims[1];
    const bool along = tensors[tensor].axis == 1;
    for (size_t g = 0; g < (along ? rows : columns); g++) {
        const size_t count = along ? columns : rows, stride = along ? 1 : columns;
        const size_t start = along ? g * columns : g;
        double squares = 0;
        for (size_t i = 0; i < count; i++)
            squares += (double)x[start + i * stride] * (double)x[start + i * stride];
        for (size_t i = 0; i < count; i++) {
            const double right = (double)x[start + i * stride] / sqrt(squares);
            if (!(fabs((double)y[start + i * stride] - right) <= 1e-5 * fabs(right)))
                return false;
        }
    }
    return true;
}

static bool execute(clnorm_plan *plan, unsigned tensor)
{
    const size_t count = tensors[tensor].dims[0] * tensors[tensor].dims[1], bytes = count * sizeof(float);
    cl_context cl = clnorm_context_cl_context(context);
    cl_command_queue queue =
        clCreateCommandQueue(cl, clnorm_context_cl_device(context), 0, NULL); /* one thread's own */
    float *x = malloc(bytes), *y = malloc(bytes);
    for (size_t i = 0; x != NULL && i < count; i++)
        x[i] = (float)(i % 101) * 0.25f + 1.0f;
    cl_mem in = clCreateBuffer(cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, bytes, x, NULL);
    cl_mem out = clCreateBuffer(cl, CL_MEM_READ_WRITE, bytes, NULL, NULL);
    bool done = clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {in, 0}, .y = {out, 0}), queue, 0, NULL,
                                    NULL) == CLNORM_OK;
    done = done && clEnqueueReadBuffer(queue, out, CL_TRUE, 0, bytes, y, 0, NULL, NULL) == CL_SUCCESS;
    done = done && is_right(tensor, x, y);
    clReleaseMemObject(in);
    clReleaseMemObject(out);
    clReleaseCommandQueue(queue);
    free(x);
    free(y);
    return done;
}

static void *work(void *of)
{
    worker *self = of;
    clnorm_plan *plan = NULL;
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_dense(CLNORM_F32, 2, tensors[self->tensor].dims),
                                             tensors[self->tensor].axis);
    self->result = 1;
    if (clnorm_plan_create(&plan, context, &op) != CLNORM_OK) {
        fprintf(stderr, "%s\n", clnorm_last_error());
        return NULL;
    }
    printf("%s\n%s\n", clnorm_plan_variant(plan), clnorm_plan_refusals(plan));
    self->result = execute(plan, self->tensor) ? 0 : 2;
    clnorm_plan_destroy(plan);
    return NULL;
}

static void log_to_stderr(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    fprintf(stderr, "%s\n", line);
}

int main(int count, char **arguments)
{
    worker workers[TENSORS * MOST_THREADS];
    const unsigned threads = count > 1 ? (unsigned)atoi(arguments[1]) : 0;
    int result = 0;
    if (threads > MOST_THREADS)
        return 1;
    clnorm_set_log(log_to_stderr, CLNORM_LOG_INFO, NULL);
    if (clnorm_context_create(&context, NULL) != CLNORM_OK)
        return 1;
    for (unsigned i = 0; i < TENSORS * (threads > 0 ? threads : 1); i++) {
        workers[i] = (worker){.tensor = i % TENSORS, .result = 1};
        if (threads == 0)
            work(&workers[i]);
        else if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < TENSORS * threads; i++)
        pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < TENSORS * (threads > 0 ? threads : 1); i++)
        result = workers[i].result > result ? workers[i].result : result;
    clnorm_context_destroy(context);
    return result;
}
