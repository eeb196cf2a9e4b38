/* Locks of verdict.h's files. They belong to open files: also threads of one process exclude each other. */
#ifndef CLNORM_PROGRAMS_VERDICT_LOCK_H
#define CLNORM_PROGRAMS_VERDICT_LOCK_H

#include <stdbool.h>

#define VERDICT_LOCK_NAME "verdicts.lock"

/* Takes the lock of the directory's files, which is held for moments only; `make` makes its file. -1 and
 * errno: ENOENT where there is none, ETIMEDOUT if it was not free for seconds, since a process that holds it
 * may have been stopped, and others where no file can be made or locked. */
int verdict_lock(int directory, bool make);
void verdict_unlock(int lock);

/* Takes the lock of an open file, if it is free. False and errno, EWOULDBLOCK where it is held. */
bool verdict_lock_file(int file);

#endif
