/* Tensors of any strides, and windows of any length: legal for every problem, and slow. */
#include "choose/variants.h"

/* See kernels-cl/axes.cl. */
static step *add_strided_step(choice *out, const problem *p, const caps *device, const char *nest,
                              const char *kernel)
{
    step *s = add_step(out, p, nest, kernel, 1);
    if ((device->type & CL_DEVICE_TYPE_GPU) && !device->no_unrolled_axes)
        add_option(s, "UNROLL_AXES", 1);
    return s;
}

/* The arguments that both kernels of strided_window.cl begin with. */
static step *add_window_step(choice *out, const problem *p, const caps *device, const char *kernel)
{
    enum { VALUES_PER_ITEM = 64 };
    const size_t per_item = device->type & CL_DEVICE_TYPE_GPU ? 1 : VALUES_PER_ITEM;
    const problem with = with_channels(p);
    step *s = add_strided_step(out, p, device, "strided_window.cl", kernel);
    add_index(&s->arguments, p->elements);
    add_index(&s->arguments, per_item);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_place_arguments(s, &with);
    launch_items(s, ceil_divide(p->elements, per_item), loose_group(device));
    return s;
}

static void fill_window(const problem *p, const caps *device, choice *out)
{
    step *s = add_window_step(out, p, device, "strided_window");
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
}

/* Two kernels, and two values for each element in between. */
static void fill_window_gradient(const problem *p, const caps *device, choice *out)
{
    const size_t direct = reserve_scratch(out, p->elements, 2), contributions = direct + p->elements;
    step *s = add_window_step(out, p, device, "strided_window_direct");
    add_input_arguments(s, p);
    add_scratch(&s->arguments, direct);
    add_scratch(&s->arguments, contributions);
    add_formula_arguments(s, p);
    s = add_window_step(out, p, device, "strided_window_gradient");
    add_tensor_arguments(s, p);
    add_scratch(&s->arguments, direct);
    add_scratch(&s->arguments, contributions);
    add_formula_arguments(s, p);
}

static void fill_groups(const problem *p, const caps *device, choice *out)
{
    step *s = add_strided_step(out, p, device, "strided.cl", "strided");
    if (p->sums != 0)
        add_option(s, "SUMS_TENSOR", 1);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->group_size);
    add_place_arguments(s, p);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->groups, loose_group(device));
}

const variant strided_variants[] = {
    {"strided/window", GEOMETRY_ANY, STAGES_WINDOW, NULL, fill_window},
    {"strided/window_gradient", GEOMETRY_ANY, STAGES_GRADIENT, NULL, fill_window_gradient},
    {"strided/groups", GEOMETRY_ANY, STAGES_ANY, NULL, fill_groups},
};
const size_t strided_variant_count = sizeof strided_variants / sizeof *strided_variants;
