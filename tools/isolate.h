/* clnorm selftest --isolate: tries everything in separate processes. If the driver crashes or hangs one of
 * them, that is put on record for all applications. */
#ifndef CLNORM_TOOLS_ISOLATE_H
#define CLNORM_TOOLS_ISOLATE_H

#include "command.h"

typedef struct isolate_request {
    const clnorm_op_info *op;     /* NULL: all operations */
    const clnorm_mode_info *mode; /* of `op`; NULL: all modes */
    unsigned timeout;             /* in seconds */
} isolate_request;

/* Uses no OpenCL itself, since even listing the devices may crash. Prints a table, and returns an exit
 * status. */
int isolate(const global_options *options, const isolate_request *request);

/* The process that isolate starts. `what` comes from isolate_child_text. */
int isolate_child(const global_options *options, const char *what);

#endif
