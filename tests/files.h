/* Directories and files that a test makes for itself. */
#ifndef CLNORM_TESTS_FILES_H
#define CLNORM_TESTS_FILES_H

#include "suite.h"
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_PATH_SIZE = 512 };

/* A new, empty directory below TMPDIR or /tmp. */
static inline void files_make_directory(char path[FILES_PATH_SIZE])
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || *parent == '\0')
        parent = "/tmp";
    const int length = snprintf(path, FILES_PATH_SIZE, "%s/clnorm-test-XXXXXX", parent);
    ck_assert_int_lt(length, FILES_PATH_SIZE / 2);
    ck_assert_ptr_nonnull(mkdtemp(path));
}

/* `directory`/`name` */
static inline void files_join(char path[FILES_PATH_SIZE], const char *directory, const char *name)
{
    ck_assert_int_lt(snprintf(path, FILES_PATH_SIZE, "%s/%s", directory, name), FILES_PATH_SIZE);
}

static inline void files_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void files_write_text(const char *directory, const char *name, const char *text)
{
    char path[FILES_PATH_SIZE];
    files_join(path, directory, name);
    files_write(path, text, strlen(text));
}

/* The bytes of a file, at most `capacity`; returns how many. */
static inline size_t files_read(const char *path, void *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, capacity, file);
    fclose(file);
    return size;
}

/* True also for a link that leads nowhere. */
static inline bool files_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* How many entries `directory` has whose name ends in `suffix`; the last one's name goes to `name`. */
static inline size_t files_count(const char *directory, const char *suffix, char name[FILES_PATH_SIZE])
{
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return 0;
    size_t count = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        const size_t length = strlen(entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || length < strlen(suffix) ||
            strcmp(entry->d_name + length - strlen(suffix), suffix) != 0)
            continue;
        count++;
        if (name != NULL)
            snprintf(name, FILES_PATH_SIZE, "%s", entry->d_name);
    }
    closedir(stream);
    return count;
}

/* Removes `path` and what is below it. */
static inline void files_remove(const char *path)
{
    DIR *stream = unlink(path) != 0 ? opendir(path) : NULL;
    if (stream == NULL)
        return;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char below[FILES_PATH_SIZE];
        if (snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < FILES_PATH_SIZE)
            files_remove(below);
    }
    closedir(stream);
    rmdir(path);
}

#endif
