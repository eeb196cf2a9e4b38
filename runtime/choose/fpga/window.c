/* The fpga schedule's windows: short ones in shift registers, all others through memory. */
#include "choose/fpga/fpga.h"

#include "../../../kernels-cl/fpga/parameters.cl"

const char *fpga_refuse_window(const problem *p, const caps *device)
{
    (void)device;
    const size_t channels = p->dense ? p->kept : p->groups;
    const size_t reach = least(most(p->window_before, p->window_after), channels - 1);
    if (p->work != WORK_WINDOW)
        return "not a window";
    return reach > WINDOW_RADIUS ? "a long window" : fpga_refuse_unknown(p);
}

static step *add_window(choice *out, const fpga_problem *f, const char *kernel, size_t work)
{
    step *s = fpga_step(out, kernel);
    add_index(&s->arguments, work);
    add_ulong(&s->arguments, f->p->window_before);
    add_ulong(&s->arguments, f->p->window_after);
    add_index(&s->arguments, f->kept);
    add_index(&s->arguments, f->inner);
    fpga_add_tensor(s, f->x);
    return s;
}

static void finish_window(step *s, const fpga_problem *f)
{
    fpga_add_tensor(s, f->result);
    if (f->p->backward)
        add_uint(&s->arguments, f->p->accumulates);
    add_formula_arguments(s, f->p);
}

static void add_short(choice *out, const fpga_problem *f)
{
    step *s = add_window(out, f, fpga_kernels_of(f->p)->window, f->outer);
    if (f->p->backward)
        fpga_add_tensor(s, f->dy);
    finish_window(s, f);
}

static void add_long(choice *out, const fpga_problem *f)
{
    const size_t work = f->p->elements;
    finish_window(add_window(out, f, fpga_kernels_of(f->p)->window_long, work), f);
}

/* Two kernels, and two values for each element in between. */
static void add_long_gradient(choice *out, const fpga_problem *f)
{
    const size_t work = f->p->elements;
    const fpga_tensor direct = fpga_scratch(out, work), contributions = fpga_scratch(out, work);
    const fpga_kernels *kernels = fpga_kernels_of(f->p);
    step *s = add_window(out, f, kernels->window_direct, work);
    fpga_add_tensor(s, f->dy);
    fpga_add_tensor(s, direct);
    fpga_add_tensor(s, contributions);
    add_formula_arguments(s, f->p);
    s = add_window(out, f, kernels->window_collect, work);
    fpga_add_tensor(s, f->dy);
    fpga_add_tensor(s, direct);
    fpga_add_tensor(s, contributions);
    finish_window(s, f);
}

void fpga_fill_window(const problem *p, choice *out, bool is_long)
{
    const fpga_problem f = fpga_begin(out, p);
    if (!is_long)
        add_short(out, &f);
    else if (p->backward)
        add_long_gradient(out, &f);
    else
        add_long(out, &f);
    fpga_end(out, &f);
}
