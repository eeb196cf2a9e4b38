/* Measures one value of the tuning: which of its candidates is fastest. */
#ifndef CLNORM_TOOLS_TUNE_MEASURE_H
#define CLNORM_TOOLS_TUNE_MEASURE_H

#include "command.h"
#include "tune_values.h"

#include <clnorm/tuning.h>

typedef struct tune_result {
    size_t value; /* the fastest one; 0: the usual one */
    double gain;  /* of the usual one's time, as it was found a second time; 0 if that is kept */
} tune_result;

/* How many steps measuring a value takes. */
size_t tune_steps(const tune_value *measured, bool quick);

/*
 * Runs the cases with all candidates in turn. A candidate takes the place of the usual value if it is faster
 * by 3 % or more on the (geometric) average, and on no case much slower, and all that again when only the two
 * are compared: else the best of several that differ by nothing but noise would often win.
 *
 * Leaves the context with the value that was found. `step` is called before each step. Complains and returns
 * an exit status.
 */
int tune_measure(tune_result *result, clnorm_context *context, const tune_value *measured, bool quick,
                 void (*step)(void *user), void *user);

#endif
