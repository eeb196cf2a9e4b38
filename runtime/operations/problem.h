/*
 * The canonical problem: an operation in the form that kernels are chosen by, independent of any device.
 *
 * Every operation marks each axis of x as reduced (its values are summed together) or kept (each index has
 * sums of its own). Neighbouring axes of one kind that are contiguous in memory are merged into one. If the
 * tensors are dense, this gives
 *     [batch kept][outer reduced][kept][inner reduced]
 * where any size may be 1. A group is one index of (batch, kept): there are batch * kept groups, each of
 * outer * inner values. inner > 1 is the geometry `plane` (`row` if outer is 1, too), inner = 1 is `column`.
 * In a window problem the shape is [outer][kept][inner], and the window slides over kept. In a backward
 * problem the result, called y here, is dx, and dy is a second input.
 *
 * Other tensors are broadcast against x, such as a gamma of any shape: they have x's axes, with a stride of 0
 * along those that they do not vary along. An operand is read with each element of x; sums have an element
 * for each group, such as dgamma, and are written.
 */
#ifndef CLNORM_OPERATIONS_PROBLEM_H
#define CLNORM_OPERATIONS_PROBLEM_H

#include "base/status.h"
#include <stdint.h>

typedef enum work_kind {
    WORK_MAP,        /* y from x and known statistics */
    WORK_REDUCE,     /* statistics only */
    WORK_REDUCE_MAP, /* statistics, then y */
    WORK_WINDOW,     /* y from a sliding window of channels */
} work_kind;

/* ---- Arguments of a kernel, as data ---- */

typedef enum argument_kind {
    ARGUMENT_INDEX, /* index_t: uint or ulong, as the step's index_bits say */
    ARGUMENT_ULONG,
    ARGUMENT_UINT,
    ARGUMENT_INT,
    ARGUMENT_REAL,    /* float */
    ARGUMENT_AXES,    /* ulong8 */
    ARGUMENT_BUFFER,  /* a pointer and its offset: a field of clnorm_buffers, or none */
    ARGUMENT_SCRATCH, /* a pointer and an offset into the scratch buffer */
} argument_kind;

#define NO_BUFFER SIZE_MAX

typedef struct argument {
    argument_kind kind;
    union {
        uint64_t number; /* INDEX, ULONG, UINT; the offset in elements of SCRATCH */
        int32_t integer;
        float real;
        uint64_t axes[CLNORM_MAX_RANK];
        size_t field; /* of BUFFER: offsetof in clnorm_buffers, or NO_BUFFER */
    };
} argument;

enum { MAX_ARGUMENTS = 56, MAX_DEFINES = 6 };

typedef struct argument_list {
    argument items[MAX_ARGUMENTS];
    size_t count;
} argument_list;

void add_index(argument_list *list, uint64_t number);
void add_ulong(argument_list *list, uint64_t number);
void add_uint(argument_list *list, uint64_t number);
void add_int(argument_list *list, int32_t integer);
void add_real(argument_list *list, double real);
/* Passes a double as two floats: the nearest one, and the difference. */
void add_real_and_rest(argument_list *list, double real);
void add_axes(argument_list *list, const size_t *numbers, unsigned count, size_t filling);
void add_buffer(argument_list *list, size_t field);
void add_scratch(argument_list *list, uint64_t offset);

/* ---- The problem ---- */

typedef struct define {
    const char *name; /* "EXPONENT" */
    long value;
} define;

/* An operand: FORMULA_OPERANDS in the formula's .cl file has the same ones in the same order. */
typedef struct problem_operand {
    size_t field;  /* offsetof in clnorm_buffers */
    double absent; /* the value of each element if the buffer is not given */
    size_t strides[CLNORM_MAX_RANK];
} problem_operand;

enum { MAX_OPERANDS = 4, MAX_PROBLEMS = 3 };

typedef struct problem {
    bool one_path; /* set by the caller: kernels have no special path for some values of attributes */

    work_kind work;
    bool backward;       /* there is a dy */
    bool accumulates;    /* y is added to what is there */
    const char *formula; /* "ops/batch_normalization.cl" */

    bool reduced[CLNORM_MAX_RANK]; /* the kind of each axis of x */
    size_t elements;               /* of x */
    bool dense;                    /* batch, outer, kept, inner hold */
    size_t batch, outer, kept, inner;

    /* For tensors of any strides: kept axes first, then reduced ones. WORK_WINDOW: the channels first. */
    unsigned axis_count, kept_axes;
    size_t sizes[CLNORM_MAX_RANK];
    size_t x_strides[CLNORM_MAX_RANK], dy_strides[CLNORM_MAX_RANK], y_strides[CLNORM_MAX_RANK];
    size_t groups, group_size;

    problem_operand operands[MAX_OPERANDS];
    size_t operand_count;

    /* WORK_REDUCE: the buffer that sums are written to, and its strides along the kept axes; 0: the formula
     * has arrays with an element for each group. `scattered`: these strides are not those of an array. */
    size_t sums;
    size_t sums_strides[CLNORM_MAX_RANK];
    bool scattered;

    size_t window_before, window_after; /* WORK_WINDOW; may reach beyond the channels */
    bool heavy;                         /* the formula's own arithmetic takes many registers */
    bool rescales;                      /* it may ask for its terms to be summed again (FORMULA_RESCALED) */

    unsigned index_bits; /* 32, or 64 where an element's offset needs it */
    size_t result_bytes; /* of y */

    argument_list arguments; /* of the formula: FORMULA_PARAMETERS in its .cl file */
    define defines[MAX_DEFINES];
    size_t define_count;
} problem;

/* Adds an operand; before the tensors are collapsed. `tensor` has x's rank, and along each axis x's size or
 * 1. */
void problem_add_operand(problem *p, size_t field, double absent, const clnorm_tensor *tensor);

/* Collapses the tensors that the op's mode has; `reduced` tells the kind of each axis. Fills everything down
 * to group_size, the strides of operands and sums, index_bits and result_bytes, and what the mode alone
 * decides. */
void problem_collapse(problem *p, const clnorm_op *op, const bool reduced[CLNORM_MAX_RANK]);

/* The same, with one axis kept and all others reduced; `axis` is valid for x and may count from the end. */
void problem_collapse_around(problem *p, const clnorm_op *op, int axis);

/* The same, with one axis reduced and all others kept. */
void problem_collapse_along(problem *p, const clnorm_op *op, int axis);

/* The same for sums, whose `tensor` is like an operand's: the axes along which it varies are kept. */
void problem_collapse_sums(problem *p, const clnorm_op *op, size_t field, const clnorm_tensor *tensor);

void problem_define(problem *p, const char *name, long value);

#endif
