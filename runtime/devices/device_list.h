/* Which devices there are. */
#ifndef CLNORM_DEVICES_DEVICE_LIST_H
#define CLNORM_DEVICES_DEVICE_LIST_H

#include "base/status.h"

/* clnorm_device_list_create for other files of the library: a failure is not logged yet. */
clnorm_status device_list_create(clnorm_device_list **list, const char *choice);

/* device_choose among the devices of a listing. */
clnorm_status device_list_choose(const clnorm_device_list *list, const char *choice,
                                 const clnorm_device **chosen);

#endif
