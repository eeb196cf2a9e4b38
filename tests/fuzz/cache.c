/*
 * Entries of the program cache: one that is loaded is whole, and has the payload that was stored; any other
 * is removed.
 *
 * An input is a byte that says how a file is made of the rest, and the rest.
 *
 * Even: how many bytes to cut off the end; four edits, each a place (2 bytes) and bits to turn over; and a
 * payload, which is stored as it is before.
 *
 * Odd: the file, byte by byte, with the key's 16 bytes put in where bit 1 is set, and length and hash where
 * bit 2 is.
 */
#include "fuzz.h"

#include "programs/binary_cache.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As binary_cache.h describes the file. */
enum { AT_FORMAT = 8, AT_KEY = 16, AT_LENGTH = 32, AT_HASH = 40, AT_PAYLOAD = 56, EDITS = 4 };

static cache_key the_key(void)
{
    const char *const fields[] = {"a text", "options", "a driver"};
    return cache_key_of(fields, sizeof fields / sizeof *fields);
}

static const char *entry_path(const cache_key *key)
{
    char name[2 * sizeof key->bytes + sizeof ".clbin"];
    for (size_t i = 0; i < sizeof key->bytes; i++)
        snprintf(name + 2 * i, 3, "%02x", key->bytes[i]);
    strcat(name, ".clbin");
    return fuzz_path(name);
}

static void put(uint8_t *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put_length_and_hash(uint8_t *file, size_t size)
{
    put(file + AT_LENGTH, size - AT_PAYLOAD, 8);
    hash_bytes(file + AT_PAYLOAD, size - AT_PAYLOAD, file + AT_HASH);
}

/* The file of a payload. */
static uint8_t *whole_file(const cache_key *key, const uint8_t *payload, size_t size)
{
    uint8_t *file = calloc(1, AT_PAYLOAD + size);
    fuzz_require(file != NULL, "no memory");
    memcpy(file, "clnormPB", AT_FORMAT);
    put(file + AT_FORMAT, CACHE_FORMAT, 4);
    memcpy(file + AT_KEY, key->bytes, sizeof key->bytes);
    if (size > 0)
        memcpy(file + AT_PAYLOAD, payload, size);
    put_length_and_hash(file, AT_PAYLOAD + size);
    return file;
}

/* Whether the file is exactly the one that its payload has. */
static bool is_whole(const cache_key *key, const uint8_t *file, size_t size)
{
    if (size <= AT_PAYLOAD)
        return false;
    uint8_t *whole = whole_file(key, file + AT_PAYLOAD, size - AT_PAYLOAD);
    const bool same = memcmp(whole, file, size) == 0;
    free(whole);
    return same;
}

static void check_load(const cache_key *key, const uint8_t *file, size_t size)
{
    const char *path = entry_path(key), *directory = fuzz_path("");
    size_t loaded_size = 0, left;
    fuzz_write(path, file, size);
    uint8_t *loaded = cache_load(directory, key, &loaded_size);
    fuzz_require((loaded != NULL) == is_whole(key, file, size), "%s of %zu bytes is %s", path, size,
                 loaded != NULL ? "believed" : "refused");
    if (loaded != NULL)
        fuzz_require(loaded_size == size - AT_PAYLOAD && memcmp(loaded, file + AT_PAYLOAD, loaded_size) == 0,
                     "another payload of %zu bytes", loaded_size);
    uint8_t *rest = fuzz_read(path, &left);
    fuzz_require((rest != NULL) == (loaded != NULL), "%s was%s removed", path, rest != NULL ? " not" : "");
    free(rest);
    free(loaded);
}

/* Stores a payload, and looks at the file. */
static uint8_t *stored_file(const cache_key *key, const uint8_t *payload, size_t size)
{
    size_t found = 0;
    uint8_t *whole = whole_file(key, payload, size);
    fuzz_require(cache_store(fuzz_path(""), key, payload, size), "%zu bytes are not stored", size);
    uint8_t *file = fuzz_read(entry_path(key), &found);
    fuzz_require(file != NULL && found == AT_PAYLOAD + size && memcmp(file, whole, found) == 0,
                 "%zu bytes are stored otherwise", size);
    free(whole);
    return file;
}

static void edit_and_load(const cache_key *key, fuzz_bytes rest)
{
    uint8_t edits[EDITS][3];
    const size_t cut = fuzz_byte(&rest);
    fuzz_take(&rest, edits, sizeof edits);
    const size_t payload = (size_t)(rest.end - rest.at), size = AT_PAYLOAD + payload;
    if (payload == 0) {
        fuzz_require(!cache_store(fuzz_path(""), key, rest.at, 0), "nothing is stored");
        return;
    }
    uint8_t *file = stored_file(key, rest.at, payload);
    check_load(key, file, size);
    for (int i = 0; i < EDITS; i++)
        file[(edits[i][0] + 256u * edits[i][1]) % size] ^= edits[i][2];
    check_load(key, file, cut < size ? size - cut : 0);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, data + size};
    const cache_key key = the_key();
    const unsigned how = fuzz_byte(&bytes);
    if (how % 2 == 0) {
        edit_and_load(&key, bytes);
        unlink(entry_path(&key));
        return 0;
    }
    const size_t length = (size_t)(bytes.end - bytes.at);
    uint8_t *file = fuzz_copy(bytes.at, length);
    if (how & 2 && length >= AT_LENGTH)
        memcpy(file + AT_KEY, key.bytes, sizeof key.bytes);
    if (how & 4 && length >= AT_PAYLOAD)
        put_length_and_hash(file, length);
    check_load(&key, file, length);
    free(file);
    unlink(entry_path(&key));
    return 0;
}
