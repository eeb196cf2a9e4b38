/* Memory of a device. */
#ifndef CLNORM_DEVICES_DEVICE_MEMORY_H
#define CLNORM_DEVICES_DEVICE_MEMORY_H

#include "base/status.h"

/* A buffer to read and write, with `values` in it unless NULL. `name` says what it is for, in the message.
 * OUT_OF_MEMORY, which says what the device allows; OPENCL_ERROR. */
clnorm_status device_memory_create(cl_context context, cl_device_id device, const char *name, size_t bytes,
                                   const void *values, cl_mem *memory);

#endif
