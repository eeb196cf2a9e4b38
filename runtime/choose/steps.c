#include "choose/steps.h"

#include "../../kernels-cl/parameters.cl"
#include "base/tensor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool choice_has_buffer(const choice *chosen, size_t field)
{
    for (size_t i = 0; i < chosen->step_count; i++) {
        const argument_list *list = &chosen->steps[i].arguments;
        for (size_t k = 0; k < list->count; k++)
            if (list->items[k].kind == ARGUMENT_BUFFER && list->items[k].field == field)
                return true;
    }
    return false;
}

size_t ceil_divide(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

void add_words(step *s, const char *words)
{
    const size_t length = strlen(s->options), more = strlen(words) + 1;
    assert(length + more < sizeof s->options);
    s->options[length] = ' ';
    memcpy(s->options + length + 1, words, more);
}

void add_option(step *s, const char *name, long value)
{
    char words[64];
    const int written = snprintf(words, sizeof words, "-D%s=%ld", name, value);
    assert(written > 0 && (size_t)written < sizeof words);
    (void)written;
    add_words(s, words);
}

static void add_file(step *s, const char *name)
{
    assert(s->source_count < MAX_SOURCES);
    s->sources[s->source_count++] = name;
}

step *add_step(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes)
{
    static const char *const works[] = {
        [WORK_MAP] = "WORK_MAP",
        [WORK_REDUCE] = "WORK_REDUCE",
        [WORK_REDUCE_MAP] = "WORK_REDUCE_MAP",
        [WORK_WINDOW] = "WORK_WINDOW",
    };
    static const char *const vectors[] = {[2] = "lanes/2.cl", [4] = "lanes/4.cl", [16] = "lanes/16.cl"};
    assert(out->step_count < MAX_STEPS);
    step *s = &out->steps[out->step_count++];
    memset(s, 0, sizeof *s);
    s->kernel = kernel;
    s->index_bits = p->index_bits;
    add_file(s, "prelude.cl");
    add_file(s, "lanes/1.cl");
    add_file(s, p->formula);
    if (lanes > 1) {
        add_file(s, vectors[lanes]);
        add_file(s, p->formula);
    }
    add_file(s, nest);
    strcpy(s->options, "-cl-std=CL1.2");
    add_option(s, "INDEX_BITS", (long)p->index_bits);
    add_option(s, works[p->work], 1);
    if (p->backward)
        add_option(s, "BACKWARD", 1);
    if (p->accumulates)
        add_option(s, "ACCUMULATES", 1);
    char only[48];
    snprintf(only, sizeof only, "KERNEL_%s", kernel);
    add_option(s, only, 1);
    for (size_t i = 0; i < p->define_count; i++)
        add_option(s, p->defines[i].name, p->defines[i].value);
    return s;
}

void add_argument(step *s, const argument *added)
{
    assert(s->arguments.count < MAX_ARGUMENTS);
    s->arguments.items[s->arguments.count++] = *added;
}

void add_formula_arguments(step *s, const problem *p)
{
    for (size_t i = 0; i < p->arguments.count; i++)
        add_argument(s, &p->arguments.items[i]);
}

void add_input_arguments(step *s, const problem *p)
{
    add_buffer(&s->arguments, offsetof(clnorm_buffers, x));
    if (p->backward)
        add_buffer(&s->arguments, offsetof(clnorm_buffers, dy));
}

void add_tensor_arguments(step *s, const problem *p)
{
    const size_t result = p->backward ? offsetof(clnorm_buffers, dx) : offsetof(clnorm_buffers, y);
    add_input_arguments(s, p);
    add_buffer(&s->arguments, p->work == WORK_REDUCE ? NO_BUFFER : result);
}

void add_place_arguments(step *s, const problem *p)
{
    add_uint(&s->arguments, p->kept_axes);
    add_uint(&s->arguments, p->axis_count);
    add_axes(&s->arguments, p->sizes, p->axis_count, 1);
    add_axes(&s->arguments, p->x_strides, p->axis_count, 0);
    add_axes(&s->arguments, p->dy_strides, p->axis_count, 0);
    add_axes(&s->arguments, p->sums != 0 ? p->sums_strides : p->y_strides, p->axis_count, 0);
    for (size_t i = 0; i < p->operand_count; i++)
        add_axes(&s->arguments, p->operands[i].strides, p->axis_count, 0);
}

problem with_channels(const problem *p)
{
    problem with = *p;
    size_t *const all[] = {with.sizes, with.x_strides, with.dy_strides, with.y_strides};
    if (p->kept_axes > 0)
        return with;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        memmove(all[i] + 1, all[i], p->axis_count * sizeof *all[i]);
        all[i][0] = 0;
    }
    with.sizes[0] = 1;
    with.kept_axes = 1;
    with.axis_count++;
    return with;
}

void add_extents(step *s, const problem *p)
{
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
}

/* PoCL compiles a kernel at its first launch, for that work-group size, and again for a launch of more than
 * 65535 work-groups. Once the program's binary has been asked for, it never contains what is compiled later.
 * Therefore a program holds one kernel only (KERNEL_<name>), and these two defines make separate programs of
 * launches for which PoCL would compile again. Seen with PoCL 3.1. */
static void tell_launch(step *s, bool many_groups)
{
    add_option(s, "LOCAL_SIZE", (long)s->local[0]);
    add_option(s, "MANY_GROUPS", many_groups);
}

size_t loose_group(const caps *device)
{
    const size_t most = least(device->max_work_group_size, device->max_work_item_size);
    return least(device->type & CL_DEVICE_TYPE_GPU ? 64 : 16, most);
}

void launch_items(step *s, size_t items, size_t local)
{
    s->dimensions = 1;
    s->local[0] = local;
    s->global[0] = ceil_divide(items, local) * local;
    tell_launch(s, s->global[0] / local > 65535);
}

void launch_grid(step *s, size_t columns, size_t rows)
{
    s->dimensions = 2;
    s->local[0] = s->local[1] = 1;
    s->global[0] = columns;
    s->global[1] = rows;
    tell_launch(s, columns > 65535 || rows > 65535);
}

size_t reserve_scratch(choice *out, size_t count, size_t floats)
{
    const size_t begin = out->scratch_bytes / sizeof(float);
    size_t bytes;
    if (!checked_multiply(count, floats, &bytes) || !checked_multiply(bytes, sizeof(float), &bytes) ||
        !checked_add(out->scratch_bytes, bytes, &out->scratch_bytes))
        out->scratch_bytes = SIZE_MAX;
    return begin;
}

partials add_partials(choice *out, const problem *p, size_t parts)
{
    if (out->parts == 0)
        out->parts = parts;
    /* Cannot overflow: each part has at least one element. */
    return (partials){reserve_scratch(out, p->groups * parts, MOST_ACCUMULATOR_FIELDS), parts};
}

bool are_merged_by_map(const problem *p, partials found)
{
    enum { PARTS_MERGED_BY_MAP = 8 };
    return p->work != WORK_REDUCE && found.parts <= PARTS_MERGED_BY_MAP;
}

step *add_merge(choice *out, const problem *p, const char *nest, const char *kernel, unsigned lanes,
                partials *found)
{
    step *s = add_step(out, p, nest, kernel, lanes);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, found->parts);
    add_scratch(&s->arguments, found->offset);
    if (p->work == WORK_REDUCE) {
        add_formula_arguments(s, p);
        return s;
    }
    *found = add_partials(out, p, 1);
    add_scratch(&s->arguments, found->offset);
    return s;
}
