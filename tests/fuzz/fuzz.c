#include "fuzz.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 512, PATHS = 8 };
static char directory[PATH_SIZE / 2];

void fuzz_crash(void)
{
    __builtin_trap();
}

void fuzz_require(bool holds, const char *format, ...)
{
    if (holds)
        return;
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    fuzz_crash();
}

void fuzz_clear(void)
{
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        const int length = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (length < PATH_SIZE)
            remove(path);
    }
    if (stream != NULL)
        closedir(stream);
}

static void remove_directory(void)
{
    fuzz_clear();
    rmdir(directory);
}

static void make_directory(void)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || *parent == '\0')
        parent = "/tmp";
    const int length = snprintf(directory, sizeof directory, "%s/clnorm-fuzz-XXXXXX", parent);
    fuzz_require(length < (int)sizeof directory && mkdtemp(directory) != NULL, "no directory in %s", parent);
    atexit(remove_directory);
}

const char *fuzz_path(const char *name)
{
    static char paths[PATHS][PATH_SIZE];
    static unsigned next;
    if (directory[0] == '\0')
        make_directory();
    char *path = paths[next++ % PATHS];
    const int length = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    fuzz_require(length < PATH_SIZE, "too long a name: %s", name);
    return path;
}

void fuzz_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    const bool written = file != NULL && fwrite(bytes, 1, size, file) == size;
    fuzz_require(file != NULL && fclose(file) == 0 && written, "%s cannot be written", path);
}

void *fuzz_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1);
    fuzz_require(copy != NULL, "no memory for %zu bytes", size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

uint8_t *fuzz_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fuzz_require(fseek(file, 0, SEEK_END) == 0, "%s cannot be read", path);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    fuzz_require(bytes != NULL && fread(bytes, 1, *size, file) == *size, "%s cannot be read", path);
    fclose(file);
    return bytes;
}

unsigned fuzz_byte(fuzz_bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

void fuzz_take(fuzz_bytes *bytes, void *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)value)[i] = (uint8_t)fuzz_byte(bytes);
}

char *fuzz_line(fuzz_bytes *bytes)
{
    if (bytes->at >= bytes->end)
        return NULL;
    const size_t left = (size_t)(bytes->end - bytes->at);
    const uint8_t *newline = memchr(bytes->at, '\n', left);
    const size_t length = newline != NULL ? (size_t)(newline - bytes->at) : left;
    char *line = malloc(length + 1);
    fuzz_require(line != NULL, "no memory for a line of %zu bytes", length);
    memcpy(line, bytes->at, length);
    line[length] = '\0';
    bytes->at += length + (newline != NULL);
    return line;
}
