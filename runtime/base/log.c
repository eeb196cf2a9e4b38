#include "base/log.h"

#include "base/env.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

/* The level given to clnorm_set_log. BY_ENVIRONMENT, before that call and after one without a callback: the
 * level is that of CLNORM_VERBOSE, which is read once. */
enum { BY_ENVIRONMENT = CLNORM_LOG_PROFILE + 1 };
static atomic_uint wanted_level = BY_ENVIRONMENT;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static clnorm_log_level environment_level;

/* Guards what follows, and lets one line out at a time. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static clnorm_log_callback *log_callback;
static void *log_user;

/* Called in a forked child. Another thread may have held the mutex at the fork, and does not exist in the
 * child to release it. The usual remedy, to lock the mutex around the fork, would hang if the callback forks,
 * since it is called with the mutex locked. */
static void renew_mutex(void)
{
    pthread_mutex_init(&mutex, NULL);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, renew_mutex); /* if this fails for lack of memory, such a child may hang */
}

static void lock(void)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_forks);
    pthread_mutex_lock(&mutex);
}

static void read_environment(void)
{
    environment_level = env_verbose();
}

static void leave_environment(void)
{
    environment_level = CLNORM_LOG_NONE;
}

void log_without_environment(void)
{
    pthread_once(&once, leave_environment);
}

void clnorm_set_log(clnorm_log_callback *callback, clnorm_log_level level, void *user)
{
    lock();
    /* Logging is off meanwhile, so that a child forked now does not call the old callback with the new user
     * pointer, or the other way round. */
    atomic_store(&wanted_level, CLNORM_LOG_NONE);
    atomic_thread_fence(memory_order_release);
    log_callback = callback;
    log_user = user;
    atomic_store(&wanted_level, callback ? (unsigned)level : (unsigned)BY_ENVIRONMENT);
    pthread_mutex_unlock(&mutex);
}

bool log_wants(clnorm_log_level level)
{
    unsigned wanted = atomic_load(&wanted_level);
    if (wanted == BY_ENVIRONMENT) {
        pthread_once(&once, read_environment);
        wanted = (unsigned)environment_level;
    }
    return level != CLNORM_LOG_NONE && (unsigned)level <= wanted;
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

    lock();
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
