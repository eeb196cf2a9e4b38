/* Buffers and programs of a sample's own, beside clnorm's, on the device of a clnorm_context. Whatever fails
 * ends the program with a message. */
#ifndef SAMPLES_DEVICE_H
#define SAMPLES_DEVICE_H

#include <clnorm/clnorm.h>

/* A buffer of `bytes` bytes; with a copy of `values`, unless that is NULL. */
cl_mem create_buffer(const clnorm_context *context, size_t bytes, void *values);

/* The OpenCL C program in a file, built. */
cl_program build_program(const clnorm_context *context, const char *path);

/* malloc that does not fail. */
void *must_allocate(size_t bytes);

#endif
