#include "bench_kernels.h"

#include "bench_clock.h"
#include "command.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_RUNS = 21, PATIENCE = 200 /* milliseconds */ };

/* The times of each kernel, from log lines that the library writes in the driver's threads. */
typedef struct collection {
    pthread_mutex_t lock;
    size_t lines, kernel_count;
    struct {
        char name[BENCH_NAME_SIZE];
        size_t count;
        double us[MOST_RUNS];
    } kernels[BENCH_MAX_KERNELS];
} collection;

static void collect(collection *all, const char *name, double us)
{
    size_t i = 0;
    while (i < all->kernel_count && strcmp(all->kernels[i].name, name) != 0)
        i++;
    if (i == BENCH_MAX_KERNELS)
        return;
    if (i == all->kernel_count) {
        strcpy(all->kernels[i].name, name);
        all->kernel_count++;
    }
    if (all->kernels[i].count < MOST_RUNS)
        all->kernels[i].us[all->kernels[i].count++] = us;
}

/* "name: 12.3 us" */
static void take_line(clnorm_log_level level, const char *line, void *user)
{
    collection *all = user;
    char name[BENCH_NAME_SIZE];
    double us;
    if (level != CLNORM_LOG_PROFILE || sscanf(line, "%63[^:]: %lf us", name, &us) != 2)
        return;
    pthread_mutex_lock(&all->lock);
    collect(all, name, us);
    all->lines++;
    pthread_mutex_unlock(&all->lock);
}

/* Waits until the lines of all runs have come, since callbacks may be called after the queue has finished. */
static void await_lines(collection *all, size_t runs)
{
    const struct timespec pause = {0, 1000000};
    for (size_t waited = 0, before = 0, quiet = 0; waited < PATIENCE && quiet < 5; waited++) {
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&all->lock);
        quiet = all->lines > 0 && all->lines % runs == 0 && all->lines == before ? quiet + 1 : 0;
        before = all->lines;
        pthread_mutex_unlock(&all->lock);
    }
}

static int execute(const bench_run *run, cl_command_queue queue, size_t runs)
{
    for (size_t i = 0; i < runs; i++) {
        if (clnorm_plan_execute(run->plan, &run->data.buffers, queue, 0, NULL, NULL) != CLNORM_OK)
            return complain_library();
        cl_int error = clFinish(queue);
        if (error != CL_SUCCESS)
            return complain(EXIT_FAILED, "case \"%s\" failed on the device (OpenCL error %d)",
                            run->measured->text, error);
    }
    return EXIT_DONE;
}

static void report(collection *all, bench_result *result)
{
    for (size_t i = 0; i < all->kernel_count; i++) {
        strcpy(result->kernels[i].name, all->kernels[i].name);
        result->kernels[i].median_us = median(all->kernels[i].us, all->kernels[i].count);
    }
    result->kernel_count = all->kernel_count;
    if (all->kernel_count > 0)
        result->launches = all->kernel_count;
}

int bench_kernels(const bench_run *run, clnorm_context *context, bench_result *result)
{
    size_t runs = result->runs < MOST_RUNS ? result->runs : MOST_RUNS;
    result->launches = 1;
    collection *all = calloc(1, sizeof *all);
    if (!all)
        return complain(EXIT_FAILED, "out of memory");
    cl_int error;
    cl_command_queue queue =
        clCreateCommandQueue(clnorm_context_cl_context(context), clnorm_context_cl_device(context),
                             CL_QUEUE_PROFILING_ENABLE, &error);
    if (!queue || pthread_mutex_init(&all->lock, NULL) != 0) {
        if (queue)
            clReleaseCommandQueue(queue);
        free(all);
        return EXIT_DONE;
    }
    clnorm_set_log(take_line, CLNORM_LOG_PROFILE, all);
    int status = execute(run, queue, runs);
    await_lines(all, runs);
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    report(all, result);
    clReleaseCommandQueue(queue);
    pthread_mutex_destroy(&all->lock);
    free(all);
    return status;
}
