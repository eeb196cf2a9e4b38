/* Detects processes that were forked from one that uses OpenCL. There the driver's threads do not exist and
 * its locks may be held for ever, so that calls of OpenCL would hang. */
#ifndef CLNORM_BASE_FORK_H
#define CLNORM_BASE_FORK_H

#include "base/status.h"

/* Called first in every public function that uses OpenCL, or that takes a lock which such functions hold. The
 * first call installs a fork handler; children that are forked after it fail here. Errors: INVALID_STATE in
 * such a child; OUT_OF_MEMORY. */
clnorm_status fork_check(void);

/* Whether this is such a child. It must not touch the OpenCL objects that it inherited, not even to release
 * them. */
bool is_forked(void);

#endif
