/* The kernels that operations are compared with, in OpenCL C. */
#ifndef CLNORM_TOOLS_BENCH_COPY_SOURCE_H
#define CLNORM_TOOLS_BENCH_COPY_SOURCE_H

/* Strings that make one text, as clCreateProgramWithSource takes them. The kernels that copy, copy_..., take
 * from, to, the number of floats, and the floats of a piece. copy_streamed is there only if the compiler has
 * stores that bypass the cache. */
enum { BENCH_COPY_SOURCE_COUNT = 7 };
extern const char *const bench_copy_source[BENCH_COPY_SOURCE_COUNT];

#endif
