/* What the subcommands share: complaining, and the context. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>

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

int refuse_rest(const char *command, argument_list rest)
{
    argument arg;
    if (!arguments_next(&rest, &arg))
        return EXIT_DONE;
    if (arg.name[0])
        return complain(EXIT_USAGE, "%s: unknown option --%s (see clnorm --help)", command, arg.name);
    return complain(EXIT_USAGE, "%s: unexpected argument \"%s\" (see clnorm --help)", command, arg.word);
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
