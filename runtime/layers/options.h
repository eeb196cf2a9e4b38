/* Options structs of layers and variables: how they are taken in, and what several of them check alike. */
#ifndef CLNORM_LAYERS_OPTIONS_H
#define CLNORM_LAYERS_OPTIONS_H

#include "base/status.h"

/* Copies the caller's options over the defaults in `options`. `given` begins with the size of the struct in
 * the caller's program, which may have fewer or more fields, or is NULL for the defaults. New fields must be
 * added behind the old end of the struct, padding included, so that the size tells whether they exist. */
clnorm_status options_import(void *options, size_t size, const void *given);

/* A number that variables begin with: least ... FLT_MAX. */
clnorm_status initial_check(const char *name, double value, double least);

#endif
