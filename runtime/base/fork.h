/* Processes that were forked from one that uses OpenCL: a driver's threads are not there, its locks may be
 * held for good, and what calls it waits for ever. */
#ifndef CLNORM_BASE_FORK_H
#define CLNORM_BASE_FORK_H

#include "base/status.h"

/* Public functions that use OpenCL, or take a lock that those hold meanwhile, begin with this. From the first
 * time on, children of this process are told apart. Errors: INVALID_STATE in such a child; OUT_OF_MEMORY. */
clnorm_status fork_check(void);

/* Whether this is such a child: what it inherited can only be left alone. */
bool is_forked(void);

#endif
