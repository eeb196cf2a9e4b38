/* The gpu schedule: groups that lie side by side, `lanes` of them a vector. */
#include "choose/gpu/gpu.h"

enum {
    USUAL_BYTES = 512, /* of a block's row */
    LEAST_BYTES = 64,  /* what GPUs read at once */
};

/* How a work-group lies over a block of columns. */
typedef struct blocks {
    unsigned lanes;
    size_t size;        /* items of a work-group */
    size_t width, rows; /* in vectors; in items, a power of two */
    size_t blocks;      /* of a batch entry */
} blocks;

/* The lanes of a vector, so that all cases need about the same number of registers: 4 for x alone; 2 if there
 * are also dy or sums; 1 if both x and dy are held until the results are known. Fewer if kept is not
 * divisible by that. */
static unsigned lanes_of(const problem *p, bool held)
{
    if (p->work == WORK_MAP && !p->backward && p->kept % 4 == 0)
        return 4;
    return !(held && p->backward) && p->kept % 2 == 0 ? 2 : 1;
}

/* Where nothing is summed, what was measured may say that fewer are faster. */
static unsigned usual_lanes(const problem *p, const caps *device)
{
    const size_t allowed = p->work == WORK_MAP ? tuning_value(&device->tuning, TUNING_MAP_LANES) : 4;
    unsigned lanes = lanes_of(p, false);
    while (lanes > allowed)
        lanes /= 2;
    return lanes;
}

/* Rows that an item holds in a tile: REGISTER_ROWS in kernels-cl. */
static size_t rows_held(const problem *p, unsigned lanes)
{
    return lanes > 1 || p->backward ? GPU_HELD_FEWER : GPU_HELD;
}

/* As gpu/column.cl declares it, or a little more. */
static size_t local_memory(const blocks *b)
{
    const size_t coefficients = least(b->size, GPU_COLUMN_WIDTH) * COEFFICIENT_BYTES;
    return b->lanes * most(coefficients, ceil_divide(b->size, 2) * ACCUMULATOR_BYTES);
}

/* Blocks of rows of at most so many bytes, all of about the same width. */
static blocks blocks_of(const problem *p, const caps *device, unsigned lanes, size_t bytes)
{
    blocks b = {.lanes = lanes};
    const size_t vectors = p->kept / lanes,
                 width = least(bytes / (lanes * sizeof(cl_float)), GPU_COLUMN_WIDTH);
    b.size = work_group_size(device, b.lanes * COEFFICIENT_BYTES);
    b.blocks = ceil_divide(vectors, least(width, b.size));
    b.width = ceil_divide(vectors, b.blocks);
    b.rows = power_of_two(b.size / b.width + 1) / 2; /* the largest that there is room for */
    return b;
}

static blocks usual_blocks(const problem *p, const caps *device)
{
    return blocks_of(p, device, usual_lanes(p, device), USUAL_BYTES);
}

/* How many tiles each item has to hold of all rows of a block. */
static size_t tiles_of(const problem *p, const blocks *b)
{
    return ceil_divide(p->outer, rows_held(p, b->lanes) * b->rows);
}

/* The widest blocks that a work-group can hold; false: none. */
static bool held_blocks(const problem *p, const caps *device, blocks *held)
{
    const unsigned lanes = lanes_of(p, true);
    for (size_t tiles = 1; tiles <= most_held_tiles(p); tiles++) {
        for (size_t bytes = USUAL_BYTES; bytes >= LEAST_BYTES; bytes /= 2) {
            *held = blocks_of(p, device, lanes, bytes);
            if (tiles_of(p, held) <= tiles)
                return true;
        }
    }
    return false;
}

const char *gpu_refuse_column_fused(const problem *p, const caps *device)
{
    blocks held;
    if (!held_blocks(p, device, &held))
        return "columns that no work-group can hold";
    return gpu_refuse_exchange(p, device);
}

static void launch_blocks(step *s, const blocks *b, size_t groups)
{
    launch_items(s, groups * b->size, b->size);
    s->local_memory = local_memory(b);
}

static size_t parts_of(const problem *p, const blocks *b)
{
    return ceil_divide(p->outer, GPU_PART / b->lanes * b->rows);
}

static void add_shape(step *s, const blocks *b)
{
    add_uint(&s->arguments, b->width);
    add_uint(&s->arguments, b->rows);
    add_index(&s->arguments, b->blocks);
}

static void add_column_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const blocks b = usual_blocks(p, device);
    const size_t count = b.blocks * p->batch, groups = count * parts_of(p, &b);
    step *s = add_step(out, p, "gpu/column.cl", "column_map", b.lanes);
    add_index(&s->arguments, groups);
    add_shape(s, &b);
    add_index(&s->arguments, count);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_blocks(s, &b, groups);
}

void gpu_fill_column_map(const problem *p, const caps *device, choice *out)
{
    add_column_map(p, device, out, NULL);
}

void gpu_fill_column_fused(const problem *p, const caps *device, choice *out)
{
    blocks b;
    held_blocks(p, device, &b);
    step *s = add_merging_step(out, p, device, "gpu/column.cl", "column_fused", b.lanes);
    add_option(s, "HELD_TILES", (long)tiles_of(p, &b));
    add_index(&s->arguments, b.blocks * p->batch);
    add_shape(s, &b);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_blocks(s, &b, b.blocks * p->batch);
}

void gpu_fill_column_split(const problem *p, const caps *device, choice *out)
{
    const blocks b = usual_blocks(p, device);
    const size_t count = b.blocks * p->batch, parts = parts_of(p, &b);
    const partials found = add_partials(out, p, parts);
    step *s = add_merging_step(out, p, device, "gpu/column.cl", "column_statistics", b.lanes);
    add_index(&s->arguments, count * parts);
    add_shape(s, &b);
    add_index(&s->arguments, count);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, parts);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_input_arguments(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_blocks(s, &b, count * parts);
    const partials merged = merge_parts(p, device, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_column_map(p, device, out, &merged);
}
