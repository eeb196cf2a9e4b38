/* The version of clnorm. The build reads these three lines: they name the shared library too. */
#ifndef CLNORM_VERSION_H
#define CLNORM_VERSION_H

#define CLNORM_VERSION_MAJOR 0
#define CLNORM_VERSION_MINOR 1
#define CLNORM_VERSION_PATCH 0

/* As one number: 2003004 is 2.3.4. */
#define CLNORM_VERSION       (CLNORM_VERSION_MAJOR * 1000000u + CLNORM_VERSION_MINOR * 1000u + CLNORM_VERSION_PATCH)

#endif
