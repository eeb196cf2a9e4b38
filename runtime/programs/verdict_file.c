/* The files of verdict.h: their names, and how they are read and replaced. */
#include "programs/verdict_file.h"

#include "base/directory.h"
#include "base/log.h"
#include "base/temporary_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_DIGITS = 32 };

/* ---- Names ---- */

static void print_digits(const unsigned char bytes[16], char *digits)
{
    for (size_t i = 0; i < 16; i++)
        snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
}

static bool parse_digits(const char *digits, unsigned char bytes[16])
{
    static const char hexadecimal[] = "0123456789abcdef";
    for (size_t i = 0; i < KEY_DIGITS; i++) {
        const char *digit = digits[i] != '\0' ? strchr(hexadecimal, digits[i]) : NULL;
        if (digit == NULL)
            return false;
        const unsigned value = (unsigned)(digit - hexadecimal);
        bytes[i / 2] = (unsigned char)(i % 2 == 0 ? value << 4 : bytes[i / 2] | value);
    }
    return true;
}

void verdict_file_print_name(const verdict_file_name *parts, char name[VERDICT_NAME_SIZE])
{
    char key[KEY_DIGITS + 1], token[KEY_DIGITS + 1];
    print_digits(parts->key.bytes, key);
    print_digits(parts->token, token);
    if (parts->marker)
        snprintf(name, VERDICT_NAME_SIZE, "%s-%s-%u.building", key, token, parts->number);
    else
        snprintf(name, VERDICT_NAME_SIZE, "%s.verdict", key);
}

bool verdict_file_parse_name(const char *name, verdict_file_name *parts)
{
    *parts = (verdict_file_name){0};
    if (!parse_digits(name, parts->key.bytes))
        return false;
    const char *rest = name + KEY_DIGITS;
    if (*rest == '-') {
        parts->marker = true;
        if (!parse_digits(rest + 1, parts->token))
            return false;
        rest += 1 + KEY_DIGITS;
        if (rest[0] != '-' || rest[1] < '0' || rest[1] > '9')
            return false;
        const unsigned long number = strtoul(rest + 1, NULL, 10);
        parts->number = number <= UINT_MAX ? (unsigned)number : 0;
    }
    char printed[VERDICT_NAME_SIZE];
    verdict_file_print_name(parts, printed);
    return strcmp(name, printed) == 0;
}

/* ---- Files ---- */

void verdict_file_remove(int directory, const verdict_file_name *name, const char *why)
{
    char text[VERDICT_NAME_SIZE];
    verdict_file_print_name(name, text);
    const bool removed = unlinkat(directory, text, 0) == 0;
    if (why != NULL && (removed || errno != ENOENT))
        log_line(CLNORM_LOG_INFO, "cache: %s: %s, %s", text, why, removed ? "removed" : "ignored");
}

int verdict_file_open(int directory, const verdict_file_name *name, int flags)
{
    char text[VERDICT_NAME_SIZE];
    verdict_file_print_name(name, text);
    /* Nonblocking: a pipe under this name must not make anybody wait. */
    const int file = openat(directory, text, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        const int error = errno;
        if (error == ELOOP)
            verdict_file_remove(directory, name, "a symbolic link");
        else if (error != ENOENT)
            log_line(CLNORM_LOG_INFO, "cache: %s: %s, ignored", text, strerror(error));
        errno = error;
        return -1;
    }
    struct stat info;
    const char *distrust = own_fault(file, &info);
    if (distrust == NULL && S_ISREG(info.st_mode))
        return file;
    if (distrust != NULL)
        log_line(CLNORM_LOG_INFO, "cache: %s: %s, ignored", text, distrust);
    else
        verdict_file_remove(directory, name, "not a regular file");
    close(file);
    errno = EACCES;
    return -1;
}

bool verdict_file_read(int file, const verdict_file_name *name, verdict_record *record)
{
    unsigned char bytes[VERDICT_FILE_SIZE + 1]; /* one more: nothing may follow */
    size_t size = 0;
    while (size < sizeof bytes) {
        const ssize_t count = pread(file, bytes + size, sizeof bytes - size, (off_t)size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        if (count == 0)
            break;
        size += (size_t)count;
    }
    if (size != VERDICT_FILE_SIZE || !verdict_record_decode(bytes, record))
        return false;
    const bool marker = (record->flags & VERDICT_MARKER) != 0;
    return marker == name->marker && memcmp(&record->key, &name->key, sizeof record->key) == 0 &&
           (!marker || memcmp(record->token, name->token, sizeof record->token) == 0);
}

bool verdict_file_write(int file, const verdict_record *record)
{
    unsigned char bytes[VERDICT_FILE_SIZE];
    verdict_record_encode(record, bytes);
    return file_write(file, bytes, sizeof bytes);
}

bool verdict_file_load(int directory, const cache_key *key, verdict_record *record)
{
    const verdict_file_name name = {.key = *key};
    const int file = verdict_file_open(directory, &name, O_RDONLY);
    if (file < 0)
        return false;
    const bool whole = verdict_file_read(file, &name, record);
    close(file);
    return whole && verdict_counts(record);
}

bool verdict_file_store(int directory, const verdict_record *record)
{
    const verdict_file_name parts = {.key = record->key};
    char name[VERDICT_NAME_SIZE], stem[KEY_DIGITS + 1], *temporary = NULL;
    verdict_file_print_name(&parts, name);
    print_digits(record->key.bytes, stem);
    const int file = temporary_file_open(directory, stem, 0600, &temporary);
    const bool written = file >= 0 && verdict_file_write(file, record);
    return temporary_file_end(directory, file, temporary, name, written);
}
