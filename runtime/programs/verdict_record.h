/*
 * The record that each marker and verdict file (verdict.h) contains. Numbers are little-endian.
 *   8 bytes   magic "clnormVD"
 *   4 bytes   format: VERDICT_FORMAT
 *   4 bytes   flags, as below
 *  16 bytes   the key, which is in the file's name too
 *  16 bytes   token: of a marker, its process, which is in the file's name too;
 *             of a verdict, the last process whose leavings it counts
 *   8 bytes   time: of a verdict, the last event, in seconds since 1970; of a marker, 0
 *   4 bytes   ends
 *   4 bytes   reserved, 0
 *  32 bytes   the library's version, printable ASCII, filled up with zeros, as are the next two
 * 256 bytes   name of the program
 * 512 bytes   of a wrong program, what is wrong
 *  16 bytes   XXH3-128 of all before
 */
#ifndef CLNORM_PROGRAMS_VERDICT_RECORD_H
#define CLNORM_PROGRAMS_VERDICT_RECORD_H

#include "programs/binary_cache.h"

enum {
    VERDICT_FORMAT = 1,
    VERDICT_FILE_SIZE = 880,
    VERDICT_TOKEN_SIZE = 16,
    VERDICT_MAXIMUM_ENDS = 1000000,
};

enum verdict_flag {
    VERDICT_MARKER = 1, /* the record is a marker; without this flag, a verdict */
    VERDICT_SECOND = 2, /* of a marker: another process had begun with this program before */
    VERDICT_ALONE = 4,
    VERDICT_WRONG = 8,
};

typedef struct verdict_record {
    uint32_t flags, ends;
    cache_key key;
    unsigned char token[VERDICT_TOKEN_SIZE];
    int64_t time;
    char version[32], name[256], sentence[512];
} verdict_record;

/* A record of this version of the library; texts are cut to fit, and what is not printable becomes '?'. */
verdict_record verdict_record_of(const cache_key *key, const char *name);
void verdict_record_set_sentence(verdict_record *record, const char *sentence);

void verdict_record_encode(const verdict_record *record, unsigned char bytes[VERDICT_FILE_SIZE]);

/* False if the bytes are not an encoded record. */
bool verdict_record_decode(const unsigned char bytes[VERDICT_FILE_SIZE], verdict_record *record);

bool verdict_is_of_this_version(const verdict_record *record);

/* Whether a verdict counts: it is of this version of the library, not too old, and not more than a day in the
 * future. Clocks of machines differ a little; a larger difference means that a clock was wrong. */
bool verdict_counts(const verdict_record *record);

/* Whether the program is to be avoided, according to a verdict that counts. */
bool verdict_avoids(const verdict_record *record);

/* The reason in the verdict, such as "processes ended ...", whether the program is avoided or not. */
void verdict_reason(const verdict_record *record, char *text, size_t size);

#endif
