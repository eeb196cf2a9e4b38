/* Detects processes that were forked from one that uses OpenCL. There the driver's threads do not exist and
 * its locks may be held for ever, so that calls of OpenCL would hang. */
#ifndef CLNORM_BASE_FORK_H
#define CLNORM_BASE_FORK_H

#include "base/status.h"

/* Public functions that use OpenCL, or take a lock that those hold meanwhile, begin with this. From the first
 * time on, children of this process are told apart. Errors: INVALID_STATE in such a child; OUT_OF_MEMORY. */
clnorm_status fork_check(void);

/* Whether this is such a child: what it inherited can only be left alone. */
bool is_forked(void);

#endif
