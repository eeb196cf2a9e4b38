/* Which device a string names. */
#ifndef CLNORM_DEVICES_DEVICE_STRING_H
#define CLNORM_DEVICES_DEVICE_STRING_H

#include "base/status.h"

/* Finds the device that `choice` names in `list`: the grammar of clnorm_context_create; "" is the best
 * device. Pure: reads nothing but its arguments. Errors: INVALID_DEVICE, DEVICE_NOT_FOUND, whose message
 * lists the devices there are, or says which package brings one. */
clnorm_status device_choose(const clnorm_device *const *devices, size_t count, const char *choice,
                            const clnorm_device **chosen);

/* The same without an error: NULL if `choice` names none or cannot be read. */
const clnorm_device *device_find(const clnorm_device *const *devices, size_t count, const char *choice);

#endif
