#include "operations/problem.h"
#include "base/tensor.h"

#include <clnorm/ops.h>
#include <assert.h>
#include <string.h>

static argument *append(argument_list *list, argument_kind kind)
{
    assert(list->count < MAX_ARGUMENTS);
    argument *added = &list->items[list->count++];
    *added = (argument){.kind = kind};
    return added;
}

void add_index(argument_list *list, uint64_t number)
{
    append(list, ARGUMENT_INDEX)->number = number;
}

void add_ulong(argument_list *list, uint64_t number)
{
    append(list, ARGUMENT_ULONG)->number = number;
}

void add_uint(argument_list *list, uint64_t number)
{
    append(list, ARGUMENT_UINT)->number = number;
}

void add_int(argument_list *list, int32_t integer)
{
    append(list, ARGUMENT_INT)->integer = integer;
}

void add_real(argument_list *list, double real)
{
    append(list, ARGUMENT_REAL)->real = (float)real;
}

void add_real_and_rest(argument_list *list, double real)
{
    add_real(list, real);
    add_real(list, real - (double)(float)real);
}

void add_axes(argument_list *list, const size_t *numbers, unsigned count, size_t filling)
{
    argument *added = append(list, ARGUMENT_AXES);
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK; axis++)
        added->axes[axis] = axis < count ? numbers[axis] : filling;
}

void add_buffer(argument_list *list, size_t field)
{
    assert(field != 0); /* 0, the offset of clnorm_buffers.size, means that a buffer was not set */
    append(list, ARGUMENT_BUFFER)->field = field;
}

void add_scratch(argument_list *list, uint64_t offset)
{
    append(list, ARGUMENT_SCRATCH)->number = offset;
}

void problem_define(problem *p, const char *name, long value)
{
    assert(p->define_count < MAX_DEFINES);
    p->defines[p->define_count++] = (define){name, value};
}

/* The tensors of a problem, in this order: those with all of x's elements, then those that are broadcast. */
enum { OF_X, OF_DY, OF_Y, TENSORS, OF_SUMS = TENSORS, OF_OPERANDS, ALL_TENSORS = OF_OPERANDS + MAX_OPERANDS };

typedef struct dimension {
    size_t size, strides[ALL_TENSORS];
    bool reduced;
} dimension;

static bool same_strides(const dimension *axis)
{
    return axis->strides[OF_X] == axis->strides[OF_DY] && axis->strides[OF_X] == axis->strides[OF_Y];
}

/* The axes longer than 1. If all tensors but those that are broadcast have the same strides, they are sorted
 * by stride, so that a tensor that is channels-last in memory is treated as such, whatever the order of its
 * dims. Returns how many there are. */
static unsigned significant_axes(const problem *p, dimension *axes,
                                 const clnorm_tensor *const tensors[TENSORS])
{
    unsigned count = 0;
    bool agree = true;
    for (unsigned i = 0; i < tensors[OF_X]->rank; i++) {
        if (tensors[OF_X]->dims[i] == 1)
            continue;
        dimension *axis = &axes[count++];
        *axis = (dimension){.size = tensors[OF_X]->dims[i], .reduced = p->reduced[i]};
        for (unsigned t = 0; t < TENSORS; t++)
            axis->strides[t] = tensors[t]->strides[i];
        axis->strides[OF_SUMS] = p->sums_strides[i];
        for (size_t o = 0; o < p->operand_count; o++)
            axis->strides[OF_OPERANDS + o] = p->operands[o].strides[i];
        agree &= same_strides(axis);
    }
    for (unsigned i = 1; agree && i < count; i++) {
        for (unsigned j = i; j > 0 && axes[j].strides[OF_X] > axes[j - 1].strides[OF_X]; j--) {
            const dimension swapped = axes[j];
            axes[j] = axes[j - 1];
            axes[j - 1] = swapped;
        }
    }
    return count;
}

/* Whether `inner` follows `outer` in every tensor as if both were one axis. */
static bool follows(const dimension *outer, const dimension *inner)
{
    for (unsigned t = 0; t < ALL_TENSORS; t++) {
        if (outer->strides[t] != inner->size * inner->strides[t])
            return false;
    }
    return outer->reduced == inner->reduced;
}

/* Joins neighbours of one kind that follow each other in all tensors. */
static unsigned merge_axes(dimension *axes, unsigned count)
{
    unsigned merged = 0;
    for (unsigned i = 0; i < count; i++) {
        dimension inner = axes[i];
        if (merged > 0 && follows(&axes[merged - 1], &inner))
            inner.size *= axes[--merged].size;
        axes[merged++] = inner;
    }
    return merged;
}

/* Fills the four extents if the axes are [kept][reduced][kept][reduced], any of them missing, and dense. */
static bool four_extents(problem *p, const dimension *axes, unsigned count)
{
    size_t *const extents[] = {&p->inner, &p->kept, &p->outer, &p->batch};
    p->batch = p->outer = p->kept = p->inner = 1;
    unsigned place = 0;
    size_t stride = 1;
    for (unsigned i = count; i-- > 0;) {
        if (axes[i].strides[OF_X] != stride || !same_strides(&axes[i]))
            return false;
        stride *= axes[i].size;
        const bool reduced_place = place % 2 == 0;
        if (axes[i].reduced != reduced_place)
            place++;
        if (place > 3)
            return false;
        *extents[place++] = axes[i].size;
    }
    return true;
}

/* The axes of any layout: kept ones first. */
static void list_axes(problem *p, const dimension *axes, unsigned count)
{
    p->groups = p->group_size = 1;
    p->axis_count = 0;
    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned i = 0; i < count; i++) {
            if (axes[i].reduced != (kind == 1))
                continue;
            p->sizes[p->axis_count] = axes[i].size;
            p->x_strides[p->axis_count] = axes[i].strides[OF_X];
            p->dy_strides[p->axis_count] = axes[i].strides[OF_DY];
            p->y_strides[p->axis_count] = axes[i].strides[OF_Y];
            p->sums_strides[p->axis_count] = axes[i].strides[OF_SUMS];
            for (size_t o = 0; o < p->operand_count; o++)
                p->operands[o].strides[p->axis_count] = axes[i].strides[OF_OPERANDS + o];
            p->axis_count++;
            *(kind == 0 ? &p->groups : &p->group_size) *= axes[i].size;
        }
        if (kind == 0)
            p->kept_axes = p->axis_count;
    }
}

/* Whether the element of each group lies elsewhere than in an array of them. */
static bool are_scattered(const problem *p)
{
    size_t stride = 1;
    for (unsigned i = p->kept_axes; p->sums != 0 && i-- > 0;) {
        if (p->sums_strides[i] != stride)
            return true;
        stride *= p->sizes[i];
    }
    return false;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void copy_strides(size_t strides[CLNORM_MAX_RANK], const clnorm_tensor *tensor)
{
    for (unsigned i = 0; i < tensor->rank; i++)
        strides[i] = tensor->dims[i] == 1 ? 0 : tensor->strides[i];
}

/* The index behind the last one of a tensor that is broadcast. */
static size_t reach(const clnorm_tensor *x, const size_t strides[CLNORM_MAX_RANK])
{
    size_t last = 0;
    for (unsigned i = 0; i < x->rank; i++)
        last += (x->dims[i] - 1) * strides[i];
    return last + 1;
}

void problem_add_operand(problem *p, size_t field, double absent, const clnorm_tensor *tensor)
{
    assert(p->operand_count < MAX_OPERANDS);
    if (p->operand_count == 0)
        problem_define(p, "OPERANDS", 1);
    problem_operand *added = &p->operands[p->operand_count];
    *added = (problem_operand){.field = field, .absent = absent};
    copy_strides(added->strides, tensor);
    p->operand_count++;
}

void problem_collapse(problem *p, const clnorm_op *op, const bool reduced[CLNORM_MAX_RANK])
{
    p->backward = op->mode == CLNORM_BACKWARD || op->mode == CLNORM_BACKWARD_INFER;
    const bool only_sums = p->sums != 0 || op->mode == CLNORM_STATISTICS;
    p->accumulates = p->backward && !only_sums && op->accumulate_dx;
    const clnorm_tensor *result = only_sums ? &op->x : p->backward ? &op->dx : &op->y;
    const clnorm_tensor *const tensors[TENSORS] = {&op->x, p->backward ? &op->dy : &op->x, result};
    memcpy(p->reduced, reduced, sizeof p->reduced);
    p->elements = tensor_elements(&op->x);
    p->result_bytes = p->elements * dtype_size(result->dtype);

    size_t largest = larger(p->elements, reach(&op->x, p->sums_strides));
    for (size_t o = 0; o < p->operand_count; o++)
        largest = larger(largest, reach(&op->x, p->operands[o].strides));
    for (unsigned t = 0; t < TENSORS; t++)
        largest = larger(largest, clnorm_tensor_span(tensors[t]));
    /* Half of the range is left free: kernels may increase an index beyond the end before comparing it. */
    p->index_bits = largest < ((size_t)1 << 31) ? 32 : 64;

    dimension axes[CLNORM_MAX_RANK];
    const unsigned count = merge_axes(axes, significant_axes(p, axes, tensors));
    list_axes(p, axes, count);
    p->scattered = are_scattered(p);
    p->dense = four_extents(p, axes, count) && !p->scattered;
}

/* Collapses with `axis` reduced and all others kept, or, if not `reduces`, the other way round. */
static void collapse_one(problem *p, const clnorm_op *op, int axis, bool reduces)
{
    bool reduced[CLNORM_MAX_RANK];
    unsigned one = 0;
    tensor_axis(&op->x, axis, &one);
    for (unsigned i = 0; i < CLNORM_MAX_RANK; i++)
        reduced[i] = (i == one) == reduces;
    problem_collapse(p, op, reduced);
}

void problem_collapse_around(problem *p, const clnorm_op *op, int axis)
{
    collapse_one(p, op, axis, false);
}

void problem_collapse_along(problem *p, const clnorm_op *op, int axis)
{
    collapse_one(p, op, axis, true);
}

void problem_collapse_sums(problem *p, const clnorm_op *op, size_t field, const clnorm_tensor *tensor)
{
    bool reduced[CLNORM_MAX_RANK] = {false};
    p->sums = field;
    copy_strides(p->sums_strides, tensor);
    for (unsigned i = 0; i < tensor->rank; i++)
        reduced[i] = p->sums_strides[i] == 0;
    problem_collapse(p, op, reduced);
}
