/* Options structs of layers and variables: how they are taken in, and what several of them check alike. */
#ifndef CLNORM_LAYERS_OPTIONS_H
#define CLNORM_LAYERS_OPTIONS_H

#include "base/status.h"

/* New options go behind the old end of their struct, its padding included: `size` tells whether they are
 * there. The caller's options over the defaults in `options`, of which an older or newer program has fewer or
 * more; `given` begins with its size, or is NULL for the defaults. */
clnorm_status options_import(void *options, size_t size, const void *given);

/* A number that variables begin with: least ... FLT_MAX. */
clnorm_status initial_check(const char *name, double value, double least);

#endif
