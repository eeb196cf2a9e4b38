/*
 * What is remembered of programs that a driver's compiler could not be trusted with: those at which processes
 * ended, and those that computed what is wrong. Both are kept in the directory of compiled programs
 * (binary_cache.h), for 7 days, for this version of the library and for the driver that is part of a
 * program's key.
 *
 * While a program is built and tried, a *marker* lies there whose file is locked (flock). The lock goes with
 * the process: a marker that can be locked was left by one that ended in the middle. Process ids, clocks and
 * boot ids are not asked: containers and shared home directories have others. Whoever looks next *reaps*:
 *   - a process that left one program's marker: that program has one more end;
 *   - one that left several: which of them it was is unknown. No end; all of them are *alone* from now on: a
 *     process works on nothing else while it works on one of these.
 * Two ends, and the program is avoided. A success erases ends. Where several processes work on one program at
 * once, only the one that began first can give it an end: all of them may have been ended together.
 *
 * Files: "verdicts.lock", empty, which is locked by whoever adds, reaps or removes the others;
 * KEY-TOKEN-N.building, markers, where KEY is the program's and TOKEN the process's 32 hexadecimal digits;
 * KEY.verdict. The two are alike (verdict_record.h). What is cut, changed or foreign is removed and counts
 * for nothing.
 *
 * Nothing here fails a caller. Without a directory, in one that is not this user's own (directory.h), that
 * cannot be written, or whose file system has no locks, nothing is marked, which is said once in the log.
 * All functions may be called from several threads.
 */
#ifndef CLNORM_PROGRAMS_VERDICT_H
#define CLNORM_PROGRAMS_VERDICT_H

#include "programs/binary_cache.h"

enum {
    VERDICT_ENDS = 2,             /* that convict a program */
    VERDICT_SECONDS = 7 * 86400,  /* for which a record counts */
    VERDICT_SENTENCE_SIZE = 1024, /* for verdict_avoided */
};

/* A marker that is held. */
typedef struct verdict_watch {
    bool watched; /* false: nothing is held */
    bool alone;
    int directory, file;
    cache_key key;
    unsigned char token[16]; /* this and the number are in the file's name */
    unsigned number;
} verdict_watch;

/* Whether the program is to be left alone. Then `sentence` says why, since when and until when, and how to
 * have it forgotten. For each program that is to be built from source, before it is. */
bool verdict_avoided(const char *directory, const cache_key *key, char *sentence, size_t size);

/* Before a program is built or tried; `name` is for persons: "prelude.cl + ops/l2_normalize.cl: options".
 * Waits while this process works on a program that is to be alone, or works on others if this one is. A
 * thread holds one watch at a time, and no lock that another thread may want before it ends its own. */
void verdict_watch_begin(verdict_watch *watch, const char *directory, const cache_key *key, const char *name);

/* Afterwards. `success`: the program was built and did what it should; this erases its ends. Otherwise they
 * stay as they are: that a compiler refuses a program is no end. A second call does nothing. */
void verdict_watch_end(verdict_watch *watch, bool success);

/* The programs under this key were built, and their results are wrong, as `sentence` says. They are avoided
 * from now on; a success does not erase that. */
void verdict_record_wrong(const char *directory, const cache_key *key, const char *name,
                          const char *sentence);

/* Removes all of it but the markers that are held. `removed` grows by how many markers and verdicts went. */
clnorm_status verdict_clear(const char *directory, size_t *removed);

#endif
