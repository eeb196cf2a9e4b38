/* The text of a program: .cl files, embedded in the library or read from CLNORM_KERNEL_DIR, with their
 * includes expanded, so that a hash of the text is a hash of all that is compiled. */
#ifndef CLNORM_PROGRAMS_SOURCE_H
#define CLNORM_PROGRAMS_SOURCE_H

#include "base/status.h"

/* Concatenates the named files ("prelude.cl", "ops/l2_normalize.cl", ...), each after a #line of its own,
 * with every `#include "name"` replaced by that file's text (nested to a fixed depth). A name that is given
 * twice is included twice. `directory` is CLNORM_KERNEL_DIR or NULL. The caller frees `text`. Errors:
 * IO_ERROR (a name that does not exist), OUT_OF_MEMORY. */
clnorm_status source_expand(const char *const *names, size_t count, const char *directory, char **text);

#endif
