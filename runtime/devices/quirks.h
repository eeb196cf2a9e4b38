/* Known faults of drivers, and what clnorm does without because of them. Pure: strings in, flags out. */
#ifndef CLNORM_DEVICES_QUIRKS_H
#define CLNORM_DEVICES_QUIRKS_H

#include "devices/device_info.h"

/* What a driver says of itself, by which it is recognized. */
typedef struct driver_names {
    const char *platform; /* CL_PLATFORM_NAME */
    const char *device;   /* CL_DEVICE_NAME */
    const char *driver;   /* CL_DRIVER_VERSION */
} driver_names;

/* The `index`th fault that is known of this driver, in the table's order; NULL beyond the last. */
const clnorm_quirk *quirk_of(const driver_names *names, size_t index);

/* Takes from `device`'s capabilities what its driver cannot be trusted with, and adds what it is known to
 * bear. */
void quirks_apply(const driver_names *names, caps *device);

#endif
