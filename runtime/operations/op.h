/* The parts of an operation's implementation: tables, additional checks, canonical problem, reference. */
#ifndef CLNORM_OPERATIONS_OP_H
#define CLNORM_OPERATIONS_OP_H

#include "operations/problem.h"
#include <clnorm/ops.h>
#include <clnorm/reference.h>
#include <float.h>
#include <math.h>
#include <stddef.h>

/* For x without elements: the value that an execution writes to each element of a buffer that is given. */
typedef struct op_fill {
    size_t field; /* offsetof in clnorm_buffers */
    float value;
} op_fill;

enum { MAX_FILLS = 5 };

typedef struct op_definition {
    clnorm_op_info info;
    /* Checks that the tables of `info` cannot express, called after those by the tables; may be NULL. */
    clnorm_status (*check)(const clnorm_op *op);
    /* An execution solves one or several problems, at most MAX_PROBLEMS, each of which writes other buffers;
     * the last one may write where x or dy is. Fills `p`, which is zeroed but for one_path, with the one at
     * `index`; false: there are fewer. `op` passed all checks and holds at least one element. */
    bool (*lower)(const clnorm_op *op, size_t index, problem *p);
    /* For an `op` without elements: gives the outputs that are written all the same, and returns how many.
     * May be NULL: none. */
    size_t (*fill)(const clnorm_op *op, op_fill fills[MAX_FILLS]);
    /* Computes it on the host, for an `op` that holds at least one element. */
    clnorm_status (*reference)(const clnorm_op *op, const clnorm_reference_arrays *arrays);
} op_definition;

/* The row of a kind, or NULL. */
const op_definition *op_find(clnorm_op_kind kind);

/* Copies `op`, which an older or newer program made, into the library's own layout, and checks all of it:
 * what clnorm_op_check does. y gets x's shape if it had none. */
clnorm_status op_import(const clnorm_op *op, clnorm_op *imported, const op_definition **definition);

/* gamma_tensor or beta_tensor of an `op` that passed all checks: with x's rank and length 1 where it does not
 * vary. The usual one has a value for each index of `axis`. */
clnorm_tensor op_parameter(const clnorm_op *op, const clnorm_tensor *parameter, int axis);

/* Whether it has a value for each index of `axis`, one after the other in memory. */
bool op_parameter_is_usual(const clnorm_op *op, const clnorm_tensor *parameter, int axis);

static inline bool op_is_backward(const clnorm_op *op)
{
    return op->mode == CLNORM_BACKWARD || op->mode == CLNORM_BACKWARD_INFER;
}

/* The operations, one file each. */
#define OPERATION(name, KIND) extern const op_definition name##_op;
#include "operations/operations.def"
#undef OPERATION

/* ---- For their tables ---- */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Pointers to constants of the file. */
#define ATTRIBUTE(...)                                                                                       \
    &(const clnorm_attribute_info)                                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define ATTRIBUTE_REAL(field, value, text, low, high, about)                                                 \
    ATTRIBUTE(#field, CLNORM_ATTRIBUTE_REAL, false, value, text, low, high, about, offsetof(clnorm_op, field))
#define ATTRIBUTE_INTEGER(field, value, text, low, high, about)                                              \
    ATTRIBUTE(#field, CLNORM_ATTRIBUTE_INTEGER, false, value, text, low, high, about,                        \
              offsetof(clnorm_op, field))
#define ATTRIBUTE_AXIS(field, needed, value, text, about)                                                    \
    ATTRIBUTE(#field, CLNORM_ATTRIBUTE_AXIS, needed, value, text, 0, 0, about, offsetof(clnorm_op, field))
#define ATTRIBUTE_ACCUMULATE(gradient)                                                                       \
    ATTRIBUTE_SWITCH(accumulate_##gradient, "backward: add to what " #gradient " holds")
#define ATTRIBUTE_SWITCH(field, about)                                                                       \
    ATTRIBUTE(#field, CLNORM_ATTRIBUTE_SWITCH, false, 0, "false", 0, 1, about, offsetof(clnorm_op, field))

#define BUFFER(field, role, shape, required)                                                                 \
    &(const clnorm_buffer_info)                                                                              \
    {                                                                                                        \
#field, CLNORM_ROLE_##role, CLNORM_SHAPE_##shape, required, offsetof(clnorm_buffers, field),         \
            offsetof(clnorm_reference_arrays, field)                                                         \
    }
#define MODE(mode, name, buffers)                                                                            \
    &(const clnorm_mode_info)                                                                                \
    {                                                                                                        \
        CLNORM_##mode, name, COUNT_OF(buffers), buffers                                                      \
    }

/* ---- For their references ---- */

/* One ulp of fp32 at |value|: the distance to the next float; below FLT_MIN, that at FLT_MIN. */
double ulp_of(double value);

/* The same for a term of a sum; beyond FLT_MAX it is computed as if fp32 had larger exponents. */
static inline double ulp_of_term(double value)
{
    return isfinite(value) && fabs(value) > (double)FLT_MAX ? ldexp((double)FLT_EPSILON, ilogb(value))
                                                            : ulp_of(value);
}

/* The elements of a tensor along `axis`, all other indices fixed by `other`, counted over the other axes:
 * where the first one lies, and the step between them. */
typedef struct fibre {
    size_t first, step;
} fibre;

size_t fibre_count(const clnorm_tensor *tensor, unsigned axis);
fibre fibre_get(const clnorm_tensor *tensor, unsigned axis, size_t other);

#endif
