/* Known faults of drivers, and which features clnorm does not use because of them. Pure: strings in, flags
 * out. */
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

/* Removes from `device` the features that fail with its driver, and sets clang_builtins if the driver is
 * known to support them. */
void quirks_apply(const driver_names *names, caps *device);

#endif
