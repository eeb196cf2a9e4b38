#include "programs/verdict_reap.h"

#include "base/log.h"
#include "programs/verdict.h"
#include "programs/verdict_lock.h"
#include "programs/verdict_process.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool verdict_visit(int directory, verdict_visitor *visit, void *user)
{
    /* A second descriptor, since reading the directory moves a descriptor's position. */
    const int file = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = file >= 0 ? fdopendir(file) : NULL;
    if (entries == NULL) {
        if (file >= 0)
            close(file);
        return false;
    }
    const struct dirent *entry;
    bool more = true;
    do {
        verdict_file_name name;
        errno = 0;
        entry = readdir(entries);
        if (entry != NULL && verdict_file_parse_name(entry->d_name, &name))
            more = visit(directory, &name, user);
    } while (entry != NULL && more);
    const int error = errno;
    closedir(entries);
    errno = error;
    return entry != NULL || error == 0;
}

static bool stop_at_first(int directory, const verdict_file_name *name, void *user)
{
    (void)directory;
    (void)name;
    *(bool *)user = true;
    return false;
}

bool verdict_has_any(int directory, bool *any)
{
    *any = false;
    return verdict_visit(directory, stop_at_first, any);
}

/* A marker of a process that ended. */
typedef struct leaving {
    verdict_file_name file;
    bool second, counted;
} leaving;

typedef struct harvest {
    leaving *leavings;
    size_t count, room;
    bool has_token, failed;
    unsigned char token[VERDICT_TOKEN_SIZE]; /* of this process */
    const cache_key *key;
    bool busy;
} harvest;

static bool same_key(const cache_key *a, const cache_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void add_leaving(harvest *h, const verdict_file_name *name, bool second)
{
    if (h->count == h->room) {
        const size_t room = h->room > 0 ? 2 * h->room : 16;
        leaving *grown = room <= SIZE_MAX / sizeof *grown ? realloc(h->leavings, room * sizeof *grown) : NULL;
        if (grown == NULL) {
            h->failed = true;
            return;
        }
        h->leavings = grown;
        h->room = room;
    }
    h->leavings[h->count++] = (leaving){*name, second, false};
}

static bool is_empty(int file)
{
    struct stat info;
    return fstat(file, &info) == 0 && info.st_size == 0;
}

static void look_at_marker(int directory, const verdict_file_name *name, harvest *h)
{
    const bool wanted = h->key != NULL && same_key(h->key, &name->key);
    if (h->has_token && memcmp(name->token, h->token, sizeof h->token) == 0) {
        h->busy = h->busy || wanted;
        return;
    }
    const int file = verdict_file_open(directory, name, O_RDWR);
    if (file < 0) {
        h->failed = h->failed || errno == EMFILE || errno == ENFILE || errno == ENOMEM;
        return;
    }
    verdict_record record;
    if (!verdict_lock_file(file)) {
        h->busy = h->busy || wanted;
    } else if (is_empty(file)) {
        verdict_file_remove(directory, name, NULL); /* left while it was being made or removed */
    } else if (!verdict_file_read(file, name, &record)) {
        verdict_file_remove(directory, name, "cut, changed or foreign");
    } else if (!verdict_is_of_this_version(&record)) {
        verdict_file_remove(directory, name, "of another version of the library");
    } else {
        add_leaving(h, name, (record.flags & VERDICT_SECOND) != 0);
    }
    close(file);
}

static void look_at_verdict(int directory, const verdict_file_name *name)
{
    verdict_record record;
    const int file = verdict_file_open(directory, name, O_RDONLY);
    if (file < 0)
        return;
    if (!verdict_file_read(file, name, &record))
        verdict_file_remove(directory, name, "cut, changed or foreign");
    else if (!verdict_counts(&record))
        verdict_file_remove(directory, name, NULL); /* over, or of another version */
    close(file);
}

static bool look_at(int directory, const verdict_file_name *name, void *user)
{
    if (name->marker)
        look_at_marker(directory, name, user);
    else
        look_at_verdict(directory, name);
    return true;
}

static int compare_leavings(const void *left, const void *right)
{
    const leaving *a = left, *b = right;
    const int tokens = memcmp(a->file.token, b->file.token, sizeof a->file.token);
    return tokens != 0 ? tokens : memcmp(a->file.key.bytes, b->file.key.bytes, sizeof a->file.key.bytes);
}

/* A new verdict, with the program's name from the marker. */
static verdict_record record_of_marker(int directory, const verdict_file_name *name)
{
    verdict_record marker;
    const int file = verdict_file_open(directory, name, O_RDONLY);
    const bool known = file >= 0 && verdict_file_read(file, name, &marker);
    if (file >= 0)
        close(file);
    return verdict_record_of(&name->key, known ? marker.name : "");
}

/* Records one more end of the program or, if not `end`, that it is to be alone. True if that is on record. */
static bool record_leaving(int directory, const verdict_file_name *name, bool end)
{
    verdict_record record;
    const bool known = verdict_file_load(directory, &name->key, &record);
    /* This process was already counted for this program: see is_begun. */
    if (known && memcmp(record.token, name->token, sizeof record.token) == 0)
        return true;
    if (!known)
        record = record_of_marker(directory, name);
    if (end && record.ends < VERDICT_MAXIMUM_ENDS)
        record.ends++;
    if (!end)
        record.flags |= VERDICT_ALONE;
    record.time = (int64_t)time(NULL);
    memcpy(record.token, name->token, sizeof record.token);
    if (!verdict_file_store(directory, &record)) {
        log_line(CLNORM_LOG_INFO, "cache: what a process left cannot be recorded: %s", strerror(errno));
        return false;
    }
    if (end)
        log_line(CLNORM_LOG_INFO, "cache: a process ended while it built or tried %s, %u in all%s",
                 record.name, (unsigned)record.ends,
                 record.ends >= VERDICT_ENDS ? "; it is avoided from now on" : "");
    else
        log_line(CLNORM_LOG_INFO, "cache: a process ended while it built or tried %s and others; next alone",
                 record.name);
    return true;
}

/* Counts everything that one process left. The markers are removed only when everything is on record: if this
 * process ended in between, the rest of them would look like those of a process that worked on fewer
 * programs. */
static bool count_leavings(int directory, leaving *group, size_t count)
{
    const bool several = !same_key(&group[0].file.key, &group[count - 1].file.key); /* sorted */
    bool all_second = true;
    for (size_t i = 0; i < count; i++)
        all_second = all_second && group[i].second;
    for (size_t i = 0; (several || !all_second) && i < count; i++)
        if (i == 0 || !same_key(&group[i].file.key, &group[i - 1].file.key))
            if (!record_leaving(directory, &group[i].file, !several))
                return false;
    for (size_t i = 0; i < count; i++) {
        verdict_file_remove(directory, &group[i].file, NULL);
        group[i].counted = true;
    }
    return true;
}

static bool same_token(const leaving *a, const leaving *b)
{
    return memcmp(a->file.token, b->file.token, sizeof a->file.token) == 0;
}

/* Whether a process has begun to count these markers, but ended before it had removed all of them. */
static bool is_begun(int directory, const leaving *group, size_t count)
{
    verdict_record record;
    for (size_t i = 0; i < count; i++)
        if (verdict_file_load(directory, &group[i].file.key, &record) &&
            memcmp(record.token, group[i].file.token, sizeof record.token) == 0)
            return true;
    return false;
}

/* Counts the markers of each ended process. A group that was begun (there is at most one) comes first: it is
 * recognized by the token in a verdict, which the next group may overwrite. */
static void count_all(int directory, leaving *leavings, size_t count)
{
    for (int begun = 1; begun >= 0; begun--)
        for (size_t first = 0, end; first < count; first = end) {
            end = first + 1;
            while (end < count && same_token(&leavings[end], &leavings[first]))
                end++;
            leaving *group = leavings + first;
            if (group->counted || (begun && !is_begun(directory, group, end - first)))
                continue;
            if (!count_leavings(directory, group, end - first))
                return;
        }
}

bool verdict_reap(int directory, const cache_key *key)
{
    harvest h = {.key = key};
    h.has_token = verdict_process_token(h.token);
    /* If not all markers could be read, count nothing: a process may have left more than we see. */
    if (verdict_visit(directory, look_at, &h) && !h.failed && h.count > 0) {
        qsort(h.leavings, h.count, sizeof *h.leavings, compare_leavings);
        count_all(directory, h.leavings, h.count);
    }
    free(h.leavings);
    return h.busy;
}
