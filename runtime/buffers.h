/* What an execution was given, checked before anything is enqueued. */
#ifndef CLNORM_RUNTIME_BUFFERS_H
#define CLNORM_RUNTIME_BUFFERS_H

#include "ops/op.h"

/* Copies what the caller's program knows of clnorm_buffers; the rest is not given. */
clnorm_status buffers_import(const clnorm_buffers *given, clnorm_buffers *imported);

/* Missing, unexpected, foreign, too small, misaligned or overlapping buffers. */
clnorm_status buffers_check(const clnorm_op *op, const clnorm_op_info *info, const clnorm_buffers *buffers,
                            size_t scratch_bytes, cl_context context);

#endif
