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

/* The one class that a device counts as: CL_DEVICE_TYPE_GPU before CPU where it claims several, and
 * ACCELERATOR for all others. */
cl_device_type device_class(cl_device_type type);

/* How items of a sub-group can exchange values: by which extension. */
typedef enum sub_groups {
    SUB_GROUPS_NONE,
    SUB_GROUPS_INTEL, /* cl_intel_subgroups */
    SUB_GROUPS_KHR,   /* cl_khr_subgroups and cl_khr_subgroup_shuffle */
} sub_groups;

/* The limits that choosing a variant depends on: plain data, so that a test can invent a device. */
typedef struct caps {
    cl_device_type type;
    unsigned compute_units;
    size_t max_work_group_size;
    size_t max_work_item_size; /* of the first dimension */
    size_t local_memory;       /* bytes */
    size_t cache;              /* bytes of the global memory cache, 0 if unknown */
    unsigned address_bits;
    sub_groups sub_groups;
    bool compiler;
    bool no_long;           /* 64-bit integers are missing, as the embedded profile allows */
    size_t parameter_bytes; /* of a kernel's arguments, at most; 0 if unknown */
} caps;

/* Asks the device. */
clnorm_status device_caps(cl_device_id device, caps *out);

#endif
