/*
 * The fpga schedule: single work-items that stream over dense tensors. All its kernels are in one program
 * (kernels-cl/fpga/image.cl), so that an FPGA is programmed once. Tensors that are not dense are first copied
 * to dense ones by a separate kernel, which keeps the pipelines of the others simple.
 */
#include "choose/fpga/fpga.h"

#include "../../../kernels-cl/fpga/parameters.cl"

#include <string.h>

/* ---- Groups ---- */

/* How the accumulators on the chip are divided among groups. A group's tiles of VECTOR values go to its slots
 * in turn. Each group gets a power of two of slots: enough that at least MERGE_DISTANCE steps lie between two
 * uses of the same slot, or that no slot is used twice. */
typedef struct sharing {
    size_t groups_per_block, slots_per_group;
} sharing;

static sharing share_slots(const fpga_problem *f)
{
    const size_t columns = f->inner == 1 ? least(f->kept, SLOTS) : 1; /* take turns by themselves */
    const size_t tiles =
        f->inner == 1 ? ceil_divide(f->outer, VECTOR) : f->outer * ceil_divide(f->inner, VECTOR);
    size_t slots = 1;
    while (slots < tiles && slots * columns < MERGE_DISTANCE)
        slots *= 2;
    return (sharing){f->inner == 1 ? columns : SLOTS / slots, slots};
}

static void add_fpga_extents(step *s, const fpga_problem *f)
{
    add_index(&s->arguments, f->outer);
    add_index(&s->arguments, f->kept);
    add_index(&s->arguments, f->inner);
}

static void add_fpga_inputs(step *s, const fpga_problem *f)
{
    fpga_add_tensor(s, f->x);
    if (f->p->backward)
        fpga_add_tensor(s, f->dy);
}

static void add_reduce(choice *out, const fpga_problem *f, const char *kernel, fpga_tensor sets)
{
    const sharing shared = share_slots(f);
    step *s = fpga_step(out, kernel);
    add_index(&s->arguments, f->groups);
    add_uint(&s->arguments, shared.groups_per_block);
    add_uint(&s->arguments, shared.slots_per_group);
    add_fpga_extents(s, f);
    add_fpga_inputs(s, f);
    if (f->p->backward || f->p->operand_count > 0)
        fpga_add_formula_arguments(s, f);
    fpga_add_tensor(s, sets);
}

/* `sets`: the statistics, where they are not given. */
static void add_map(choice *out, const fpga_problem *f, const char *kernel, const fpga_tensor *sets,
                    bool saves, fpga_tensor result)
{
    step *s = fpga_step(out, kernel);
    add_index(&s->arguments, f->groups);
    add_uint(&s->arguments, SLOTS);
    add_fpga_extents(s, f);
    add_fpga_inputs(s, f);
    fpga_add_tensor(s, result);
    if (f->p->backward)
        add_uint(&s->arguments, f->p->accumulates);
    if (sets != NULL) {
        fpga_add_tensor(s, *sets);
        add_uint(&s->arguments, saves);
    }
    fpga_add_formula_arguments(s, f);
}

static void add_save(choice *out, const fpga_problem *f, const char *kernel, fpga_tensor sets)
{
    step *s = fpga_step(out, kernel);
    add_index(&s->arguments, f->groups);
    fpga_add_tensor(s, sets);
    fpga_add_formula_arguments(s, f);
}

/* As fpga_begin, but if outer is 1, the groups of all batch entries follow each other in memory, and kept is
 * set to the number of all of them. */
static fpga_problem begin_groups(choice *out, const problem *p)
{
    fpga_problem f = fpga_begin(out, p);
    if (f.outer == 1)
        f.kept = f.groups;
    return f;
}

const char *fpga_refuse_unknown(const problem *p)
{
    return fpga_kernels_of(p) != NULL ? NULL : "a formula that the image does not have";
}

static const char *refuse_groups(const problem *p, const caps *device)
{
    (void)device;
    return p->work == WORK_WINDOW ? "a window" : !p->dense ? "not dense" : fpga_refuse_unknown(p);
}

static const char *refuse_strided_groups(const problem *p, const caps *device)
{
    (void)device;
    return p->work == WORK_WINDOW ? "a window" : fpga_refuse_unknown(p);
}

static const char *refuse_long_window(const problem *p, const caps *device)
{
    (void)device;
    return fpga_refuse_unknown(p);
}

static void fill_map(const problem *p, const caps *device, choice *out)
{
    (void)device;
    const fpga_problem f = begin_groups(out, p);
    add_map(out, &f, fpga_kernels_of(p)->map, NULL, false, f.result);
    fpga_end(out, &f);
}

/* Statistics must be saved in the last step. If results still have to be copied, that is an additional map
 * which saves the statistics and computes no results. */
static void fill_groups(const problem *p, const caps *device, choice *out)
{
    (void)device;
    const fpga_kernels *kernels = fpga_kernels_of(p);
    const fpga_problem f = begin_groups(out, p);
    const fpga_tensor sets = {true, add_partials(out, p, 1).offset}, nothing = {false, NO_BUFFER};
    /* behind the sets: what a formula rescaled (kernels-cl/fpga/reduce.cl) */
    reserve_scratch(out, p->groups, 1);
    add_reduce(out, &f, kernels->reduce, sets);
    if (kernels->save != NULL) {
        add_save(out, &f, kernels->save, sets);
        fpga_end(out, &f);
        return;
    }
    if (!f.result.scratch) {
        add_map(out, &f, kernels->map, &sets, true, f.result);
        return;
    }
    add_map(out, &f, kernels->map, &sets, false, f.result);
    fpga_end(out, &f);
    add_map(out, &f, kernels->map, &sets, true, nothing);
}

static void fill_short_window(const problem *p, const caps *device, choice *out)
{
    (void)device;
    fpga_fill_window(p, out, false);
}

static void fill_long_window(const problem *p, const caps *device, choice *out)
{
    (void)device;
    fpga_fill_window(p, out, true);
}

const variant fpga_variants[] = {
    {"fpga/map", GEOMETRY_ANY, STAGES_MAP, refuse_groups, fill_map},
    {"fpga/groups", GEOMETRY_ANY, STAGES_SPLIT, refuse_groups, fill_groups},
    {"fpga/strided/map", GEOMETRY_ANY, STAGES_MAP, refuse_strided_groups, fill_map},
    {"fpga/strided/groups", GEOMETRY_ANY, STAGES_SPLIT, refuse_strided_groups, fill_groups},
    {"fpga/window", GEOMETRY_WINDOW, STAGES_WINDOW, fpga_refuse_window, fill_short_window},
    {"fpga/window_gradient", GEOMETRY_WINDOW, STAGES_GRADIENT, fpga_refuse_window, fill_short_window},
    {"fpga/strided/window", GEOMETRY_ANY, STAGES_WINDOW, fpga_refuse_window, fill_short_window},
    {"fpga/strided/window_gradient", GEOMETRY_ANY, STAGES_GRADIENT, fpga_refuse_window, fill_short_window},
    {"fpga/long/window", GEOMETRY_ANY, STAGES_WINDOW, refuse_long_window, fill_long_window},
    {"fpga/long/window_gradient", GEOMETRY_ANY, STAGES_GRADIENT, refuse_long_window, fill_long_window},
};
const size_t fpga_variant_count = sizeof fpga_variants / sizeof *fpga_variants;
