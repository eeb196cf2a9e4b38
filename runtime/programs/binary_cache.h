/*
 * Compiled programs on disk.
 *
 * A file a program, named by its key (32 hexadecimal digits and ".clbin") in one directory (0700):
 *   8 bytes   magic "clnormPB"
 *   4 bytes   format, little-endian: CACHE_FORMAT
 *   4 bytes   reserved, 0
 *  16 bytes   the key, so that a renamed file is not believed
 *   8 bytes   payload length, little-endian
 *  16 bytes   XXH3-128 of the payload
 *   ...       the payload: the driver's binary
 *
 * The key is a hash over everything that the binary depends on, each field preceded by its length. Files are
 * written under a temporary name in the same directory and then renamed, so that readers never see an
 * incomplete file and two processes may write the same key. A file that is too short, changed or foreign is
 * removed and counts as a miss. A directory of another user, one that others may write to, or a symbolic link
 * is not used, since anybody could have put files there. Nothing here makes a caller fail: without a cache,
 * programs are compiled again.
 */
#ifndef CLNORM_PROGRAMS_BINARY_CACHE_H
#define CLNORM_PROGRAMS_BINARY_CACHE_H

#include "base/status.h"
#include <stdint.h>

enum { CACHE_FORMAT = 1 };

typedef struct cache_key {
    unsigned char bytes[16];
} cache_key;

/* The key of these fields; order counts, and {"ab","c"} differs from {"a","bc"}. NULL counts as "". */
cache_key cache_key_of(const char *const *fields, size_t count);

/* The payload under `key`, which the caller frees; NULL on a miss. `directory` NULL: always a miss. */
unsigned char *cache_load(const char *directory, const cache_key *key, size_t *size);

/* Stores it, making the directory if needed. False, with a line in the log, if that could not be done. */
bool cache_store(const char *directory, const cache_key *key, const unsigned char *payload, size_t size);

/* Removes the file under `key`: the driver refused it. */
void cache_remove(const char *directory, const cache_key *key);

#endif
