#include "choose/known_answer.h"
#include "base/tensor.h"
#include "choose/choose.h"

#include <string.h>

enum {
    USUAL_VALUES = 20000, /* of a small problem, about, unless its variant takes only larger ones */
    FEW_PARTS = 3,
    FEW_GROUPS = 3,
    OUTER_LENGTH = 3,   /* odd, so that a run of several axes fills no vectors */
    DECIDES_LANES = 16, /* how many values a vector has depends on what sizes leave when divided by this */
};

/* How long the axes of a small problem are: the innermost of each run of axes of one kind, all others 1. */
typedef struct extents {
    size_t kept, reduced; /* of the innermost runs of either kind */
    size_t outer_kept;    /* of other runs that are kept */
    bool ragged;          /* neither is a multiple of 16 */
    bool ragged_kept;     /* that which is kept is none; the other is like that of the large problem */
} extents;

/* What small problems are made from: an operation, and its axes that are longer than 1, the innermost in
 * memory first. */
typedef struct pattern {
    clnorm_op op;
    unsigned kinds[CLNORM_MAX_RANK]; /* of each axis: 1 if it is reduced; if gamma or beta has a tensor, also
                                        bits for what varies along it */
    bool dense;
    unsigned order[CLNORM_MAX_RANK], count;
} pattern;

/* ---- The operation ---- */

/* The axes of x longer than 1, the innermost in memory first. */
static unsigned sorted_axes(const clnorm_tensor *x, unsigned order[CLNORM_MAX_RANK])
{
    unsigned count = 0;
    for (unsigned i = x->rank; i-- > 0;) {
        if (x->dims[i] == 1)
            continue;
        unsigned place = count++;
        for (; place > 0 && x->strides[order[place - 1]] > x->strides[i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    return count;
}

static bool varies(const clnorm_tensor *parameter, unsigned axis)
{
    return axis < parameter->rank && parameter->dims[axis] > 1;
}

static void set_kinds(pattern *of, const problem *p)
{
    unsigned channels = CLNORM_MAX_RANK;
    if (of->op.gamma_tensor.rank > 0 || of->op.beta_tensor.rank > 0)
        tensor_axis(&of->op.x, of->op.axis, &channels);
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK; axis++)
        of->kinds[axis] = (unsigned)p->reduced[axis] | (unsigned)varies(&of->op.gamma_tensor, axis) << 1 |
                          (unsigned)varies(&of->op.beta_tensor, axis) << 2 |
                          (unsigned)(axis == channels) << 3;
}

static bool is_reduced(unsigned kind)
{
    return kind & 1;
}

static size_t run_length(const clnorm_tensor *x, const unsigned *order, unsigned count, const unsigned *kinds)
{
    size_t length = 1;
    for (unsigned i = 0; i < count && kinds[order[i]] == kinds[order[0]]; i++)
        length *= x->dims[order[i]];
    return length;
}

/* A length near `wanted` with the same remainder modulo DECIDES_LANES as `length`; `length` itself if that is
 * not longer than `wanted`. */
static size_t like(size_t length, size_t wanted)
{
    const size_t rest = length % DECIDES_LANES;
    return length <= wanted ? length : wanted / DECIDES_LANES * DECIDES_LANES + rest;
}

/* The length of a run; `inner` counts the runs of its kind that lie further inside. */
static size_t small_length(const extents *e, bool reduced, unsigned inner, size_t length)
{
    if (inner > 0)
        return reduced ? OUTER_LENGTH : e->outer_kept;
    if (e->ragged || (e->ragged_kept && !reduced))
        return reduced ? e->reduced : e->kept;
    if (!reduced && e->kept < DECIDES_LANES)
        return least(length, e->kept);
    return reduced ? like(length, e->reduced - 1) : like(length, e->kept);
}

/* The dims of x; all other tensors have the same. */
static void shrink_dims(clnorm_op *op, const pattern *from, const extents *e)
{
    unsigned inner[2] = {0, 0};
    for (unsigned i = 0; i < from->count;) {
        const unsigned kind = from->kinds[from->order[i]];
        const bool reduced = is_reduced(kind);
        const size_t length = run_length(&op->x, from->order + i, from->count - i, from->kinds);
        size_t size = small_length(e, reduced, inner[reduced]++, length);
        if (size < 2)
            size = 2; /* an axis that is there remains */
        op->x.dims[from->order[i]] = size;
        for (i++; i < from->count && from->kinds[from->order[i]] == kind; i++)
            op->x.dims[from->order[i]] = 1;
    }
}

/* Whether the innermost axis of each tensor is contiguous. */
static bool has_contiguous_runs(const pattern *from)
{
    const clnorm_op *op = &from->op;
    const clnorm_tensor *const tensors[] = {&op->x, &op->y, &op->dy, &op->dx};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        if (tensors[i]->rank > 0 && from->count > 0 && tensors[i]->strides[from->order[0]] != 1)
            return false;
    return true;
}

/* Strides in the pattern's order of axes, without gaps, or with one between any two elements, or runs of the
 * innermost axis. */
static void lay_out(clnorm_tensor *tensor, const clnorm_tensor *x, const pattern *from)
{
    enum { GAP = 3 };
    if (tensor->rank == 0)
        return;
    const bool runs = has_contiguous_runs(from);
    size_t stride = from->dense || runs ? 1 : 2;
    tensor->rank = x->rank;
    memcpy(tensor->dims, x->dims, sizeof tensor->dims);
    for (unsigned i = 0; i < x->rank; i++)
        tensor->strides[i] = 1;
    for (unsigned i = 0; i < from->count; i++) {
        tensor->strides[from->order[i]] = stride;
        stride = stride * tensor->dims[from->order[i]] + (i == 0 && runs && !from->dense ? GAP : 0);
    }
}

/* A tensor that is broadcast: it varies along the same axes, which follow each other in the same order. */
static void lay_out_parameter(clnorm_tensor *tensor, const clnorm_tensor *x)
{
    if (tensor->rank == 0)
        return;
    unsigned order[CLNORM_MAX_RANK];
    const unsigned count = sorted_axes(tensor, order);
    size_t stride = clnorm_tensor_span(tensor) == tensor_elements(tensor) ? 1 : 2;
    for (unsigned i = tensor->rank; i < x->rank; i++) {
        tensor->dims[i] = 1;
        tensor->strides[i] = 0;
    }
    tensor->rank = x->rank;
    for (unsigned i = 0; i < count; i++) {
        const unsigned axis = order[i];
        tensor->dims[axis] = x->dims[axis];
        tensor->strides[axis] = x->dims[axis] == 1 ? 0 : stride;
        stride *= x->dims[axis];
    }
}

static clnorm_op small_op(const pattern *from, const extents *e)
{
    clnorm_op small = from->op;
    clnorm_tensor *const tensors[] = {&small.x, &small.y, &small.dy, &small.dx};
    shrink_dims(&small, from, e);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        lay_out(tensors[i], &small.x, from);
    lay_out_parameter(&small.gamma_tensor, &small.x);
    lay_out_parameter(&small.beta_tensor, &small.x);
    return small;
}

/* ---- Its programs ---- */

/* The options without MANY_GROUPS, on which the code does not depend (see tell_launch). */
static void options_of(const step *s, char options[sizeof s->options])
{
    static const char many[] = " -DMANY_GROUPS=";
    strcpy(options, s->options);
    char *at = strstr(options, many);
    if (at != NULL)
        memmove(at, at + sizeof many, strlen(at + sizeof many) + 1);
}

static bool is_same_program(const step *a, const step *b)
{
    char of_a[sizeof a->options], of_b[sizeof b->options];
    if (a->source_count != b->source_count || strcmp(a->kernel, b->kernel) != 0)
        return false;
    for (size_t i = 0; i < a->source_count; i++)
        if (strcmp(a->sources[i], b->sources[i]) != 0)
            return false;
    options_of(a, of_a);
    options_of(b, of_b);
    return strcmp(of_a, of_b) == 0;
}

static bool are_same_programs(const choice *a, const choice *b)
{
    if (a->step_count != b->step_count)
        return false;
    for (size_t i = 0; i < a->step_count; i++)
        if (!is_same_program(&a->steps[i], &b->steps[i]))
            return false;
    return true;
}

/* ---- Looking for it ---- */

static bool try_extents(const known_answer_wanted *w, const pattern *from, const extents *e,
                        known_answer *found)
{
    problem p = {.one_path = w->p->one_path};
    found->op = small_op(from, e);
    if (!w->definition->lower(&found->op, w->index, &p))
        return false;
    /* Both follow from the sizes, and decide compiler options; take those of the large problem. */
    p.index_bits = w->p->index_bits;
    p.result_bytes = w->p->result_bytes;
    return choose_variant(&p, w->device, w->chosen->variant, &found->steps) &&
           are_same_programs(&found->steps, w->chosen);
}

/* 3 * 2^n + 1 and 4 * 2^n + 1, in ascending order. */
static size_t ragged_size(unsigned i)
{
    return ((size_t)(i % 2 == 0 ? 3 : 4) << i / 2) + 1;
}

/* What the runs of axes that are not the innermost of their kind make of a size: see small_length. */
static size_t outer_values(const pattern *from)
{
    size_t values = 1;
    for (unsigned i = 0, runs = 0; i < from->count; i++) {
        const bool begins = i == 0 || from->kinds[from->order[i]] != from->kinds[from->order[i - 1]];
        runs += begins;
        values *= begins && runs > 2 ? OUTER_LENGTH : 1;
    }
    return values;
}

/* Tries group sizes from the largest with a usual number of values downwards, then larger ones in ascending
 * order; if those are needed, two groups are enough instead of FEW_GROUPS, and two of each further axis. */
static bool try_groups(const known_answer_wanted *w, const pattern *from, size_t kept, bool ragged,
                       bool ragged_kept, size_t parts, known_answer *found)
{
    enum { LARGEST = 39 };
    unsigned usual = kept * ragged_size(16) > USUAL_VALUES ? 14 : kept > 8 ? 16 : 22;
    while (usual > 4 && outer_values(from) * kept * ragged_size(usual) > (size_t)4 * USUAL_VALUES)
        usual--;
    for (unsigned i = 0; i <= LARGEST; i++) {
        const unsigned at = i <= usual ? usual - i : i;
        const bool few = at > usual && kept == FEW_GROUPS;
        const extents e = {few ? 2 : kept, ragged_size(at), few ? 2 : OUTER_LENGTH, ragged, ragged_kept};
        if (try_extents(w, from, &e, found) && found->steps.parts >= parts)
            return true;
    }
    return false;
}

static bool try_pattern(const known_answer_wanted *w, const pattern *from, known_answer *found)
{
    /* Numbers of groups to try. Three are enough if a group is a long run of values. Groups that lie side by
     * side should fill more than a vector; so should short rows, for whose length a program may be made. 40
     * and 24 are for few columns that are folded: a group then has only a few parts, which the map merges
     * itself. */
    static const size_t kept[] = {FEW_GROUPS, 35, 51, 40, 24};
    enum { WIDTHS = sizeof kept / sizeof *kept };
    const bool in_parts = w->chosen->parts > 0, short_rows = !in_parts && w->p->group_size <= DECIDES_LANES;
    const bool side_by_side = w->p->dense && (w->p->inner == 1 || short_rows);
    for (size_t parts = in_parts ? FEW_PARTS : 0;; parts = 0) {
        for (unsigned rest = 0; rest < 2; rest++) {
            for (size_t i = 0; i < WIDTHS; i++) {
                const size_t width =
                    side_by_side || w->p->work == WORK_WINDOW ? kept[(i + 1) % WIDTHS] : kept[i];
                if (try_groups(w, from, width, rest == 0, short_rows, parts, found))
                    return true;
            }
        }
        if (parts == 0)
            return false;
    }
}

/* ---- Axes that the operation lacks ---- */

/* One more axis of length 1. */
static void append_axis(clnorm_op *op, const clnorm_op_info *info)
{
    for (size_t i = 0; i < info->attribute_count; i++) {
        const clnorm_attribute_info *attribute = info->attributes[i];
        const double axis = clnorm_op_get(op, attribute);
        if (attribute->type == CLNORM_ATTRIBUTE_AXIS && axis < 0)
            clnorm_op_set(op, attribute, axis + op->x.rank);
    }
    op->x.dims[op->x.rank] = 1;
    op->x.strides[op->x.rank++] = 1;
    lay_out_parameter(&op->gamma_tensor, &op->x);
    lay_out_parameter(&op->beta_tensor, &op->x);
}

/* Makes an axis of length 1 longer, if there is one of this kind or can be. */
static bool add_axis(const known_answer_wanted *w, pattern *to, bool reduced, bool innermost)
{
    unsigned axis = 0;
    while (axis < to->op.x.rank && (to->op.x.dims[axis] > 1 || is_reduced(to->kinds[axis]) != reduced))
        axis++;
    if (axis == to->op.x.rank) {
        if (axis == w->definition->info.maximum_rank)
            return false;
        problem p = {.one_path = w->p->one_path};
        append_axis(&to->op, &w->definition->info);
        if (!w->definition->lower(&to->op, w->index, &p))
            return false;
        set_kinds(to, &p);
        if (is_reduced(to->kinds[axis]) != reduced)
            return false;
    }
    to->op.x.dims[axis] = 2;
    const unsigned place = innermost ? 0 : to->count;
    memmove(to->order + place + 1, to->order + place, (to->count++ - place) * sizeof *to->order);
    to->order[place] = axis;
    return true;
}

static bool has_axis(const pattern *of, bool reduced)
{
    for (unsigned i = 0; i < of->count; i++)
        if (is_reduced(of->kinds[of->order[i]]) == reduced)
            return true;
    return false;
}

/* Extends a pattern that has only kept or only reduced axes by one of the other kind, since a single group,
 * or groups of one value, test little of a program. False if it has both already, or cannot have both. */
static bool extend(const known_answer_wanted *w, const pattern *from, bool innermost, pattern *to)
{
    *to = *from;
    if (has_axis(from, true) && has_axis(from, false))
        return false;
    return (has_axis(from, true) || add_axis(w, to, true, innermost)) &&
           (has_axis(from, false) || add_axis(w, to, false, innermost));
}

/* The usual tensor stays so when axes get other lengths. */
static void leave_usual(const clnorm_op *op, clnorm_tensor *parameter)
{
    if (op_parameter_is_usual(op, parameter, op->axis))
        parameter->rank = 0;
}

bool known_answer_find(const known_answer_wanted *wanted, known_answer *found)
{
    pattern own = {.op = *wanted->op, .dense = wanted->p->dense}, extended;
    leave_usual(&own.op, &own.op.gamma_tensor);
    leave_usual(&own.op, &own.op.beta_tensor);
    set_kinds(&own, wanted->p);
    own.count = sorted_axes(&wanted->op->x, own.order);
    for (unsigned innermost = 0; innermost < 2; innermost++)
        if (extend(wanted, &own, innermost, &extended) && try_pattern(wanted, &extended, found))
            return true;
    return try_pattern(wanted, &own, found);
}
