#include "isolate_problems.h"

#include "npy.h"

#include <stdio.h>

typedef struct enumeration {
    const clnorm_op_info *info;
    isolate_visitor *visit;
    void *user;
    size_t count;
    bool ended;
} enumeration;

static bool visit_next(enumeration *all, const selftest_case *test, const clnorm_op *op)
{
    const isolate_problem problem = {all->count++, test, op};
    all->ended = all->ended || !all->visit(&problem, all->user);
    return !all->ended;
}

static bool visit_test(const selftest_case *test, void *user)
{
    return visit_next(user, test, &test->op);
}

/* ---- Problems of which only a plan is made ---- */

typedef struct shape {
    unsigned rank;
    size_t dims[4];
} shape;

/* Sizes that networks have: short rows and long ones, few groups and many, results that leave the caches.
 * Each costs a launch without work. */
static const shape shapes[] = {
    {2, {65536, 64}},      {2, {4096, 768}},      {2, {100, 65536}},       {2, {4, 1 << 20}},
    {2, {1 << 18, 4}},     {3, {33, 101, 1001}},  {4, {1, 112, 112, 64}},  {4, {32, 64, 56, 56}},
    {4, {32, 56, 56, 64}}, {4, {8, 3, 224, 224}}, {4, {64, 64, 112, 112}}, {4, {64, 112, 112, 64}},
};

/* Shapes with which attributes are varied, and which are also tried with gaps between elements. */
static const shape few_shapes[] = {{2, {4096, 768}}, {4, {32, 64, 56, 56}}, {4, {32, 56, 56, 64}}};

static bool plan_shape(enumeration *all, clnorm_op *op, const shape *s, bool gaps)
{
    const clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, s->rank, s->dims);
    size_t strides[4];
    for (unsigned i = 0; i < s->rank; i++)
        strides[i] = dense.strides[i] * (gaps ? 2 : 1);
    if (s->rank < all->info->minimum_rank || s->rank > all->info->maximum_rank)
        return true;
    op->x = clnorm_tensor_strided(CLNORM_F32, s->rank, s->dims, strides);
    for (int axis = -1; axis < (int)s->rank - 1 && axis < 2; axis++) {
        for (size_t i = 0; i < all->info->attribute_count; i++)
            if (all->info->attributes[i]->type == CLNORM_ATTRIBUTE_AXIS)
                clnorm_op_set(op, all->info->attributes[i], axis);
        if (!visit_next(all, NULL, op))
            return false;
    }
    return true;
}

static void plan_few_shapes(enumeration *all, clnorm_op *op, bool gaps)
{
    for (size_t i = 0; i < sizeof few_shapes / sizeof few_shapes[0]; i++)
        if (!plan_shape(all, op, &few_shapes[i], gaps))
            return;
}

/* Tries values of an attribute for which other programs may be compiled than for its default: a switch that
 * is on, and small integers, such as a window's size. */
static void plan_attribute(enumeration *all, clnorm_op *op, const clnorm_attribute_info *attribute)
{
    enum { LARGEST = 4 };
    const bool is_switch = attribute->type == CLNORM_ATTRIBUTE_SWITCH;
    const double usual = clnorm_op_get(op, attribute);
    if (!is_switch && attribute->type != CLNORM_ATTRIBUTE_INTEGER)
        return;
    for (int value = 1; value <= (is_switch ? 1 : LARGEST) && !all->ended; value++)
        if (clnorm_op_set(op, attribute, value) == CLNORM_OK) {
            plan_few_shapes(all, op, false);
            if (is_switch)
                plan_few_shapes(all, op, true);
        }
    clnorm_op_set(op, attribute, usual);
}

void isolate_for_each(const clnorm_op_info *info, const clnorm_mode_info *mode, isolate_visitor *visit,
                      void *user)
{
    enumeration all = {.info = info, .visit = visit, .user = user};
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, info->kind);
    op.mode = mode->mode;
    selftest_for_each(info, mode, visit_test, &all);
    for (size_t i = 0; !all.ended && i < sizeof shapes / sizeof shapes[0]; i++)
        plan_shape(&all, &op, &shapes[i], false);
    if (!all.ended)
        plan_few_shapes(&all, &op, true);
    for (size_t i = 0; !all.ended && i < info->attribute_count; i++)
        plan_attribute(&all, &op, info->attributes[i]);
}

static bool count_problem(const isolate_problem *problem, void *user)
{
    *(size_t *)user = problem->index + 1;
    return true;
}

size_t isolate_problem_count(const clnorm_op_info *info, const clnorm_mode_info *mode)
{
    size_t count = 0;
    isolate_for_each(info, mode, count_problem, &count);
    return count;
}

void isolate_problem_label(const isolate_problem *problem, const clnorm_op_info *info,
                           const clnorm_mode_info *mode, char label[SELFTEST_LABEL_SIZE])
{
    char dims[NPY_SHAPE_TEXT_SIZE];
    if (problem->test) {
        selftest_case_label(problem->test, label);
        return;
    }
    npy_shape_text(dims, problem->op->x.rank, problem->op->x.dims);
    snprintf(label, SELFTEST_LABEL_SIZE, "%s %s, x %s", info->name, mode->name, dims);
}
