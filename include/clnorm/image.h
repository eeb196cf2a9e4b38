/*
 * Images: all kernels of the fpga schedule as one compiled program, for devices that cannot compile (FPGAs).
 * A directory holds images, one a device, and manifest.json, which describes them. CLNORM_BINARY_DIR names it
 * when they are used. docs/fpga.md explains it all.
 */
#ifndef CLNORM_IMAGE_H
#define CLNORM_IMAGE_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Compiles the kernels for the context's device, which must have a compiler, and writes image and manifest
 * into `directory`, which is made if needed; an older image for the same device is replaced. Slow: every
 * kernel is compiled. Errors: INVALID_ARGUMENT, NO_COMPILER, BUILD_FAILED, UNSUPPORTED_DEVICE, IO_ERROR,
 * INVALID_FILE (what is there is no manifest), OUT_OF_MEMORY, OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_image_build(clnorm_context *context, const char *directory);

/* Room for the name of a file that clnorm_image_write_source writes. */
#define CLNORM_IMAGE_NAME_SIZE 32

/* Writes the text that images are compiled from into `directory`, which is made if needed: one translation
 * unit that needs no options, for compilers that are programs of their own. `name` receives the file's name,
 * "clnorm-0123abcd.cl", the digits being a hash of the text. Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT,
 * IO_ERROR, OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_image_write_source(const char *directory, char name[CLNORM_IMAGE_NAME_SIZE]);

/* Copies `file`, which such a compiler made of that text, into `directory` with its place in the manifest,
 * for the context's device, which is loaded with it to see which kernels it holds. The file's name must begin
 * as the text's does: nothing else tells that it was made of this library's. Errors: as above, and
 * INVALID_FILE (another name, the driver refuses it, or it holds none of the kernels), OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_image_import(clnorm_context *context, const char *file,
                                             const char *directory);

/* The names of the kernels that the text holds, in its order. NULL beyond the last. */
CLNORM_API const char *clnorm_image_kernel(size_t index);

#ifdef __cplusplus
}
#endif

#endif
