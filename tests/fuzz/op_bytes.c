#include "op_bytes.h"

#include "operations/operation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t small_sizes[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 33, 64, 65, 129, 0};

/* ---- Tensors ---- */

static size_t any_size(fuzz_bytes *bytes)
{
    static const size_t sizes[] = {SIZE_MAX,        SIZE_MAX / 2,
                                   SIZE_MAX / 4,    SIZE_MAX / 4 - 1,
                                   SIZE_MAX / 8,    SIZE_MAX / 4 / 21 + 1,
                                   (size_t)1 << 32, ((size_t)1 << 32) - 1,
                                   (size_t)1 << 31, 65536,
                                   65537,           1000003};
    const unsigned which = fuzz_byte(bytes);
    if (which < 224)
        return small_sizes[which % (sizeof small_sizes / sizeof *small_sizes)];
    size_t size;
    if (which < 250)
        return sizes[which % (sizeof sizes / sizeof *sizes)];
    fuzz_take(bytes, &size, sizeof size);
    return size;
}

/* Axes lie in memory in the order of a permutation, with `gap` elements behind each row. */
static void permute(clnorm_tensor *tensor, unsigned seed, size_t gap)
{
    unsigned order[CLNORM_MAX_RANK];
    size_t stride = 1;
    for (unsigned i = 0; i < tensor->rank; i++) {
        const unsigned j = seed % (i + 1);
        seed /= i + 1;
        order[i] = order[j];
        order[j] = i;
    }
    for (unsigned i = 0; i < tensor->rank; i++) {
        tensor->strides[order[i]] = stride;
        stride *= (tensor->dims[order[i]] > 0 ? tensor->dims[order[i]] : 1) + gap;
    }
}

/* Strides of a kind that a byte says; `wild` ones may be anything. */
static void lay_out(fuzz_bytes *bytes, clnorm_tensor *tensor, bool wild)
{
    enum { DENSE = 2, PERMUTED = 4, GAPS = 6, REPEATED = 7, SMALL = 8 };
    const unsigned how = fuzz_byte(bytes) % (wild ? 10 : SMALL + 1);
    if (tensor->rank > CLNORM_MAX_RANK || tensor->rank == 0 || how < DENSE)
        return;
    if (how < GAPS) {
        const unsigned seed = fuzz_byte(bytes) * 256u + fuzz_byte(bytes);
        permute(tensor, seed, how < PERMUTED ? 0 : 1 + seed % 3);
        return;
    }
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        if (how == GAPS || how == REPEATED)
            tensor->strides[axis] *= how == GAPS ? 2 : fuzz_byte(bytes) % 2;
        else
            tensor->strides[axis] = how == SMALL ? fuzz_byte(bytes) % 64 : any_size(bytes);
    }
}

static clnorm_tensor any_tensor(fuzz_bytes *bytes, unsigned rank)
{
    size_t dims[CLNORM_MAX_RANK];
    for (unsigned axis = 0; axis < rank && axis < CLNORM_MAX_RANK; axis++)
        dims[axis] = any_size(bytes);
    return clnorm_tensor_dense(CLNORM_F32, rank, dims);
}

/* One that has x's shape, mostly. */
static void any_like_x(fuzz_bytes *bytes, clnorm_tensor *tensor, const clnorm_tensor *x)
{
    const unsigned how = fuzz_byte(bytes);
    if (how < 96)
        return;
    *tensor =
        x->rank >= 1 && x->rank <= CLNORM_MAX_RANK ? clnorm_tensor_dense(CLNORM_F32, x->rank, x->dims) : *x;
    lay_out(bytes, tensor, true);
    if (how == 253)
        tensor->rank = fuzz_byte(bytes);
    if (how == 254)
        tensor->dims[fuzz_byte(bytes) % CLNORM_MAX_RANK] = any_size(bytes);
    if (how == 255)
        tensor->dtype = (clnorm_dtype)fuzz_byte(bytes);
}

/* Some of x's axes, mostly, with any strides. */
static void any_parameter(fuzz_bytes *bytes, clnorm_tensor *tensor, const clnorm_tensor *x, bool wild)
{
    const unsigned how = fuzz_byte(bytes);
    if (how < 128)
        return;
    *tensor = test_parameter_tensor(x, fuzz_byte(bytes));
    lay_out(bytes, tensor, wild);
    if (wild && how == 253)
        tensor->rank = fuzz_byte(bytes);
    if (wild && how == 254)
        tensor->dims[fuzz_byte(bytes) % CLNORM_MAX_RANK] = any_size(bytes);
    if (wild && how == 255)
        tensor->dtype = (clnorm_dtype)fuzz_byte(bytes);
}

/* ---- Any op ---- */

static double any_real(fuzz_bytes *bytes)
{
    static const double reals[] = {0,         1e-5,   1,    0.5,   0.75,     0.9,      1e-12, 2,
                                   -1,        -0.5,   2.5,  1e-4,  1e308,    -0.0,     NAN,   INFINITY,
                                   -INFINITY, 1e-320, 1e38, 1e-38, 0x1p-100, 1.0000001};
    double real;
    const unsigned which = fuzz_byte(bytes);
    if (which < 240)
        return reals[which % (sizeof reals / sizeof *reals)];
    fuzz_take(bytes, &real, sizeof real);
    return real;
}

static int any_integer(fuzz_bytes *bytes)
{
    const unsigned which = fuzz_byte(bytes);
    int integer;
    if (which < 240)
        return (int)(which % 24) - 8;
    fuzz_take(bytes, &integer, sizeof integer);
    return integer;
}

static void any_value(fuzz_bytes *bytes, clnorm_op *op, const clnorm_attribute_info *attribute)
{
    char *field = (char *)op + attribute->offset;
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        *(bool *)field = true;
    else if (attribute->type == CLNORM_ATTRIBUTE_REAL)
        *(double *)field = any_real(bytes);
    else
        *(int *)field = any_integer(bytes);
}

/* Each byte has a bit for each attribute of a type, in the operation's order, that is not the default. */
static void any_attributes(fuzz_bytes *bytes, clnorm_op *op)
{
    const clnorm_op_info *info = test_operation_info(test_operation_of(op->kind));
    const unsigned set[] = {fuzz_byte(bytes), fuzz_byte(bytes), fuzz_byte(bytes)};
    unsigned seen[] = {0, 0, 0};
    for (size_t i = 0; i < info->attribute_count; i++) {
        const clnorm_attribute_type type = info->attributes[i]->type;
        const unsigned which = type == CLNORM_ATTRIBUTE_SWITCH ? 2 : type == CLNORM_ATTRIBUTE_REAL;
        if (set[which] >> seen[which]++ & 1)
            any_value(bytes, op, info->attributes[i]);
    }
}

/* Fields of other operations, which must not matter. */
static void any_other_fields(fuzz_bytes *bytes, clnorm_op *op)
{
    const unsigned which = fuzz_byte(bytes);
    if (which < 224)
        return;
    const clnorm_op_info *other = test_operation_info(test_operation_get(which % test_operation_count()));
    const clnorm_op_info *own = test_operation_info(test_operation_of(op->kind));
    for (size_t i = 0; i < other->attribute_count; i++) {
        bool shared = false;
        for (size_t k = 0; k < own->attribute_count; k++)
            shared = shared || own->attributes[k]->offset == other->attributes[i]->offset;
        if (!shared)
            any_value(bytes, op, other->attributes[i]);
    }
}

static const test_operation *any_operation(unsigned byte)
{
    return test_operation_get(byte % test_operation_count());
}

/* Sizes of other versions' structs, and of none. */
static size_t any_struct_size(fuzz_bytes *bytes)
{
    static const size_t sizes[] = {offsetof(clnorm_op, dy),
                                   offsetof(clnorm_op, axis),
                                   sizeof(clnorm_op) + 8,
                                   offsetof(clnorm_op, accumulate_dx),
                                   offsetof(clnorm_op, gamma_tensor),
                                   0,
                                   offsetof(clnorm_op, axis) - 1,
                                   SIZE_MAX,
                                   offsetof(clnorm_op, epsilon)};
    const unsigned which = fuzz_byte(bytes);
    return which < 224 ? sizeof(clnorm_op) : sizes[which % (sizeof sizes / sizeof *sizes)];
}

clnorm_op op_from_bytes(fuzz_bytes *bytes)
{
    clnorm_op op;
    const unsigned kind = fuzz_byte(bytes), mode = fuzz_byte(bytes), rank = fuzz_byte(bytes);
    const test_operation *operation = any_operation(kind);
    clnorm_op_initialize(&op, sizeof op, operation->kind);
    op.mode = mode < 252 ? (clnorm_mode)(mode % 6) : (clnorm_mode)(int)(mode - 254);
    op.size = any_struct_size(bytes);
    any_attributes(bytes, &op);
    if (kind >= 250)
        op.kind = (clnorm_op_kind)(kind - 252);
    op.x = any_tensor(bytes,
                      rank < 248 ? 1 + rank % CLNORM_MAX_RANK : rank - 248 + CLNORM_MAX_RANK * (rank % 2));
    lay_out(bytes, &op.x, true);
    any_like_x(bytes, &op.y, &op.x);
    any_like_x(bytes, &op.dy, &op.x);
    any_like_x(bytes, &op.dx, &op.x);
    any_parameter(bytes, &op.gamma_tensor, &op.x, true);
    any_parameter(bytes, &op.beta_tensor, &op.x, true);
    if (kind < 250)
        any_other_fields(bytes, &op);
    return op;
}

/* ---- A small op ---- */

static void small_like_x(fuzz_bytes *bytes, clnorm_tensor *tensor, const clnorm_tensor *x)
{
    if (fuzz_byte(bytes) % 2 == 0)
        return;
    *tensor = clnorm_tensor_dense(CLNORM_F32, x->rank, x->dims);
    lay_out(bytes, tensor, false);
}

/* Numbers that are valid for one attribute or another; those that are not stay what they are. */
static void small_attributes(fuzz_bytes *bytes, clnorm_op *op)
{
    static const double numbers[] = {0, 1, 2, 0.5, 0.3, 0.75, 2.5, -0.5, -1e-3, 1e-30, 3, 7, 20, 40};
    const clnorm_op_info *info = test_operation_info(test_operation_of(op->kind));
    const unsigned set = fuzz_byte(bytes);
    for (size_t i = 0; i < info->attribute_count && i < 8; i++) {
        if (set >> i & 1 && info->attributes[i]->type != CLNORM_ATTRIBUTE_AXIS)
            clnorm_op_set(op, info->attributes[i], FUZZ_PICK(bytes, numbers));
    }
}

clnorm_op small_op_from_bytes(fuzz_bytes *bytes)
{
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, any_operation(fuzz_byte(bytes))->kind);
    op.mode = (clnorm_mode)(fuzz_byte(bytes) % 6);
    const unsigned rank = 1 + fuzz_byte(bytes) % CLNORM_MAX_RANK, on = fuzz_byte(bytes);
    size_t dims[CLNORM_MAX_RANK];
    for (unsigned axis = 0; axis < rank; axis++)
        dims[axis] = FUZZ_PICK(bytes, small_sizes);
    op.x = clnorm_tensor_dense(CLNORM_F32, rank, dims);
    lay_out(bytes, &op.x, false);
    small_attributes(bytes, &op);
    test_op_set_axis(&op, (int)(fuzz_byte(bytes) % (2 * rank)) - (int)rank);
    op.accumulate_dx = on & 1;
    op.accumulate_dgamma = on >> 1 & 1;
    op.accumulate_dbeta = on >> 2 & 1;
    small_like_x(bytes, &op.y, &op.x);
    small_like_x(bytes, &op.dy, &op.x);
    small_like_x(bytes, &op.dx, &op.x);
    any_parameter(bytes, &op.gamma_tensor, &op.x, false);
    any_parameter(bytes, &op.beta_tensor, &op.x, false);
    return op;
}
