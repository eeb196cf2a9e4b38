/* Lines for the person who asked for them: CLNORM_VERBOSE on stderr, or the application's callback. */
#ifndef CLNORM_BASE_LOG_H
#define CLNORM_BASE_LOG_H

#include "base/status.h"

/* Cheap, for callers that would have to prepare a line. */
bool log_wants(clnorm_log_level level);

void log_line(clnorm_log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* CLNORM_VERBOSE counts as unset in this process, unless it was read before. */
void log_without_environment(void);

/* Public functions return through this: a failure becomes an error line, once, when it reaches the caller.
 * What is handled on the way is no failure of the application's. */
clnorm_status log_failure(clnorm_status status);

#endif
