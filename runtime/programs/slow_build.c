#include "programs/slow_build.h"

#include "base/log.h"
#include <errno.h>
#include <signal.h>
#include <time.h>

static void *watch(void *argument)
{
    slow_build *build = argument;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += build->seconds;
    pthread_mutex_lock(&build->lock);
    int error = 0;
    while (!build->ended && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&build->condition, &build->lock, &until);
    const bool late = !build->ended;
    pthread_mutex_unlock(&build->lock);
    if (late)
        log_line(
            CLNORM_LOG_INFO,
            "the driver has been compiling %s for %u seconds; where this never ends, end the process: it "
            "will be remembered, and after a second time the program is avoided",
            build->name, build->seconds);
    return NULL;
}

/* Starts the thread with all signals blocked, so that the application's signal handlers never run in it. */
static int start_thread(slow_build *build)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return EAGAIN;
    const int error = pthread_create(&build->thread, NULL, watch, build);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static bool make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    const bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                      pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return made;
}

void slow_build_begin(slow_build *build, const char *name, unsigned seconds)
{
    *build = (slow_build){.name = name, .seconds = seconds};
    if (!log_wants(CLNORM_LOG_INFO) || pthread_mutex_init(&build->lock, NULL) != 0)
        return;
    if (make_condition(&build->condition)) {
        build->started = start_thread(build) == 0;
        if (build->started)
            return;
        pthread_cond_destroy(&build->condition);
    }
    pthread_mutex_destroy(&build->lock);
}

void slow_build_end(slow_build *build)
{
    if (!build->started)
        return;
    pthread_mutex_lock(&build->lock);
    build->ended = true;
    pthread_cond_signal(&build->condition);
    pthread_mutex_unlock(&build->lock);
    pthread_join(build->thread, NULL);
    pthread_cond_destroy(&build->condition);
    pthread_mutex_destroy(&build->lock);
    build->started = false;
}
