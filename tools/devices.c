/* clnorm devices: which OpenCL devices there are. */
#include "command.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

static int parse_verbose(argument_list rest, bool *verbose)
{
    argument arg;
    argument_list left = rest;
    while (arguments_next(&left, &arg)) {
        if (strcmp(arg.word, "--verbose") != 0)
            return refuse_rest("devices", (argument_list){rest.words, left.next, left.next - 1});
        *verbose = true;
    }
    return EXIT_DONE;
}

static json_t *use_json(const clnorm_device *device)
{
    clnorm_device_use use = clnorm_device_use_none();
    if (clnorm_device_use_get(device, &use) != CLNORM_OK)
        return json_null();
    return json_pack("{s:I, s:I, s:s, s:b}", "work_group_size", (json_int_t)use.work_group_size,
                     "local_memory", (json_int_t)use.local_memory, "sub_groups", use.sub_groups,
                     "clang_builtins", use.clang_builtins);
}

static json_t *quirks_json(const clnorm_device *device)
{
    json_t *array = json_array();
    const clnorm_quirk *quirk;
    for (size_t i = 0; (quirk = clnorm_device_quirk(device, i)) != NULL; i++)
        json_append(&array, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "driver", quirk->driver, "versions",
                                      quirk->versions, "fault", quirk->fault, "avoided", quirk->avoided,
                                      "reproducer", quirk->reproducer));
    return array;
}

static void print_details(const clnorm_device *device)
{
    clnorm_device_use use = clnorm_device_use_none();
    const clnorm_quirk *quirk;
    if (clnorm_device_use_get(device, &use) == CLNORM_OK)
        printf("      work-groups of %zu items, %zu bytes of local memory, sub-groups: %s, kernels in %s\n",
               use.work_group_size, use.local_memory, use.sub_groups,
               use.clang_builtins ? "OpenCL C with clang's extensions" : "OpenCL C 1.2");
    else
        printf("      %s\n", clnorm_last_error());
    for (size_t i = 0; (quirk = clnorm_device_quirk(device, i)) != NULL; i++)
        printf("      %s %s: %s; avoided: %s\n", quirk->driver, quirk->versions, quirk->fault,
               quirk->avoided);
}

static int print_devices_json(const clnorm_device_list *list, bool verbose)
{
    json_t *array = json_array();
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        json_t *object = json_pack(
            "{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "platform", (int)device->platform, "device",
            (int)device->device, "type", json_text(device->type), "name", json_text(device->name), "vendor",
            json_text(device->vendor), "version", json_text(device->version), "driver",
            json_text(device->driver), "platform_name", json_text(device->platform_name), "compiler",
            device->compiler, "default", device->is_default);
        if (verbose) {
            json_put(&object, "use", use_json(device));
            json_put(&object, "quirks", quirks_json(device));
        }
        json_append(&array, object);
    }
    return print_json(array, JSON_INDENT(2));
}

static void print_devices(const clnorm_device_list *list, bool verbose)
{
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        printf("%u:%u  %-11s  %s (%s), %s, driver %s%s%s\n", device->platform, device->device, device->type,
               device->name, device->platform_name, device->version, device->driver,
               device->compiler ? "" : ", no compiler", device->is_default ? "  [default]" : "");
        if (verbose)
            print_details(device);
    }
}

static bool has_default(const clnorm_device_list *list)
{
    for (size_t i = 0; i < clnorm_device_list_count(list); i++)
        if (clnorm_device_list_get(list, i)->is_default)
            return true;
    return false;
}

/* Finds out, by creating a context, why no device is the default. False if that does not fail. */
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
    bool verbose = false;
    int status = parse_verbose(rest, &verbose);
    if (status != EXIT_DONE)
        return status;

    clnorm_device_list *list;
    if (clnorm_device_list_create(&list, options->device) != CLNORM_OK)
        return complain_library();

    if (!has_default(list) && choice_fails(options->device)) {
        /* A wrong --device is a failure. A wrong CLNORM_DEVICE is not: the list helps to correct it. */
        status = complain_library();
        if (options->device)
            goto cleanup;
    }
    status = EXIT_DONE;
    if (options->json)
        status = print_devices_json(list, verbose);
    else
        print_devices(list, verbose);

cleanup:
    clnorm_device_list_destroy(list);
    return status;
}
