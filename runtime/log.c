#include "log.h"

#include "env.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

/* CLNORM_VERBOSE, read once; then whatever clnorm_set_log says. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static clnorm_log_level environment_level;
static atomic_uint wanted_level;

/* Guards what follows, and lets one line out at a time. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static clnorm_log_callback *log_callback;
static void *log_user;

static void read_environment(void)
{
    environment_level = env_verbose();
    atomic_store(&wanted_level, (unsigned)environment_level);
}

void clnorm_set_log(clnorm_log_callback *callback, clnorm_log_level level, void *user)
{
    pthread_once(&once, read_environment);
    pthread_mutex_lock(&mutex);
    log_callback = callback;
    log_user = user;
    atomic_store(&wanted_level, (unsigned)(callback ? level : environment_level));
    pthread_mutex_unlock(&mutex);
}

bool log_wants(clnorm_log_level level)
{
    pthread_once(&once, read_environment);
    return level != CLNORM_LOG_NONE && (unsigned)level <= atomic_load(&wanted_level);
}

void log_line(clnorm_log_level level, const char *format, ...)
{
    static const char prefix[] = "clnorm: ";
    enum { PREFIX_LENGTH = sizeof prefix - 1 };
    char text[PREFIX_LENGTH + LINE_SIZE + 1]; /* one more for the line's end */

    if (!log_wants(level))
        return;
    memcpy(text, prefix, PREFIX_LENGTH);
    char *line = text + PREFIX_LENGTH;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, LINE_SIZE, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    if (length >= LINE_SIZE)
        memcpy(line + LINE_SIZE - 4, "...", 4);

    pthread_mutex_lock(&mutex);
    if (!log_wants(level)) {
        /* clnorm_set_log came between. */
    } else if (log_callback) {
        log_callback(level, line, log_user);
    } else {
        /* In one piece, so that lines of several processes do not mix. */
        memcpy(line + strlen(line), "\n", 2);
        fputs(text, stderr);
    }
    pthread_mutex_unlock(&mutex);
}

clnorm_status log_failure(clnorm_status status)
{
    if (status != CLNORM_OK)
        log_line(CLNORM_LOG_ERROR, "%s: %s", clnorm_status_name(status), clnorm_last_error());
    return status;
}
