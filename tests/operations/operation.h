/*
 * What tests have to know of an operation: a file each, <name>.c, which defines <name>_test. The table is
 * made from runtime/operations/operations.def; tests that run over operations take them from here.
 */
#ifndef CLNORM_TESTS_OPERATIONS_OPERATION_H
#define CLNORM_TESTS_OPERATIONS_OPERATION_H

#include "data.h"
#include <clnorm/ops.h>

/* An attribute, and its default; NAN: it has to be given. */
typedef struct expected_attribute {
    const char *name;
    double value;
} expected_attribute;

/* Buffers in any order: "x" is read, "y!" written, "moving_mean~" both, "dx+" written or added to; what has a
 * "?" may be left out. */
typedef struct expected_mode {
    const char *name;
    const char *buffers;
} expected_mode;

/* The attributes of a case of another library, whose results we have. True is 1. */
typedef struct foreign_attributes {
    double (*number)(const void *from, const char *name);
    const void *from;
} foreign_attributes;

static inline double foreign_number(const foreign_attributes *attributes, const char *name)
{
    return attributes->number(attributes->from, name);
}

/* The operation as another library calls it. */
typedef struct foreign_name {
    const char *name;
    clnorm_op (*translate)(clnorm_tensor x, const foreign_attributes *attributes);
} foreign_name;

/* What is normalized together. */
typedef enum grouping {
    GROUPS_AROUND, /* what shares an index of the axis */
    GROUPS_ALONG,  /* what lies along the axis */
    GROUPS_WINDOW, /* the same, but an element knows those near it alone */
} grouping;

enum { MOST_EXPECTED = 16 };

typedef struct test_operation {
    clnorm_op_kind kind;
    const char *name;
    unsigned minimum_rank;
    bool in_place;
    expected_attribute attributes[MOST_EXPECTED]; /* as docs/ops.md has them */
    expected_mode modes[MOST_EXPECTED];

    grouping groups;
    bool bears_huge; /* squares of the data may overflow: DATA_HUGE */
    /* GROUPS_WINDOW: how far an element reaches. */
    void (*reach)(const clnorm_op *op, size_t *before, size_t *after);

    /* Draws attributes, but for the axis and switches that add to gradients. What programs are built for has
     * few values, or tests would compile for hours. NULL: there are none. */
    void (*draw)(generator *random, clnorm_op *op);

    /* The attributes that programs are built for: every class of their values. */
    size_t classes;
    void (*set_class)(clnorm_op *op, size_t number);

    /* Which statuses may be returned for attributes, rank and mode, as docs/ops.md says: a set of
     * 1 << status, 0 where all is well. */
    uint64_t (*faults)(const clnorm_op *op);

    const foreign_name *foreign; /* ends in a NULL name */
} test_operation;

/* In the table's order; NULL beyond the last. */
const test_operation *test_operation_get(size_t index);
size_t test_operation_count(void);
const test_operation *test_operation_of(clnorm_op_kind kind);
const clnorm_op_info *test_operation_info(const test_operation *operation);

/* With defaults and this axis. */
clnorm_op test_operation_op(const test_operation *operation, clnorm_tensor x, int axis);

/* Whether an operation has this mode itself, not as another name of `infer`. */
bool test_operation_has(const test_operation *operation, clnorm_mode mode);

/* The axis of an op: what it is set to, and counted from the first. */
void test_op_set_axis(clnorm_op *op, int axis);
unsigned test_op_axis(const clnorm_op *op);

/* Whether the op's mode has a buffer of this shape. */
bool test_op_has_shape(const clnorm_op *op, clnorm_buffer_shape shape);

/* A dense tensor with x's size along the axes of `varies`, a bit each, and 1 along all others; of rank 0
 * where x's rank is none. */
clnorm_tensor test_parameter_tensor(const clnorm_tensor *x, unsigned varies);

/* Sets an attribute; false: the operation has none of this name, or it may not have the value. */
bool test_op_set(clnorm_op *op, const char *attribute, double value);

/* CLNORM_TEST_FULL is set: all values of what programs are built for with all others, instead of each with
 * some. */
bool test_is_full(void);

/* What is normalized together. */
data_groups test_op_groups(const clnorm_op *op);

/* Each mode of each operation. */
typedef struct test_subject {
    const test_operation *operation;
    clnorm_mode mode;
} test_subject;

size_t test_subject_count(void);
test_subject test_subject_get(size_t index);

#endif
