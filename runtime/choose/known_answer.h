/*
 * Finds a small operation that uses the same programs as a given one. Before the programs are trusted, they
 * compute the small operation, and the results are compared with the reference. Pure.
 */
#ifndef CLNORM_CHOOSE_KNOWN_ANSWER_H
#define CLNORM_CHOOSE_KNOWN_ANSWER_H

#include "choose/steps.h"
#include "operations/op.h"

typedef struct known_answer {
    clnorm_op op;
    choice steps; /* of the same programs, for the problem at the same index */
} known_answer;

/* `op` has passed all checks, and `p` is the problem at `index` that it lowers to. */
typedef struct known_answer_wanted {
    const clnorm_op *op;
    const op_definition *definition;
    size_t index;
    const problem *p;
    const caps *device;
    const choice *chosen;
} known_answer_wanted;

/*
 * Finds a small operation with the same attributes, axes and order in memory as `op` for which the chosen
 * variant uses the same programs. If `op` has no kept or no reduced axis, the small one gets such an axis. It
 * has a few thousand values, with the work-groups, rows and partial sums that these give. If possible, groups
 * that are summed in parts have at least three, and sizes give both whole vectors and incomplete ones. False:
 * there is no such operation.
 */
bool known_answer_find(const known_answer_wanted *wanted, known_answer *found);

#endif
