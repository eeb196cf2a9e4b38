/* Plans, for use inside the library: the public functions without their checks for NULL, and without the
 * error line in the log, which only the function that the application has called writes. */
#ifndef CLNORM_EXECUTE_PLAN_H
#define CLNORM_EXECUTE_PLAN_H

#include "base/status.h"

clnorm_status plan_create(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op);

clnorm_status plan_execute(clnorm_plan *plan, const clnorm_buffers *buffers, cl_command_queue queue,
                           cl_uint n_wait, const cl_event *wait_list, cl_event *event);

#endif
