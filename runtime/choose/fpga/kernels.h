/* The kernels of the FPGA image, by the rows of kernels-cl/programs.def. Pure. */
#ifndef CLNORM_CHOOSE_FPGA_KERNELS_H
#define CLNORM_CHOOSE_FPGA_KERNELS_H

#include "operations/problem.h"

/* The kernels of one row; NULL for those that its kind of work does not need. */
typedef struct fpga_kernels {
    const char *reduce, *map;
    const char *save;                           /* of sums alone */
    const char *window, *window_long;           /* forward */
    const char *window_direct, *window_collect; /* backward: long windows, in two steps */
} fpga_kernels;

/* The kernels for `p`, which was lowered with one_path; NULL: the image has none. */
const fpga_kernels *fpga_kernels_of(const problem *p);

/* The name of each kernel of the image; NULL beyond the last. */
const char *fpga_kernel_name(size_t index);

/* How many there are at most: three a row, and one that all share. */
#define PROGRAM(formula, work, direction, fpga, defines) +3
enum {
    MOST_FPGA_KERNELS = 1
#include "../../../kernels-cl/programs.def"
};
#undef PROGRAM

#endif
