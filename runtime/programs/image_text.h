/* What an image of compiled kernels is compiled from: one program with all kernels of the fpga schedule. */
#ifndef CLNORM_PROGRAMS_IMAGE_TEXT_H
#define CLNORM_PROGRAMS_IMAGE_TEXT_H

/* .cl files, in order, and options for clBuildProgram. */
enum { IMAGE_SOURCES = 2 };
#define IMAGE_SOURCE_NAMES "prelude.cl", "fpga/image.cl"
#define IMAGE_OPTIONS      "-cl-std=CL1.2 -DINDEX_BITS=64"

/* IMAGE_OPTIONS for compilers that take no -cl-std, at the head of the text. */
#define IMAGE_HEAD         "#define INDEX_BITS 64\n"

#endif
