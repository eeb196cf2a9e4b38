/* Gets programs for kernel sources: from memory, else from disk, else from the driver's compiler. */
#ifndef CLNORM_PROGRAMS_PROGRAM_H
#define CLNORM_PROGRAMS_PROGRAM_H

#include "programs/binary_cache.h"

/* The programs of one OpenCL context and device, kept as long as the store lives. Thread-safe. */
typedef struct program_store program_store;

/* Paths, or NULL: none. */
typedef struct program_directories {
    char *cache;    /* where programs are kept */
    char *kernels;  /* .cl files, which are read instead of those in the library */
    char *binaries; /* images */
} program_directories;

/* The context, the device and the strings in `directories` must outlive the store. `verify`, which must not
 * be DEFAULT, says which programs have to be proven before they are used. On disk, programs that were built
 * with OFF are kept apart from those that were proven. */
clnorm_status program_store_create(program_store **store, cl_context context, cl_device_id device,
                                   const program_directories *directories, clnorm_verify verify);
void program_store_destroy(program_store *store);

/* A program that is wanted. `kernel` is the kernel that will be used: an image may lack it. */
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

/* Where a program came from, for tests and the log. */
typedef enum program_origin {
    PROGRAM_FROM_MEMORY,
    PROGRAM_FROM_DISK,
    PROGRAM_FROM_SOURCE,
    PROGRAM_FROM_IMAGE
} program_origin;

/* A program, with a reference that the caller gives back by program_release. */
typedef struct program_handle {
    cl_program program; /* NULL: none */
    program_origin origin;
    cache_key key;
    bool proven;    /* its results were verified, now or before it was saved, or need not be verified */
    char name[120]; /* for messages: "prelude.cl + ops/l2_normalize.cl", cut where it gets long */
} program_handle;

/*
 * Looks for the program of `request` in memory and on disk; the handle's program is NULL where it has to be
 * built from source. Errors: IO_ERROR (CLNORM_KERNEL_DIR), OUT_OF_MEMORY, OPENCL_ERROR.
 *
 * For a device without a compiler, and for an accelerator if CLNORM_BINARY_DIR is set, nothing is ever
 * compiled: all requests get the same program, the image from that directory. Errors then: NO_COMPILER
 * (CLNORM_BINARY_DIR is not set), those of image_open, BUILD_FAILED (the driver refuses the image),
 * NOT_IN_IMAGE.
 */
clnorm_status program_find(program_store *store, const program_request *request, program_handle *handle);

/* The same, but a program that is neither in memory nor on disk is built from source, watched (verdict.h).
 * Further errors: BUILD_FAILED (the message holds the log's first error), NO_COMPILER. */
clnorm_status program_build(program_store *store, const program_request *request, program_handle *handle);

void program_release(program_handle *handle);

/*
 * Marks a program as proven: it is trusted from now on, and if it was built from source, its binary is saved
 * to disk. Call this after each of its kernels has run once: PoCL compiles a kernel only at its first launch,
 * and a binary never contains kernels that are compiled after it was first asked for. For the same reason a
 * request should only contain kernels that are launched before this call.
 */
void program_prove(program_store *store, const program_handle *handle);

/* The program's results are wrong: removes it from disk. */
void program_disprove(program_store *store, const program_handle *handle);

/* Whether kernels are read from a directory of the user's, who then wants to see the error if one does not
 * build. */
bool program_store_is_edited(const program_store *store);

/* The directory of verdicts on programs; NULL if there is no cache, or with CLNORM_VERIFY_OFF. */
const char *program_store_verdicts(const program_store *store);

#endif
