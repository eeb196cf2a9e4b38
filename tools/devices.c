/* clnorm devices: which OpenCL devices there are. */
#include "command.h"
#include "json.h"

#include <stdio.h>

static int print_devices_json(const clnorm_device_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        json_append(&array,
                    json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "platform",
                              (int)device->platform, "device", (int)device->device, "type",
                              json_text(device->type), "name", json_text(device->name), "vendor",
                              json_text(device->vendor), "version", json_text(device->version), "driver",
                              json_text(device->driver), "platform_name", json_text(device->platform_name),
                              "compiler", device->compiler, "default", device->is_default));
    }
    return print_json(array, JSON_INDENT(2));
}

static void print_devices(const clnorm_device_list *list)
{
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        printf("%u:%u  %-11s  %s (%s), %s, driver %s%s%s\n", device->platform, device->device, device->type,
               device->name, device->platform_name, device->version, device->driver,
               device->compiler ? "" : ", no compiler", device->is_default ? "  [default]" : "");
    }
}

static bool has_default(const clnorm_device_list *list)
{
    for (size_t i = 0; i < clnorm_device_list_count(list); i++)
        if (clnorm_device_list_get(list, i)->is_default)
            return true;
    return false;
}

/* Why no device is the default: what creating a context says. False if it has nothing to say. */
static bool choice_fails(const char *choice)
{
    clnorm_context *context;
    if (clnorm_context_create(&context, choice) != CLNORM_OK)
        return true;
    clnorm_context_destroy(context);
    return false;
}

int command_devices(const global_options *options, argument_list rest)
{
    int status = refuse_rest("devices", rest);
    if (status != EXIT_DONE)
        return status;

    clnorm_device_list *list;
    if (clnorm_device_list_create(&list, options->device) != CLNORM_OK)
        return complain_library();

    if (!has_default(list) && choice_fails(options->device)) {
        /* A wrong --device is a failure; a wrong CLNORM_DEVICE must not keep the list from who needs it. */
        status = complain_library();
        if (options->device)
            goto cleanup;
    }
    status = EXIT_DONE;
    if (options->json)
        status = print_devices_json(list);
    else
        print_devices(list);

cleanup:
    clnorm_device_list_destroy(list);
    return status;
}
