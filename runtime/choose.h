/*
 * From a canonical problem and a device's limits to the kernels that run it. Pure data in, pure data out: no
 * device is asked, so that a test can invent one.
 *
 * A schedule is an ordered list of variants. The first that does not refuse the problem is taken; the
 * strided variants at the end of every list take all of them.
 */
#ifndef CLNORM_RUNTIME_CHOOSE_H
#define CLNORM_RUNTIME_CHOOSE_H

#include "device.h"
#include "problem.h"

enum { MAX_STEPS = 3, MAX_SOURCES = 10, MAX_REFUSALS = 512 };

/* One kernel and its launch. */
typedef struct step {
    const char *sources[MAX_SOURCES]; /* .cl files, in order */
    size_t source_count;
    char options[256];                /* for clBuildProgram */
    const char *kernel;
    unsigned index_bits;
    cl_uint dimensions;
    size_t global[2], local[2];
    /* The first is `work`: how much there is to do, as the kernel counts it. 0 does nothing. */
    argument_list arguments;
} step;

typedef struct choice {
    char variant[48]; /* "cpu/plane/fused" */
    step steps[MAX_STEPS];
    size_t step_count;
    size_t scratch_bytes;
    char refusals[MAX_REFUSALS]; /* "variant: reason; ...", as far as there is room */
} choice;

/* Fails only for a schedule that this version does not have. */
clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out);

/* ---- For the schedules ---- */

typedef struct variant {
    const char *name;
    /* Why it does not take this problem on this device; NULL: it does. */
    const char *(*refuse)(const problem *p, const caps *device);
    /* Fills steps and scratch_bytes. */
    void (*fill)(const problem *p, const caps *device, choice *out);
} variant;

extern const variant cpu_variants[], gpu_variants[], strided_variants[];
extern const size_t cpu_variant_count, gpu_variant_count, strided_variant_count;

/* A new step: the prelude, the formula for single values, for vectors of 16 too if `vectors`, then the
 * nest; the problem's defines. */
step *add_step(choice *out, const problem *p, const char *nest, const char *kernel, bool vectors);

void add_option(step *s, const char *name, long value);

/* Appends the formula's arguments. */
void add_formula_arguments(step *s, const problem *p);

/* x or y; y is none where there are only statistics. */
void add_x(step *s);
void add_y(step *s, const problem *p);

/* A one-dimensional launch of at least `items` work-items in work-groups of `local`. */
void launch_items(step *s, size_t items, size_t local);

/* A two-dimensional launch of work-groups of one item. */
void launch_grid(step *s, size_t columns, size_t rows);

size_t ceil_divide(size_t a, size_t b);
size_t least(size_t a, size_t b);
size_t most(size_t a, size_t b);

/* Fields of an accumulator in scratch, at most: see ACCUMULATOR_FIELDS in kernels-cl/accumulators. */
enum { SCRATCH_FIELDS = 5 };

/* Statistics in `parts` partials at the start of scratch become one accumulator a group behind them, or,
 * for WORK_REDUCE, what the formula saves. Adds nothing where the next step may as well merge them itself;
 * *offset and *parts then are, or stay, where and how many they are. */
void add_merge(choice *out, const problem *p, const caps *device, size_t *offset, size_t *parts);

#endif
