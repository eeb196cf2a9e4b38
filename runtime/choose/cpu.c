/*
 * The cpu schedule: a work-item owns a long contiguous piece and works through it in vectors of 16. There are
 * a few pieces for each core, no barriers and no local memory. How values are divided into partial sums is
 * fixed by kernels-cl/parameters.cl; this file only decides which work-item computes which of them.
 */
#include "choose/variants.h"

#include "../../kernels-cl/parameters.cl"

enum {
    LANES = 16,
    SMALLEST_PIECE = 4096, /* values; less is not worth a work-group */
    SMALL_FOLDED = 262144, /* values of columns that are folded, unless the tensor is no larger */
    SHORT_ROW = 128,       /* values; longer rows are faster if some are summed while others are normalized */
    SHORT_GROUP = 8192,    /* values; splitting such a group is not worth it */
    BATCH_VALUES = 32768,  /* values of the groups that are summed before the first of them is normalized, so
                              that they and their results stay in the second-level cache */
    MANY_ROWS = 65536,     /* bytes of rows that are worth a program for their length */
    LONGEST_WINDOW = 32,   /* values that fit well into a private array */
    WINDOW_REACH = 16,     /* channels: two vectors hold a window of one more, and its sum may be one float */
    WINDOW_LINES = 3,      /* vectors of scratch for each channel, see kernels-cl/cpu/window_long.cl */
    GRADIENT_LINES = 5,
    MOST_LINES = 64 << 20, /* bytes of them that all work-items together may have */
    CACHE_UNKNOWN = 8 << 20,
    MOST_SHARED = 6 << 20, /* bytes of a cache shared by all that a compute unit can count on: a virtual
                              machine with two cores may be told of its whole socket's */
};

static size_t pieces(const caps *device)
{
    return tuning_value(&device->tuning, TUNING_PIECES_PER_UNIT) * most(device->compute_units, 1);
}

/* The number of blocks of `width` columns, counting whole vectors only; columns that fill no vector belong to
 * the last block. */
static size_t most_blocks(size_t columns, size_t width)
{
    return most(ceil_divide(columns / LANES, width / LANES), 1);
}

/* How many of `units`, of `unit_values` each, a work-item takes. */
static size_t units_per_item(const caps *device, size_t units, size_t unit_values)
{
    const size_t even = ceil_divide(units, pieces(device));
    return most(even, ceil_divide(SMALLEST_PIECE, most(unit_values, 1)));
}

/* Bytes that all compute units together may keep in caches. */
static size_t usable_cache(const caps *device)
{
    const size_t units = most(device->compute_units, 1), near = device->unit_cache.near;
    const size_t claimed = device->cache > 0 ? device->cache : CACHE_UNKNOWN;
    if (near == 0)
        return least(claimed, units * MOST_SHARED);
    return units * (near + least(device->unit_cache.far, MOST_SHARED));
}

/* Whether to write results past the cache: they are too large to stay in it beside what is read. */
static bool streams(const problem *p, const caps *device)
{
    const size_t limit = tuning_value(&device->tuning, TUNING_STREAM_BYTES), tensors = p->backward ? 3 : 2;
    return p->result_bytes > (limit > 0 ? limit : usable_cache(device) / tensors);
}

static step *add_cpu_step(choice *out, const problem *p, const caps *device, const char *nest,
                          const char *kernel)
{
    step *s = add_step(out, p, nest, kernel, LANES);
    add_option(s, "STREAM", streams(p, device));
    return s;
}

/* For larger ones, three launches on all cores beat a single launch. */
static bool is_small(const problem *p, const caps *device)
{
    return p->elements <= tuning_value(&device->tuning, TUNING_SMALL_TENSOR);
}

/* The parts of each group become one; a few are left for the next step. */
static partials merge_parts(const problem *p, choice *out, partials found)
{
    if (are_merged_by_map(p, found))
        return found;
    step *s = add_merge(out, p, "cpu/merge.cl", "merge", LANES, &found);
    launch_items(s, ceil_divide(p->groups, LANES), 1);
    return found;
}

/* ---- plane ---- */

/* Groups are not split here: there must be enough to keep all cores busy, unless they or the tensor are
 * small. */
static const char *refuse_plane_fused(const problem *p, const caps *device)
{
    if (p->group_size <= SHORT_GROUP || is_small(p, device) || p->groups >= pieces(device))
        return NULL;
    return "too few groups to keep all cores busy";
}

/* `found`: the statistics, where they are not given. */
static void add_plane_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t per_item = units_per_item(device, p->elements, 1);
    step *s = add_cpu_step(out, p, device, "cpu/plane.cl", "plane_map");
    add_index(&s->arguments, p->elements);
    add_index(&s->arguments, per_item);
    add_extents(s, p);
    add_tensor_arguments(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, p->groups);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->elements, per_item), 1);
}

static void fill_plane_map(const problem *p, const caps *device, choice *out)
{
    add_plane_map(p, device, out, NULL);
}

static const char *refuse_plane_rows(const problem *p, const caps *device)
{
    (void)device;
    if (p->outer > 1)
        return "a group is more than one row";
    return p->inner > SHORT_ROW ? "rows are long" : NULL;
}

static void fill_plane_rows(const problem *p, const caps *device, choice *out)
{
    const size_t batches = ceil_divide(p->groups, LANES);
    const size_t per_item = LANES * units_per_item(device, batches, LANES * p->inner);
    step *s = add_cpu_step(out, p, device, "cpu/rows.cl", "rows");
    if (p->inner > 1 && p->inner <= LANES && p->result_bytes >= MANY_ROWS)
        add_option(s, "ROW", (long)p->inner);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, p->inner);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->groups, per_item), 1);
}

static void fill_plane_fused(const problem *p, const caps *device, choice *out)
{
    const size_t per_item = units_per_item(device, p->groups, p->group_size);
    step *s = add_cpu_step(out, p, device, "cpu/plane.cl", "plane_fused");
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, per_item);
    add_uint(&s->arguments, (unsigned)most(1, least(LANES, BATCH_VALUES / p->group_size)));
    add_extents(s, p);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->groups, per_item), 1);
}

static void fill_plane_split(const problem *p, const caps *device, choice *out)
{
    const size_t parts = ceil_divide(p->group_size, CPU_PLANE_PART);
    const partials found = add_partials(out, p, parts);
    step *s = add_cpu_step(out, p, device, "cpu/plane.cl", "plane_statistics");
    add_index(&s->arguments, p->groups * parts);
    add_index(&s->arguments, p->groups);
    add_extents(s, p);
    add_input_arguments(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_items(s, p->groups * parts, 1);
    const partials merged = merge_parts(p, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_plane_map(p, device, out, &merged);
}

/* ---- column ---- */

/* Blocks of CPU_COLUMN_BLOCK, or narrower where that keeps more cores busy; each holds a whole vector if any.
 */
static size_t column_blocks(const caps *device, size_t kept, size_t others)
{
    const size_t wanted =
        most(ceil_divide(pieces(device), most(others, 1)), most_blocks(kept, CPU_COLUMN_BLOCK));
    return most(least(wanted, kept / LANES), 1);
}

/* With few columns, several rows are treated as one longer row, so that it consists of whole vectors. Returns
 * how many; each of the folded columns then gives one part of a group's sum. */
static size_t rows_folded(const problem *p)
{
    size_t rows = 1;
    while (p->kept < CPU_COLUMN_BLOCK && rows * p->kept % LANES != 0)
        rows *= 2;
    return p->batch == 1 && p->outer >= rows ? rows : 1;
}

static const char *refuse_column_fused(const problem *p, const caps *device)
{
    const size_t blocks = column_blocks(device, p->kept, p->batch);
    if (rows_folded(p) > 1) /* their sums have another order, so nothing but the size may decide */
        return p->elements <= SMALL_FOLDED ? NULL : "columns are folded";
    if (is_small(p, device))
        return NULL;
    if (p->batch * blocks < pieces(device))
        return "too few columns to keep all cores busy";
    const size_t held = tuning_value(&device->tuning, TUNING_STRIP_VALUES);
    return p->outer * (p->kept / blocks) > held ? "columns leave the cache before they end" : NULL;
}

static void add_column_map(const problem *p, const caps *device, choice *out, const partials *found)
{
    const size_t rows = p->batch * p->outer, blocks = most_blocks(p->kept, CPU_MAP_BLOCK);
    const size_t per_item = units_per_item(device, rows, p->kept / blocks);
    step *s = add_cpu_step(out, p, device, "cpu/column.cl", "column_map");
    add_index(&s->arguments, rows);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, blocks);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    if (found != NULL) {
        add_scratch(&s->arguments, found->offset);
        add_index(&s->arguments, p->groups);
        add_index(&s->arguments, found->parts);
    }
    add_formula_arguments(s, p);
    launch_grid(s, blocks, ceil_divide(rows, per_item));
}

static void fill_column_map(const problem *p, const caps *device, choice *out)
{
    add_column_map(p, device, out, NULL);
}

static void fill_column_fused(const problem *p, const caps *device, choice *out)
{
    const size_t blocks = column_blocks(device, p->kept, p->batch), strips = blocks * p->batch;
    const size_t per_item = units_per_item(device, strips, p->outer * ceil_divide(p->kept, blocks));
    step *s = add_cpu_step(out, p, device, "cpu/column.cl", "column_fused");
    add_index(&s->arguments, strips);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, blocks);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(strips, per_item), 1);
}

static void fill_column_split(const problem *p, const caps *device, choice *out)
{
    const size_t folded = rows_folded(p), kept = folded * p->kept, outer = p->outer / folded;
    const size_t parts = ceil_divide(outer, CPU_COLUMN_PART);
    const partials found = add_partials(out, p, parts * folded);
    const size_t blocks = column_blocks(device, kept, p->batch * parts);
    step *s = add_cpu_step(out, p, device, "cpu/column.cl", "column_statistics");
    add_index(&s->arguments, p->batch * parts);
    add_index(&s->arguments, blocks);
    add_index(&s->arguments, p->batch);
    add_index(&s->arguments, outer);
    add_index(&s->arguments, kept);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->outer % folded * p->kept);
    add_input_arguments(s, p);
    add_scratch(&s->arguments, found.offset);
    add_formula_arguments(s, p);
    launch_grid(s, blocks, p->batch * parts);
    const partials merged = merge_parts(p, out, found);
    if (p->work == WORK_REDUCE_MAP)
        add_column_map(p, device, out, &merged);
}

/* ---- tensors with gaps ---- */

/* Whether the values of every tensor follow each other along an axis. */
static bool is_contiguous(const problem *p, unsigned axis)
{
    return p->x_strides[axis] == 1 && p->y_strides[axis] == 1 && (!p->backward || p->dy_strides[axis] == 1);
}

/* Whether all operands vary along an axis, as x does, or none. */
static bool operands_agree(const problem *p, unsigned axis)
{
    for (size_t i = 0; i < p->operand_count; i++) {
        const size_t stride = p->operands[i].strides[axis];
        if (stride > 1 || stride != p->operands[0].strides[axis])
            return false;
    }
    return true;
}

/* `axis`: along which a kernel takes vectors. */
static const char *refuse_gaps(const problem *p, unsigned axis)
{
    if (p->scattered)
        return "sums that are broadcast";
    if (p->rescales)
        return "terms that may be summed again";
    return operands_agree(p, axis) ? NULL : "tensors that are broadcast unlike each other";
}

static step *add_gap_step(choice *out, const problem *p, const caps *device, const char *nest,
                          const char *kernel, unsigned axis)
{
    step *s = add_cpu_step(out, p, device, nest, kernel);
    if (p->operand_count > 0)
        add_option(s, "OPERANDS_VARY", (long)p->operands[0].strides[axis]);
    return s;
}

static const char *refuse_gap_runs(const problem *p, const caps *device)
{
    (void)device;
    if (p->kept_axes == p->axis_count || !is_contiguous(p, p->axis_count - 1))
        return "no contiguous run is reduced";
    if (p->sizes[p->axis_count - 1] < LANES)
        return "runs are shorter than a vector";
    return refuse_gaps(p, p->axis_count - 1);
}

static const char *refuse_gap_columns(const problem *p, const caps *device)
{
    (void)device;
    if (p->kept_axes == 0 || !is_contiguous(p, p->kept_axes - 1))
        return "no groups lie side by side";
    return refuse_gaps(p, p->kept_axes - 1);
}

static void fill_gap_runs(const problem *p, const caps *device, choice *out)
{
    const size_t per_item = units_per_item(device, p->groups, p->group_size);
    const size_t length = p->sizes[p->axis_count - 1];
    step *s = add_gap_step(out, p, device, "cpu/gap_runs.cl", "gap_runs", p->axis_count - 1);
    add_index(&s->arguments, p->groups);
    add_index(&s->arguments, per_item);
    add_uint(&s->arguments, (unsigned)most(1, least(LANES, BATCH_VALUES / p->group_size)));
    add_index(&s->arguments, p->group_size / length);
    add_index(&s->arguments, length);
    add_place_arguments(s, p);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->groups, per_item), 1);
}

/* Blocks are narrower where that keeps more cores busy. */
static void fill_gap_columns(const problem *p, const caps *device, choice *out)
{
    const size_t columns = p->sizes[p->kept_axes - 1], others = p->groups / columns;
    const size_t work = p->work == WORK_MAP ? others * p->group_size : others;
    const size_t wanted =
        most(ceil_divide(pieces(device), most(work, 1)), most_blocks(columns, CPU_GAP_BLOCK));
    const size_t blocks = most(least(wanted, columns / LANES), 1);
    const size_t values = p->work == WORK_MAP ? 1 : p->group_size;
    const size_t per_item = units_per_item(device, work, values * ceil_divide(columns, blocks));
    step *s = add_gap_step(out, p, device, "cpu/gap_columns.cl", "gap_columns", p->kept_axes - 1);
    add_index(&s->arguments, work);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, blocks);
    add_index(&s->arguments, columns);
    add_index(&s->arguments, p->group_size);
    add_place_arguments(s, p);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_grid(s, blocks, ceil_divide(work, per_item));
}

/* ---- window ---- */

/* The window that the kernel is compiled for: the one asked for, so that one program serves every number of
 * channels; or, if that is too long, the one clipped to the number of channels. */
typedef struct window {
    size_t before, after;
} window;

static window built_window(const problem *p)
{
    const window asked = {p->window_before, p->window_after};
    if (asked.before + 1 + asked.after <= LONGEST_WINDOW)
        return asked;
    return (window){least(asked.before, p->kept - 1), least(asked.after, p->kept - 1)};
}

static bool is_long(const problem *p)
{
    const window built = built_window(p);
    return built.before + 1 + built.after > LONGEST_WINDOW;
}

static const char *refuse_window_inner(const problem *p, const caps *device)
{
    (void)device;
    if (is_long(p))
        return "a long window";
    return p->inner == 1 ? "channels are last" : NULL;
}

static const char *refuse_window_last(const problem *p, const caps *device)
{
    (void)device;
    const window built = built_window(p);
    if (is_long(p))
        return "a long window";
    if (p->inner > 1)
        return "channels are not last";
    return built.before + built.after > WINDOW_REACH ? "a window that two vectors do not hold" : NULL;
}

static step *add_window_step(choice *out, const problem *p, const caps *device, const char *kernel)
{
    step *s = add_cpu_step(out, p, device, p->backward ? "cpu/window_gradient.cl" : "cpu/window.cl", kernel);
    const window built = built_window(p);
    add_option(s, "WINDOW_BEFORE", (long)built.before);
    add_option(s, "WINDOW_AFTER", (long)built.after);
    return s;
}

static void fill_window_inner(const problem *p, const caps *device, choice *out)
{
    const size_t blocks = most_blocks(p->inner, p->backward ? CPU_GRADIENT_BLOCK : CPU_WINDOW_BLOCK);
    step *s = add_window_step(out, p, device, p->backward ? "window_inner_gradient" : "window_inner");
    add_option(s, "WINDOW_NARROW", p->inner < LANES);
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, blocks);
    add_index(&s->arguments, p->kept);
    add_index(&s->arguments, p->inner);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_grid(s, blocks, p->outer);
}

static void fill_window_last(const problem *p, const caps *device, choice *out)
{
    const size_t per_item = units_per_item(device, p->outer, p->kept);
    step *s = add_window_step(out, p, device, p->backward ? "window_last_gradient" : "window_last");
    add_index(&s->arguments, p->outer);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, p->kept);
    add_tensor_arguments(s, p);
    add_formula_arguments(s, p);
    launch_items(s, ceil_divide(p->outer, per_item), 1);
}

/* ---- windows of any length, tensors of any strides ---- */

/* How many an item has in scratch. */
static size_t line_values(const problem *p)
{
    return (size_t)(LANES * (p->backward ? GRADIENT_LINES : WINDOW_LINES)) * p->groups;
}

static const char *refuse_window_long(const problem *p, const caps *device)
{
    (void)device;
    if (p->groups > MOST_LINES / (LANES * GRADIENT_LINES * sizeof(float)))
        return "more channels than scratch is reserved for";
    return NULL;
}

/* How many pixels follow each other in runs of which vectors are made: all, unless there are whole vectors in
 * the innermost axis. */
static size_t pixel_run(const problem *p)
{
    const unsigned last = p->axis_count - 1;
    const bool runs = p->axis_count > p->kept_axes && is_contiguous(p, last) && p->sizes[last] >= LANES;
    return runs ? p->sizes[last] : p->group_size;
}

static void fill_window_long(const problem *p, const caps *device, choice *out)
{
    const problem with = with_channels(p);
    const size_t run = pixel_run(p), run_vectors = ceil_divide(run, LANES);
    const size_t vectors = p->group_size / run * run_vectors;
    const size_t most_items = MOST_LINES / (line_values(p) * sizeof(float));
    const size_t per_item =
        most(units_per_item(device, vectors, LANES * p->groups), ceil_divide(vectors, most_items));
    const size_t items = ceil_divide(vectors, per_item);
    const size_t scratch = reserve_scratch(out, items, line_values(p));
    step *s = p->backward
                  ? add_cpu_step(out, p, device, "cpu/window_long_gradient.cl", "window_long_gradient")
                  : add_cpu_step(out, p, device, "cpu/window_long.cl", "window_long");
    add_option(s, "WINDOW_IS_LONG", p->window_before + p->window_after > WINDOW_REACH);
    add_index(&s->arguments, vectors);
    add_index(&s->arguments, per_item);
    add_index(&s->arguments, run_vectors);
    add_index(&s->arguments, run);
    add_index(&s->arguments, least(p->window_before, p->groups - 1));
    add_index(&s->arguments, least(p->window_after, p->groups - 1));
    add_ulong(&s->arguments, line_values(p));
    add_place_arguments(s, &with);
    add_tensor_arguments(s, p);
    add_scratch(&s->arguments, scratch);
    add_formula_arguments(s, p);
    launch_items(s, items, 1);
}

const variant cpu_variants[] = {
    {"cpu/plane/map", GEOMETRY_PLANE, STAGES_MAP, NULL, fill_plane_map},
    {"cpu/plane/rows", GEOMETRY_PLANE, STAGES_FUSED, refuse_plane_rows, fill_plane_rows},
    {"cpu/plane/fused", GEOMETRY_PLANE, STAGES_FUSED, refuse_plane_fused, fill_plane_fused},
    {"cpu/plane/split", GEOMETRY_PLANE, STAGES_SPLIT, NULL, fill_plane_split},
    {"cpu/column/map", GEOMETRY_COLUMN, STAGES_MAP, NULL, fill_column_map},
    {"cpu/column/fused", GEOMETRY_COLUMN, STAGES_FUSED, refuse_column_fused, fill_column_fused},
    {"cpu/column/split", GEOMETRY_COLUMN, STAGES_SPLIT, NULL, fill_column_split},
    {"cpu/gap_runs", GEOMETRY_ANY, STAGES_ANY, refuse_gap_runs, fill_gap_runs},
    {"cpu/gap_columns", GEOMETRY_ANY, STAGES_ANY, refuse_gap_columns, fill_gap_columns},
    {"cpu/window/inner", GEOMETRY_WINDOW, STAGES_WINDOW, refuse_window_inner, fill_window_inner},
    {"cpu/window/last", GEOMETRY_WINDOW, STAGES_WINDOW, refuse_window_last, fill_window_last},
    {"cpu/window_gradient/inner", GEOMETRY_WINDOW, STAGES_GRADIENT, refuse_window_inner, fill_window_inner},
    {"cpu/window_gradient/last", GEOMETRY_WINDOW, STAGES_GRADIENT, refuse_window_last, fill_window_last},
    {"cpu/window/long", GEOMETRY_ANY, STAGES_WINDOW, refuse_window_long, fill_window_long},
    {"cpu/window_gradient/long", GEOMETRY_ANY, STAGES_GRADIENT, refuse_window_long, fill_window_long},
};
const size_t cpu_variant_count = sizeof cpu_variants / sizeof *cpu_variants;
