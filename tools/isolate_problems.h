/* The problems that are tried in isolation: those of the self-test, which are computed, and others that are
 * too large for that. Of those only a plan is made, which compiles and verifies programs. */
#ifndef CLNORM_TOOLS_ISOLATE_PROBLEMS_H
#define CLNORM_TOOLS_ISOLATE_PROBLEMS_H

#include "selftest_cases.h"

typedef struct isolate_problem {
    size_t index;              /* within its operation and mode */
    const selftest_case *test; /* NULL: only a plan is made */
    const clnorm_op *op;
} isolate_problem;

/* False ends the enumeration. */
typedef bool isolate_visitor(const isolate_problem *problem, void *user);

/* Always the same problems in the same order. */
void isolate_for_each(const clnorm_op_info *info, const clnorm_mode_info *mode, isolate_visitor *visit,
                      void *user);

size_t isolate_problem_count(const clnorm_op_info *info, const clnorm_mode_info *mode);

/* In words. */
void isolate_problem_label(const isolate_problem *problem, const clnorm_op_info *info,
                           const clnorm_mode_info *mode, char label[SELFTEST_LABEL_SIZE]);

#endif
