/* The records of verdict.h as bytes, and what they say: see verdict_record.h. */
#include "programs/verdict_record.h"

#include "base/hash.h"
#include "base/version_text.h"
#include "programs/verdict.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const unsigned char MAGIC[8] = {'c', 'l', 'n', 'o', 'r', 'm', 'V', 'D'};

/* Where the fields of a file begin. */
enum {
    AT_FORMAT = 8,
    AT_FLAGS = 12,
    AT_KEY = 16,
    AT_TOKEN = 32,
    AT_TIME = 48,
    AT_ENDS = 56,
    AT_RESERVED = 60,
    AT_VERSION = 64,
    AT_NAME = 96,
    AT_SENTENCE = 352,
    AT_HASH = 864,
};

enum { FUTURE_SECONDS = 86400 };

_Static_assert(AT_HASH + HASH_SIZE == VERDICT_FILE_SIZE, "the fields fill the file");

static bool is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

static void set_text(char *field, size_t size, const char *text)
{
    const size_t length = strnlen(text, size - 1);
    memset(field, 0, size);
    for (size_t i = 0; i < length; i++)
        field[i] = (char)(is_printable(text[i]) ? text[i] : '?');
}

verdict_record verdict_record_of(const cache_key *key, const char *name)
{
    verdict_record record = {.key = *key};
    set_text(record.version, sizeof record.version, VERSION_TEXT);
    set_text(record.name, sizeof record.name, name);
    return record;
}

void verdict_record_set_sentence(verdict_record *record, const char *sentence)
{
    set_text(record->sentence, sizeof record->sentence, sentence);
}

static void put(unsigned char *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

void verdict_record_encode(const verdict_record *record, unsigned char bytes[VERDICT_FILE_SIZE])
{
    memcpy(bytes, MAGIC, sizeof MAGIC);
    put(bytes + AT_FORMAT, VERDICT_FORMAT, 4);
    put(bytes + AT_FLAGS, record->flags, 4);
    memcpy(bytes + AT_KEY, record->key.bytes, sizeof record->key.bytes);
    memcpy(bytes + AT_TOKEN, record->token, sizeof record->token);
    put(bytes + AT_TIME, (uint64_t)record->time, 8);
    put(bytes + AT_ENDS, record->ends, 4);
    put(bytes + AT_RESERVED, 0, 4);
    memcpy(bytes + AT_VERSION, record->version, sizeof record->version);
    memcpy(bytes + AT_NAME, record->name, sizeof record->name);
    memcpy(bytes + AT_SENTENCE, record->sentence, sizeof record->sentence);
    hash_bytes(bytes, AT_HASH, bytes + AT_HASH);
}

/* Printable, ended by a zero, and filled up with zeros. */
static bool is_text(const char *field, size_t size)
{
    size_t length = 0;
    while (length < size && is_printable(field[length]))
        length++;
    if (length == size)
        return false;
    while (length < size && field[length] == '\0')
        length++;
    return length == size;
}

static bool is_sound(const verdict_record *record)
{
    if (!is_text(record->version, sizeof record->version) || !is_text(record->name, sizeof record->name) ||
        !is_text(record->sentence, sizeof record->sentence))
        return false;
    if (record->flags & VERDICT_MARKER)
        return (record->flags & ~(uint32_t)VERDICT_SECOND) == VERDICT_MARKER && record->time == 0 &&
               record->ends == 0 && record->sentence[0] == '\0';
    return (record->flags & ~(uint32_t)(VERDICT_ALONE | VERDICT_WRONG)) == 0 && record->time >= 0 &&
           record->ends <= VERDICT_MAXIMUM_ENDS && (record->ends > 0 || record->flags != 0);
}

bool verdict_record_decode(const unsigned char bytes[VERDICT_FILE_SIZE], verdict_record *record)
{
    unsigned char hash[HASH_SIZE];
    hash_bytes(bytes, AT_HASH, hash);
    if (memcmp(bytes, MAGIC, sizeof MAGIC) != 0 || memcmp(bytes + AT_HASH, hash, sizeof hash) != 0 ||
        get(bytes + AT_FORMAT, 4) != VERDICT_FORMAT || get(bytes + AT_RESERVED, 4) != 0 ||
        get(bytes + AT_TIME, 8) > INT64_MAX)
        return false;
    record->flags = (uint32_t)get(bytes + AT_FLAGS, 4);
    record->ends = (uint32_t)get(bytes + AT_ENDS, 4);
    record->time = (int64_t)get(bytes + AT_TIME, 8);
    memcpy(record->key.bytes, bytes + AT_KEY, sizeof record->key.bytes);
    memcpy(record->token, bytes + AT_TOKEN, sizeof record->token);
    memcpy(record->version, bytes + AT_VERSION, sizeof record->version);
    memcpy(record->name, bytes + AT_NAME, sizeof record->name);
    memcpy(record->sentence, bytes + AT_SENTENCE, sizeof record->sentence);
    return is_sound(record);
}

/* ---- What they say ---- */

bool verdict_is_of_this_version(const verdict_record *record)
{
    return strcmp(record->version, VERSION_TEXT) == 0;
}

bool verdict_counts(const verdict_record *record)
{
    const int64_t now = (int64_t)time(NULL);
    return verdict_is_of_this_version(record) && record->time <= now + FUTURE_SECONDS &&
           record->time > now - VERDICT_SECONDS;
}

bool verdict_avoids(const verdict_record *record)
{
    return record->ends >= VERDICT_ENDS || (record->flags & VERDICT_WRONG) != 0;
}

void verdict_reason(const verdict_record *record, char *text, size_t size)
{
    if (record->flags & VERDICT_WRONG)
        snprintf(text, size, "its results were wrong: %s", record->sentence);
    else if (record->ends > 0)
        snprintf(text, size, "%s while it was built or tried",
                 record->ends == 1 ? "a process ended" : "processes ended");
    else
        snprintf(text, size, "a process ended while this and others were built or tried");
}
