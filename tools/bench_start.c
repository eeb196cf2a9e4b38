#include "bench_start.h"

#include "bench_clock.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_RUNS = 3, WORDS = 12 };

extern char **environ;

/* Set by a signal that asks this process to end, which it does after it has removed its directories. */
static volatile sig_atomic_t interrupted;

static void note_signal(int signal)
{
    interrupted = signal;
}

/* What the children are started with. */
typedef struct launcher {
    char directory[TEMPORARY_PATH_SIZE];
    const global_options *options;
    unsigned children;
    char cache[TEMPORARY_PATH_SIZE + 64], driver_cache[TEMPORARY_PATH_SIZE + 64];
    char **environment; /* this process's, with the caches' places in front */
} launcher;

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static int prepare(launcher *l)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    l->environment = calloc(count + 3, sizeof *l->environment);
    if (!l->environment)
        return complain(EXIT_FAILED, "out of memory");
    l->environment[kept++] = l->cache;
    l->environment[kept++] = l->driver_cache;
    for (size_t i = 0; i < count; i++)
        if (!is_variable(environ[i], "CLNORM_CACHE_DIR") && !is_variable(environ[i], "POCL_CACHE_DIR"))
            l->environment[kept++] = environ[i];
    snprintf(l->cache, sizeof l->cache, "CLNORM_CACHE_DIR=%s/clnorm", l->directory);
    return EXIT_DONE;
}

/* "clnorm bench --start-child WHAT [--device D] [--kernels K]". A string that execve does not change. */
static void write_words(const launcher *l, const char *what, const char *words[WORDS])
{
    int count = 0;
    words[count++] = "clnorm";
    words[count++] = "bench";
    words[count++] = "--start-child";
    words[count++] = what;
    if (l->options->device) {
        words[count++] = "--device";
        words[count++] = l->options->device;
    }
    if (l->options->kernels != CLNORM_KERNELS_AUTO) {
        words[count++] = "--kernels";
        words[count++] = kernels_name(l->options->kernels);
    }
    words[count] = NULL;
}

static int spawn(launcher *l, const char *what, const int pipe_ends[2], pid_t *child)
{
    union {
        const char *constant[WORDS];
        char *writable[WORDS];
    } words;
    posix_spawn_file_actions_t actions;
    write_words(l, what, words.constant);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    int error = posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    if (error == 0)
        error = posix_spawn(child, "/proc/self/exe", &actions, NULL, words.writable, l->environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Waits for the child's byte, then for its end. False if there was none. */
static bool listen_to(int descriptor, pid_t child, double *end)
{
    char byte;
    ssize_t got;
    do
        got = read(descriptor, &byte, 1);
    while (got < 0 && errno == EINTR && !interrupted);
    *end = clock_us();
    if (got != 1)
        kill(child, SIGTERM);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return got == 1;
}

/* Starts a process, with nothing in the driver's cache, and measures until it has its result. */
static int time_child(launcher *l, const char *what, double *ms)
{
    int ends[2];
    pid_t child;
    double end = 0;
    if (interrupted)
        return EXIT_FAILED;
    snprintf(l->driver_cache, sizeof l->driver_cache, "POCL_CACHE_DIR=%s/driver-%u", l->directory,
             l->children++);
    if (pipe(ends) != 0)
        return complain(EXIT_FAILED, "pipe failed: %s", strerror(errno));
    double start = clock_us();
    int error = spawn(l, what, ends, &child);
    close(ends[1]);
    bool told = error == 0 && listen_to(ends[0], child, &end);
    close(ends[0]);
    *ms = (end - start) * 1e-3;
    if (error != 0)
        return complain(EXIT_FAILED, "this program cannot be started again: %s", strerror(error));
    return told ? EXIT_DONE : complain(EXIT_FAILED, "the process started for \"%s\" gave no result", what);
}

static int time_children(launcher *l, const char *what, bench_start *start)
{
    double warm[WARM_RUNS], devices[WARM_RUNS];
    int status = time_child(l, what, &start->cold_ms);
    for (int i = 0; i < WARM_RUNS && status == EXIT_DONE; i++) {
        status = time_child(l, what, &warm[i]);
        if (status == EXIT_DONE)
            status = time_child(l, "devices", &devices[i]);
    }
    if (status == EXIT_DONE) {
        start->warm_ms = median(warm, WARM_RUNS);
        start->devices_ms = median(devices, WARM_RUNS);
    }
    return status;
}

int bench_start_measure(bench_start *start, const global_options *options, const bench_case *c)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction note = {.sa_handler = note_signal}, before[3];
    launcher l = {.options = options};
    int status = temporary_create(l.directory);
    if (status != EXIT_DONE)
        return status;
    interrupted = 0;
    for (int i = 0; i < 3; i++) {
        sigaction(signals[i], NULL, &before[i]);
        /* A signal that is ignored stays so: nohup, or a shell that starts a background job, has set this. */
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &note, NULL);
    }
    status = prepare(&l);
    if (status == EXIT_DONE)
        status = time_children(&l, c->text, start);
    free(l.environment);
    temporary_remove(l.directory);
    for (int i = 0; i < 3; i++)
        sigaction(signals[i], &before[i], NULL);
    if (interrupted)
        raise(interrupted);
    return status;
}
