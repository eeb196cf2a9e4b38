/* Every call in the samples is checked: the first one that fails says why, and ends the program. */
#ifndef SAMPLES_CHECK_H
#define SAMPLES_CHECK_H

#include <clnorm/clnorm.h>

#include <stdio.h>
#include <stdlib.h>

/* For functions of clnorm: CHECK(clnorm_plan_create(&plan, context, &op)); */
#define CHECK(call)                                                                                          \
    do {                                                                                                     \
        const clnorm_status status_ = (call);                                                                \
        if (status_ != CLNORM_OK) {                                                                          \
            fprintf(stderr, "%s: %s\n", clnorm_status_name(status_), clnorm_last_error());                   \
            exit(EXIT_FAILURE);                                                                              \
        }                                                                                                    \
    } while (0)

/* For functions of OpenCL, which return an error code or put it into an out-parameter. */
#define CHECK_CL(code)                                                                                       \
    do {                                                                                                     \
        const cl_int code_ = (code);                                                                         \
        if (code_ != CL_SUCCESS) {                                                                           \
            fprintf(stderr, "%s:%d: OpenCL error %d\n", __FILE__, __LINE__, code_);                          \
            exit(EXIT_FAILURE);                                                                              \
        }                                                                                                    \
    } while (0)

#endif
