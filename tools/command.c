/* What the subcommands share: complaining, and the context. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int complain(int status, const char *format, ...)
{
    char line[8192];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    /* One line, also where a driver's text has several. */
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    fprintf(stderr, "clnorm: %s\n", line);
    return status;
}

int complain_library(void)
{
    return complain(EXIT_FAILED, "%s", clnorm_last_error());
}

int complain_plan(const char *about, clnorm_status status)
{
    if (status != CLNORM_UNTRUSTED_DRIVER)
        return complain(EXIT_FAILED, "%s%s", about, clnorm_last_error());
    return complain(EXIT_FAILED,
                    "%sno variant can be trusted with this device's driver: %s; another driver or --device "
                    "may do, and so may --kernels",
                    about, clnorm_last_error());
}

void tell_refusals(const clnorm_plan *plan)
{
    const char *line = clnorm_plan_refusals(plan);
    for (size_t length; *line != '\0'; line += length + (line[length] == '\n')) {
        length = strcspn(line, "\n");
        fprintf(stderr, "clnorm: %.*s\n", (int)length, line);
    }
}

int refuse_rest(const char *command, argument_list rest)
{
    argument arg;
    if (!arguments_next(&rest, &arg))
        return EXIT_DONE;
    if (arg.name[0])
        return complain(EXIT_USAGE, "%s: unknown option --%s (see clnorm --help)", command, arg.name);
    return complain(EXIT_USAGE, "%s: unexpected argument \"%s\" (see clnorm --help)", command, arg.word);
}

const char *kernels_name(clnorm_kernels kernels)
{
    static const char *const names[] = {
        [CLNORM_KERNELS_CPU] = "cpu", [CLNORM_KERNELS_GPU] = "gpu", [CLNORM_KERNELS_FPGA] = "fpga"};
    return names[kernels];
}

int open_context(const global_options *options, clnorm_context **context)
{
    clnorm_context *opened;
    if (clnorm_context_create(&opened, options->device) != CLNORM_OK)
        return complain_library();
    if (clnorm_context_set_kernels(opened, options->kernels) != CLNORM_OK) {
        int status = complain_library();
        clnorm_context_destroy(opened);
        return status;
    }
    *context = opened;
    return EXIT_DONE;
}
