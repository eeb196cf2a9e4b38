/* The table of operations, and what all of them share: defaults, checks by table, names. */
#include "base/log.h"
#include "base/tensor.h"
#include "operations/op.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define OPERATION(name, KIND) &name##_op,
static const op_definition *const definitions[] = {
#include "operations/operations.def"
};
#undef OPERATION

/* A row a kind, in their order: kinds count from 1. */
#define OPERATION(name, KIND) ROW_##KIND,
enum {
#include "operations/operations.def"
};
#undef OPERATION
#define OPERATION(name, KIND)                                                                                \
    _Static_assert((int)CLNORM_##KIND == (int)ROW_##KIND + 1, "operations.def lacks a kind before " #name);
#include "operations/operations.def"
#undef OPERATION

static const char *const mode_names[] = {
    [CLNORM_INFER] = "infer",           [CLNORM_TRAIN] = "train",
    [CLNORM_BACKWARD] = "backward",     [CLNORM_BACKWARD_INFER] = "backward_infer",
    [CLNORM_STATISTICS] = "statistics", [CLNORM_APPLY] = "apply",
};

const op_definition *op_find(clnorm_op_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(definitions); i++) {
        if (definitions[i]->info.kind == kind)
            return definitions[i];
    }
    return NULL;
}

const clnorm_op_info *clnorm_op_info_get(size_t index)
{
    return index < COUNT_OF(definitions) ? &definitions[index]->info : NULL;
}

const clnorm_op_info *clnorm_op_info_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT_OF(definitions); i++) {
        if (strcmp(definitions[i]->info.name, name) == 0)
            return &definitions[i]->info;
    }
    return NULL;
}

const clnorm_mode_info *clnorm_op_info_mode(const clnorm_op_info *info, clnorm_mode mode)
{
    const clnorm_mode_info *infer = NULL;
    for (size_t i = 0; info != NULL && i < info->mode_count; i++) {
        if (info->modes[i]->mode == mode)
            return info->modes[i];
        if (info->modes[i]->mode == CLNORM_INFER)
            infer = info->modes[i];
    }
    return mode == CLNORM_TRAIN ? infer : NULL;
}

bool clnorm_mode_find(const char *name, clnorm_mode *mode)
{
    for (size_t i = 0; name != NULL && i < COUNT_OF(mode_names); i++) {
        if (strcmp(mode_names[i], name) == 0) {
            *mode = (clnorm_mode)i;
            return true;
        }
    }
    return false;
}

/* ---- Attributes ---- */

/* Integers in all their digits: %g would round the largest. */
static clnorm_status refuse_integer(const clnorm_attribute_info *attribute, double value)
{
    if (attribute->type == CLNORM_ATTRIBUTE_AXIS)
        return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %.12g; an integer from %d to %d is allowed",
                    attribute->name, value, -CLNORM_MAX_RANK, CLNORM_MAX_RANK - 1);
    return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %.12g; an integer from %.0f to %.0f is allowed",
                attribute->name, value, attribute->minimum, attribute->maximum);
}

static clnorm_status assign_value(clnorm_op *op, const clnorm_attribute_info *attribute, double value)
{
    char *field = (char *)op + attribute->offset;
    if (attribute->type == CLNORM_ATTRIBUTE_REAL) {
        memcpy(field, &value, sizeof value);
        return CLNORM_OK;
    }
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH) {
        if (!(value == 0 || value == 1))
            return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g; false or true is allowed", attribute->name,
                        value);
        const bool on = value != 0;
        memcpy(field, &on, sizeof on);
        return CLNORM_OK;
    }
    if (!(value >= -2147483647.0 && value <= 2147483647.0 && value == floor(value)))
        return refuse_integer(attribute, value);
    const int integer = (int)value;
    memcpy(field, &integer, sizeof integer);
    return CLNORM_OK;
}

clnorm_status clnorm_op_set(clnorm_op *op, const clnorm_attribute_info *attribute, double value)
{
    if (op == NULL || attribute == NULL)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "op and attribute must not be NULL"));
    return log_failure(assign_value(op, attribute, value));
}

double clnorm_op_get(const clnorm_op *op, const clnorm_attribute_info *attribute)
{
    const char *field = (const char *)op + attribute->offset;
    if (attribute->type == CLNORM_ATTRIBUTE_REAL) {
        double value;
        memcpy(&value, field, sizeof value);
        return value;
    }
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH) {
        bool on;
        memcpy(&on, field, sizeof on);
        return on;
    }
    int integer;
    memcpy(&integer, field, sizeof integer);
    return integer;
}

static void set_defaults(clnorm_op *op, clnorm_op_kind kind)
{
    *op = (clnorm_op){.size = sizeof *op, .kind = kind, .window_before = -1, .window_after = -1};
    const op_definition *definition = op_find(kind);
    for (size_t i = 0; definition != NULL && i < definition->info.attribute_count; i++)
        clnorm_op_set(op, definition->info.attributes[i], definition->info.attributes[i]->default_value);
}

void clnorm_op_initialize(clnorm_op *op, size_t size, clnorm_op_kind kind)
{
    if (op == NULL)
        return;
    clnorm_op defaults;
    set_defaults(&defaults, kind);
    defaults.size = size;
    memcpy(op, &defaults, size < sizeof defaults ? size : sizeof defaults);
}

/* Attributes with finite limits are passed to kernels as floats: refuses values that would become 0. */
static clnorm_status check_smallest(const clnorm_attribute_info *attribute, double value)
{
    if (attribute->type != CLNORM_ATTRIBUTE_REAL || isinf(attribute->maximum) || value == 0 ||
        fabs(value) >= FLT_TRUE_MIN)
        return CLNORM_OK;
    return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g, which fp32 cannot hold; 0 is allowed, or at least %g%s",
                attribute->name, value, (double)FLT_TRUE_MIN, attribute->minimum < 0 ? " in size" : "");
}

static clnorm_status check_attribute(const clnorm_op *op, const clnorm_attribute_info *attribute)
{
    const double value = clnorm_op_get(op, attribute);
    unsigned axis;
    if (attribute->type == CLNORM_ATTRIBUTE_AXIS) {
        if (tensor_axis(&op->x, (int)value, &axis))
            return CLNORM_OK;
        return fail(CLNORM_INVALID_AXIS, "%s is %d; for rank %u, %d to %d are allowed", attribute->name,
                    (int)value, op->x.rank, -(int)op->x.rank, (int)op->x.rank - 1);
    }
    if (!isfinite(value))
        return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g; it must be finite", attribute->name, value);
    if (value >= attribute->minimum && value <= attribute->maximum)
        return check_smallest(attribute, value);
    if (attribute->type == CLNORM_ATTRIBUTE_INTEGER)
        return refuse_integer(attribute, value);
    if (isinf(attribute->maximum))
        return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g; it must be at least %g", attribute->name, value,
                    attribute->minimum);
    return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g; %g to %g are allowed", attribute->name, value,
                attribute->minimum, attribute->maximum);
}

/* ---- Checks ---- */

static clnorm_status check_mode(const clnorm_op *op, const clnorm_op_info *info)
{
    if (clnorm_op_info_mode(info, op->mode) != NULL)
        return CLNORM_OK;
    char allowed[128] = "";
    for (size_t i = 0; i < info->mode_count; i++) {
        if (i > 0)
            strncat(allowed, ", ", sizeof allowed - strlen(allowed) - 1);
        strncat(allowed, info->modes[i]->name, sizeof allowed - strlen(allowed) - 1);
    }
    const bool named = (int)op->mode >= 0 && (size_t)op->mode < COUNT_OF(mode_names);
    if (named)
        return fail(CLNORM_INVALID_MODE, "mode is %s; %s has %s", mode_names[op->mode], info->name, allowed);
    return fail(CLNORM_INVALID_MODE, "mode is %d, which is none; %s has %s", (int)op->mode, info->name,
                allowed);
}

/* A tensor that has to have x's dims. */
static clnorm_status check_like_x(const clnorm_op *op, const clnorm_tensor *tensor, const char *name)
{
    const clnorm_status status = tensor_check(tensor, name);
    if (status != CLNORM_OK)
        return status;
    if (tensor->rank != op->x.rank)
        return fail(CLNORM_INVALID_RANK, "%s has rank %u; x has %u, and they must agree", name, tensor->rank,
                    op->x.rank);
    for (unsigned axis = 0; axis < op->x.rank; axis++) {
        if (tensor->dims[axis] != op->x.dims[axis])
            return fail(CLNORM_INVALID_SHAPE, "%s has %zu along axis %u; x has %zu, and they must agree",
                        name, tensor->dims[axis], axis, op->x.dims[axis]);
    }
    return CLNORM_OK;
}

static clnorm_status check_result(const clnorm_op *op, const clnorm_tensor *tensor, const char *name)
{
    const clnorm_status status = check_like_x(op, tensor, name);
    if (status != CLNORM_OK || !tensor_overlaps_itself(tensor))
        return status;
    const bool like_x = memcmp(tensor->strides, op->x.strides, sizeof op->x.strides) == 0;
    return fail(CLNORM_INVALID_STRIDES, "%s overlaps itself: two of its elements share memory%s%s%s", name,
                like_x ? " (its strides are x's; give " : "", like_x ? name : "",
                like_x ? " strides of its own)" : "");
}

static clnorm_status check_tensors(const clnorm_op *op)
{
    if (op->mode == CLNORM_STATISTICS)
        return CLNORM_OK;
    if (!op_is_backward(op))
        return check_result(op, &op->y, "y");
    const clnorm_status status = check_like_x(op, &op->dy, "dy");
    return status == CLNORM_OK ? check_result(op, &op->dx, "dx") : status;
}

/* ---- Parameters that are broadcast against x ---- */

static clnorm_tensor *parameter_of(clnorm_op *op, const clnorm_buffer_info *buffer)
{
    return buffer->shape == CLNORM_SHAPE_GAMMA  ? &op->gamma_tensor
           : buffer->shape == CLNORM_SHAPE_BETA ? &op->beta_tensor
                                                : NULL;
}

/* The same tensor, with length 1 along the axes that it does not vary along. */
static clnorm_tensor without_repetition(const clnorm_tensor *parameter)
{
    clnorm_tensor compact = *parameter;
    for (unsigned axis = 0; axis < compact.rank; axis++) {
        if (compact.dims[axis] == 1 || compact.strides[axis] == 0) {
            compact.dims[axis] = compact.dims[axis] == 0 ? 0 : 1;
            compact.strides[axis] = 0;
        }
    }
    return compact;
}

static clnorm_status check_parameter(const clnorm_op *op, const clnorm_tensor *parameter, const char *name)
{
    const clnorm_status status = tensor_check(parameter, name);
    if (status != CLNORM_OK)
        return status;
    if (parameter->rank != op->x.rank)
        return fail(CLNORM_INVALID_RANK, "%s has rank %u; x has %u, and they must agree", name,
                    parameter->rank, op->x.rank);
    for (unsigned axis = 0; axis < op->x.rank; axis++) {
        if (parameter->dims[axis] != op->x.dims[axis] && parameter->dims[axis] != 1)
            return fail(CLNORM_INVALID_SHAPE, "%s has %zu along axis %u; x has %zu: that or 1 is allowed",
                        name, parameter->dims[axis], axis, op->x.dims[axis]);
    }
    const clnorm_tensor compact = without_repetition(parameter);
    if (op_is_backward(op) && tensor_overlaps_itself(&compact))
        return fail(CLNORM_INVALID_STRIDES,
                    "%s overlaps itself: two elements of its gradient would share memory", name);
    return CLNORM_OK;
}

/* Of the mode's buffers; other fields may hold anything. */
static clnorm_status check_parameters(clnorm_op *op, const clnorm_op_info *info)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(info, op->mode);
    for (size_t i = 0; i < mode->buffer_count; i++) {
        clnorm_tensor *parameter = parameter_of(op, mode->buffers[i]);
        if (parameter == NULL || parameter->rank == 0)
            continue;
        const bool is_gamma = mode->buffers[i]->shape == CLNORM_SHAPE_GAMMA;
        const clnorm_status status =
            check_parameter(op, parameter, is_gamma ? "gamma_tensor" : "beta_tensor");
        if (status != CLNORM_OK)
            return status;
        *parameter = without_repetition(parameter);
    }
    return CLNORM_OK;
}

clnorm_tensor op_parameter(const clnorm_op *op, const clnorm_tensor *parameter, int axis)
{
    if (parameter->rank > 0)
        return without_repetition(parameter);
    clnorm_tensor usual = op->x;
    unsigned one = 0;
    tensor_axis(&op->x, axis, &one);
    for (unsigned i = 0; i < usual.rank; i++) {
        usual.dims[i] = i == one ? usual.dims[i] : 1;
        usual.strides[i] = i == one && usual.dims[i] != 1;
    }
    return usual;
}

bool op_parameter_is_usual(const clnorm_op *op, const clnorm_tensor *parameter, int axis)
{
    const clnorm_tensor given = op_parameter(op, parameter, axis);
    unsigned one = 0;
    tensor_axis(&op->x, axis, &one);
    for (unsigned i = 0; i < given.rank; i++) {
        const size_t stride = i == one && op->x.dims[i] != 1;
        if (given.strides[i] != stride)
            return false;
    }
    return true;
}

/* ---- An op as a whole ---- */

static clnorm_status check_imported(clnorm_op *op, const op_definition *definition)
{
    const clnorm_op_info *info = &definition->info;
    clnorm_status status = tensor_check(&op->x, "x");
    if (status != CLNORM_OK)
        return status;
    if (op->x.rank < info->minimum_rank || op->x.rank > info->maximum_rank)
        return fail(CLNORM_INVALID_RANK, "x has rank %u; %s takes %u to %u", op->x.rank, info->name,
                    info->minimum_rank, info->maximum_rank);
    status = check_mode(op, info);
    if (status == CLNORM_OK)
        status = check_tensors(op);
    if (status == CLNORM_OK)
        status = check_parameters(op, info);
    for (size_t i = 0; status == CLNORM_OK && i < info->attribute_count; i++)
        status = check_attribute(op, info->attributes[i]);
    if (status == CLNORM_OK && definition->check != NULL)
        status = definition->check(op);
    return status;
}

clnorm_status op_import(const clnorm_op *op, clnorm_op *imported, const op_definition **definition)
{
    if (op == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "op must not be NULL");
    if (op->size < offsetof(clnorm_op, axis))
        return fail(CLNORM_INVALID_ARGUMENT,
                    "op.size is %zu; make the op by one of the functions of clnorm.h, which set it",
                    op->size);
    const op_definition *found = op_find(op->kind);
    if (found == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "op.kind is %d, which is no operation", (int)op->kind);
    set_defaults(imported, op->kind);
    memcpy(imported, op, op->size < sizeof *imported ? op->size : sizeof *imported);
    imported->size = sizeof *imported;
    clnorm_tensor *const like_x[] = {&imported->y, &imported->dy, &imported->dx};
    for (size_t i = 0; i < COUNT_OF(like_x); i++) {
        if (like_x[i]->rank == 0)
            *like_x[i] = imported->x;
    }
    *definition = found;
    return check_imported(imported, found);
}

clnorm_status clnorm_op_check(const clnorm_op *op)
{
    clnorm_op imported;
    const op_definition *definition;
    return log_failure(op_import(op, &imported, &definition));
}

static clnorm_tensor channel_tensor(const clnorm_op *op)
{
    unsigned axis = 0;
    tensor_axis(&op->x, op->axis, &axis);
    return clnorm_tensor_1d(op->x.dtype, op->x.dims[axis]);
}

clnorm_tensor clnorm_op_buffer_tensor(const clnorm_op *op, const clnorm_buffer_info *buffer)
{
    switch (buffer->shape) {
    case CLNORM_SHAPE_X:
        return op->x;
    case CLNORM_SHAPE_Y:
        return op->y.rank == 0 ? op->x : op->y;
    case CLNORM_SHAPE_DY:
        return op->dy.rank == 0 ? op->x : op->dy;
    case CLNORM_SHAPE_DX:
        return op->dx.rank == 0 ? op->x : op->dx;
    case CLNORM_SHAPE_GAMMA:
        return op->gamma_tensor.rank > 0 ? without_repetition(&op->gamma_tensor) : channel_tensor(op);
    case CLNORM_SHAPE_BETA:
        return op->beta_tensor.rank > 0 ? without_repetition(&op->beta_tensor) : channel_tensor(op);
    case CLNORM_SHAPE_CHANNEL:
        return channel_tensor(op);
    case CLNORM_SHAPE_SCALAR:
        break;
    }
    return clnorm_tensor_1d(op->x.dtype, 1);
}

bool clnorm_op_reads(const clnorm_op *op, const clnorm_buffer_info *buffer)
{
    if (buffer->role != CLNORM_ROLE_GRADIENT)
        return buffer->role != CLNORM_ROLE_OUTPUT;
    return buffer->offset == offsetof(clnorm_buffers, dgamma)  ? op->accumulate_dgamma
           : buffer->offset == offsetof(clnorm_buffers, dbeta) ? op->accumulate_dbeta
                                                               : op->accumulate_dx;
}
