#include "operation.h"

#include <stdlib.h>
#include <string.h>

#define OPERATION(name, KIND) extern const test_operation name##_test;
#include "../../runtime/operations/operations.def"
#undef OPERATION

#define OPERATION(name, KIND) &name##_test,
static const test_operation *const operations[] = {
#include "../../runtime/operations/operations.def"
};
#undef OPERATION
enum { OPERATIONS = sizeof operations / sizeof *operations };

const test_operation *test_operation_get(size_t index)
{
    return index < OPERATIONS ? operations[index] : NULL;
}

size_t test_operation_count(void)
{
    return OPERATIONS;
}

const test_operation *test_operation_of(clnorm_op_kind kind)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        if (operations[i]->kind == kind)
            return operations[i];
    }
    return NULL;
}

const clnorm_op_info *test_operation_info(const test_operation *operation)
{
    return clnorm_op_info_find(operation->name);
}

clnorm_op test_operation_op(const test_operation *operation, clnorm_tensor x, int axis)
{
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, operation->kind);
    op.x = x;
    test_op_set_axis(&op, axis);
    return op;
}

bool test_operation_has(const test_operation *operation, clnorm_mode mode)
{
    const clnorm_mode_info *found = clnorm_op_info_mode(test_operation_info(operation), mode);
    return found != NULL && found->mode == mode;
}

bool test_is_full(void)
{
    return getenv("CLNORM_TEST_FULL") != NULL;
}

/* ---- Attributes ---- */

static const clnorm_op_info *info_of(const clnorm_op *op)
{
    return test_operation_info(test_operation_of(op->kind));
}

void test_op_set_axis(clnorm_op *op, int axis)
{
    const clnorm_op_info *info = info_of(op);
    for (size_t i = 0; i < info->attribute_count; i++) {
        if (info->attributes[i]->type == CLNORM_ATTRIBUTE_AXIS)
            clnorm_op_set(op, info->attributes[i], axis);
    }
}

unsigned test_op_axis(const clnorm_op *op)
{
    const clnorm_op_info *info = info_of(op);
    for (size_t i = 0; i < info->attribute_count; i++) {
        if (info->attributes[i]->type != CLNORM_ATTRIBUTE_AXIS)
            continue;
        const int axis = (int)clnorm_op_get(op, info->attributes[i]);
        return (unsigned)(axis < 0 ? axis + (int)op->x.rank : axis);
    }
    return 0;
}

bool test_op_has_shape(const clnorm_op *op, clnorm_buffer_shape shape)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(info_of(op), op->mode);
    for (size_t i = 0; mode != NULL && i < mode->buffer_count; i++)
        if (mode->buffers[i]->shape == shape)
            return true;
    return false;
}

clnorm_tensor test_parameter_tensor(const clnorm_tensor *x, unsigned varies)
{
    size_t dims[CLNORM_MAX_RANK] = {0};
    const unsigned rank = x->rank <= CLNORM_MAX_RANK ? x->rank : 0;
    for (unsigned axis = 0; axis < rank; axis++)
        dims[axis] = varies >> axis & 1 ? x->dims[axis] : 1;
    return clnorm_tensor_dense(CLNORM_F32, rank, dims);
}

bool test_op_set(clnorm_op *op, const char *attribute, double value)
{
    const clnorm_op_info *info = info_of(op);
    for (size_t i = 0; i < info->attribute_count; i++) {
        if (strcmp(info->attributes[i]->name, attribute) == 0)
            return clnorm_op_set(op, info->attributes[i], value) == CLNORM_OK;
    }
    return false;
}

data_groups test_op_groups(const clnorm_op *op)
{
    return (data_groups){test_op_axis(op), test_operation_of(op->kind)->groups != GROUPS_AROUND};
}

/* ---- Subjects ---- */

size_t test_subject_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        count += test_operation_info(operations[i])->mode_count;
    return count;
}

test_subject test_subject_get(size_t index)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const clnorm_op_info *info = test_operation_info(operations[i]);
        if (index < info->mode_count)
            return (test_subject){operations[i], info->modes[index]->mode};
        index -= info->mode_count;
    }
    return (test_subject){NULL, CLNORM_INFER};
}
