/* The version of clnorm. The build reads these three lines: they name the shared library too. */
#ifndef CLNORM_VERSION_H
#define CLNORM_VERSION_H

#define CLNORM_VERSION_MAJOR 0
#define CLNORM_VERSION_MINOR 1
#define CLNORM_VERSION_PATCH 0

#endif
