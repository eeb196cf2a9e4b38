#include "devices/device_list.h"
#include "devices/device_string.h"

#include "base/env.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/sized.h"
#include "devices/device_info.h"
#include "devices/quirks.h"
#include <stdio.h>
#include <stdlib.h>

/* Of the ICD loaders: no driver is installed. */
enum { PLATFORM_NOT_FOUND = -1001 };

struct clnorm_device_list {
    size_t count;
    clnorm_device **devices;
    char left_out[160]; /* the first platform that is, and why; "" if none is */
};

static const clnorm_device *const *all_devices(const clnorm_device_list *list)
{
    return (const clnorm_device *const *)list->devices;
}

static void free_device(clnorm_device *device)
{
    if (!device)
        return;
    free((char *)device->name);
    free((char *)device->vendor);
    free((char *)device->version);
    free((char *)device->driver);
    free((char *)device->platform_name);
    free(device);
}

static const char *type_name(cl_device_type type)
{
    cl_device_type class = device_class(type);
    if (class == CL_DEVICE_TYPE_GPU)
        return "gpu";
    return class == CL_DEVICE_TYPE_CPU ? "cpu" : "accelerator";
}

/* Fills `device`, of which the indices and ids are set. */
static clnorm_status describe(clnorm_device *device)
{
    const struct {
        cl_device_info what;
        const char **text;
    } texts[] = {{CL_DEVICE_NAME, &device->name},
                 {CL_DEVICE_VENDOR, &device->vendor},
                 {CL_DEVICE_VERSION, &device->version},
                 {CL_DRIVER_VERSION, &device->driver}};
    cl_device_id id = device->device_id;
    cl_device_type type = 0;
    cl_bool compiler = CL_FALSE;

    cl_int error = clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (error == CL_SUCCESS)
        error = clGetDeviceInfo(id, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    if (error != CL_SUCCESS)
        return fail_query(error, "clGetDeviceInfo");
    device->type = type_name(type);
    device->types = type;
    device->compiler = compiler == CL_TRUE;

    char *text = NULL;
    clnorm_status status = platform_text(device->platform_id, CL_PLATFORM_NAME, &text);
    device->platform_name = text;
    for (size_t i = 0; status == CLNORM_OK && i < sizeof texts / sizeof *texts; i++) {
        text = NULL;
        status = device_text(id, texts[i].what, &text);
        *texts[i].text = text;
    }
    return status;
}

/* A description in memory of its own of the device whose indices and ids `place` holds. */
static clnorm_status append_device(clnorm_device_list *list, const clnorm_device *place)
{
    clnorm_status status = CLNORM_OK;
    clnorm_device **grown = NULL;
    clnorm_device *device = malloc(sizeof *device);
    if (device) {
        *device = *place;
        grown = realloc(list->devices, (list->count + 1) * sizeof *grown);
    }
    if (!grown) {
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of %zu devices", list->count + 1);
        goto cleanup;
    }
    list->devices = grown;
    status = describe(device);
    if (status != CLNORM_OK)
        goto cleanup;
    list->devices[list->count++] = device;
    device = NULL;

cleanup:
    free_device(device);
    return status;
}

static clnorm_status append_platform(clnorm_device_list *list, unsigned index, cl_platform_id id)
{
    clnorm_status status = CLNORM_OK;
    cl_device_id *devices = NULL;
    cl_uint count = 0;

    cl_int error = clGetDeviceIDs(id, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (error == CL_DEVICE_NOT_FOUND || (error == CL_SUCCESS && count == 0))
        return CLNORM_OK;
    if (error != CL_SUCCESS)
        return fail_query(error, "clGetDeviceIDs");
    devices = calloc(count, sizeof(cl_device_id));
    if (!devices)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of %u devices", count);
    error = clGetDeviceIDs(id, CL_DEVICE_TYPE_ALL, count, devices, NULL);
    if (error != CL_SUCCESS)
        status = fail_query(error, "clGetDeviceIDs");
    for (unsigned i = 0; status == CLNORM_OK && i < count; i++)
        status = append_device(
            list,
            &(clnorm_device){.platform = index, .device = i, .platform_id = id, .device_id = devices[i]});
    free(devices);
    return status;
}

static clnorm_status append_all(clnorm_device_list *list)
{
    clnorm_status status = CLNORM_OK;
    cl_platform_id *platforms = NULL;
    cl_uint count = 0;

    cl_int error = clGetPlatformIDs(0, NULL, &count);
    if (error == PLATFORM_NOT_FOUND || (error == CL_SUCCESS && count == 0))
        return CLNORM_OK;
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetPlatformIDs");
    platforms = calloc(count, sizeof(cl_platform_id));
    if (!platforms)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of %u platforms", count);
    error = clGetPlatformIDs(count, platforms, NULL);
    if (error != CL_SUCCESS)
        status = fail_opencl(error, "clGetPlatformIDs");
    for (unsigned i = 0; status == CLNORM_OK && i < count; i++) {
        const size_t before = list->count;
        status = append_platform(list, i, platforms[i]);
        if (status != CLNORM_OPENCL_ERROR)
            continue;
        while (list->count > before)
            free_device(list->devices[--list->count]);
        /* One broken driver must not hide the others. */
        log_line(CLNORM_LOG_INFO, "platform %u is left out: %s", i, clnorm_last_error());
        if (list->left_out[0] == '\0')
            snprintf(list->left_out, sizeof list->left_out, "platform %u is left out: %.120s", i,
                     clnorm_last_error());
        status = CLNORM_OK;
    }
    free(platforms);
    return status;
}

static void mark_default(clnorm_device_list *list, const char *choice)
{
    char from_environment[ENV_DEVICE_SIZE];
    if (!choice) {
        if (env_device(from_environment, sizeof from_environment) != CLNORM_OK)
            return;
        choice = from_environment;
    }
    const clnorm_device *chosen = device_find(all_devices(list), list->count, choice);
    for (size_t i = 0; i < list->count; i++)
        list->devices[i]->is_default = list->devices[i] == chosen;
}

clnorm_status device_list_create(clnorm_device_list **list, const char *choice)
{
    clnorm_status status = fork_check();
    if (status != CLNORM_OK)
        return status;
    clnorm_device_list *made = calloc(1, sizeof *made);
    if (!made)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of devices");
    status = append_all(made);
    if (status != CLNORM_OK) {
        clnorm_device_list_destroy(made);
        return status;
    }
    mark_default(made, choice);
    *list = made;
    return CLNORM_OK;
}

clnorm_status clnorm_device_list_create(clnorm_device_list **list, const char *choice)
{
    if (!list)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "list is NULL; a place for the list is needed"));
    const clnorm_status status = env_check_verbose();
    return log_failure(status == CLNORM_OK ? device_list_create(list, choice) : status);
}

size_t clnorm_device_list_count(const clnorm_device_list *list)
{
    return list ? list->count : 0;
}

const clnorm_device *clnorm_device_list_get(const clnorm_device_list *list, size_t index)
{
    return list && index < list->count ? list->devices[index] : NULL;
}

void clnorm_device_list_destroy(clnorm_device_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        free_device(list->devices[i]);
    free(list->devices);
    free(list);
}

const clnorm_quirk *clnorm_device_quirk(const clnorm_device *device, size_t index)
{
    if (!device)
        return NULL;
    return quirk_of(&(driver_names){device->platform_name, device->name, device->driver}, index);
}

clnorm_status clnorm_device_use_get(const clnorm_device *device, clnorm_device_use *use)
{
    static const char *const exchanges[] = {
        [SUB_GROUPS_NONE] = "none",
        [SUB_GROUPS_INTEL] = "cl_intel_subgroups",
        [SUB_GROUPS_KHR] = "cl_khr_subgroup_shuffle",
    };
    caps found;
    if (!device || !use)
        return log_failure(fail(CLNORM_INVALID_ARGUMENT, "%s is NULL", device ? "use" : "device"));
    clnorm_status status =
        check_size(use->size, SIZE_TO(clnorm_device_use, clang_builtins), "use", "clnorm_device_use_none");
    if (status == CLNORM_OK)
        status = device_caps(device->device_id, &found);
    if (status != CLNORM_OK)
        return log_failure(status);
    const clnorm_device_use own = {
        .size = sizeof own,
        .work_group_size = found.max_work_group_size < found.max_work_item_size ? found.max_work_group_size
                                                                                : found.max_work_item_size,
        .local_memory = found.local_memory,
        .sub_groups = exchanges[found.sub_groups],
        .clang_builtins = found.clang_builtins,
    };
    copy_sized(use, &own, sizeof own);
    return CLNORM_OK;
}

clnorm_status device_list_choose(const clnorm_device_list *list, const char *choice,
                                 const clnorm_device **chosen)
{
    const clnorm_status status = device_choose(all_devices(list), list->count, choice, chosen);
    if (status == CLNORM_DEVICE_NOT_FOUND && list->left_out[0] != '\0')
        return fail(status, "%s; %s", clnorm_last_error(), list->left_out);
    return status;
}
