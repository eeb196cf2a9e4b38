#include "choose/known_answer.h"
#include "base/tensor.h"
#include "choose/choose.h"

#include <string.h>

enum {
    USUAL_VALUES = 20000, /* of a small problem, about, unless its variant takes only larger ones */
    FEW_PARTS = 3,
    FEW_GROUPS = 3,
    DECIDES_LANES = 16, /* how many values a vector has depends on what sizes leave when divided by this */
};

/* How long the axes of a small problem are: the innermost of each run of axes of one kind, all others 1. */
typedef struct extents {
    size_t kept, reduced; /* of the innermost runs of either kind */
    bool ragged;          /* neither is a multiple of 16 */
} extents;

/* What small problems are made from: an operation, and its axes that are longer than 1, the innermost in
 * memory first. */
typedef struct pattern {
    clnorm_op op;
    bool reduced[CLNORM_MAX_RANK], dense;
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

static size_t run_length(const clnorm_tensor *x, const unsigned *order, unsigned count, const bool *reduced)
{
    size_t length = 1;
    for (unsigned i = 0; i < count && reduced[order[i]] == reduced[order[0]]; i++)
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
    enum { OUTER = 3 };
    if (inner > 0)
        return OUTER;
    if (e->ragged)
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
        const bool reduced = from->reduced[from->order[i]];
        const size_t length = run_length(&op->x, from->order + i, from->count - i, from->reduced);
        size_t size = small_length(e, reduced, inner[reduced]++, length);
        if (size < 2)
            size = 2; /* an axis that is there remains */
        op->x.dims[from->order[i]] = size;
        for (i++; i < from->count && from->reduced[from->order[i]] == reduced; i++)
            op->x.dims[from->order[i]] = 1;
    }
}

/* Strides in the pattern's order of axes, without gaps, or with one between any two elements. */
static void lay_out(clnorm_tensor *tensor, const clnorm_tensor *x, const pattern *from)
{
    if (tensor->rank == 0)
        return;
    size_t stride = from->dense ? 1 : 2;
    tensor->rank = x->rank;
    memcpy(tensor->dims, x->dims, sizeof tensor->dims);
    for (unsigned i = 0; i < x->rank; i++)
        tensor->strides[i] = 1;
    for (unsigned i = 0; i < from->count; i++) {
        tensor->strides[from->order[i]] = stride;
        stride *= tensor->dims[from->order[i]];
    }
}

static clnorm_op small_op(const pattern *from, const extents *e)
{
    clnorm_op small = from->op;
    clnorm_tensor *const tensors[] = {&small.x, &small.y, &small.dy, &small.dx};
    shrink_dims(&small, from, e);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        lay_out(tensors[i], &small.x, from);
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

typedef struct wanted {
    const op_definition *definition;
    const problem *p;
    const caps *device;
    const choice *chosen;
} wanted;

static bool try_extents(const wanted *w, const pattern *from, const extents *e, known_answer *found)
{
    problem p = {.one_path = w->p->one_path};
    found->op = small_op(from, e);
    w->definition->lower(&found->op, &p);
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

/* Tries group sizes from the largest with a usual number of values downwards, then larger ones in ascending
 * order; if those are needed, two groups are enough instead of FEW_GROUPS. */
static bool try_groups(const wanted *w, const pattern *from, size_t kept, bool ragged, size_t parts,
                       known_answer *found)
{
    enum { LARGEST = 39 };
    const unsigned usual = kept * ragged_size(16) > USUAL_VALUES ? 14 : kept > 8 ? 16 : 22;
    for (unsigned i = 0; i <= LARGEST; i++) {
        const unsigned at = i <= usual ? usual - i : i;
        const extents e = {at > usual && kept == FEW_GROUPS ? 2 : kept, ragged_size(at), ragged};
        if (try_extents(w, from, &e, found) && found->steps.parts >= parts)
            return true;
    }
    return false;
}

static bool try_pattern(const wanted *w, const pattern *from, known_answer *found)
{
    /* Numbers of groups to try. Three are enough if a group is a long run of values. Groups that lie side by
     * side should fill more than a vector. 40 and 24 are for few columns that are folded: a group then has
     * only a few parts, which the map merges itself. */
    static const size_t kept[] = {FEW_GROUPS, 35, 51, 40, 24};
    enum { WIDTHS = sizeof kept / sizeof *kept };
    const bool columns = w->p->dense && w->p->inner == 1;
    const bool in_parts = w->chosen->parts > 0;
    for (size_t parts = in_parts ? FEW_PARTS : 0;; parts = 0) {
        for (unsigned rest = 0; rest < 2; rest++) {
            for (size_t i = 0; i < WIDTHS; i++) {
                const size_t width = columns || w->p->work == WORK_WINDOW ? kept[(i + 1) % WIDTHS] : kept[i];
                if (try_groups(w, from, width, rest == 0, parts, found))
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
}

/* Makes an axis of length 1 longer, if there is one of this kind or can be. */
static bool add_axis(const wanted *w, pattern *to, bool reduced, bool innermost)
{
    unsigned axis = 0;
    while (axis < to->op.x.rank && (to->op.x.dims[axis] > 1 || to->reduced[axis] != reduced))
        axis++;
    if (axis == to->op.x.rank) {
        if (axis == w->definition->info.maximum_rank)
            return false;
        problem p = {.one_path = w->p->one_path};
        append_axis(&to->op, &w->definition->info);
        w->definition->lower(&to->op, &p);
        memcpy(to->reduced, p.reduced, sizeof to->reduced);
        if (to->reduced[axis] != reduced)
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
        if (of->reduced[of->order[i]] == reduced)
            return true;
    return false;
}

/* Extends a pattern that has only kept or only reduced axes by one of the other kind, since a single group,
 * or groups of one value, test little of a program. False if it has both already, or cannot have both. */
static bool extend(const wanted *w, const pattern *from, bool innermost, pattern *to)
{
    *to = *from;
    if (has_axis(from, true) && has_axis(from, false))
        return false;
    return (has_axis(from, true) || add_axis(w, to, true, innermost)) &&
           (has_axis(from, false) || add_axis(w, to, false, innermost));
}

bool known_answer_find(const clnorm_op *op, const op_definition *definition, const problem *p,
                       const caps *device, const choice *chosen, known_answer *found)
{
    const wanted w = {definition, p, device, chosen};
    pattern own = {.op = *op, .dense = p->dense}, extended;
    memcpy(own.reduced, p->reduced, sizeof own.reduced);
    own.count = sorted_axes(&op->x, own.order);
    for (unsigned innermost = 0; innermost < 2; innermost++)
        if (extend(&w, &own, innermost, &extended) && try_pattern(&w, &extended, found))
            return true;
    return try_pattern(&w, &own, found);
}
