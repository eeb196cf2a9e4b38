/* Lines for the person who asked for them: CLNORM_VERBOSE on stderr, or the application's callback. */
#ifndef CLNORM_BASE_LOG_H
#define CLNORM_BASE_LOG_H

#include "base/status.h"

/* Whether lines of this level are logged. Cheap; callers ask before they prepare a line. */
bool log_wants(clnorm_log_level level);

void log_line(clnorm_log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* CLNORM_VERBOSE counts as unset in this process, unless it was read before. */
void log_without_environment(void);

/* Public functions return their status through this, which logs a failure once, when it is returned to the
 * application. Failures that the library handles itself are not logged as errors. */
clnorm_status log_failure(clnorm_status status);

#endif
