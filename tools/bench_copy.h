/* What a case is compared with on the same queue: copies, and a kernel that does nothing. On a device that
 * cannot compile: the driver's own copy, and a marker. */
#ifndef CLNORM_TOOLS_BENCH_COPY_H
#define CLNORM_TOOLS_BENCH_COPY_H

#include "bench_ways.h"

#include <clnorm/clnorm.h>

enum { BENCH_IDLE_BUFFERS = 6 };

typedef struct bench_copy {
    cl_program program; /* NULL: the device cannot compile */
    cl_kernel empty, idle;
    bench_ways_device device;

    /* What bench_copy_bind sets. */
    cl_mem from, to;
    size_t bytes, way_count;
    bench_way ways[BENCH_MOST_WAYS];
    cl_kernel kernels[BENCH_MOST_WAYS]; /* one a way; NULL: the driver's copy */
} bench_copy;

/* Complains and returns an exit status, as bench_copy_bind does. */
int bench_copy_create(bench_copy *copy, clnorm_context *context);
void bench_copy_destroy(bench_copy *copy);

/* From now on copies `bytes`, a multiple of 4, from one buffer to the other. Runs every kernel once with
 * nothing to copy, since drivers may compile it only then. */
int bench_copy_bind(bench_copy *copy, cl_command_queue queue, cl_mem from, cl_mem to, size_t bytes);

cl_int bench_copy_enqueue(const bench_copy *copy, size_t way, cl_command_queue queue, cl_event *event);
cl_int bench_empty_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event);

/* Another kernel that does nothing, but has arguments like a real one (buffers, offsets, numbers), since
 * drivers copy the arguments when a kernel is enqueued. */
cl_int bench_idle_bind(const bench_copy *copy, const cl_mem *buffers, size_t count);
cl_int bench_idle_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event);

#endif
