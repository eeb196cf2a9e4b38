/* The gpu schedule: windows that slide over channels. */
#include "schedule_gpu.h"

void gpu_fill_window(const problem *p, const caps *device, choice *out)
{
    step *s = add_step(out, p, "gpu/window.cl", "window", false);
    add_index(&s->arguments, p->elements);
    add_ulong(&s->arguments, p->window_before);
    add_ulong(&s->arguments, p->window_after);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_items(s, p->elements, group_size(device, p->elements));
}
