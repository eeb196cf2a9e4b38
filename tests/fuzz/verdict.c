/*
 * Files of verdict.h: one that is whole counts as what its bytes say, any other for nothing, and is removed.
 *
 * An input is a byte that says how a file is made of the rest, and the rest, which is the file, byte by byte:
 * bit 0: a marker, not a verdict; bit 1: magic, format, key and token put in; bit 2: the time is now; bit 3:
 * the texts are sound; bit 4: the hash put in.
 */
#include "fuzz.h"

#include "base/hash.h"
#include "programs/verdict.h"
#include "programs/verdict_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* As verdict_record.h describes the file. */
enum {
    AT_FORMAT = 8,
    AT_FLAGS = 12,
    AT_KEY = 16,
    AT_TOKEN = 32,
    AT_TIME = 48,
    AT_ENDS = 56,
    AT_VERSION = 64
};
enum { AT_NAME = 96, AT_SENTENCE = 352, AT_HASH = 864 };
enum { MARKER = 1, CORRECT_HEAD = 2, CORRECT_TIME = 4, CORRECT_TEXTS = 8, CORRECT_HASH = 16 };

static void put(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void correct(uint8_t file[VERDICT_FILE_SIZE], const verdict_file_name *name, unsigned how)
{
    const verdict_record record = verdict_record_of(&name->key, "a program");
    if (how & CORRECT_HEAD) {
        memcpy(file, "clnormVD\1\0\0", AT_FLAGS);
        memcpy(file + AT_KEY, name->key.bytes, sizeof name->key.bytes);
        memcpy(file + AT_TOKEN, name->token, sizeof name->token);
        put(file + AT_ENDS + 4, 0, 4);
    }
    if (how & CORRECT_TIME)
        put(file + AT_TIME, how & MARKER ? 0 : (uint64_t)time(NULL), 8);
    if (how & CORRECT_TEXTS) {
        memcpy(file + AT_VERSION, record.version, sizeof record.version);
        memcpy(file + AT_NAME, record.name, sizeof record.name);
        memset(file + AT_SENTENCE, 0, AT_HASH - AT_SENTENCE);
    }
    if (how & CORRECT_HASH)
        hash_bytes(file, AT_HASH, file + AT_HASH);
}

static void check_avoided(const uint8_t *file, size_t size, bool marker)
{
    const uint8_t *ends = file + AT_ENDS;
    uint8_t hash[HASH_SIZE];
    fuzz_require(size == VERDICT_FILE_SIZE && !marker, "a file of %zu bytes convicts", size);
    hash_bytes(file, AT_HASH, hash);
    fuzz_require(memcmp(hash, file + AT_HASH, HASH_SIZE) == 0, "a file of another hash convicts");
    fuzz_require(file[AT_FLAGS] & VERDICT_WRONG || ends[0] >= VERDICT_ENDS || ends[1] || ends[2],
                 "%u ends convict", ends[0]);
}

static void check_sentence(const char *sentence, size_t size)
{
    const size_t length = strnlen(sentence, size);
    fuzz_require(length > 0 && length < size, "a sentence of %zu bytes", length);
    for (size_t i = 0; i < length; i++)
        fuzz_require(sentence[i] >= ' ' && sentence[i] <= '~', "byte %d in a sentence", sentence[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const field = "a program";
    fuzz_bytes bytes = {data, data + size};
    const unsigned how = fuzz_byte(&bytes);
    const size_t length = (size_t)(bytes.end - bytes.at);
    verdict_file_name name = {.marker = how & MARKER, .key = cache_key_of(&field, 1), .number = how};
    char text[VERDICT_NAME_SIZE], sentence[VERDICT_SENTENCE_SIZE];
    if (name.marker)
        memset(name.token, 0x5a, sizeof name.token);
    verdict_file_print_name(&name, text);

    uint8_t *file = fuzz_copy(bytes.at, length), *left;
    if (length == VERDICT_FILE_SIZE)
        correct(file, &name, how);
    fuzz_write(fuzz_path(text), file, length);
    chmod(fuzz_path(text), 0600);
    if (verdict_avoided(fuzz_path(""), &name.key, sentence, sizeof sentence)) {
        check_avoided(file, length, name.marker);
        check_sentence(sentence, sizeof sentence);
    }
    size_t size_left;
    left = fuzz_read(fuzz_path(text), &size_left);
    fuzz_require(left == NULL || (!name.marker && size_left == length && memcmp(left, file, length) == 0),
                 "%s is left changed", text);

    /* A success is the end of all but wrong results. */
    verdict_watch watch;
    verdict_watch_begin(&watch, fuzz_path(""), &name.key, "a program");
    fuzz_require(watch.watched, "%s cannot be watched", text);
    verdict_watch_end(&watch, true);
    if (verdict_avoided(fuzz_path(""), &name.key, sentence, sizeof sentence))
        fuzz_require(left != NULL && file[AT_FLAGS] & VERDICT_WRONG, "avoided after a success");
    free(left);
    free(file);
    fuzz_clear();
    return 0;
}
