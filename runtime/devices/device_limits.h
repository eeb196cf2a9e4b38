/* The memory limits of a device, for messages about failed allocations. */
#ifndef CLNORM_DEVICES_DEVICE_LIMITS_H
#define CLNORM_DEVICES_DEVICE_LIMITS_H

#include <clnorm/clnorm.h>

enum { DEVICE_LIMITS_SIZE = 120 };

/* "the device allows 4294967296 bytes in one buffer, and has 16777216000 bytes of memory" */
const char *device_limits(cl_device_id device, char text[DEVICE_LIMITS_SIZE]);

/* Whether an error of clCreateBuffer means that there is not enough memory, or that the buffer is larger than
 * the device allows. */
bool is_memory_error(cl_int error);

#endif
