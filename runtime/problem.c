#include "problem.h"
#include "tensor.h"

#include <clnorm/ops.h>
#include <assert.h>

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

typedef struct dimension {
    size_t size, x_stride, y_stride;
    bool reduced;
} dimension;

/* The axes longer than 1, in the order of their strides where x and y agree on one: what is channels-last in
 * memory is treated so, whatever the order of its dims. Returns how many there are. */
static unsigned significant_axes(dimension *axes, const clnorm_tensor *x, const clnorm_tensor *y,
                                 const bool *reduced)
{
    unsigned count = 0;
    bool same_strides = true;
    for (unsigned i = 0; i < x->rank; i++) {
        if (x->dims[i] == 1)
            continue;
        axes[count++] = (dimension){x->dims[i], x->strides[i], y->strides[i], reduced[i]};
        same_strides &= x->strides[i] == y->strides[i];
    }
    for (unsigned i = 1; same_strides && i < count; i++) {
        for (unsigned j = i; j > 0 && axes[j].x_stride > axes[j - 1].x_stride; j--) {
            const dimension swapped = axes[j];
            axes[j] = axes[j - 1];
            axes[j - 1] = swapped;
        }
    }
    return count;
}

/* Joins neighbours of one kind that follow each other in both tensors. */
static unsigned merge_axes(dimension *axes, unsigned count)
{
    unsigned merged = 0;
    for (unsigned i = 0; i < count; i++) {
        dimension *outer = merged > 0 ? &axes[merged - 1] : NULL;
        const dimension inner = axes[i];
        if (outer != NULL && outer->reduced == inner.reduced &&
            outer->x_stride == inner.size * inner.x_stride &&
            outer->y_stride == inner.size * inner.y_stride) {
            *outer = (dimension){outer->size * inner.size, inner.x_stride, inner.y_stride, inner.reduced};
            continue;
        }
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
        if (axes[i].x_stride != stride || axes[i].y_stride != stride)
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
            p->x_strides[p->axis_count] = axes[i].x_stride;
            p->y_strides[p->axis_count++] = axes[i].y_stride;
            *(kind == 0 ? &p->groups : &p->group_size) *= axes[i].size;
        }
        if (kind == 0)
            p->kept_axes = p->axis_count;
    }
}

void problem_collapse(problem *p, const clnorm_tensor *x, const clnorm_tensor *y,
                      const bool reduced[CLNORM_MAX_RANK])
{
    dimension axes[CLNORM_MAX_RANK];
    const unsigned count = merge_axes(axes, significant_axes(axes, x, y, reduced));
    p->elements = tensor_elements(x);
    p->result_bytes = p->elements * dtype_size(y->dtype);
    list_axes(p, axes, count);
    p->dense = four_extents(p, axes, count);

    const size_t x_span = clnorm_tensor_span(x), y_span = clnorm_tensor_span(y);
    const size_t reach = x_span > y_span ? x_span : y_span;
    const size_t largest = reach > p->elements ? reach : p->elements;
    /* half of the range stays free for indices that run past the end before they are compared */
    p->index_bits = largest < ((size_t)1 << 31) ? 32 : 64;
}

/* Of one kind: `axis`. Of the other: all the rest. */
static void collapse_one(problem *p, const clnorm_tensor *x, const clnorm_tensor *y, int axis, bool reduces)
{
    bool reduced[CLNORM_MAX_RANK];
    unsigned one = 0;
    tensor_axis(x, axis, &one);
    for (unsigned i = 0; i < CLNORM_MAX_RANK; i++)
        reduced[i] = (i == one) == reduces;
    problem_collapse(p, x, y, reduced);
}

void problem_collapse_around(problem *p, const clnorm_tensor *x, const clnorm_tensor *y, int axis)
{
    collapse_one(p, x, y, axis, false);
}

void problem_collapse_along(problem *p, const clnorm_tensor *x, const clnorm_tensor *y, int axis)
{
    collapse_one(p, x, y, axis, true);
}
