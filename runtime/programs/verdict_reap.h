/* Reaps the markers that ended processes left (verdict.h); verdict_reap needs the directory's lock. */
#ifndef CLNORM_PROGRAMS_VERDICT_REAP_H
#define CLNORM_PROGRAMS_VERDICT_REAP_H

#include "programs/verdict_file.h"

/* Calls `visit` for each file of verdict.h in the directory, until it returns false. False if the directory
 * cannot be read. */
typedef bool verdict_visitor(int directory, const verdict_file_name *name, void *user);
bool verdict_visit(int directory, verdict_visitor *visit, void *user);

/* Whether the directory has any file of verdict.h but the lock. False as verdict_visit. */
bool verdict_has_any(int directory, bool *any);

/* Counts the markers that ended processes left, and removes them, and verdicts that do not count any more.
 * True if any process, this one included, is working on `key`, which may be NULL. */
bool verdict_reap(int directory, const cache_key *key);

#endif
