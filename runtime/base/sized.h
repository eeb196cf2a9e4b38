/* Helpers for public structs that the caller allocates. Their first field is the size of the struct in the
 * caller's program, which may have been compiled with an older or newer header. */
#ifndef CLNORM_BASE_SIZED_H
#define CLNORM_BASE_SIZED_H

#include "base/status.h"

#include <string.h>

/* INVALID_ARGUMENT unless `given`, the caller's size, is at least `least`: the bytes up to the end of the
 * last field that the struct's first version had. For the message: `what` is the struct, such as "summary",
 * `maker` the function that sets the size. */
static inline clnorm_status check_size(size_t given, size_t least, const char *what, const char *maker)
{
    return given >= least ? CLNORM_OK
                          : fail(CLNORM_INVALID_ARGUMENT,
                                 "%s.size is %zu; make the struct by %s, which sets it", what, given, maker);
}

/* Copies `from`, a struct of `own` bytes, into the caller's struct `to`: the fields that both versions have,
 * except the size. */
static inline void copy_sized(void *to, const void *from, size_t own)
{
    size_t given;
    memcpy(&given, to, sizeof given);
    const size_t known = given < own ? given : own;
    memcpy((char *)to + sizeof given, (const char *)from + sizeof given, known - sizeof given);
}

/* The bytes of a struct up to the end of one of its fields. */
#define SIZE_TO(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

#endif
