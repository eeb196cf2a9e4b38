/* Tensors of any strides, and windows of any length: legal for every problem, and slow. */
#include "schedule.h"

static const char *refuse_groups(const problem *p, const caps *device)
{
    (void)device;
    return p->work != WORK_WINDOW ? "not a window" : NULL;
}

static void fill_window(const problem *p, const caps *device, choice *out)
{
    enum { VALUES_PER_ITEM = 64 };
    const size_t per_item = device->type & CL_DEVICE_TYPE_GPU ? 1 : VALUES_PER_ITEM;
    size_t sizes[CLNORM_MAX_RANK] = {1}, x_strides[CLNORM_MAX_RANK] = {0}, y_strides[CLNORM_MAX_RANK] = {0};
    unsigned axes = p->kept_axes == 0 ? 1 : 0; /* a single channel left no axis, but the kernel wants one */
    for (unsigned axis = 0; axis < p->axis_count; axis++, axes++) {
        sizes[axes] = p->sizes[axis];
        x_strides[axes] = p->x_strides[axis];
        y_strides[axes] = p->y_strides[axis];
    }
    step *s = add_step(out, p, "strided_window.cl", "strided_window", false);
    add_index(&s->arguments, p->elements);
    add_index(&s->arguments, per_item);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_uint(&s->arguments, axes);
    add_axes(&s->arguments, sizes, axes, 1);
    add_axes(&s->arguments, x_strides, axes, 0);
    add_axes(&s->arguments, y_strides, axes, 0);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->elements, per_item), least(16, device->max_work_group_size));
}

static void fill_groups(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "strided.cl", "strided", false);
    add_index(&s->arguments, p->groups);
    add_ulong(&s->arguments, p->group_size);
    add_uint(&s->arguments, p->kept_axes);
    add_uint(&s->arguments, p->axis_count);
    add_axes(&s->arguments, p->sizes, p->axis_count, 1);
    add_axes(&s->arguments, p->x_strides, p->axis_count, 0);
    add_axes(&s->arguments, p->y_strides, p->axis_count, 0);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->groups, least(16, device->max_work_group_size));
}

const variant strided_variants[] = {
    {"strided/window", GEOMETRY_ANY, STAGES_ANY, refuse_groups, fill_window},
    {"strided/groups", GEOMETRY_ANY, STAGES_ANY, NULL, fill_groups},
};
const size_t strided_variant_count = sizeof strided_variants / sizeof *strided_variants;
