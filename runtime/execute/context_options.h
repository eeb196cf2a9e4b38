/* Reads a context's options, and the environment variables for fields that are left at their default. */
#ifndef CLNORM_EXECUTE_CONTEXT_OPTIONS_H
#define CLNORM_EXECUTE_CONTEXT_OPTIONS_H

#include "execute/context.h"

/* The caller's options in `options`, the defaults where `given` is NULL or its struct is an older one. Sets
 * the log if they do. Errors: INVALID_ARGUMENT. */
clnorm_status context_options_import(clnorm_context_options *options, const clnorm_context_options *given);

/* Kernels, verification and directories of a new context, which frees them also where this fails. Errors:
 * INVALID_ENVIRONMENT, OUT_OF_MEMORY. */
clnorm_status context_options_apply(const clnorm_context_options *options, clnorm_context *context);

clnorm_status check_kernels(clnorm_kernels kernels);

#endif
