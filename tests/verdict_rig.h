/* Programs that are worked on, in a directory of their own, by processes that end in the middle. */
#ifndef CLNORM_TESTS_VERDICT_RIG_H
#define CLNORM_TESTS_VERDICT_RIG_H

#include "programs/verdict.h"

#include "files.h"
#include "programs/verdict_file.h"
#include <pthread.h>

enum { DAY = 86400 };

extern char directory[FILES_PATH_SIZE];
extern unsigned lines, lines_removed; /* of the log; those that say "removed" */

/* A fixture: a new directory, and the log's lines are counted. */
void verdict_set_up(void);
void verdict_tear_down(void);

/* Calls that fail with this errno, if it is not 0. */
extern int flock_error, unlinkat_error;

/* How many more steps, calls that change files, before this process kills itself; negative: no end. */
extern long steps_left;

/* ---- Programs, by number ---- */

cache_key key_of(unsigned program);
bool avoided(unsigned program);
void begin(verdict_watch *watch, unsigned program);
void work(unsigned program, bool success);

/* What is on record; zeros if nothing is. */
verdict_record record_of(unsigned program);
unsigned ends_of(unsigned program);
void store(const verdict_record *record);

/* How many files of markers there are. */
size_t markers(void);

/* ---- Processes ---- */

typedef struct worker {
    unsigned program;
    pthread_t thread;
} worker;

/* A process that is killed while a thread works on each of these. */
void leave(const unsigned *programs, size_t count);
void leave_one(unsigned program);

/* Waits for one that was killed. */
void reap_child(pid_t child);

unsigned next_random(unsigned *state);

#endif
