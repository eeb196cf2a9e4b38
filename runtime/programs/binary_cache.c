/* Compiled programs on disk: see binary_cache.h for the file and the promises. */
#include "programs/binary_cache.h"

#include "base/directory.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/temporary_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const unsigned char MAGIC[8] = {'c', 'l', 'n', 'o', 'r', 'm', 'P', 'B'};
#define SUFFIX ".clbin"

/* Where the fields of a file begin. */
enum {
    AT_FORMAT = 8,
    AT_RESERVED = 12,
    AT_KEY = 16,
    AT_LENGTH = 32,
    AT_HASH = 40,
    HEADER_SIZE = 56,
};

enum {
    NAME_SIZE = 2 * sizeof(cache_key) + sizeof SUFFIX,
    MAXIMUM_PAYLOAD = 256 << 20, /* no driver's binary of a few kernels comes near */
};

static void put_little_endian(unsigned char *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
}

/* A chain of one-shot hashes: each link hashes the link before, the field's length and the field's hash.
 * xxHash's streaming interface is not used: it needs an allocation, which can fail, or a struct that depends
 * on xxHash's version. */
cache_key cache_key_of(const char *const *fields, size_t count)
{
    unsigned char link[40] = {0};
    put_little_endian(link, CACHE_FORMAT, 4);
    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i] != NULL ? fields[i] : "";
        const size_t length = strlen(field);
        put_little_endian(link + 16, length, 8);
        hash_bytes(field, length, link + 24);
        hash_bytes(link, sizeof link, link);
    }
    cache_key key;
    memcpy(key.bytes, link, sizeof key.bytes);
    return key;
}

/* "0123...ef" and a suffix. */
static void name_of(const cache_key *key, const char *suffix, char name[NAME_SIZE])
{
    for (size_t i = 0; i < sizeof key->bytes; i++)
        snprintf(name + 2 * i, 3, "%02x", key->bytes[i]);
    memcpy(name + 2 * sizeof key->bytes, suffix, strlen(suffix) + 1);
}

/* Opens the directory. -1 when it fails, with a line in the log unless it does not exist. Files are opened
 * through the descriptor, so that the directory that was checked is the one that is used. */
static int open_directory(const char *directory)
{
    const char *fault = NULL;
    const int opened = directory_open_own(directory, &fault);
    if (opened < 0 && errno != ENOENT)
        log_line(CLNORM_LOG_INFO, "cache: %s: %s, not used", directory, fault);
    return opened;
}

static void fill_header(unsigned char header[HEADER_SIZE], const cache_key *key, const unsigned char *payload,
                        size_t size)
{
    memcpy(header, MAGIC, sizeof MAGIC);
    put_little_endian(header + AT_FORMAT, CACHE_FORMAT, 4);
    put_little_endian(header + AT_RESERVED, 0, 4);
    memcpy(header + AT_KEY, key->bytes, sizeof key->bytes);
    put_little_endian(header + AT_LENGTH, size, 8);
    hash_bytes(payload, size, header + AT_HASH);
}

/* Reads what an open file holds, or says what is wrong with it. NULL without a fault: it could not be
 * read. */
static unsigned char *read_payload(int file, const struct stat *info, const cache_key *key, size_t *size,
                                   const char **fault)
{
    if (!S_ISREG(info->st_mode)) {
        *fault = "not a regular file";
        return NULL;
    }
    if (info->st_size <= HEADER_SIZE || info->st_size - HEADER_SIZE > MAXIMUM_PAYLOAD) {
        *fault = "a size that it cannot have";
        return NULL;
    }

    /* The size comes from the file system, not from the file's contents. */
    const size_t payload_size = (size_t)info->st_size - HEADER_SIZE;
    unsigned char header[HEADER_SIZE];
    unsigned char *payload = malloc(payload_size);
    if (payload == NULL)
        return NULL;
    errno = 0;
    if (!file_read(file, header, sizeof header) || !file_read(file, payload, payload_size)) {
        if (errno == 0) /* the file has become shorter; a read error is not a fault of the file */
            *fault = "cannot be read to its end";
        goto refused;
    }
    unsigned char expected[HEADER_SIZE];
    fill_header(expected, key, payload, payload_size);
    if (memcmp(header, expected, sizeof header) != 0) {
        *fault = memcmp(header, expected, AT_LENGTH) != 0 ? "a foreign header" : "cut or changed";
        goto refused;
    }
    *size = payload_size;
    return payload;

refused:
    free(payload);
    return NULL;
}

unsigned char *cache_load(const char *directory, const cache_key *key, size_t *size)
{
    const int opened = directory != NULL ? open_directory(directory) : -1;
    if (opened < 0)
        return NULL;

    unsigned char *payload = NULL;
    const char *fault = NULL;
    char name[NAME_SIZE];
    name_of(key, SUFFIX, name);
    /* Nonblocking, so that open does not hang if the name is a pipe. */
    const int file = openat(opened, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        if (errno == ELOOP)
            fault = "a symbolic link";
        else if (errno != ENOENT)
            log_line(CLNORM_LOG_INFO, "cache: %s/%s: %s", directory, name, strerror(errno));
        goto cleanup;
    }
    struct stat info;
    const char *distrust = own_fault(file, &info);
    if (distrust != NULL) {
        log_line(CLNORM_LOG_INFO, "cache: %s/%s: %s; not used", directory, name, distrust);
        goto cleanup;
    }
    payload = read_payload(file, &info, key, size, &fault);

cleanup:
    if (file >= 0)
        close(file);
    if (fault != NULL) {
        log_line(CLNORM_LOG_INFO, "cache: %s/%s: %s, removed", directory, name, fault);
        unlinkat(opened, name, 0);
    }
    close(opened);
    return payload;
}

/* Writes under a name of its own, then renames. False and errno when it fails. */
static bool write_file(int directory, const cache_key *key, const unsigned char *payload, size_t size)
{
    char *temporary = NULL, name[NAME_SIZE], stem[NAME_SIZE];
    name_of(key, SUFFIX, name);
    name_of(key, "", stem);
    const int file = temporary_file_open(directory, stem, 0600, &temporary);
    bool written = file >= 0;
    if (written) {
        unsigned char header[HEADER_SIZE];
        fill_header(header, key, payload, size);
        written = file_write(file, header, sizeof header) && file_write(file, payload, size);
    }
    return temporary_file_end(directory, file, temporary, name, written);
}

bool cache_store(const char *directory, const cache_key *key, const unsigned char *payload, size_t size)
{
    if (directory == NULL)
        return false;
    if (size == 0 || size > MAXIMUM_PAYLOAD) {
        log_line(CLNORM_LOG_INFO, "cache: a binary of %zu bytes is not kept", size);
        return false;
    }
    if (!directory_ensure(directory, 0700)) {
        log_line(CLNORM_LOG_INFO, "cache: cannot make %s: %s", directory, strerror(errno));
        return false;
    }
    const int opened = open_directory(directory);
    if (opened < 0)
        return false;
    const bool stored = write_file(opened, key, payload, size);
    if (!stored)
        log_line(CLNORM_LOG_INFO, "cache: cannot write to %s: %s", directory, strerror(errno));
    close(opened);
    return stored;
}

void cache_remove(const char *directory, const cache_key *key)
{
    const int opened = directory != NULL ? open_directory(directory) : -1;
    char name[NAME_SIZE];
    if (opened < 0)
        return;
    name_of(key, SUFFIX, name);
    unlinkat(opened, name, 0);
    close(opened);
}
