#include "determinism_cases.h"

#include "operations/operation.h"

#include <stdbool.h>

/* For operations whose groups are of this kind: each mode of each of them. */
typedef struct shape {
    grouping groups;
    unsigned rank;
    size_t dims[4];
    int axis;
    bool strided;
    bool wide; /* a window that no vector of 16 holds */
} shape;

static const shape shapes[] = {
    /* planes: of usual length, split among work-items, several in a vector */
    {GROUPS_AROUND, 3, {3, 5, 700}, 1, false, false},
    {GROUPS_AROUND, 3, {2, 2, 20011}, 1, false, false},
    {GROUPS_AROUND, 3, {64, 40, 3}, 1, false, false},
    /* columns: many, long ones, wide ones */
    {GROUPS_AROUND, 2, {700, 33}, -1, false, false},
    {GROUPS_AROUND, 2, {20011, 3}, -1, false, false},
    {GROUPS_AROUND, 2, {24, 600}, -1, false, false},
    {GROUPS_AROUND, 4, {3, 5, 7, 9}, 1, true, false},
    /* rows, then columns */
    {GROUPS_ALONG, 2, {33, 301}, -1, false, false},
    {GROUPS_ALONG, 2, {3, 40007}, -1, false, false},
    {GROUPS_ALONG, 2, {2000, 3}, -1, false, false},
    {GROUPS_ALONG, 2, {301, 33}, 0, false, false},
    {GROUPS_ALONG, 3, {5, 70, 19}, 1, false, false},
    {GROUPS_ALONG, 4, {3, 5, 7, 9}, 2, true, false},
    /* windows along what lies side by side, and across it */
    {GROUPS_WINDOW, 2, {300, 40}, -1, false, false},
    {GROUPS_WINDOW, 2, {300, 40}, -1, false, true},
    {GROUPS_WINDOW, 3, {2, 24, 63}, 1, false, false},
    {GROUPS_WINDOW, 3, {2, 50, 63}, 1, false, true},
    {GROUPS_WINDOW, 4, {3, 5, 7, 9}, 2, true, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* With a gap behind each row, plane and so on. */
static clnorm_tensor spread(clnorm_tensor tensor)
{
    size_t stride = 1;
    for (unsigned axis = tensor.rank; axis-- > 0;) {
        tensor.strides[axis] = stride;
        stride *= tensor.dims[axis] + 1;
    }
    return tensor;
}

static clnorm_op op_of(const test_subject *subject, const shape *s)
{
    clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, s->rank, s->dims);
    if (s->strided)
        x = spread(x);
    clnorm_op op = test_operation_op(subject->operation, x, s->axis);
    op.mode = subject->mode;
    if (s->wide)
        test_op_set(&op, "depth_radius", 9);
    return op;
}

/* The case `number`, of each shape each mode of each operation that it is for; false beyond the last. */
static bool find_case(size_t number, test_subject *subject, const shape **s)
{
    for (size_t i = 0; i < SHAPES; i++) {
        for (size_t k = 0; k < test_subject_count(); k++) {
            *subject = test_subject_get(k);
            *s = &shapes[i];
            if (subject->operation->groups == shapes[i].groups && number-- == 0)
                return true;
        }
    }
    return false;
}

size_t determinism_count(void)
{
    test_subject subject;
    const shape *s;
    size_t count = 0;
    while (find_case(count, &subject, &s))
        count++;
    return count;
}

clnorm_op determinism_op(size_t number)
{
    test_subject subject = {NULL, CLNORM_INFER};
    const shape *s = NULL;
    find_case(number, &subject, &s);
    return op_of(&subject, s);
}

unsigned determinism_apart(const clnorm_op *op)
{
    const data_groups groups = test_op_groups(op);
    return !groups.along ? groups.axis : groups.axis == 0 ? 1 : 0;
}
