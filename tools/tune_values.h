/* What `clnorm tune` measures: for each value the candidates, and cases that it matters for. */
#ifndef CLNORM_TOOLS_TUNE_VALUES_H
#define CLNORM_TOOLS_TUNE_VALUES_H

#include <stddef.h>

enum { TUNE_MOST_CANDIDATES = 8, TUNE_MOST_CASES = 6 };

typedef struct tune_value {
    const char *name;
    size_t candidates[TUNE_MOST_CANDIDATES]; /* besides the usual value; 0: no more */
    const char *cases[TUNE_MOST_CASES];      /* as bench takes them; NULL: no more */
    const char *quick;                       /* a small one */
} tune_value;

/* NULL: a value of this name is not measured. */
const tune_value *tune_value_find(const char *name);

#endif
