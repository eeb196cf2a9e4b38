/* Queues: those that callers give, with their wait lists, and waiting for a queue. */
#ifndef CLNORM_EXECUTE_QUEUE_H
#define CLNORM_EXECUTE_QUEUE_H

#include "execute/context.h"

/* A queue of the context, and a wait list as OpenCL wants it. `whose` says in the sentence what it is for.
 * INVALID_QUEUE, INVALID_ARGUMENT. */
clnorm_status queue_check(const clnorm_context *context, cl_command_queue queue, const char *whose,
                          cl_uint n_wait, const cl_event *wait_list);

/* Nothing to do, but in its turn: *event, unless `event` is NULL, is complete after the wait list. */
clnorm_status queue_mark(cl_command_queue queue, cl_uint n_wait, const cl_event *wait_list, cl_event *event);

/* Waits until a queue has done everything. */
clnorm_status queue_finish(const clnorm_context *context, cl_command_queue queue);

/* Copies between the host and a buffer of the device, from its beginning, and waits for that. `what` says in
 * the sentence what is copied. */
clnorm_status queue_read(const clnorm_context *context, cl_command_queue queue, cl_mem from, size_t bytes,
                         void *to, const char *what);
clnorm_status queue_write(const clnorm_context *context, cl_command_queue queue, cl_mem to, size_t bytes,
                          const void *from, const char *what);

#endif
