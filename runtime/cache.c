/* Compiled programs on disk: see cache.h for the file and the promises. */
#include "cache.h"

#include "directory.h"
#include "hash.h"
#include "log.h"
#include "temporary_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const unsigned char MAGIC[8] = {'c', 'l', 'n', 'o', 'r', 'm', 'P', 'B'};
static const char SUFFIX[] = ".clbin";

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
    MAXIMUM_PAYLOAD = 256 << 20, /* no driver's binary of a few kernels comes near */
};

static void put_little_endian(unsigned char *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
}

/* A chain of one-shot hashes: (chain, length of the field, hash of the field) becomes the next chain. The
 * streaming interface would need an allocation that can fail, or a struct that depends on xxHash's version.
 */
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

/* "directory/0123...ef" and a suffix. The caller frees it; NULL without memory. */
static char *path_of(const char *directory, const cache_key *key, const char *suffix)
{
    const size_t length = strlen(directory);
    char *path = malloc(length + 1 + 2 * sizeof key->bytes + strlen(suffix) + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, directory, length);
    char *at = path + length;
    *at++ = '/';
    for (size_t i = 0; i < sizeof key->bytes; i++)
        at += snprintf(at, 3, "%02x", key->bytes[i]);
    memcpy(at, suffix, strlen(suffix) + 1);
    return path;
}

static bool read_all(int file, unsigned char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t count = read(file, bytes, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
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

/* Another user's file could hold any code; the administrator's is welcome. */
static bool is_trusted(const struct stat *info)
{
    return info->st_uid == geteuid() || info->st_uid == 0;
}

/* Reads what an open file holds, or says what is wrong with it. */
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

    /* Allocated by what the file is, never by what it says. */
    const size_t payload_size = (size_t)info->st_size - HEADER_SIZE;
    unsigned char header[HEADER_SIZE];
    unsigned char *payload = malloc(payload_size);
    if (payload == NULL) {
        *fault = "no memory to read it";
        return NULL;
    }
    if (!read_all(file, header, sizeof header) || !read_all(file, payload, payload_size)) {
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
    if (directory == NULL)
        return NULL;
    char *path = path_of(directory, key, SUFFIX);
    if (path == NULL)
        return NULL;

    unsigned char *payload = NULL;
    const char *fault = NULL;
    /* Nonblocking: a pipe under this name must not make anybody wait. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        if (errno == ELOOP)
            fault = "a symbolic link";
        else if (errno != ENOENT)
            log_line(CLNORM_LOG_INFO, "cache: %s: %s", path, strerror(errno));
        goto cleanup;
    }
    struct stat info;
    if (fstat(file, &info) != 0 || !is_trusted(&info)) {
        log_line(CLNORM_LOG_INFO, "cache: %s: belongs to another user, not used", path);
        goto cleanup;
    }
    payload = read_payload(file, &info, key, size, &fault);

cleanup:
    if (file >= 0)
        close(file);
    if (fault != NULL) {
        log_line(CLNORM_LOG_INFO, "cache: %s: %s, removed", path, fault);
        unlink(path);
    }
    free(path);
    return payload;
}

bool cache_store(const char *directory, const cache_key *key, const unsigned char *payload, size_t size)
{
    if (directory == NULL)
        return false;
    if (size == 0 || size > MAXIMUM_PAYLOAD) {
        log_line(CLNORM_LOG_INFO, "cache: a binary of %zu bytes is not kept", size);
        return false;
    }

    bool stored = false;
    int file = -1;
    char *temporary = NULL;
    char *stem = path_of(directory, key, ""), *path = path_of(directory, key, SUFFIX);
    if (stem == NULL || path == NULL || !directory_ensure(directory, 0700))
        goto cleanup;
    file = temporary_file_open(stem, 0600, &temporary);
    if (file < 0)
        goto cleanup;

    unsigned char header[HEADER_SIZE];
    fill_header(header, key, payload, size);
    stored = file_write(file, header, sizeof header) && file_write(file, payload, size);
    if (close(file) != 0) /* where a network file system says that the disk is full */
        stored = false;
    stored = stored && rename(temporary, path) == 0;

cleanup:
    if (!stored)
        log_line(CLNORM_LOG_INFO, "cache: cannot write to %s: %s", directory, strerror(errno));
    if (!stored && file >= 0)
        unlink(temporary);
    free(temporary);
    free(path);
    free(stem);
    return stored;
}

void cache_remove(const char *directory, const cache_key *key)
{
    if (directory == NULL)
        return;
    char *path = path_of(directory, key, SUFFIX);
    if (path != NULL)
        unlink(path);
    free(path);
}
