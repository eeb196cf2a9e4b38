#include "layers/options.h"

#include "base/sized.h"

#include <float.h>
#include <string.h>

clnorm_status options_import(void *options, size_t size, const void *given)
{
    size_t given_size;
    if (given == NULL)
        return CLNORM_OK;
    memcpy(&given_size, given, sizeof given_size);
    const clnorm_status status =
        check_size(given_size, sizeof given_size + 1, "options", "the function of layers.h");
    if (status == CLNORM_OK)
        memcpy(options, given, given_size < size ? given_size : size);
    return status;
}

clnorm_status initial_check(const char *name, double value, double least)
{
    if (value >= least && value <= FLT_MAX)
        return CLNORM_OK;
    return fail(CLNORM_INVALID_ATTRIBUTE, "%s is %g; %g to %g are allowed", name, value, least, FLT_MAX);
}
