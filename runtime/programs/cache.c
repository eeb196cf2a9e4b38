/* What lies in the directory of the program cache. Files are known by the names that binary_cache.c and
 * verdict_file.c give them. */
#include <clnorm/cache.h>

#include "base/directory.h"
#include "base/env.h"
#include "base/log.h"
#include "base/sized.h"
#include "programs/tuning_file.h"
#include "programs/verdict.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_DIGITS = 32 };

static bool has_key(const char *name)
{
    return strspn(name, "0123456789abcdef") == KEY_DIGITS;
}

static bool is_program(const char *name)
{
    return has_key(name) && strcmp(name + KEY_DIGITS, ".clbin") == 0;
}

/* tuning.json, or something that is named after it. */
static bool is_of_tuning(const char *name)
{
    return strncmp(name, TUNING_FILE_NAME, strlen(TUNING_FILE_NAME)) == 0;
}

/* A key or TUNING_FILE_NAME, ".", process, "-", counter, ".tmp". */
static bool is_temporary(const char *name)
{
    const bool tunes = is_of_tuning(name);
    const size_t stem = tunes ? strlen(TUNING_FILE_NAME) : KEY_DIGITS;
    if ((!tunes && !has_key(name)) || name[stem] != '.')
        return false;
    const char *rest = name + stem + 1;
    size_t process = strspn(rest, "0123456789");
    if (process == 0 || rest[process] != '-')
        return false;
    rest += process + 1;
    size_t counter = strspn(rest, "0123456789");
    return counter > 0 && strcmp(rest + counter, ".tmp") == 0;
}

/* Visits the files of the cache, with the directory open. */
typedef clnorm_status visitor(int directory, const char *name, const struct stat *info, void *user);

static clnorm_status visit_files(const char *path, visitor *visit, void *user)
{
    DIR *directory = NULL;
    const char *fault = "";
    const int file = directory_open_own(path, &fault);
    if (file >= 0 && !(directory = fdopendir(file))) {
        fault = strerror(errno);
        close(file);
    }
    if (!directory && errno == ENOENT)
        return CLNORM_OK;
    if (!directory)
        return fail(CLNORM_IO_ERROR, "the cache directory %s cannot be read: %s", path, fault);

    clnorm_status status = CLNORM_OK;
    while (status == CLNORM_OK) {
        struct stat info;
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL && errno != 0)
            status = fail(CLNORM_IO_ERROR, "the cache directory %s cannot be read to its end: %s", path,
                          strerror(errno));
        if (entry == NULL)
            break;
        if (!is_program(entry->d_name) && !is_temporary(entry->d_name))
            continue;
        if (fstatat(dirfd(directory), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            if (S_ISREG(info.st_mode))
                status = visit(dirfd(directory), entry->d_name, &info, user);
        } else if (errno != ENOENT) { /* another process may have removed it meanwhile */
            status =
                fail(CLNORM_IO_ERROR, "the cache file %s cannot be seen: %s", entry->d_name, strerror(errno));
        }
    }
    closedir(directory);
    return status;
}

static clnorm_status count_file(int directory, const char *name, const struct stat *info, void *user)
{
    (void)directory;
    clnorm_cache_summary *summary = user;
    if (!is_program(name))
        return CLNORM_OK;
    summary->files++;
    summary->bytes += (unsigned long long)info->st_size;
    return CLNORM_OK;
}

static clnorm_status remove_file(int directory, const char *name, const struct stat *info, void *user)
{
    (void)info;
    size_t *removed = user;
    if (is_of_tuning(name)) /* whoever writes it holds this lock, and has given the file its name then */
        directory_lock_opened(directory);
    if (unlinkat(directory, name, 0) == 0)
        (*removed)++;
    else if (errno != ENOENT) /* ENOENT: another process has removed it meanwhile */
        return fail(CLNORM_IO_ERROR, "the cache file %s cannot be removed: %s", name, strerror(errno));
    return CLNORM_OK;
}

static clnorm_status summarize(clnorm_cache_summary *summary)
{
    clnorm_cache_summary found = clnorm_cache_summary_none();
    clnorm_status status = check_size(summary->size, SIZE_TO(clnorm_cache_summary, bytes), "summary",
                                      "clnorm_cache_summary_none");
    if (status == CLNORM_OK)
        status = env_check_verbose();
    if (status == CLNORM_OK)
        status = env_cache_directory(&found.directory);
    if (status != CLNORM_OK)
        return status;
    if (found.directory)
        status = visit_files(found.directory, count_file, &found);
    if (status != CLNORM_OK) {
        free(found.directory);
        return status;
    }
    copy_sized(summary, &found, sizeof found);
    return CLNORM_OK;
}

clnorm_status clnorm_cache_info(clnorm_cache_summary *summary)
{
    return log_failure(summary ? summarize(summary)
                               : fail(CLNORM_INVALID_ARGUMENT, "clnorm_cache_info: summary is NULL"));
}

void clnorm_cache_summary_free(clnorm_cache_summary *summary)
{
    if (!summary)
        return;
    free(summary->directory);
    summary->directory = NULL;
}

static clnorm_status clear(size_t *removed)
{
    char *directory = NULL;
    size_t count = 0;
    clnorm_status status = env_check_verbose();
    if (status == CLNORM_OK)
        status = env_cache_directory(&directory);
    if (status != CLNORM_OK)
        return status;
    if (directory)
        status = visit_files(directory, remove_file, &count);
    if (directory && status == CLNORM_OK)
        status = verdict_clear(directory, &count);
    free(directory);
    if (status == CLNORM_OK && removed)
        *removed = count;
    return status;
}

clnorm_status clnorm_cache_clear(size_t *removed)
{
    return log_failure(clear(removed));
}
