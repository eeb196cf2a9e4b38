/* Times a plan and compares its results with the host reference. */
#include "check.h"
#include "fashion.h"

#include <clnorm/reference.h>
#include <math.h>
#include <time.h>

enum { RUNS = 15 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double measure_seconds(clnorm_plan *plan, cl_mem x, cl_mem y)
{
    double seconds[RUNS + 1];
    for (size_t i = 0; i < RUNS + 1; i++) {
        cl_event done;
        const double start = now();
        CHECK(clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {x, 0}, .y = {y, 0}), NULL, 0, NULL, &done));
        CHECK_CL(clWaitForEvents(1, &done));
        seconds[i] = now() - start;
        clReleaseEvent(done);
    }
    qsort(seconds + 1, RUNS, sizeof *seconds, compare); /* without the first, which warmed up */
    return seconds[1 + RUNS / 2];
}

void measure_error(const clnorm_op *op, const float *x, const float *y, size_t count, double *error,
                   double *share)
{
    double *values = calloc(count, 3 * sizeof *values);
    if (values == NULL) {
        fprintf(stderr, "not enough memory for the host reference\n");
        exit(EXIT_FAILURE);
    }
    double *exact = values + count, *bound = exact + count;
    for (size_t i = 0; i < count; i++)
        values[i] = x[i];
    CHECK(clnorm_reference(op, &(clnorm_reference_arrays){.size = sizeof(clnorm_reference_arrays),
                                                          .x.values = values,
                                                          .y = {exact, bound}}));
    *error = *share = 0;
    for (size_t i = 0; i < count; i++) {
        double off = fabs((double)y[i] - exact[i]);
        if (isnan(off))
            off = INFINITY;
        *error = fmax(*error, off);
        *share = fmax(*share, off > 0 ? off / bound[i] : 0);
    }
    free(values);
}
