/* Checks the buffers of an execution before anything is enqueued. */
#ifndef CLNORM_EXECUTE_BUFFERS_H
#define CLNORM_EXECUTE_BUFFERS_H

#include "operations/op.h"

#include <stdbool.h>

/* Copies the fields that clnorm_buffers has in the caller's program; all others count as not given. */
clnorm_status buffers_import(const clnorm_buffers *given, clnorm_buffers *imported);

enum { MAX_BUFFERS = 16 };

/* The buffers that executions of a plan need. Computed once for each plan, to make executions cheap. */
typedef struct buffer_needs {
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    clnorm_tensor tensors[MAX_BUFFERS]; /* of each of the mode's buffers */
    size_t bytes[MAX_BUFFERS];
    bool reads[MAX_BUFFERS];
    size_t scratch_bytes;
    cl_context context;
} buffer_needs;

/* Fills all but scratch_bytes. */
void buffers_need(buffer_needs *needs, const clnorm_op *op, const clnorm_op_info *info, cl_context context);

/* Checks one buffer, which the mode writes, and gives its tensor. `field` is its offset in clnorm_buffers. */
clnorm_status buffers_check_one(const buffer_needs *needs, const clnorm_buffers *buffers, size_t field,
                                const clnorm_tensor **tensor);

/* Missing, unexpected, foreign, too small, misaligned or overlapping buffers. */
clnorm_status buffers_check(const buffer_needs *needs, const clnorm_buffers *buffers);

#endif
