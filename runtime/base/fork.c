#include "base/fork.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool watched;
static atomic_bool forked;

static void note_fork(void)
{
    atomic_store(&forked, true);
}

/* A fork handler is used instead of comparing process ids: getpid would cost a system call for each
 * execution, and in another namespace a child may have its parent's id. If the library is unloaded, the C
 * library removes the handler. */
static void watch(void)
{
    watched = pthread_atfork(NULL, NULL, note_fork) == 0;
}

clnorm_status fork_check(void)
{
    pthread_once(&once, watch);
    if (!watched)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a handler of forks");
    if (is_forked())
        return fail(
            CLNORM_INVALID_STATE,
            "this process was forked from one that already used OpenCL, which drivers do not survive: "
            "create contexts after the fork only, or execute a program in the child");
    return CLNORM_OK;
}

bool is_forked(void)
{
    return atomic_load_explicit(&forked, memory_order_relaxed);
}
