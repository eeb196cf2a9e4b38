/* The ways to copy that a case is compared with, as work sizes and kernels' arguments. Needs no device. */
#ifndef CLNORM_TOOLS_BENCH_WAYS_H
#define CLNORM_TOOLS_BENCH_WAYS_H

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_MOST_WAYS = 7, BENCH_WAY_NAME_SIZE = 64 };

typedef struct bench_ways_device {
    bool compiles; /* if not, only the driver can copy */
    bool is_cpu;
    bool streams; /* its compiler has stores that bypass the cache */
    size_t units;
} bench_ways_device;

typedef struct bench_way {
    char name[BENCH_WAY_NAME_SIZE]; /* "streamed, 4 pieces a unit" */
    const char *kernel;             /* of bench_copy_source; NULL: the driver's own copy */
    size_t global, local;           /* work-items; local 0: the driver chooses */
    size_t piece;                   /* floats that a work-item copies; 0 where the kernel knows */
} bench_way;

/* Lists the ways to copy so many bytes, a multiple of 4, that differ on this device; returns how many. */
size_t bench_ways_list(bench_way ways[BENCH_MOST_WAYS], const bench_ways_device *device, size_t bytes);

#endif
