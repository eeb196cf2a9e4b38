/* A second opinion of which ops are valid, from docs/ops.md and clnorm.h, not from the library's code. */
#ifndef CLNORM_TESTS_FUZZ_OP_MODEL_H
#define CLNORM_TESTS_FUZZ_OP_MODEL_H

#include <clnorm/clnorm.h>
#include <stdint.h>

/* Sets of statuses: 1 << status. */
typedef struct op_verdict {
    uint64_t faults;  /* of these the library names one, which one is its own affair; 0: valid */
    uint64_t allowed; /* it may name these as well: layouts that are refused though nothing overlaps */
} op_verdict;

op_verdict op_model(const clnorm_op *op);

/* Whether it is what the library may say. */
bool op_verdict_allows(op_verdict verdict, clnorm_status status);

/* The elements of a tensor and those that it spans in memory, at most `limit` + 1 of each. */
size_t model_elements(const clnorm_tensor *tensor, size_t limit);
size_t model_span(const clnorm_tensor *tensor, size_t limit);

#endif
