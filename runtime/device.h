/* Which devices there are, and which one a string names. */
#ifndef CLNORM_RUNTIME_DEVICE_H
#define CLNORM_RUNTIME_DEVICE_H

#include "status.h"

/* Finds the device that `choice` names in `list`: the grammar of clnorm_context_create; "" is the best
 * device. Pure: reads nothing but its arguments. Errors: INVALID_DEVICE, DEVICE_NOT_FOUND, whose message
 * lists the devices there are, or says which package brings one. */
clnorm_status device_choose(const clnorm_device *const *devices, size_t count, const char *choice,
                            const clnorm_device **chosen);

/* The same without an error: NULL if `choice` names none or cannot be read. */
const clnorm_device *device_find(const clnorm_device *const *devices, size_t count, const char *choice);

/* clnorm_device_list_create for other files of the library: a failure is not logged yet. */
clnorm_status device_list_create(clnorm_device_list **list, const char *choice);

/* device_choose among the devices of a listing. */
clnorm_status device_list_choose(const clnorm_device_list *list, const char *choice,
                                 const clnorm_device **chosen);

#endif
