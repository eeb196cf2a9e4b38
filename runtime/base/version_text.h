/* The library's version as files of its own have it. */
#ifndef CLNORM_BASE_VERSION_TEXT_H
#define CLNORM_BASE_VERSION_TEXT_H

#include <clnorm/version.h>

#define DIGITS_OF(number) #number
#define DIGITS(macro)     DIGITS_OF(macro)
#define VERSION_TEXT                                                                                         \
    DIGITS(CLNORM_VERSION_MAJOR) "." DIGITS(CLNORM_VERSION_MINOR) "." DIGITS(CLNORM_VERSION_PATCH)

#endif
