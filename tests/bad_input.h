/*
 * What is wrong is refused before anything is enqueued: with its own status, in a sentence that names the
 * field, the value and what is allowed, and everything as it was. What the tests of that have in common.
 */
#ifndef CLNORM_TESTS_BAD_INPUT_H
#define CLNORM_TESTS_BAD_INPUT_H

#include "harness.h"
#include <string.h>

enum { PIECES = 3 };

/* A valid operation on [5,3,7]. */
static const size_t base_dims[3] = {5, 3, 7};

static inline clnorm_op base_op(clnorm_op_kind kind)
{
    const test_operation *operation = test_operation_of(kind);
    return test_operation_op(operation, clnorm_tensor_dense(CLNORM_F32, 3, base_dims),
                             operation->groups == GROUPS_AROUND ? 1 : -1);
}

static inline const clnorm_op_info *info_of(clnorm_op_kind kind)
{
    return test_operation_info(test_operation_of(kind));
}

/* The status, and pieces of the message. */
static inline void expect(const char *label, clnorm_status got, clnorm_status expected,
                          const char *const *pieces)
{
    ck_assert_msg(got == expected, "%s: %s, not %s (%s)", label, clnorm_status_name(got),
                  clnorm_status_name(expected), clnorm_last_error());
    for (int i = 0; i < PIECES && pieces[i]; i++)
        ck_assert_msg(strstr(clnorm_last_error(), pieces[i]) != NULL, "%s: no \"%s\" in \"%s\"", label,
                      pieces[i], clnorm_last_error());
}

#endif
