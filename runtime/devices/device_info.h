/* Queries a driver about a device and its platform. */
#ifndef CLNORM_DEVICES_DEVICE_INFO_H
#define CLNORM_DEVICES_DEVICE_INFO_H

#include "base/status.h"
#include "devices/cpu_cache.h"
#include "devices/tuning.h"

/* Reports a failed query. Always OPENCL_ERROR, even if the driver's error is about memory: drivers also give
 * such an error when there is no device. */
clnorm_status fail_query(cl_int error, const char *call);

/* A text, which the caller frees; untouched where this fails. */
clnorm_status device_text(cl_device_id device, cl_device_info what, char **text);
clnorm_status platform_text(cl_platform_id platform, cl_platform_info what, char **text);

/* The one type that clnorm treats a device as: CL_DEVICE_TYPE_GPU if it has that, else CPU if it has that,
 * else ACCELERATOR. */
cl_device_type device_class(cl_device_type type);

/* The extension through which items of a sub-group can exchange values. */
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
    size_t cache;              /* bytes of the global memory cache as the driver says, 0 if unknown */
    cpu_cache unit_cache;      /* of a compute unit, if the device is this machine's CPU */
    unsigned address_bits;
    sub_groups sub_groups;
    bool compiler;
    bool no_long;           /* 64-bit integers are missing, as the embedded profile allows */
    bool nearest;           /* fp32 rounds to nearest; the embedded profile may round to zero only */
    bool subnormals;        /* fp32 supports subnormal numbers; if not, they may count as zero */
    size_t parameter_bytes; /* of a kernel's arguments, at most; 0 if unknown */
    tuning tuning;          /* what was measured on the device */
    bool clang_builtins;    /* the compiler supports clang's built-in functions and attributes */
    /* The following are faults of the driver (quirks.h); true: clnorm must avoid this. */
    bool no_always_inline;    /* the attribute always_inline */
    bool no_unrolled_axes;    /* unrolled loops over a tensor's axes */
    bool no_exchanging_items; /* items of a work-group that exchange values */
    bool no_guarded_loads;    /* loads from one address for all items happen even if a condition skips them */
    bool no_wide_vectors;     /* vectors of 16: compiling them takes minutes */
    bool no_waiting_threads;  /* several threads that wait in OpenCL calls at the same time */
    bool may_not_know_processor; /* the driver may be older than the CPU: see execute/processor.h */
} caps;

/* Which of the extensions in a list of names, separated by spaces, clnorm uses for sub-groups. */
sub_groups sub_groups_of(const char *extensions);

/* Queries the device, and turns off the features that are known to fail with its driver (quirks.h). */
clnorm_status device_caps(cl_device_id device, caps *out);

#endif
