/* Logs a line if a driver's compiler takes long, so that users know what they are waiting for. */
#ifndef CLNORM_PROGRAMS_SLOW_BUILD_H
#define CLNORM_PROGRAMS_SLOW_BUILD_H

#include <pthread.h>
#include <stdbool.h>

enum { SLOW_BUILD_SECONDS = 120 };

typedef struct slow_build {
    const char *name; /* of the program; the caller's */
    unsigned seconds;
    bool started, ended;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t condition;
} slow_build;

/* Starts a thread that writes the line if slow_build_end is not called within `seconds`. If the thread cannot
 * be started, nothing is written. */
void slow_build_begin(slow_build *build, const char *name, unsigned seconds);
void slow_build_end(slow_build *build);

#endif
