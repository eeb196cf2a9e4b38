/* Helpers for public structs that the caller allocates. Their first field is the size of the struct in the
 * caller's program, which may have been compiled with an older or newer header. */
#ifndef CLNORM_BASE_SIZED_H
#define CLNORM_BASE_SIZED_H

#include "base/status.h"

#include <string.h>

/* INVALID_ARGUMENT unless `given` bytes reach to the end of the last field that there always was. `what` is
 * "summary", `maker` the function that sets the size. */
static inline clnorm_status check_size(size_t given, size_t least, const char *what, const char *maker)
{
    return given >= least ? CLNORM_OK
                          : fail(CLNORM_INVALID_ARGUMENT,
                                 "%s.size is %zu; make the struct by %s, which sets it", what, given, maker);
}

/* Copies what both know, and leaves the size of `to` alone. */
static inline void copy_sized(void *to, const void *from, size_t own)
{
    size_t given;
    memcpy(&given, to, sizeof given);
    const size_t known = given < own ? given : own;
    memcpy((char *)to + sizeof given, (const char *)from + sizeof given, known - sizeof given);
}

/* Of a struct to the end of one of its fields. */
#define SIZE_TO(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

#endif
