/* Steps: data that describe kernels and their launches, and helpers with which all schedules build them.
 * Pure. */
#ifndef CLNORM_CHOOSE_STEPS_H
#define CLNORM_CHOOSE_STEPS_H

#include "devices/device_info.h"
#include "operations/problem.h"

enum { MAX_STEPS = 10, MAX_SOURCES = 10, MAX_REFUSALS = 512, VARIANT_SIZE = 48 };

/* One kernel and its launch. */
typedef struct step {
    const char *sources[MAX_SOURCES]; /* .cl files, in order */
    size_t source_count;
    char options[384]; /* for clBuildProgram */
    const char *kernel;
    unsigned index_bits;
    cl_uint dimensions;
    size_t global[2], local[2];
    size_t local_memory; /* bytes that the kernel declares */
    bool sub_groups;     /* its items exchange values by an extension */
    /* The first is `work`: how much there is to do, as the kernel counts it. 0 does nothing. */
    argument_list arguments;
} step;

typedef struct choice {
    char variant[VARIANT_SIZE]; /* "cpu/plane/fused" */
    step steps[MAX_STEPS];
    size_t step_count;
    size_t scratch_bytes;
    size_t parts;                /* of a group's first partial sums; 0: it is not summed in parts */
    char refusals[MAX_REFUSALS]; /* "variant: reason; ...", as far as there is room */
} choice;

/* Whether a step has this buffer, an offset in clnorm_buffers, as an argument. */
bool choice_has_buffer(const choice *chosen, size_t field);

/* ---- Putting a step together ---- */

/* A new step: the prelude, the formula for single values, for vectors of `lanes` (1, 2, 4 or 16) too, then
 * the nest; the problem's defines. */
step *add_step(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes);

/* Options of the compiler, as they are; and a macro. */
void add_words(step *s, const char *words);
void add_option(step *s, const char *name, long value);

/* x, and dy in a backward problem. */
void add_input_arguments(step *s, const problem *p);

/* The same and y, or dx in a backward problem; none where there are only statistics. */
void add_tensor_arguments(step *s, const problem *p);

void add_argument(step *s, const argument *added);

void add_formula_arguments(step *s, const problem *p);

/* AXES_PARAMETERS of kernels-cl/places.cl: the axes, and the strides of x, dy, y or sums, and operands. */
void add_place_arguments(step *s, const problem *p);

/* A window problem whose channels are an axis also where there is only one, which leaves none. */
problem with_channels(const problem *p);

/* outer, kept, inner. */
void add_extents(step *s, const problem *p);

/* The size of a work-group whose work-items do not cooperate. */
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

/* Whether the parts are so few that the map, the next step, merges them itself. */
bool are_merged_by_map(const problem *p, partials found);

/* Adds a step that merges the parts of each group; the caller adds its launch. With WORK_REDUCE the formula
 * saves the statistics; else the step leaves one accumulator for each group, and *found says where. */
step *add_merge(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes,
                partials *found);

size_t ceil_divide(size_t a, size_t b);
size_t least(size_t a, size_t b);
size_t most(size_t a, size_t b);

#endif
