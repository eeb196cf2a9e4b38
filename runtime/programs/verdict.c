/* Implements verdict.h. */
#include "programs/verdict.h"

#include "base/directory.h"
#include "base/log.h"
#include "programs/verdict_file.h"
#include "programs/verdict_lock.h"
#include "programs/verdict_process.h"
#include "programs/verdict_reap.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Logs, once for each process, that nothing can be recorded: the reason is the same for all programs. */
static void say_once(const char *directory, const char *fault)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&said))
        log_line(CLNORM_LOG_INFO,
                 "cache: %s: %s; if a compiler ends the process, nothing will remember at which program",
                 directory, fault);
}

/* -1 if there is none, or it cannot be used. */
static int open_directory(const char *directory, bool make)
{
    if (directory == NULL)
        return -1;
    if (make && !directory_ensure(directory, 0700)) {
        say_once(directory, strerror(errno));
        return -1;
    }
    const char *fault = NULL;
    const int opened = directory_open_own(directory, &fault);
    if (opened < 0 && errno != ENOENT)
        say_once(directory, fault);
    return opened;
}

static int lock_directory(const char *directory, int opened)
{
    const int lock = verdict_lock(opened, true);
    if (lock < 0)
        say_once(directory, errno == ETIMEDOUT ? "another process keeps it locked" : strerror(errno));
    return lock;
}

static void print_time(int64_t when, char text[32])
{
    const time_t seconds = (time_t)when;
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M UTC", &parts) == 0)
        snprintf(text, 32, "%lld", (long long)when);
}

static void print_sentence(const verdict_record *record, char *sentence, size_t size)
{
    char reason[VERDICT_SENTENCE_SIZE], since[32], until[32];
    verdict_reason(record, reason, sizeof reason);
    print_time(record->time, since);
    print_time(record->time + VERDICT_SECONDS, until);
    snprintf(sentence, size, "%s (%s); avoided until %s, unless `clnorm cache --clear` has it forgotten",
             reason, since, until);
}

bool verdict_avoided(const char *directory, const cache_key *key, char *sentence, size_t size)
{
    const int opened = open_directory(directory, false);
    if (opened < 0)
        return false;
    bool any, avoided = false;
    if (verdict_has_any(opened, &any) && any) {
        const int lock = lock_directory(directory, opened);
        if (lock >= 0) {
            verdict_reap(opened, NULL);
            verdict_unlock(lock);
        }
        verdict_record record;
        avoided = verdict_file_load(opened, key, &record) && verdict_avoids(&record);
        if (avoided)
            print_sentence(&record, sentence, size);
    }
    close(opened);
    return avoided;
}

static verdict_file_name marker_name(const verdict_watch *watch)
{
    verdict_file_name name = {.marker = true, .key = watch->key, .number = watch->number};
    memcpy(name.token, watch->token, sizeof name.token);
    return name;
}

/* Makes the marker, locked. False and errno when it fails. */
static bool make_marker(verdict_watch *watch, const char *name, bool second)
{
    verdict_record record = verdict_record_of(&watch->key, name);
    char text[VERDICT_NAME_SIZE];
    errno = EIO;
    if (!verdict_process_token(watch->token))
        return false;
    watch->number = verdict_process_number();
    memcpy(record.token, watch->token, sizeof record.token);
    record.flags = VERDICT_MARKER | (second ? VERDICT_SECOND : 0U);
    const verdict_file_name parts = marker_name(watch);
    verdict_file_print_name(&parts, text);
    watch->file = openat(watch->directory, text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (watch->file < 0)
        return false;
    if (verdict_lock_file(watch->file) && verdict_file_write(watch->file, &record))
        return true;
    const int error = errno;
    unlinkat(watch->directory, text, 0);
    close(watch->file);
    errno = error;
    return false;
}

static bool is_to_be_alone(int opened, const cache_key *key)
{
    verdict_record record;
    return verdict_file_load(opened, key, &record) && (record.flags & VERDICT_ALONE) != 0;
}

/* Waits until this thread may work on the program, and returns the directory's lock; -1 if there is none.
 * Whether the program must be alone can only be read with the lock held. But nobody may wait for other
 * threads with the lock held, since they need it to end their watches. Hence the loop: it enters, looks, and
 * if the program turns out to be alone, leaves and enters again as alone. */
static int take_turn(verdict_watch *watch, const char *directory, bool *second)
{
    for (watch->alone = false;; watch->alone = true) {
        verdict_process_enter(watch->alone);
        const int lock = lock_directory(directory, watch->directory);
        if (lock >= 0) {
            *second = verdict_reap(watch->directory, &watch->key);
            if (watch->alone || !is_to_be_alone(watch->directory, &watch->key))
                return lock;
            verdict_unlock(lock);
        }
        verdict_process_leave(watch->alone);
        if (lock < 0)
            return -1;
    }
}

void verdict_watch_begin(verdict_watch *watch, const char *directory, const cache_key *key, const char *name)
{
    *watch = (verdict_watch){.key = *key, .file = -1};
    watch->directory = open_directory(directory, true);
    if (watch->directory < 0)
        return;
    bool second = false;
    const int lock = take_turn(watch, directory, &second);
    if (lock >= 0) {
        watch->watched = make_marker(watch, name, second);
        if (!watch->watched) {
            say_once(directory, strerror(errno));
            verdict_process_leave(watch->alone);
        }
        verdict_unlock(lock);
    }
    if (!watch->watched)
        close(watch->directory);
}

/* Empties the marker before removing it: an empty marker is ignored, in case the removal fails. */
static void remove_marker(const verdict_watch *watch)
{
    const verdict_file_name name = marker_name(watch);
    while (ftruncate(watch->file, 0) != 0 && errno == EINTR)
        continue;
    verdict_file_remove(watch->directory, &name, NULL);
    close(watch->file);
}

static void erase_ends(int opened, const cache_key *key)
{
    verdict_record record;
    const verdict_file_name name = {.key = *key};
    if (!verdict_file_load(opened, key, &record))
        return; /* the usual case: nothing to erase */
    const int lock = verdict_lock(opened, true);
    if (lock < 0)
        return;
    /* First finish counting that another process may have begun. It recognizes what is already counted by the
     * token in the verdict, which may be removed below. */
    verdict_reap(opened, NULL);
    if (verdict_file_load(opened, key, &record)) {
        record.ends = 0;
        record.flags &= ~(uint32_t)VERDICT_ALONE;
        if (!(record.flags & VERDICT_WRONG) || !verdict_file_store(opened, &record))
            verdict_file_remove(opened, &name, NULL);
    }
    verdict_unlock(lock);
}

void verdict_watch_end(verdict_watch *watch, bool success)
{
    if (!watch->watched)
        return;
    watch->watched = false;
    remove_marker(watch);
    if (success)
        erase_ends(watch->directory, &watch->key);
    close(watch->directory);
    verdict_process_leave(watch->alone);
}

void verdict_record_wrong(const char *directory, const cache_key *key, const char *name, const char *sentence)
{
    const int opened = open_directory(directory, true);
    if (opened < 0)
        return;
    /* Goes on if the lock failed: the file is replaced as a whole, so at worst an end is lost that another
     * process counts at the same time. */
    const int lock = lock_directory(directory, opened);
    verdict_record record;
    if (!verdict_file_load(opened, key, &record))
        record = verdict_record_of(key, name);
    record.flags |= VERDICT_WRONG;
    record.time = (int64_t)time(NULL);
    verdict_record_set_sentence(&record, sentence);
    if (!verdict_file_store(opened, &record))
        log_line(CLNORM_LOG_INFO, "cache: %s: %s; that programs are wrong is not remembered", directory,
                 strerror(errno));
    if (lock >= 0)
        verdict_unlock(lock);
    close(opened);
}
