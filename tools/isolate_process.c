#include "isolate_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 8 };

extern char **environ;

/* ---- Signals ---- */

static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
enum { SIGNALS = sizeof signals / sizeof signals[0] };
static struct sigaction before[SIGNALS];
static volatile sig_atomic_t interrupted, interruptions;

static void note_signal(int signal)
{
    interrupted = signal;
    interruptions = interruptions + 1;
}

void isolate_catch_signals(bool catching)
{
    const struct sigaction note = {.sa_handler = note_signal};
    for (int i = 0; i < SIGNALS; i++) {
        if (!catching) {
            sigaction(signals[i], &before[i], NULL);
            continue;
        }
        sigaction(signals[i], NULL, &before[i]);
        /* A signal that is ignored stays so: nohup, or a shell that starts a background job, has set this. */
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &note, NULL);
    }
    signal(SIGCHLD, SIG_DFL); /* ignored, nothing could be known of children */
    if (!catching && interrupted)
        raise(interrupted);
}

/* ---- Starting ---- */

/* "clnorm selftest --isolate-child TASK [--device D]". A string that execve does not change. */
static void write_words(const global_options *options, const char *task, const char *words[WORDS])
{
    int count = 0;
    words[count++] = "clnorm";
    words[count++] = "selftest";
    words[count++] = "--isolate-child";
    words[count++] = task;
    if (options->device) {
        words[count++] = "--device";
        words[count++] = options->device;
    }
    words[count] = NULL;
}

/* Gives the child the pipe's end. What drivers print goes to /dev/null, or to stderr if CLNORM_VERBOSE is
 * set. */
static int add_actions(posix_spawn_file_actions_t *actions, const int ends[2])
{
    const char *verbose = getenv("CLNORM_VERBOSE");
    const bool quiet = !verbose || !*verbose || strcmp(verbose, "none") == 0;
    int error = 0;
    if (quiet)
        error = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, ends[1], ISOLATE_DESCRIPTOR);
    return error;
}

/* Starts the child in a process group of its own, so that it can be killed with everything that it has
 * started, and so that an interrupt from the terminal does not end it, which would count against the current
 * program. */
static int spawn(isolate_process *process, const char *const *words, const int ends[2])
{
    union {
        const char *const *constant;
        char *const *writable;
    } list = {words};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    int error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        if (error == 0)
            error = add_actions(&actions, ends);
        if (error == 0)
            error =
                posix_spawn(&process->id, "/proc/self/exe", &actions, &attributes, list.writable, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Moves a descriptor to a number above ISOLATE_DESCRIPTOR, which dup2 sets in the child, and marks it
 * close-on-exec. */
static int move_up(int descriptor)
{
    const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, ISOLATE_DESCRIPTOR + 1);
    const int error = errno;
    close(descriptor);
    errno = error;
    return moved;
}

int isolate_process_start(isolate_process *process, const global_options *options, const isolate_task *task)
{
    char text[ISOLATE_TASK_SIZE];
    const char *words[WORDS];
    int ends[2];
    process->held = 0;
    isolate_task_text(task, text);
    write_words(options, text, words);
    if (pipe(ends) != 0)
        return complain(EXIT_FAILED, "pipe failed: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        ends[i] = move_up(ends[i]);
    const int error = ends[0] < 0 || ends[1] < 0 ? EMFILE : spawn(process, words, ends);
    if (ends[1] >= 0)
        close(ends[1]);
    process->descriptor = ends[0];
    if (error == 0)
        return EXIT_DONE;
    if (ends[0] >= 0)
        close(ends[0]);
    return complain(EXIT_FAILED, "this program cannot be started again: %s", strerror(error));
}

/* ---- Listening ---- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static bool take_line(isolate_process *process, char line[ISOLATE_LINE_SIZE])
{
    char *end = memchr(process->buffer, '\n', process->held);
    if (!end)
        return false;
    const size_t length = (size_t)(end - process->buffer);
    snprintf(line, ISOLATE_LINE_SIZE, "%.*s", (int)length, process->buffer);
    process->held -= length + 1;
    memmove(process->buffer, end + 1, process->held);
    return true;
}

isolate_event isolate_process_read(isolate_process *process, unsigned timeout, char line[ISOLATE_LINE_SIZE])
{
    const double until = now() + timeout;
    while (!take_line(process, line)) {
        const double left = until - now();
        struct pollfd polled = {.fd = process->descriptor, .events = POLLIN};
        if (interrupted)
            return ISOLATE_INTERRUPT;
        if (left <= 0)
            return ISOLATE_SILENCE;
        /* Half a second at most, since a signal that comes just before poll does not interrupt it. */
        if (poll(&polled, 1, left < 0.5 ? (int)(left * 1000) + 1 : 500) <= 0)
            continue;
        if (process->held == sizeof process->buffer)
            return ISOLATE_END; /* such a line is none of ours */
        const ssize_t got = read(process->descriptor, process->buffer + process->held,
                                 sizeof process->buffer - process->held);
        if (got == 0 || (got < 0 && errno != EINTR))
            return ISOLATE_END;
        process->held += got > 0 ? (size_t)got : 0;
    }
    return ISOLATE_LINE;
}

/* ---- Ending ---- */

int isolate_process_end(isolate_process *process, unsigned seconds, bool *killed)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    const double until = now() + seconds;
    siginfo_t ended = {.si_pid = 0};
    int status = 0;
    close(process->descriptor);
    /* WNOWAIT leaves the child a zombie until its group has been killed, so that its id cannot be reused by
     * another process before. */
    while (waitid(P_PID, (id_t)process->id, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0 &&
           now() < until && interruptions < 2)
        nanosleep(&pause, NULL);
    *killed = ended.si_pid == 0;
    kill(-process->id, SIGKILL);
    while (waitpid(process->id, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}
