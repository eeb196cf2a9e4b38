#include "choose.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

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

void add_option(step *s, const char *name, long value)
{
    const size_t length = strlen(s->options);
    const int written = snprintf(s->options + length, sizeof s->options - length, " -D%s=%ld", name, value);
    assert(written > 0 && (size_t)written < sizeof s->options - length);
    (void)written;
}

static void add_source(step *s, const char *name)
{
    assert(s->source_count < MAX_SOURCES);
    s->sources[s->source_count++] = name;
}

step *add_step(choice *out, const problem *p, const char *nest, const char *kernel, bool vectors)
{
    static const char *const works[] = {
        [WORK_MAP] = "WORK_MAP",
        [WORK_REDUCE] = "WORK_REDUCE",
        [WORK_REDUCE_MAP] = "WORK_REDUCE_MAP",
        [WORK_WINDOW] = "WORK_WINDOW",
    };
    assert(out->step_count < MAX_STEPS);
    step *s = &out->steps[out->step_count++];
    memset(s, 0, sizeof *s);
    s->kernel = kernel;
    s->index_bits = p->index_bits;
    add_source(s, "prelude.cl");
    add_source(s, "lanes/1.cl");
    add_source(s, p->formula);
    if (vectors) {
        add_source(s, "lanes/16.cl");
        add_source(s, p->formula);
    }
    add_source(s, nest);
    strcpy(s->options, "-cl-std=CL1.2");
    add_option(s, "INDEX_BITS", (long)p->index_bits);
    add_option(s, works[p->work], 1);
    for (size_t i = 0; i < p->define_count; i++)
        add_option(s, p->defines[i].name, p->defines[i].value);
    return s;
}

void add_formula_arguments(step *s, const problem *p)
{
    for (size_t i = 0; i < p->arguments.count; i++) {
        assert(s->arguments.count < MAX_ARGUMENTS);
        s->arguments.items[s->arguments.count++] = p->arguments.items[i];
    }
}

void add_x(step *s)
{
    add_buffer(&s->arguments, offsetof(clnorm_buffers, x));
}

void add_y(step *s, const problem *p)
{
    add_buffer(&s->arguments, p->work == WORK_REDUCE ? NO_BUFFER : offsetof(clnorm_buffers, y));
}

void launch_items(step *s, size_t items, size_t local)
{
    s->dimensions = 1;
    s->local[0] = local;
    s->global[0] = ceil_divide(items, local) * local;
}

void launch_grid(step *s, size_t columns, size_t rows)
{
    s->dimensions = 2;
    s->local[0] = s->local[1] = 1;
    s->global[0] = columns;
    s->global[1] = rows;
}

void add_merge(choice *out, const problem *p, const caps *device, size_t *offset, size_t *parts)
{
    enum { PARTS_MERGED_BY_MAP = 8 };
    if (p->work != WORK_REDUCE && *parts <= PARTS_MERGED_BY_MAP)
        return;
    step *s = add_step(out, p, "merge.cl", "merge", false);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, *parts);
    add_scratch(&s->arguments, *offset);
    if (p->work == WORK_REDUCE) {
        add_formula_arguments(s, p);
    } else {
        *offset = SCRATCH_FIELDS * p->groups * *parts;
        *parts = 1;
        add_scratch(&s->arguments, *offset);
        out->scratch_bytes += SCRATCH_FIELDS * p->groups * sizeof(float);
    }
    launch_items(s, p->groups, least(16, device->max_work_group_size));
}

static void note_refusal(choice *out, const char *name, const char *reason)
{
    const size_t length = strlen(out->refusals);
    snprintf(out->refusals + length, sizeof out->refusals - length, "%s%s: %s", length > 0 ? "; " : "", name,
             reason);
}

static bool take_first(const variant *variants, size_t count, const problem *p, const caps *device, choice *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *reason = variants[i].refuse(p, device);
        if (reason != NULL) {
            note_refusal(out, variants[i].name, reason);
            continue;
        }
        snprintf(out->variant, sizeof out->variant, "%s", variants[i].name);
        variants[i].fill(p, device, out);
        return true;
    }
    return false;
}

clnorm_status choose(const problem *p, const caps *device, clnorm_kernels schedule, choice *out)
{
    memset(out, 0, sizeof *out);
    bool taken = false;
    if (schedule == CLNORM_KERNELS_CPU)
        taken = take_first(cpu_variants, cpu_variant_count, p, device, out);
    else if (schedule == CLNORM_KERNELS_GPU)
        taken = take_first(gpu_variants, gpu_variant_count, p, device, out);
    else
        return fail(CLNORM_INVALID_ARGUMENT, "kernels is fpga, a schedule that this version does not have yet; "
                                             "cpu and gpu are allowed");
    if (!taken)
        taken = take_first(strided_variants, strided_variant_count, p, device, out);
    assert(taken);
    (void)taken;
    return CLNORM_OK;
}
