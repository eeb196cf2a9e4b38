/* What a process holds, and whether it grows. */
#ifndef CLNORM_TESTS_SOAK_PROCESS_H
#define CLNORM_TESTS_SOAK_PROCESS_H

#include <stddef.h>

typedef struct process_sample {
    size_t steps; /* done until then */
    size_t bytes; /* resident */
    size_t files, threads;
} process_sample;

process_sample process_look(size_t steps);

/* Fails the test if there are more files or threads at the end than at the beginning, or if memory grows.
 * Writes the samples to `report`, unless it is NULL. */
void process_judge(const process_sample *samples, size_t count, const char *report);

#endif
