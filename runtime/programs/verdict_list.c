/* Lists the verdicts for people, and removes them. */
#include "programs/verdict.h"

#include "base/directory.h"
#include "base/env.h"
#include "base/log.h"
#include "programs/verdict_file.h"
#include "programs/verdict_lock.h"
#include "programs/verdict_reap.h"
#include <clnorm/cache.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct entry {
    clnorm_verdict verdict;
    verdict_record record;
    char reason[VERDICT_SENTENCE_SIZE];
} entry;

struct clnorm_verdict_list {
    entry *entries;
    size_t count, room;
    bool failed; /* no memory */
};

/* An open directory, or -1: there is none, which is no failure. */
static clnorm_status open_directory(const char *directory, int *opened)
{
    const char *fault = NULL;
    *opened = directory_open_own(directory, &fault);
    if (*opened < 0 && errno != ENOENT)
        return fail(CLNORM_IO_ERROR, "the cache directory %s cannot be read: %s", directory, fault);
    return CLNORM_OK;
}

static bool add_entry(int directory, const verdict_file_name *name, void *user)
{
    clnorm_verdict_list *list = user;
    verdict_record record;
    if (name->marker || !verdict_file_load(directory, &name->key, &record))
        return true;
    if (list->count == list->room) {
        const size_t room = list->room > 0 ? 2 * list->room : 16;
        entry *grown = room <= SIZE_MAX / sizeof *grown ? realloc(list->entries, room * sizeof *grown) : NULL;
        list->failed = grown == NULL;
        if (list->failed)
            return false;
        list->entries = grown;
        list->room = room;
    }
    list->entries[list->count++].record = record;
    return true;
}

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    const int names = strcmp(a->record.name, b->record.name);
    return names != 0 ? names : memcmp(a->record.key.bytes, b->record.key.bytes, sizeof a->record.key.bytes);
}

/* Points into the entry, which must not move any more. */
static void fill_entry(entry *e)
{
    const int64_t left = e->record.time + VERDICT_SECONDS - (int64_t)time(NULL);
    verdict_reason(&e->record, e->reason, sizeof e->reason);
    e->verdict = (clnorm_verdict){
        .program = e->record.name,
        .reason = e->reason,
        .ends = e->record.ends,
        .wrong = (e->record.flags & VERDICT_WRONG) != 0,
        .avoided = verdict_avoids(&e->record),
        .seconds_left = left > 0 ? left : 0,
    };
}

static clnorm_status fill_list(clnorm_verdict_list *list, const char *directory)
{
    int opened;
    const clnorm_status status = open_directory(directory, &opened);
    if (opened < 0)
        return status;
    bool any = false, read = verdict_has_any(opened, &any);
    const int lock = any ? verdict_lock(opened, true) : -1;
    if (lock >= 0) {
        verdict_reap(opened, NULL);
        verdict_unlock(lock);
    }
    read = read && verdict_visit(opened, add_entry, list);
    const int error = errno;
    close(opened);
    if (list->failed)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of %zu programs", list->count);
    if (!read)
        return fail(CLNORM_IO_ERROR, "the cache directory %s cannot be read: %s", directory, strerror(error));
    if (list->count > 0)
        qsort(list->entries, list->count, sizeof *list->entries, compare_entries);
    for (size_t i = 0; i < list->count; i++)
        fill_entry(&list->entries[i]);
    return CLNORM_OK;
}

static clnorm_status create_list(clnorm_verdict_list **list)
{
    if (list == NULL)
        return fail(CLNORM_INVALID_ARGUMENT, "clnorm_verdict_list_create: list is NULL");
    *list = NULL;
    char *directory = NULL;
    clnorm_status status = env_cache_directory(&directory);
    if (status != CLNORM_OK)
        return status;
    clnorm_verdict_list *made = calloc(1, sizeof *made);
    if (made == NULL)
        status = fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of programs");
    else if (directory != NULL)
        status = fill_list(made, directory);
    free(directory);
    if (status != CLNORM_OK) {
        clnorm_verdict_list_destroy(made);
        return status;
    }
    *list = made;
    return CLNORM_OK;
}

clnorm_status clnorm_verdict_list_create(clnorm_verdict_list **list)
{
    return log_failure(create_list(list));
}

size_t clnorm_verdict_list_count(const clnorm_verdict_list *list)
{
    return list != NULL ? list->count : 0;
}

const clnorm_verdict *clnorm_verdict_list_get(const clnorm_verdict_list *list, size_t index)
{
    return list != NULL && index < list->count ? &list->entries[index].verdict : NULL;
}

void clnorm_verdict_list_destroy(clnorm_verdict_list *list)
{
    if (list == NULL)
        return;
    free(list->entries);
    free(list);
}

/* ---- Forgetting ---- */

typedef struct clearing {
    size_t removed;
    clnorm_status status;
} clearing;

static bool is_held(int directory, const verdict_file_name *name)
{
    const int file = name->marker ? verdict_file_open(directory, name, O_RDWR) : -1;
    if (file < 0)
        return false;
    const bool held = !verdict_lock_file(file) && errno == EWOULDBLOCK;
    close(file);
    return held;
}

static bool forget(int directory, const verdict_file_name *name, void *user)
{
    clearing *c = user;
    char text[VERDICT_NAME_SIZE];
    if (is_held(directory, name))
        return true;
    verdict_file_print_name(name, text);
    if (unlinkat(directory, text, 0) == 0)
        c->removed++;
    else if (errno != ENOENT &&
             errno != EISDIR) /* neither a directory, which is not ours, nor removed by another process */
        c->status = fail(CLNORM_IO_ERROR, "the cache file %s cannot be removed: %s", text, strerror(errno));
    return c->status == CLNORM_OK;
}

clnorm_status verdict_clear(const char *directory, size_t *removed)
{
    int opened;
    const clnorm_status status = open_directory(directory, &opened);
    if (opened < 0)
        return status;
    clearing c = {0, CLNORM_OK};
    /* Without it, too: where there are no locks there are no markers either. */
    const int lock = verdict_lock(opened, false);
    if (!verdict_visit(opened, forget, &c))
        c.status =
            fail(CLNORM_IO_ERROR, "the cache directory %s cannot be read: %s", directory, strerror(errno));
    if (lock >= 0) {
        unlinkat(opened, VERDICT_LOCK_NAME, 0);
        verdict_unlock(lock);
    }
    close(opened);
    *removed += c.removed;
    return c.status;
}
