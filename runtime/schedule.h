/* What the schedules share: their variants, and the pieces that steps are put together from. Pure. */
#ifndef CLNORM_RUNTIME_SCHEDULE_H
#define CLNORM_RUNTIME_SCHEDULE_H

#include "choose.h"

/* What a variant is made for. GEOMETRY_ANY takes tensors of any strides. */
typedef enum geometry { GEOMETRY_PLANE, GEOMETRY_COLUMN, GEOMETRY_WINDOW, GEOMETRY_ANY } geometry;

typedef enum stages {
    STAGES_MAP,      /* y from known statistics */
    STAGES_FUSED,    /* statistics, and y, in one kernel */
    STAGES_SPLIT,    /* in several */
    STAGES_WINDOW,   /* y from a window */
    STAGES_GRADIENT, /* dx from two windows */
    STAGES_ANY,      /* all but the last two */
} stages;

typedef struct variant {
    const char *name;
    geometry geometry;
    stages stages;
    /* Why it does not take a problem of that kind on this device; NULL: it does. May be absent. */
    const char *(*refuse)(const problem *p, const caps *device);
    /* Fills steps and scratch_bytes. */
    void (*fill)(const problem *p, const caps *device, choice *out);
} variant;

extern const variant cpu_variants[], gpu_variants[], fpga_variants[], strided_variants[];
extern const size_t cpu_variant_count, gpu_variant_count, fpga_variant_count, strided_variant_count;

/* Why a variant does not take this problem on this device; NULL: it does. */
const char *variant_refuses(const variant *v, const problem *p, const caps *device);

/* ---- Steps ---- */

/* A new step: the prelude, the formula for single values, for vectors of `lanes` (1, 2, 4 or 16) too, then
 * the nest; the problem's defines. */
step *add_step(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes);

void add_option(step *s, const char *name, long value);

/* x, and dy in a backward problem. */
void add_sources(step *s, const problem *p);

/* The same and y, or dx in a backward problem; none where there are only statistics. */
void add_tensors(step *s, const problem *p);

void add_formula_arguments(step *s, const problem *p);

/* outer, kept, inner. */
void add_extents(step *s, const problem *p);

/* The size of a work-group whose work-items know nothing of each other. */
size_t loose_group(const caps *device);

/* A one-dimensional launch of at least `items` work-items in work-groups of `local`. */
void launch_items(step *s, size_t items, size_t local);

/* A two-dimensional launch of work-groups of one item. */
void launch_grid(step *s, size_t columns, size_t rows);

/* ---- Statistics in parts ---- */

/* Where partial accumulators lie in scratch, and how many a group has. */
typedef struct partials {
    size_t offset, parts;
} partials;

/* Room for count * floats values in scratch; returns where it begins, counted in values. What is more than
 * size_t holds leaves scratch_bytes at SIZE_MAX. */
size_t reserve_scratch(choice *out, size_t count, size_t floats);

/* Room for `parts` accumulators a group, at the start of scratch. */
partials add_partials(choice *out, const problem *p, size_t parts);

/* Whether the next step may as well merge these few itself. */
bool are_merged_by_map(const problem *p, partials found);

/* A step, yet to be launched, that merges the parts of each group: with WORK_REDUCE the formula saves what it
 * finds; else one accumulator a group is left, where *found then says. */
step *add_merge(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes,
                partials *found);

size_t ceil_divide(size_t a, size_t b);
size_t least(size_t a, size_t b);
size_t most(size_t a, size_t b);

#endif
