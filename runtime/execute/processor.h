/* Drivers for CPUs that may be older than the processor, and then compile wrong code for it
 * (devices/quirks.c). */
#ifndef CLNORM_EXECUTE_PROCESSOR_H
#define CLNORM_EXECUTE_PROCESSOR_H

#include "execute/context.h"

/* Computes what is known to go wrong on such a processor, once for each context whose driver may not know it.
 * UNTRUSTED_DRIVER: it is wrong, and nothing that the driver compiles can be trusted, whatever the known
 * answers say. Other errors are those of OpenCL. */
clnorm_status processor_check(clnorm_context *context);

#endif
