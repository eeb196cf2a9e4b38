/* The problems of the self-test. They are made from the library's tables, so that new operations are tested
 * without changes here. */
#ifndef CLNORM_TOOLS_SELFTEST_CASES_H
#define CLNORM_TOOLS_SELFTEST_CASES_H

#include "selftest_data.h"

enum { SELFTEST_LABEL_SIZE = 512 };

typedef struct selftest_case {
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    clnorm_op op;
    data_kind data;
    bool in_place;
    uint64_t seed;                          /* of the data, the offsets and the choice of optional buffers */
    const clnorm_attribute_info *attribute; /* the one that is not at its default, or NULL */
    const char *layout;                     /* in words */
    size_t parameters; /* 0, or which shapes gamma and beta have instead of the usual ones */
} selftest_case;

/* Called for each case. False ends the enumeration. */
typedef bool selftest_visitor(const selftest_case *test, void *user);

void selftest_for_each(const clnorm_op_info *info, const clnorm_mode_info *mode, selftest_visitor *visit,
                       void *user);

/* "batch_normalization train, x (2, 3) axis -1, large mean, in place, epsilon 0" */
void selftest_case_label(const selftest_case *test, char label[SELFTEST_LABEL_SIZE]);

#endif
