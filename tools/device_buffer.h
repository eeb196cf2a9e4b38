/* Device memory for arrays. */
#ifndef CLNORM_TOOLS_DEVICE_BUFFER_H
#define CLNORM_TOOLS_DEVICE_BUFFER_H

#include "command.h"

/* A buffer to read and write, with `values` in it unless NULL. Complains, with what the device allows, if
 * there is none; `name` says what it is for. */
int create_device_buffer(cl_mem *mem, const clnorm_context *context, const char *name, size_t bytes,
                         void *values);

#endif
