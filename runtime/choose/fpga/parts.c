/* Steps of the fpga schedule, and copies that make tensors dense. */
#include "choose/fpga/fpga.h"

#include "programs/image_text.h"
#include <assert.h>
#include <string.h>

step *fpga_step(choice *out, const char *kernel)
{
    static const char *const sources[IMAGE_SOURCES] = {IMAGE_SOURCE_NAMES};
    assert(out->step_count < MAX_STEPS);
    step *s = &out->steps[out->step_count++];
    memset(s, 0, sizeof *s);
    memcpy(s->sources, sources, sizeof sources);
    s->source_count = IMAGE_SOURCES;
    strcpy(s->options, IMAGE_OPTIONS); /* one program for sizes of all kinds */
    s->kernel = kernel;
    s->index_bits = 64;
    s->dimensions = 1;
    s->global[0] = s->local[0] = 1;
    return s;
}

void fpga_add_tensor(step *s, fpga_tensor tensor)
{
    if (tensor.scratch)
        add_scratch(&s->arguments, tensor.place);
    else
        add_buffer(&s->arguments, tensor.place);
}

static fpga_tensor tensor_of(const fpga_problem *f, size_t field)
{
    for (size_t i = 0; field != NO_BUFFER && i < f->p->operand_count; i++)
        if (f->p->operands[i].field == field)
            return f->operands[i];
    return f->p->sums == field ? f->sums : (fpga_tensor){false, field};
}

void fpga_add_formula_arguments(step *s, const fpga_problem *f)
{
    const argument_list *list = &f->p->arguments;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].kind == ARGUMENT_BUFFER)
            fpga_add_tensor(s, tensor_of(f, list->items[i].field));
        else
            add_argument(s, &list->items[i]);
    }
}

fpga_tensor fpga_scratch(choice *out, size_t elements)
{
    return (fpga_tensor){true, reserve_scratch(out, elements, 1)};
}

/* A tensor as a copy takes it. */
typedef struct place {
    fpga_tensor tensor;
    const size_t *strides;
} place;

/* Copies the elements of the first `axes` axes; if `from` is not given, each is `absent`. */
static void rearrange(choice *out, const problem *p, unsigned axes, place from, double absent, place to)
{
    step *s = fpga_step(out, "rearrange");
    add_index(&s->arguments, axes == p->axis_count ? p->elements : p->groups);
    add_axes(&s->arguments, p->sizes, axes, 1);
    add_axes(&s->arguments, from.strides, axes, 0);
    add_axes(&s->arguments, to.strides, axes, 0);
    add_real(&s->arguments, absent);
    fpga_add_tensor(s, from.tensor);
    fpga_add_tensor(s, to.tensor);
}

/* The strides of an array with an element for each index of the first `axes` axes: kept axes first, then
 * reduced ones, as problem.sizes has them. */
static void array_strides(const problem *p, unsigned axes, size_t strides[CLNORM_MAX_RANK])
{
    size_t stride = 1;
    for (unsigned axis = axes; axis-- > 0;) {
        strides[axis] = stride;
        stride *= p->sizes[axis];
    }
}

/* The strides of copies that have x's elements: x's own if that is dense. */
static void copy_strides(const problem *p, size_t strides[CLNORM_MAX_RANK])
{
    if (p->dense)
        memcpy(strides, p->x_strides, sizeof p->x_strides);
    else
        array_strides(p, p->axis_count, strides);
}

static fpga_tensor gather(choice *out, const problem *p, size_t field, double absent, const size_t *strides)
{
    size_t copied[CLNORM_MAX_RANK];
    const fpga_tensor to = fpga_scratch(out, p->elements);
    copy_strides(p, copied);
    rearrange(out, p, p->axis_count, (place){{false, field}, strides}, absent, (place){to, copied});
    return to;
}

/* An array for sums. It is filled with what is there, since formulas may add to it. */
static fpga_tensor gather_sums(choice *out, const problem *p)
{
    size_t array[CLNORM_MAX_RANK];
    const fpga_tensor to = fpga_scratch(out, p->groups);
    array_strides(p, p->kept_axes, array);
    rearrange(out, p, p->kept_axes, (place){{false, p->sums}, p->sums_strides}, 0, (place){to, array});
    return to;
}

static void scatter_sums(choice *out, const fpga_problem *f)
{
    size_t array[CLNORM_MAX_RANK];
    const problem *p = f->p;
    array_strides(p, p->kept_axes, array);
    rearrange(out, p, p->kept_axes, (place){f->sums, array}, 0, (place){{false, p->sums}, p->sums_strides});
}

fpga_problem fpga_begin(choice *out, const problem *p)
{
    const size_t result = p->work == WORK_REDUCE ? NO_BUFFER
                          : p->backward          ? offsetof(clnorm_buffers, dx)
                                                 : offsetof(clnorm_buffers, y);
    fpga_problem f = {.p = p,
                      .groups = p->groups,
                      .outer = p->outer,
                      .kept = p->kept,
                      .inner = p->inner,
                      .x = {false, offsetof(clnorm_buffers, x)},
                      .dy = {false, offsetof(clnorm_buffers, dy)},
                      .result = {false, result},
                      .sums = {false, p->sums}};
    if (p->sums != 0)
        f.sums = gather_sums(out, p);
    for (size_t i = 0; i < p->operand_count; i++)
        if (p->operands[i].field != NO_BUFFER)
            f.operands[i] =
                gather(out, p, p->operands[i].field, p->operands[i].absent, p->operands[i].strides);
    if (p->dense)
        return f;
    f.outer = 1;
    f.kept = p->groups;
    f.inner = p->group_size;
    f.x = gather(out, p, offsetof(clnorm_buffers, x), 0, p->x_strides);
    if (p->backward)
        f.dy = gather(out, p, offsetof(clnorm_buffers, dy), 0, p->dy_strides);
    if (p->accumulates)
        f.result = gather(out, p, result, 0, p->y_strides);
    else if (p->work == WORK_WINDOW)
        f.result = fpga_scratch(out, p->elements);
    else if (p->work != WORK_REDUCE)
        f.result = f.x; /* in place */
    return f;
}

void fpga_end(choice *out, const fpga_problem *f)
{
    const problem *p = f->p;
    if (f->sums.scratch)
        scatter_sums(out, f);
    if (!f->result.scratch)
        return;
    size_t copied[CLNORM_MAX_RANK];
    const fpga_tensor to = {false, p->backward ? offsetof(clnorm_buffers, dx) : offsetof(clnorm_buffers, y)};
    copy_strides(p, copied);
    rearrange(out, p, p->axis_count, (place){f->result, copied}, 0, (place){to, p->y_strides});
}
