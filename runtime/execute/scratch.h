/* Memory in which a step of an execution leaves values for the next step. One execution at a time uses it. */
#ifndef CLNORM_EXECUTE_SCRATCH_H
#define CLNORM_EXECUTE_SCRATCH_H

#include "base/status.h"

typedef struct scratch {
    size_t bytes;
    cl_mem mem; /* NULL where none is needed, not made yet, or abandoned */
    /* The execution that used it last, and its queue; both NULL: nobody, or it has come to its end. */
    cl_event last;
    cl_command_queue queue;
} scratch;

/* Makes it, if it is needed and not there. As device_memory_create. */
clnorm_status scratch_make(scratch *s, cl_context context, cl_device_id device);

/* Sets *event to the event that a command on `queue` must wait for before it uses the scratch, or to NULL.
 * The scratch still owns the event. The queue of the event has been flushed. */
clnorm_status scratch_await(scratch *s, cl_command_queue queue, bool in_order, cl_event *event);

/* Notes that an execution on `queue`, whose last event is `last`, uses the scratch now. */
void scratch_use(scratch *s, cl_command_queue queue, cl_event last);

/* Releases the memory: for good, or because it is not known which commands still use it; then scratch_make
 * makes a new one. OpenCL keeps the old memory as long as commands need it. */
void scratch_abandon(scratch *s);

#endif
