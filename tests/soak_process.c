#include "soak_process.h"

#include "files.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* Bytes a step that memory may grow by, fitted over all samples: see process_judge. */
static const double allowed_slope = 16;

static size_t resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu %lu", &size, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

process_sample process_look(size_t steps)
{
#ifdef __GLIBC__
    malloc_trim(0); /* what is free, but not given back, is nobody's leak */
#endif
    return (process_sample){steps, resident_bytes(), files_count("/proc/self/fd", "", NULL),
                            files_count("/proc/self/task", "", NULL)};
}

/* Of the straight line with the least squares. */
static double slope_of(const process_sample *samples, size_t count)
{
    double mean_x = 0, mean_y = 0, products = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        mean_x += (double)samples[i].steps / (double)count;
        mean_y += (double)samples[i].bytes / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        const double x = (double)samples[i].steps - mean_x;
        products += x * ((double)samples[i].bytes - mean_y);
        squares += x * x;
    }
    return squares > 0 ? products / squares : 0;
}

void process_judge(const process_sample *samples, size_t count, const char *report)
{
    const process_sample *first = &samples[0], *last = &samples[count - 1];
    const double slope = slope_of(samples, count);
    FILE *file = report != NULL ? fopen(report, "w") : NULL;
    for (size_t i = 0; file != NULL && i < count; i++)
        fprintf(file, "%zu %zu %zu %zu\n", samples[i].steps, samples[i].bytes, samples[i].files,
                samples[i].threads);
    if (file != NULL)
        fclose(file);
    printf("soak: %.1f MiB, then %.1f MiB resident, %.2f bytes a step; %zu, then %zu files; %zu, then %zu "
           "threads\n",
           (double)first->bytes / (1 << 20), (double)last->bytes / (1 << 20), slope, first->files,
           last->files, first->threads, last->threads);
    ck_assert_uint_eq(first->files, last->files);
    ck_assert_uint_eq(first->threads, last->threads);
    ck_assert_msg(slope <= allowed_slope, "memory grows by %.2f bytes a step; %.2f are allowed", slope,
                  allowed_slope);
}
