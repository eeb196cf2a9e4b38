#include "programs/verdict_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Guards what follows. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned together, waiting_to_be_alone;
static bool somebody_is_alone;
static bool has_token;
static unsigned char own_token[VERDICT_TOKEN_SIZE];

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
    pthread_mutex_lock(&mutex);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&mutex);
}

/* In the child no thread works on a program, and it needs a token of its own. */
static void after_fork_in_child(void)
{
    together = waiting_to_be_alone = 0;
    somebody_is_alone = has_token = false;
    changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static void lock_state(void)
{
    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&mutex);
}

static bool draw_token(void)
{
    size_t size = 0;
    const int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && size < sizeof own_token) {
        const ssize_t count = read(file, own_token + size, sizeof own_token - size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        size += (size_t)count;
    }
    if (file >= 0)
        close(file);
    return size == sizeof own_token;
}

bool verdict_process_token(unsigned char token[VERDICT_TOKEN_SIZE])
{
    lock_state();
    if (!has_token)
        has_token = draw_token();
    const bool drawn = has_token;
    if (drawn)
        memcpy(token, own_token, sizeof own_token);
    pthread_mutex_unlock(&mutex);
    return drawn;
}

unsigned verdict_process_number(void)
{
    static atomic_uint counter;
    return atomic_fetch_add(&counter, 1U);
}

/* A thread that waits to be alone goes before those that come later; otherwise it might wait for ever. */
void verdict_process_enter(bool alone)
{
    lock_state();
    if (alone) {
        waiting_to_be_alone++;
        while (together > 0 || somebody_is_alone)
            pthread_cond_wait(&changed, &mutex);
        waiting_to_be_alone--;
        somebody_is_alone = true;
    } else {
        while (somebody_is_alone || waiting_to_be_alone > 0)
            pthread_cond_wait(&changed, &mutex);
        together++;
    }
    pthread_mutex_unlock(&mutex);
}

void verdict_process_leave(bool alone)
{
    lock_state();
    if (alone)
        somebody_is_alone = false;
    else if (together > 0) /* it is 0 in a child that was forked after the enter */
        together--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}
