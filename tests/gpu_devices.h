/* Limits of real GPUs, as their drivers report them, for tests that invent a device. From clinfo reports that
 * are public (opencl.gpuinfo.org) and from vendors' documents; the smallest of each kind where drivers
 * differ. */
#ifndef CLNORM_TESTS_GPU_DEVICES_H
#define CLNORM_TESTS_GPU_DEVICES_H

#include "devices/device_info.h"

typedef struct gpu_device {
    const char *name;
    caps caps;
} gpu_device;

#define GPU(units, group, local_kib, cache_kib, bits)                                                        \
    GPU_WITH(units, group, local_kib, cache_kib, bits, SUB_GROUPS_NONE)

#define GPU_WITH(units, group, local_kib, cache_kib, bits, exchange)                                         \
    {                                                                                                        \
        .type = CL_DEVICE_TYPE_GPU, .compute_units = units, .max_work_group_size = group,                    \
        .max_work_item_size = group, .local_memory = (size_t)(local_kib) << 10,                              \
        .cache = (size_t)(cache_kib) << 10, .address_bits = bits, .sub_groups = exchange, .compiler = true   \
    }

static const gpu_device gpu_devices[] = {
    {"Broadcom VideoCore IV", GPU(1, 12, 32, 32, 32)},
    {"Qualcomm Adreno 640", GPU(2, 1024, 32, 128, 64)},
    {"Arm Mali-G76", GPU(10, 384, 32, 512, 64)},
    {"Arm Mali-G710", GPU(10, 1024, 32, 1024, 64)},
    {"Apple M1", GPU(8, 256, 32, 0, 64)},
    {"Intel UHD Graphics 630", GPU_WITH(24, 256, 64, 512, 64, SUB_GROUPS_INTEL)},
    {"Intel Iris Xe", GPU_WITH(96, 512, 64, 1920, 64, SUB_GROUPS_INTEL)},
    {"Intel Arc A770", GPU_WITH(512, 1024, 64, 16384, 64, SUB_GROUPS_INTEL)},
    {"NVIDIA GeForce GTX 1050 Ti", GPU(6, 1024, 48, 288, 64)},
    {"NVIDIA GeForce RTX 4090", GPU(128, 1024, 48, 3584, 64)},
    {"NVIDIA H100", GPU(132, 1024, 48, 4224, 64)},
    {"AMD Radeon RX 580", GPU(36, 256, 32, 16, 64)},
    {"AMD Radeon RX 7900 XTX", GPU(48, 256, 64, 32, 64)},
    {"AMD Instinct MI300X", GPU(304, 256, 64, 32, 64)},
};

enum { GPU_DEVICES = sizeof gpu_devices / sizeof *gpu_devices };

#endif
