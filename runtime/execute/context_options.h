/* Reads a context's options, and the environment variables for fields that are left at their default. */
#ifndef CLNORM_EXECUTE_CONTEXT_OPTIONS_H
#define CLNORM_EXECUTE_CONTEXT_OPTIONS_H

#include "execute/context.h"

/* Copies the caller's options into `options`, with defaults if `given` is NULL, and for fields that an older
 * struct does not have. Sets the log callback if one is given. Errors: INVALID_ARGUMENT. */
clnorm_status context_options_import(clnorm_context_options *options, const clnorm_context_options *given);

/* Sets schedule, verification and directories of a new context. The context frees them, even if this fails.
 * Errors: INVALID_ENVIRONMENT, OUT_OF_MEMORY. */
clnorm_status context_options_apply(const clnorm_context_options *options, clnorm_context *context);

clnorm_status check_kernels(clnorm_kernels kernels);

#endif
