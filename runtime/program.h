/* From source text to a cl_program: memory, then disk, then the driver's compiler. */
#ifndef CLNORM_RUNTIME_PROGRAM_H
#define CLNORM_RUNTIME_PROGRAM_H

#include "cache.h"

/* The programs of one OpenCL context and device, kept for as long as it lives. Locks itself. */
typedef struct program_store program_store;

clnorm_status program_store_create(program_store **store, cl_context context, cl_device_id device);
void program_store_destroy(program_store *store);

/* `kernel` is what it is wanted for: an image that was compiled ahead of time may lack it. */
typedef struct program_request {
    const char *const *sources; /* names of .cl files, in order */
    size_t source_count;
    const char *options; /* for clBuildProgram */
    const char *kernel;  /* or NULL */
} program_request;

/* What the driver says of the store's device. The store owns the texts. */
typedef struct program_device {
    const char *name, *vendor, *driver, *platform;
} program_device;

program_device program_store_device(const program_store *store);

/* Where a program came from: a test's and the log's interest. */
typedef enum program_origin {
    PROGRAM_FROM_MEMORY,
    PROGRAM_FROM_DISK,
    PROGRAM_FROM_SOURCE,
    PROGRAM_FROM_IMAGE
} program_origin;

/*
 * The program for `request`, with a reference of the caller's. Errors: BUILD_FAILED (the message holds the
 * log's first error), NO_COMPILER, IO_ERROR, OUT_OF_MEMORY, OPENCL_ERROR.
 *
 * A device without a compiler, and an accelerator where CLNORM_BINARY_DIR is set, is served from there with
 * one program for all requests, and nothing is ever compiled. Errors then: NO_COMPILER (CLNORM_BINARY_DIR is
 * not set), those of image_open, BUILD_FAILED (the driver refuses the image), NOT_IN_IMAGE.
 */
clnorm_status program_get(program_store *store, const program_request *request, cl_program *program,
                          program_origin *origin);

/*
 * Saves the program's binary to disk, if it came from source and was not saved yet. To be called after its
 * kernels have run once: PoCL finishes compiling only then, and a binary that it gave once never grows. So
 * a request should hold just the kernels that are launched before this call.
 */
void program_save(program_store *store, const program_request *request);

#endif
