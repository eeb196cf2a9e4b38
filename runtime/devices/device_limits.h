/* How much memory a device allows, for messages about memory that it does not give. */
#ifndef CLNORM_DEVICES_DEVICE_LIMITS_H
#define CLNORM_DEVICES_DEVICE_LIMITS_H

#include <clnorm/clnorm.h>

enum { DEVICE_LIMITS_SIZE = 120 };

/* "the device allows 4294967296 bytes in one buffer, and has 16777216000 bytes of memory" */
const char *device_limits(cl_device_id device, char text[DEVICE_LIMITS_SIZE]);

/* Whether clCreateBuffer fails so where there is not enough memory, or a buffer may not be so large. */
bool is_memory_error(cl_int error);

#endif
