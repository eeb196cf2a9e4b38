/*
 * Records of programs that the driver failed with: a process ended while it built or tried the program
 * (called an *end*), or the program's results were wrong. Records are kept in the directory of compiled
 * programs (binary_cache.h) for 7 days. They apply to this version of the library, and to one version of the
 * driver, which is part of a program's key.
 *
 * While a process builds or tries a program, it keeps a *marker*, a locked file (flock), in the directory.
 * The lock vanishes with the process: a marker that can be locked was left by a process that ended meanwhile.
 * This does not rely on process ids, clocks or boot ids, which differ between containers and between machines
 * with a shared home directory. The next process that looks *reaps* markers that were left:
 *   - if the ended process left markers of one program only, that program gets one more end;
 *   - if it left markers of several programs, nobody knows which one was to blame. None gets an end, but all
 *     of them become *alone*: a process that works on one of them works on nothing else meanwhile.
 * A program with two ends, or with wrong results, is avoided. A success erases ends. If several processes
 * work on the same program at once, only the one that began first can give it an end, since all of them may
 * have been ended together.
 *
 * Files: "verdicts.lock", empty, is locked while the other files are added, reaped or removed. Markers are
 * named KEY-TOKEN-N.building, KEY being 32 hexadecimal digits for the program and TOKEN 32 for the process.
 * Verdicts are named KEY.verdict. Both contain a record (verdict_record.h). A file that is cut, changed or
 * foreign is removed and ignored.
 *
 * Nothing here makes a caller fail. Nothing is recorded, and the log says so once, if there is no directory,
 * or if it is not this user's own (directory.h), cannot be written, or is on a file system without locks. All
 * functions may be called from several threads.
 */
#ifndef CLNORM_PROGRAMS_VERDICT_H
#define CLNORM_PROGRAMS_VERDICT_H

#include "programs/binary_cache.h"

enum {
    VERDICT_ENDS = 2,             /* a program with so many ends is avoided */
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

/* Whether the program is to be avoided. If so, `sentence` says why, since when and until when, and how to
 * clear the record. To be called before a program is built from source. */
bool verdict_avoided(const char *directory, const cache_key *key, char *sentence, size_t size);

/* To be called before a program is built or tried; `name` is for people: "prelude.cl + ops/l2_normalize.cl:
 * options". Waits while other threads of this process work on a program that is alone, or, if this one is
 * alone, on any program. To avoid deadlocks, a thread must hold only one watch at a time, and no lock that
 * another thread may need to end its watch. */
void verdict_watch_begin(verdict_watch *watch, const char *directory, const cache_key *key, const char *name);

/* To be called afterwards. `success` means that the program was built and gave right results; this erases its
 * ends. Without it they do not change: a program that the compiler refuses gets no end. A second call does
 * nothing. */
void verdict_watch_end(verdict_watch *watch, bool success);

/* The programs under this key were built, and their results are wrong, as `sentence` says. They are avoided
 * from now on; a success does not erase that. */
void verdict_record_wrong(const char *directory, const cache_key *key, const char *name,
                          const char *sentence);

/* Removes everything except markers that are held. Adds the number of removed markers and verdicts to
 * `removed`. */
clnorm_status verdict_clear(const char *directory, size_t *removed);

#endif
