/* Tests whether the driver has compiled our programs correctly: they compute a small problem, and the results
 * are compared with the reference on the host and its error bounds. */
#ifndef CLNORM_EXECUTE_VERIFY_H
#define CLNORM_EXECUTE_VERIFY_H

#include "choose/known_answer.h"
#include "execute/context.h"

typedef struct verification {
    bool wrong;
    char sentence[256]; /* where it is wrong: "y[17] is 3.5; 2 is right" */
} verification;

/*
 * Runs the steps of `known`, each with its program, on the context's own queue, and waits. While a step runs,
 * its program is watched (verdict.h). Errors: OUT_OF_MEMORY, OPENCL_ERROR; they say nothing about whether the
 * programs are right.
 */
clnorm_status verify(clnorm_context *context, const known_answer *known, const program_handle *programs,
                     verification *result);

#endif
