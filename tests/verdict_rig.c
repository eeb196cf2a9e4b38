#define _GNU_SOURCE /* RTLD_NEXT */
#include "verdict_rig.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/wait.h>

char directory[FILES_PATH_SIZE];
unsigned lines, lines_removed;

/* ---- Calls that fail, and a process that ends before one of them ---- */

int flock_error, unlinkat_error;
long steps_left = -1; /* < 0: no end */

static void one_step(void)
{
    if (steps_left == 0)
        kill(getpid(), SIGKILL);
    if (steps_left > 0)
        steps_left--;
}

int flock(int file, int operation)
{
    int (*real)(int, int);
    *(void **)&real = dlsym(RTLD_NEXT, "flock");
    if (flock_error != 0) {
        errno = flock_error;
        return -1;
    }
    one_step();
    return real(file, operation);
}

int unlinkat(int at, const char *name, int flags)
{
    int (*real)(int, const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "unlinkat");
    if (unlinkat_error != 0) {
        errno = unlinkat_error;
        return -1;
    }
    one_step();
    return real(at, name, flags);
}

int renameat(int from, const char *old, int to, const char *new)
{
    int (*real)(int, const char *, int, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "renameat");
    one_step();
    return real(from, old, to, new);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (steps_left == 0 && size > 100) { /* half of a file */
        real(file, bytes, size / 2);
        kill(getpid(), SIGKILL);
    }
    if (steps_left > 0)
        steps_left--;
    return real(file, bytes, size);
}

/* ---- Programs ---- */

cache_key key_of(unsigned program)
{
    char digits[16];
    const char *const fields[] = {digits};
    snprintf(digits, sizeof digits, "%u", program);
    return cache_key_of(fields, 1);
}

bool avoided(unsigned program)
{
    char sentence[VERDICT_SENTENCE_SIZE] = "";
    const cache_key key = key_of(program);
    const bool is = verdict_avoided(directory, &key, sentence, sizeof sentence);
    ck_assert((sentence[0] != '\0') == is);
    return is;
}

void begin(verdict_watch *watch, unsigned program)
{
    char name[32];
    const cache_key key = key_of(program);
    snprintf(name, sizeof name, "program %u", program);
    verdict_watch_begin(watch, directory, &key, name);
}

void work(unsigned program, bool success)
{
    verdict_watch watch;
    begin(&watch, program);
    ck_assert(watch.watched);
    verdict_watch_end(&watch, success);
    verdict_watch_end(&watch, success);
}

verdict_record record_of(unsigned program)
{
    verdict_record record = {0};
    const cache_key key = key_of(program);
    const int opened = open(directory, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(opened, 0);
    if (!verdict_file_load(opened, &key, &record))
        record = (verdict_record){0};
    close(opened);
    return record;
}

unsigned ends_of(unsigned program)
{
    avoided(program); /* reaps */
    return record_of(program).ends;
}

void store(const verdict_record *record)
{
    const int opened = open(directory, O_RDONLY | O_DIRECTORY);
    ck_assert(verdict_file_store(opened, record));
    close(opened);
}

size_t markers(void)
{
    return files_count(directory, ".building", NULL);
}

/* ---- Processes that end in the middle ---- */

static atomic_uint begun;

static void *begin_and_wait(void *of)
{
    const worker *self = of;
    verdict_watch watch;
    begin(&watch, self->program);
    atomic_fetch_add(&begun, 1U);
    for (;;)
        pause();
    return NULL;
}

void reap_child(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void leave(const unsigned *programs, size_t count)
{
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        worker workers[8];
        for (size_t i = 0; i < count; i++) {
            workers[i].program = programs[i];
            if (pthread_create(&workers[i].thread, NULL, begin_and_wait, &workers[i]) != 0)
                _exit(1);
        }
        while (atomic_load(&begun) < count)
            sched_yield();
        kill(getpid(), SIGKILL);
    }
    reap_child(child);
}

void leave_one(unsigned program)
{
    leave(&program, 1);
}

static void count_lines(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    lines++;
    lines_removed += strstr(line, "removed") != NULL;
}

void verdict_set_up(void)
{
    files_make_directory(directory);
    clnorm_set_log(count_lines, CLNORM_LOG_INFO, NULL);
    lines = lines_removed = 0;
}

void verdict_tear_down(void)
{
    files_remove(directory);
}

unsigned next_random(unsigned *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}
