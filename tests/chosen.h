/* What tests of the choice ask of it. */
#ifndef CLNORM_TESTS_CHOSEN_H
#define CLNORM_TESTS_CHOSEN_H

#include "suite.h"

#include "choose/choose.h"
#include "operations/op.h"

static inline problem problem_for(const clnorm_op *given, clnorm_kernels schedule)
{
    clnorm_op op;
    const op_definition *definition;
    ck_assert_int_eq(op_import(given, &op, &definition), CLNORM_OK);
    problem p = {.one_path = schedule == CLNORM_KERNELS_FPGA};
    ck_assert(definition->lower(&op, 0, &p));
    return p;
}

static inline problem problem_of(const clnorm_op *given)
{
    return problem_for(given, CLNORM_KERNELS_CPU);
}

static inline choice choose_of(const problem *p, const caps *device, clnorm_kernels schedule)
{
    choice chosen;
    ck_assert_int_eq(choose(p, device, schedule, &chosen), CLNORM_OK);
    return chosen;
}

static inline size_t work_groups(const step *s)
{
    size_t groups = 1;
    for (cl_uint d = 0; d < s->dimensions; d++)
        groups *= s->global[d] / s->local[d];
    return groups;
}

#endif
