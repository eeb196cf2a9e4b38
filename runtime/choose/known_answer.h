/*
 * A small operation for the programs of another one: what they compute of it is compared with the reference
 * before they are trusted. Pure.
 */
#ifndef CLNORM_CHOOSE_KNOWN_ANSWER_H
#define CLNORM_CHOOSE_KNOWN_ANSWER_H

#include "choose/steps.h"
#include "operations/op.h"

typedef struct known_answer {
    clnorm_op op;
    choice steps; /* of the same programs */
} known_answer;

/*
 * Finds a small `op` of the same attributes, order in memory and axes, and more of them where it has none of
 * a kind, whose steps, by the variant that was chosen for `p`, are the same programs: as many work-groups,
 * rows and partial sums as a few thousand values give, three parts or more where groups are summed in parts,
 * and whole vectors and ends that fill none where the programs allow it. `op` has passed all checks, and `p`
 * is what it lowers to. False: there is none.
 */
bool known_answer_find(const clnorm_op *op, const op_definition *definition, const problem *p,
                       const caps *device, const choice *chosen, known_answer *found);

#endif
