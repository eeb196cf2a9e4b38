#include "devices/device_info.h"

#include "devices/quirks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

clnorm_status fail_query(cl_int error, const char *call)
{
    return fail(CLNORM_OPENCL_ERROR, "%s: %s", call, opencl_error_name(error));
}

/* One byte more than the size that the driver gives: some drivers do not count the terminating zero, or do
 * not write it. */
static char *allocate_text(size_t size)
{
    char *text = size < SIZE_MAX ? calloc(size + 1, 1) : NULL;
    if (text == NULL)
        fail(CLNORM_OUT_OF_MEMORY, "no memory for a driver's text of %zu bytes", size);
    return text;
}

/* Of the device, or of the platform where that is NULL. */
static cl_int ask(cl_device_id device, cl_platform_id platform, cl_uint what, size_t size, char *text,
                  size_t *needed)
{
    return device != NULL ? clGetDeviceInfo(device, what, size, text, needed)
                          : clGetPlatformInfo(platform, what, size, text, needed);
}

static clnorm_status read_text(cl_device_id device, cl_platform_id platform, cl_uint what, char **text)
{
    const char *call = device != NULL ? "clGetDeviceInfo" : "clGetPlatformInfo";
    size_t size = 0;
    cl_int error = ask(device, platform, what, 0, NULL, &size);
    if (error != CL_SUCCESS)
        return fail_query(error, call);
    char *copy = allocate_text(size);
    if (copy == NULL)
        return CLNORM_OUT_OF_MEMORY;
    error = ask(device, platform, what, size, copy, NULL);
    if (error != CL_SUCCESS) {
        free(copy);
        return fail_query(error, call);
    }
    *text = copy;
    return CLNORM_OK;
}

clnorm_status device_text(cl_device_id device, cl_device_info what, char **text)
{
    return read_text(device, NULL, what, text);
}

clnorm_status platform_text(cl_platform_id platform, cl_platform_info what, char **text)
{
    return read_text(NULL, platform, what, text);
}

cl_device_type device_class(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return CL_DEVICE_TYPE_GPU;
    return type & CL_DEVICE_TYPE_CPU ? CL_DEVICE_TYPE_CPU : CL_DEVICE_TYPE_ACCELERATOR;
}

/* Whether `extensions`, names with spaces between, has one. */
static bool has_extension(const char *extensions, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = extensions; (at = strstr(at, name)) != NULL; at += length) {
        if ((at == extensions || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

sub_groups sub_groups_of(const char *extensions)
{
    if (has_extension(extensions, "cl_intel_subgroups"))
        return SUB_GROUPS_INTEL;
    return has_extension(extensions, "cl_khr_subgroups") &&
                   has_extension(extensions, "cl_khr_subgroup_shuffle")
               ? SUB_GROUPS_KHR
               : SUB_GROUPS_NONE;
}

/* What extensions tell. The embedded profile need not have 64-bit integers. */
static clnorm_status ask_extensions(cl_device_id device, caps *answer)
{
    char *profile = NULL, *extensions = NULL;
    clnorm_status status = device_text(device, CL_DEVICE_PROFILE, &profile);
    if (status == CLNORM_OK)
        status = device_text(device, CL_DEVICE_EXTENSIONS, &extensions);
    if (status == CLNORM_OK) {
        answer->sub_groups = sub_groups_of(extensions);
        answer->no_long =
            strcmp(profile, "EMBEDDED_PROFILE") == 0 && !has_extension(extensions, "cles_khr_int64");
    }
    free(profile);
    free(extensions);
    return status;
}

static clnorm_status apply_quirks(cl_device_id device, caps *answer)
{
    cl_platform_id platform = NULL;
    char *texts[3] = {NULL};
    const cl_int error = clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetDeviceInfo");
    clnorm_status status = platform_text(platform, CL_PLATFORM_NAME, &texts[0]);
    if (status == CLNORM_OK)
        status = device_text(device, CL_DEVICE_NAME, &texts[1]);
    if (status == CLNORM_OK)
        status = device_text(device, CL_DRIVER_VERSION, &texts[2]);
    if (status == CLNORM_OK)
        quirks_apply(&(driver_names){texts[0], texts[1], texts[2]}, answer);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    return status;
}

clnorm_status device_caps(cl_device_id device, caps *out)
{
    size_t work_item_sizes[16] = {0};
    cl_uint compute_units = 0, address_bits = 0;
    cl_ulong local_memory = 0, cache = 0;
    cl_bool compiler = CL_FALSE;
    cl_device_fp_config fp32 = 0;
    caps answer = {0};
    const struct {
        cl_device_info what;
        size_t size;
        void *value;
    } questions[] = {
        {CL_DEVICE_TYPE, sizeof answer.type, &answer.type},
        {CL_DEVICE_MAX_COMPUTE_UNITS, sizeof compute_units, &compute_units},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof answer.max_work_group_size, &answer.max_work_group_size},
        {CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof work_item_sizes, work_item_sizes},
        {CL_DEVICE_LOCAL_MEM_SIZE, sizeof local_memory, &local_memory},
        {CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof cache, &cache},
        {CL_DEVICE_ADDRESS_BITS, sizeof address_bits, &address_bits},
        {CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler},
        {CL_DEVICE_MAX_PARAMETER_SIZE, sizeof answer.parameter_bytes, &answer.parameter_bytes},
        {CL_DEVICE_SINGLE_FP_CONFIG, sizeof fp32, &fp32},
    };

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        cl_int error =
            clGetDeviceInfo(device, questions[i].what, questions[i].size, questions[i].value, NULL);
        if (error != CL_SUCCESS)
            return fail_opencl(error, "clGetDeviceInfo");
    }
    answer.compute_units = compute_units > 0 ? compute_units : 1;
    answer.max_work_group_size += answer.max_work_group_size == 0;
    answer.max_work_item_size = work_item_sizes[0] > 0 ? work_item_sizes[0] : 1;
    answer.local_memory = local_memory < SIZE_MAX ? (size_t)local_memory : SIZE_MAX;
    answer.cache = cache < SIZE_MAX ? (size_t)cache : SIZE_MAX;
    if (answer.type & CL_DEVICE_TYPE_CPU)
        answer.unit_cache = cpu_cache_read("/sys/devices/system/cpu/cpu0/cache");
    answer.address_bits = address_bits;
    answer.compiler = compiler == CL_TRUE;
    answer.nearest = (fp32 & CL_FP_ROUND_TO_NEAREST) != 0;
    answer.subnormals = (fp32 & CL_FP_DENORM) != 0;
    clnorm_status status = ask_extensions(device, &answer);
    if (status == CLNORM_OK)
        status = apply_quirks(device, &answer);
    if (status != CLNORM_OK)
        return status;
    *out = answer;
    return CLNORM_OK;
}
