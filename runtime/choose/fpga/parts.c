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

fpga_tensor fpga_scratch(choice *out, size_t elements)
{
    return (fpga_tensor){true, reserve_scratch(out, elements, 1)};
}

static void rearrange(choice *out, const problem *p, fpga_tensor from, const size_t *from_strides,
                      fpga_tensor to, const size_t *to_strides)
{
    step *s = fpga_step(out, "rearrange");
    add_index(&s->arguments, p->elements);
    add_axes(&s->arguments, p->sizes, p->axis_count, 1);
    add_axes(&s->arguments, from_strides, p->axis_count, 0);
    add_axes(&s->arguments, to_strides, p->axis_count, 0);
    fpga_add_tensor(s, from);
    fpga_add_tensor(s, to);
}

/* The strides of a dense copy: kept axes first, then reduced ones, as problem.sizes has them. */
static void dense_strides(const problem *p, size_t strides[CLNORM_MAX_RANK])
{
    size_t stride = 1;
    for (unsigned axis = p->axis_count; axis-- > 0;) {
        strides[axis] = stride;
        stride *= p->sizes[axis];
    }
}

static fpga_tensor gather(choice *out, const problem *p, size_t field, const size_t *strides)
{
    size_t dense[CLNORM_MAX_RANK];
    const fpga_tensor from = {false, field}, to = fpga_scratch(out, p->elements);
    dense_strides(p, dense);
    rearrange(out, p, from, strides, to, dense);
    return to;
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
                      .result = {false, result}};
    if (p->dense)
        return f;
    f.outer = 1;
    f.kept = p->groups;
    f.inner = p->group_size;
    f.x = gather(out, p, offsetof(clnorm_buffers, x), p->x_strides);
    if (p->backward)
        f.dy = gather(out, p, offsetof(clnorm_buffers, dy), p->dy_strides);
    if (p->accumulates)
        f.result = gather(out, p, result, p->y_strides);
    else if (p->work == WORK_WINDOW)
        f.result = fpga_scratch(out, p->elements);
    else if (p->work != WORK_REDUCE)
        f.result = f.x; /* in place */
    return f;
}

void fpga_end(choice *out, const fpga_problem *f)
{
    const problem *p = f->p;
    if (!f->result.scratch)
        return;
    size_t dense[CLNORM_MAX_RANK];
    const fpga_tensor to = {false, p->backward ? offsetof(clnorm_buffers, dx) : offsetof(clnorm_buffers, y)};
    dense_strides(p, dense);
    rearrange(out, p, f->result, dense, to, p->y_strides);
}
