/* CLNORM_VERBOSE=profile: the time of each kernel, from its event. */
#ifndef CLNORM_EXECUTE_PROFILE_H
#define CLNORM_EXECUTE_PROFILE_H

#include "base/status.h"

/* Logs the kernel's time once its event completes. `kernel` is a constant. */
void profile_watch(cl_event event, const char *kernel);

#endif
