/* The gpu schedule: windows that slide over channels. */
#include "choose/gpu/gpu.h"

enum {
    LONGEST_WINDOW = 13,          /* what an item's registers hold of one value a channel */
    LONGEST_GRADIENT_WINDOW = 11, /* x, contributions and direct gradients of one value a channel */
    LONGEST_OF_FOUR = 8,          /* values a channel */
    LONGEST_OF_TWO = 12,          /* values a channel */
    LONGEST_GRADIENT_OF_TWO = 6,  /* values a channel */
    LEAST_CHANNELS = 16,          /* of a strip of vectors; as many values in a strip of single ones */
    VALUES_PER_ITEM = 4,          /* where channels follow each other, as in gpu/window.cl */
};

static size_t window_of(const problem *p)
{
    return p->window_before < LONGEST_WINDOW && p->window_after < LONGEST_WINDOW
               ? p->window_before + 1 + p->window_after
               : SIZE_MAX;
}

static const char *refuse_long(const problem *p)
{
    return window_of(p) > (size_t)(p->backward ? LONGEST_GRADIENT_WINDOW : LONGEST_WINDOW) ? "a long window"
                                                                                           : NULL;
}

const char *gpu_refuse_window_inner(const problem *p, const caps *device)
{
    if (p->inner == 1)
        return "channels that follow each other in memory";
    if (device->no_guarded_loads && work_group_size(device, 1) == 1)
        return "the driver does not bear work-groups of one item";
    return refuse_long(p);
}

const char *gpu_refuse_window_last(const problem *p, const caps *device)
{
    if (p->inner > 1)
        return "channels that do not follow each other in memory";
    const char *reason = refuse_long(p);
    return reason != NULL ? reason : gpu_refuse_exchange(p, device);
}

static unsigned lanes_of(const problem *p)
{
    if (p->heavy || window_of(p) > (size_t)(p->backward ? LONGEST_GRADIENT_OF_TWO : LONGEST_OF_TWO))
        return 1;
    if (!p->backward && p->inner % 4 == 0 && window_of(p) <= LONGEST_OF_FOUR)
        return 4;
    return p->inner % 2 == 0 ? 2 : 1;
}

static step *add_window_step(choice *out, const problem *p, const char *kernel, unsigned lanes)
{
    const char *nest = p->backward ? "gpu/window_gradient.cl" : "gpu/window.cl";
    step *s = add_step(out, p, nest, kernel, lanes);
    add_option(s, "WINDOW_BEFORE", (long)p->window_before);
    add_option(s, "WINDOW_AFTER", (long)p->window_after);
    return s;
}

/* An item goes through all channels of a strip of pixels if there are enough strips to fill the device.
 * Otherwise the channels are divided into pieces; each piece reads some channels of its neighbours again. */
void gpu_fill_window_inner(const problem *p, const caps *device, choice *out)
{
    const unsigned lanes = lanes_of(p);
    const size_t strips = p->outer * (p->inner / lanes), size = work_group_size(device, 1);
    const size_t wanted =
        tuning_value(&device->tuning, TUNING_GROUPS_PER_UNIT) * (size_t)device->compute_units * size;
    const size_t least_channels = LEAST_CHANNELS * (4 / lanes);
    const size_t pieces = least(ceil_divide(wanted, strips), ceil_divide(p->kept, least_channels));
    const size_t channels = ceil_divide(p->kept, pieces);
    const size_t items = strips * ceil_divide(p->kept, channels);
    step *s = add_window_step(out, p, p->backward ? "window_inner_gradient" : "window_inner", lanes);
    add_option(s, "BLOCK", p->heavy ? 1 : p->backward ? 2 : 4);
    add_index(&s->arguments, items);
    add_index(&s->arguments, ceil_divide(p->kept, channels));
    add_index(&s->arguments, channels);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, items, size);
}

/* Local memory holds the work-group's values, their neighbours on both sides and, for gradients, what both
 * contribute and their direct gradients. */
void gpu_fill_window_last(const problem *p, const caps *device, choice *out)
{
    const size_t per_item = VALUES_PER_ITEM * sizeof(cl_float) * (p->backward ? 3 : 1);
    const size_t neighbours = (window_of(p) - 1) * sizeof(cl_float) * (p->backward ? 4 : 1);
    const size_t items = ceil_divide(p->elements, VALUES_PER_ITEM);
    const size_t size = work_group_size(device, per_item + neighbours);
    step *s = add_window_step(out, p, p->backward ? "window_last_gradient" : "window_last", 1);
    add_index(&s->arguments, p->elements);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, items, size);
    s->local_memory = size * per_item + neighbours;
}

void gpu_fill_window_any(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "gpu/window.cl", "window", 1);
    add_index(&s->arguments, p->elements);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->elements, work_group_size(device, 1));
}
