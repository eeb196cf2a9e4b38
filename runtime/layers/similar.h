/* For messages about a missing name: finds the most similar one of the names that exist. */
#ifndef CLNORM_LAYERS_SIMILAR_H
#define CLNORM_LAYERS_SIMILAR_H

#include <stddef.h>

typedef struct similar {
    const char *wanted;
    const char *name; /* the most similar name so far; NULL: none is similar */
    size_t score;
} similar;

/* Offers a name. Names are similar if their ends and beginnings agree, such as what follows a prefix. '.' and
 * '/' count as the same character, and so do upper and lower case. Of equally similar names the shortest is
 * kept, of those the first. */
void similar_offer(similar *best, const char *name);

#endif
