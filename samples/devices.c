/*
 * devices: which OpenCL devices there are, and how one is chosen.
 *
 *   devices                       the device that CLNORM_DEVICE names, or the best one
 *   devices cpu | gpu | fpga      the first device of a type
 *   devices 1:0                   platform 1, device 0
 *   devices intel                 part of a device's or platform's name
 *   devices intel:cpu:            platform:type:device; what is left empty may be anything
 */
#include "check.h"

static void list_devices(const char *choice)
{
    clnorm_device_list *list;
    CHECK(clnorm_device_list_create(&list, choice));
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        printf("%c %u:%u  %-11s  %s (%s%s)\n", device->is_default ? '*' : ' ', device->platform,
               device->device, device->type, device->name, device->platform_name,
               device->compiler ? "" : "; needs binaries made ahead of time");
    }
    clnorm_device_list_destroy(list);
}

/* A string that matches nothing is an error, never a silent default; the message lists what exists. */
static void show_error(const char *choice)
{
    clnorm_context *context = NULL;
    const clnorm_status status = clnorm_context_create(&context, choice);
    if (status == CLNORM_OK)
        printf("\n\"%s\" is a device here\n", choice);
    else
        printf("\n\"%s\" gives %s:\n%s\n", choice, clnorm_status_name(status), clnorm_last_error());
    clnorm_context_destroy(context);
}

int main(int argc, char **argv)
{
    if (argc > 2) {
        fprintf(stderr, "usage: %s [DEVICE]\n", argv[0]);
        return 2;
    }
    const char *choice = argc == 2 ? argv[1] : NULL; /* NULL: CLNORM_DEVICE, else the best */
    list_devices(choice);

    clnorm_context *context;
    CHECK(clnorm_context_create(&context, choice));
    char name[256];
    CHECK_CL(clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_NAME, sizeof name, name, NULL));
    printf("\nchosen: %s\n", name);
    clnorm_context_destroy(context);

    show_error("no such device");
    show_error("7");
    return 0;
}
