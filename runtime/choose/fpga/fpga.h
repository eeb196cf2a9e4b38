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
    fpga_tensor operands[MAX_OPERANDS]; /* like x */
    fpga_tensor sums;                   /* an element for each group */
} fpga_problem;

/* A step of the one program: arguments are still to be added, `work` first. */
step *fpga_step(choice *out, const char *kernel);

void fpga_add_tensor(step *s, fpga_tensor tensor);

/* The formula's arguments, with operands and sums where the problem has them. */
void fpga_add_formula_arguments(step *s, const fpga_problem *f);

/* Begins a problem: if it is not dense, adds steps that copy x, dy and the values that dx is added to into
 * dense tensors in scratch, channel by channel in a window problem, else group by group. Operands are always
 * copied, to tensors like x, and sums to an array. Kernels write to `result` and `sums` of what is
 * returned. */
fpga_problem fpga_begin(choice *out, const problem *p);

/* Adds a step that copies the result, or the sums, to the caller's buffer if they are in scratch. */
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
