/*
 * Images: all kernels of the fpga schedule as one compiled program, for devices that cannot compile (FPGAs).
 * A directory holds one image for each device, and manifest.json, which describes them. To use the images,
 * set CLNORM_BINARY_DIR to the directory. See docs/fpga.md.
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
 * INVALID_FILE (`directory` has a manifest.json that is not a manifest), OUT_OF_MEMORY, OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_image_build(clnorm_context *context, const char *directory);

/* Room for the name of a file that clnorm_image_write_source writes. */
#define CLNORM_IMAGE_NAME_SIZE 32

/* Writes the source of the image into `directory`, which is made if needed: one file that needs no compiler
 * options, for offline compilers such as those of FPGA vendors. `name` receives the file's name, such as
 * "clnorm-0123abcd.cl"; the digits are a hash of the source. Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT,
 * IO_ERROR, OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_image_write_source(const char *directory, char name[CLNORM_IMAGE_NAME_SIZE]);

/* Copies `file`, which an offline compiler made from that source, into `directory`, and adds it to the
 * manifest as the image for the context's device. The file is loaded onto the device to find out which
 * kernels it holds. The file's name must begin like the source's ("clnorm-0123abcd"): that is the only proof
 * that it was made from the source of this version. Errors: as above, and INVALID_FILE (another name, the
 * driver refuses it, or it holds none of the kernels), OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_image_import(clnorm_context *context, const char *file,
                                             const char *directory);

/* The name of the `index`th kernel in the source. NULL beyond the last. */
CLNORM_API const char *clnorm_image_kernel(size_t index);

#ifdef __cplusplus
}
#endif

#endif
