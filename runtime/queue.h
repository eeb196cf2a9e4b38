/* Queues and wait lists that callers give. */
#ifndef CLNORM_RUNTIME_QUEUE_H
#define CLNORM_RUNTIME_QUEUE_H

#include "context.h"

/* A queue of the context, and a wait list as OpenCL wants it. `whose` says in the sentence what it is for.
 * INVALID_QUEUE, INVALID_ARGUMENT. */
clnorm_status queue_check(const clnorm_context *context, cl_command_queue queue, const char *whose,
                          cl_uint n_wait, const cl_event *wait_list);

/* Nothing to do, but in its turn: *event, unless `event` is NULL, is complete after the wait list. */
clnorm_status queue_mark(cl_command_queue queue, cl_uint n_wait, const cl_event *wait_list, cl_event *event);

#endif
