/* The gpu schedule: groups that lie side by side. */
#include "schedule_gpu.h"

enum {
    ITEM_ROWS = 64, /* as in gpu/column.cl */
    MAP_ROWS = 16,
};

/* Blocks of columns, and how work-groups lie over them. */
typedef struct column_blocks {
    size_t size;   /* items of a work-group */
    size_t width;  /* columns of a block */
    size_t blocks; /* of a batch entry */
    size_t parts;  /* of a column */
} column_blocks;

static column_blocks blocks_of(const problem *p, const caps *device)
{
    column_blocks b = {.size = group_size(device, p->elements / p->batch)};
    b.blocks = ceil_divide(p->kept, b.size);
    b.width = ceil_divide(p->kept, b.blocks);
    b.parts = ceil_divide(p->outer, ITEM_ROWS * (b.size / b.width));
    return b;
}

const char *gpu_refuse_column_fused(const problem *p, const caps *device)
{
    const column_blocks b = blocks_of(p, device);
    if (b.parts == 1 || p->batch * b.blocks >= GROUPS_PER_UNIT * (size_t)device->compute_units)
        return NULL;
    return "too few columns to fill the device";
}

static void add_column_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t pieces = p->groups * ceil_divide(p->outer, MAP_ROWS);
    step *s = add_step(out, p, "gpu/column.cl", "column_map", false);
    add_index(&s->arguments, pieces);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensors(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, pieces, group_size(device, pieces));
}

void gpu_fill_column_map(const problem *p, const caps *device, choice *out)
{
    add_column_map(p, device, out, NULL);
}

void gpu_fill_column_fused(const problem *p, const caps *device, choice *out)
{
    const column_blocks b = blocks_of(p, device);
    step *s = add_step(out, p, "gpu/column.cl", "column_fused", false);
    add_index(&s->arguments, b.blocks * p->batch);
    add_index(&s->arguments, b.blocks);
    add_uint(&s->arguments, b.width);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensors(s, p);
    add_formula_arguments(s, p);
    launch_groups(s, b.blocks * p->batch, b.size);
}

void gpu_fill_column_split(const problem *p, const caps *device, choice *out)
{
    const column_blocks b = blocks_of(p, device);
    const partials found = add_partials(out, p, b.parts);
    step *s = add_step(out, p, "gpu/column.cl", "column_statistics", false);
    add_index(&s->arguments, b.blocks * p->batch * b.parts);
    add_index(&s->arguments, b.blocks);
    add_index(&s->arguments, b.parts);
    add_uint(&s->arguments, b.width);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_sources(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_groups(s, b.blocks * p->batch * b.parts, b.size);
    const partials merged = merge_parts(p, device, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_column_map(p, device, out, &merged);
}
