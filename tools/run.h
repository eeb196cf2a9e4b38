/* clnorm run: an operation on .npy files. */
#ifndef CLNORM_TOOLS_RUN_H
#define CLNORM_TOOLS_RUN_H

#include "command.h"
#include "npy.h"

/* A buffer of the mode, and what the command line wants of it. */
typedef struct run_buffer {
    const clnorm_buffer_info *info;
    const char *in, *out; /* file names, or NULL */
    bool found;           /* not given, but saved by training: computed by a training forward */
    npy_array array;
    cl_mem mem;
} run_buffer;

typedef struct run_request {
    const clnorm_op_info *info;
    const clnorm_mode_info *mode;
    clnorm_op op; /* attributes as given; x is set when its file has been read */
    run_buffer *buffers;
    size_t buffer_count;
} run_request;

/* Reads the command line; looks at no file and no device. Complains and returns an exit status. */
int run_parse(run_request *request, argument_list args);

void run_request_clear(run_request *request);

#endif
