/* Builds programs from source or from a binary, and gets their binaries, by OpenCL calls. Always for one
 * device, even if the context has several. */
#ifndef CLNORM_PROGRAMS_PROGRAM_BUILD_H
#define CLNORM_PROGRAMS_PROGRAM_BUILD_H

#include "base/status.h"

/* Compiles `source`; `name` stands for it in messages. The caller releases the program.
 * Errors: BUILD_FAILED (the message holds the first error of the log), NO_COMPILER, OUT_OF_MEMORY,
 * OPENCL_ERROR. */
clnorm_status program_build_source(cl_context context, cl_device_id device, const char *source,
                                   const char *options, const char *name, cl_program *program);

/* BUILD_FAILED, with a line in the log, if the driver refuses the binary. After OUT_OF_MEMORY and
 * OPENCL_ERROR the binary may still be good. */
clnorm_status program_build_binary(cl_context context, cl_device_id device, const unsigned char *binary,
                                   size_t size, const char *options, cl_program *program);

/* The program's binary for `device`, which the caller frees; NULL if the driver does not give it. */
unsigned char *program_binary(cl_program program, cl_device_id device, size_t *size);

#endif
