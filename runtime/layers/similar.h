/* For messages about a missing name: finds the most similar one of the names that exist. */
#ifndef CLNORM_LAYERS_SIMILAR_H
#define CLNORM_LAYERS_SIMILAR_H

#include <stddef.h>

typedef struct similar {
    const char *wanted;
    const char *name; /* the one of those offered that is most like it, the first of equals; NULL: none is */
    size_t score;
} similar;

/* What two names have in common at their ends and beginnings counts, such as the parts behind a prefix; '.'
 * and
 * '/' are the same, and so are letters of either case. */
void similar_offer(similar *best, const char *name);

#endif
