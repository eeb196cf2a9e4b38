/* Operations whose results must not depend on who computes them, when or where: every mode of every
 * operation, in each geometry and length that a schedule tells apart. */
#ifndef CLNORM_TESTS_DETERMINISM_CASES_H
#define CLNORM_TESTS_DETERMINISM_CASES_H

#include <clnorm/ops.h>

size_t determinism_count(void);
clnorm_op determinism_op(size_t number);

/* The axis whose indices do not know of each other: channels of batch normalization, else what is not summed
 * over. */
unsigned determinism_apart(const clnorm_op *op);

#endif
