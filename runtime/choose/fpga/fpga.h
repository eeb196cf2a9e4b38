/* What the fpga schedule's files share: one program for everything, tensors made dense, single work-items. */
#ifndef CLNORM_CHOOSE_FPGA_FPGA_H
#define CLNORM_CHOOSE_FPGA_FPGA_H

#include "choose/fpga/kernels.h"
#include "choose/variants.h"

/* A tensor in memory: a buffer of the caller's, or a dense copy in scratch. */
typedef struct fpga_tensor {
    bool scratch;
    size_t place; /* the field of clnorm_buffers, or NO_BUFFER; the offset in scratch, in elements */
} fpga_tensor;

/* A problem as the kernels take it. */
typedef struct fpga_problem {
    const problem *p;
    size_t groups, outer, kept, inner;
    fpga_tensor x, dy, result;
} fpga_problem;

/* A step of the one program: arguments are still to be added, `work` first. */
step *fpga_step(choice *out, const char *kernel);

void fpga_add_tensor(step *s, fpga_tensor tensor);

/* Begins a problem: if it is not dense, adds steps that copy x, dy and the values that dx is added to into
 * dense tensors in scratch, channel by channel in a window problem, else group by group. Kernels write to
 * `result` of what is returned. */
fpga_problem fpga_begin(choice *out, const problem *p);

/* If the result is in scratch, adds a step that copies it to the caller's buffer. */
void fpga_end(choice *out, const fpga_problem *f);

/* The reason to refuse a problem for whose formula the image has no kernels; NULL: it has them. */
const char *fpga_refuse_unknown(const problem *p);

/* Room for `elements` floats in scratch. */
fpga_tensor fpga_scratch(choice *out, size_t elements);

/* Windows: the reason why shift registers cannot be used, or NULL; and the steps, either with shift registers
 * or, if `is_long`, for windows of any length. */
const char *fpga_refuse_window(const problem *p, const caps *device);
void fpga_fill_window(const problem *p, choice *out, bool is_long);

#endif
