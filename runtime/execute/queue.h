/* Queues: those that callers give, with their wait lists, and waiting for a queue. */
#ifndef CLNORM_EXECUTE_QUEUE_H
#define CLNORM_EXECUTE_QUEUE_H

#include "execute/context.h"

/* Checks that the queue is of this context and device, and that n_wait and wait_list match. `whose` is for
 * the message: what the queue is used with, such as "plan". INVALID_QUEUE, INVALID_ARGUMENT. */
clnorm_status queue_check(const clnorm_context *context, cl_command_queue queue, const char *whose,
                          cl_uint n_wait, const cl_event *wait_list);

/* Enqueues a marker: *event, unless `event` is NULL, completes after the wait list. */
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
