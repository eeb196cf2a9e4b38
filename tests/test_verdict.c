/* What is remembered of programs: at which processes ended, who works at once, what is forgotten. */
#include "verdict_rig.h"

#include "programs/verdict_lock.h"
#include "programs/verdict_process.h"
#include <clnorm/cache.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

START_TEST(two_ends_convict)
{
    ck_assert(!avoided(1));
    leave_one(1);
    ck_assert_uint_eq(markers(), 1);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(markers(), 0);
    ck_assert_uint_eq(record_of(1).ends, 1);
    ck_assert_str_eq(record_of(1).name, "program 1");
    work(1, false); /* no success, no end */
    ck_assert_uint_eq(ends_of(1), 1);
    leave_one(1);
    ck_assert(!avoided(2));
    ck_assert(avoided(1));
    ck_assert_uint_eq(record_of(1).ends, 2);
    ck_assert_uint_eq(record_of(1).flags, 0);
    work(1, false);
    ck_assert(avoided(1));
}
END_TEST

/* The next to begin reaps, too. */
START_TEST(whoever_begins_reaps)
{
    leave_one(1);
    leave_one(1);
    work(2, true);
    ck_assert_uint_eq(record_of(1).ends, 2);
    ck_assert_uint_eq(markers(), 0);
}
END_TEST

START_TEST(sentences)
{
    char sentence[VERDICT_SENTENCE_SIZE], since[16], until[16];
    const cache_key key = key_of(1);
    leave_one(1);
    leave_one(1);
    ck_assert(verdict_avoided(directory, &key, sentence, sizeof sentence));
    const time_t then = (time_t)record_of(1).time, later = then + 7 * DAY;
    strftime(since, sizeof since, "(%Y-%m-%d", gmtime(&then));
    strftime(until, sizeof until, "til %Y-%m-%d", gmtime(&later));
    ck_assert_msg(strstr(sentence, "processes ended while it was built or tried") == sentence, "%s",
                  sentence);
    ck_assert_msg(strstr(sentence, since) && strstr(sentence, until), "%s", sentence);
    ck_assert_msg(strstr(sentence, "`clnorm cache --clear`") != NULL, "%s", sentence);
    char small[8] = "1234567";
    ck_assert(verdict_avoided(directory, &key, small, 4));
    ck_assert_mem_eq(small,
                     "pro\0"
                     "567",
                     8);
}
END_TEST

START_TEST(success_erases)
{
    leave_one(1);
    work(1, true);
    ck_assert_uint_eq(files_count(directory, ".verdict", NULL), 0);
    leave_one(1);
    ck_assert_uint_eq(ends_of(1), 1);
    leave_one(1);
    work(2, true); /* another's */
    ck_assert(avoided(1));
    work(1, true);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(ends_of(1), 0);
}
END_TEST

START_TEST(several_convict_none)
{
    const unsigned programs[] = {1, 2, 3};
    for (int i = 0; i < 3; i++) {
        leave(programs, 3);
        for (unsigned p = 1; p <= 3; p++) {
            ck_assert_uint_eq(ends_of(p), 0);
            ck_assert_uint_eq(record_of(p).flags, VERDICT_ALONE);
            ck_assert(!avoided(p));
            if (i < 2)
                work(p, true); /* no longer to be alone: they can be left together once more */
        }
    }
    /* Alone, the guilty one is found. */
    leave_one(2);
    leave_one(2);
    ck_assert(!avoided(1) && avoided(2) && !avoided(3));
    ck_assert_uint_eq(ends_of(1) + ends_of(3), 0);
    work(2, true);
    ck_assert_uint_eq(record_of(2).flags, 0);
}
END_TEST

/* Two threads with one program are no group. */
START_TEST(one_program_twice_is_one)
{
    const unsigned programs[] = {1, 1};
    leave(programs, 2);
    ck_assert_uint_eq(ends_of(1), 1);
    ck_assert_uint_eq(record_of(1).flags, 0);
    leave(programs, 2);
    ck_assert(avoided(1));
}
END_TEST

/* Leavings of two processes are not mixed up. */
START_TEST(leavings_by_process)
{
    const unsigned programs[] = {1, 2};
    leave(programs, 2); /* reaped by the next, so begin with those that are not */
    leave_one(3);
    ck_assert_uint_eq(ends_of(3), 1);
    ck_assert_uint_eq(record_of(3).flags, 0);
    ck_assert_uint_eq(record_of(1).flags, VERDICT_ALONE);
}
END_TEST

/* ---- Who works at once ---- */

static atomic_uint working, most_working, alone, alone_with_others;

static void *work_often(void *of)
{
    const worker *self = of;
    for (int i = 0; i < 40; i++) {
        verdict_watch watch;
        begin(&watch, self->program);
        const unsigned now = atomic_fetch_add(&working, 1U) + 1;
        if (now > atomic_load(&most_working))
            atomic_store(&most_working, now);
        const struct timespec moment = {0, 300000};
        nanosleep(&moment, NULL);
        atomic_fetch_add(&alone, watch.alone ? 1U : 0U);
        if (watch.alone && (now > 1 || atomic_load(&working) > 1))
            atomic_fetch_add(&alone_with_others, 1U);
        atomic_fetch_sub(&working, 1U);
        verdict_watch_end(&watch, false);
    }
    return NULL;
}

START_TEST(alone_is_alone)
{
    const unsigned programs[] = {1, 2};
    worker workers[6];
    leave(programs, 2);
    for (unsigned i = 0; i < 6; i++) {
        workers[i].program = i; /* 1 and 2 alone, others together */
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work_often, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 6; i++)
        pthread_join(workers[i].thread, NULL);
    ck_assert_uint_eq(atomic_load(&alone_with_others), 0);
    ck_assert_uint_eq(atomic_load(&alone), 2 * 40);
    ck_assert_uint_gt(atomic_load(&most_working), 1);
    ck_assert_uint_eq(record_of(1).flags, VERDICT_ALONE);
    ck_assert_uint_eq(markers(), 0);
}
END_TEST

/* Who came second did not begin it: all may have been ended together, as ranks of one job are. */
START_TEST(only_the_first_gives_an_end)
{
    verdict_watch watch;
    begin(&watch, 1);
    leave_one(1);
    leave_one(1);
    ck_assert_uint_eq(ends_of(1), 0);
    ck_assert_uint_eq(markers(), 1);
    verdict_watch_end(&watch, false);
    ck_assert_uint_eq(markers(), 0);

    /* But it may be why another program's process ended. */
    const unsigned programs[] = {1, 2};
    begin(&watch, 1);
    leave(programs, 2);
    ck_assert_uint_eq(ends_of(2), 0);
    ck_assert_uint_eq(record_of(2).flags, VERDICT_ALONE);
    ck_assert_uint_eq(record_of(1).flags, VERDICT_ALONE);
    verdict_watch_end(&watch, true);
    ck_assert_uint_eq(record_of(1).flags, 0);
}
END_TEST

START_TEST(forks_are_other_processes)
{
    unsigned char token[VERDICT_TOKEN_SIZE], again[VERDICT_TOKEN_SIZE];
    verdict_watch watch;
    int ends[2];
    ck_assert(verdict_process_token(token) && verdict_process_token(again));
    ck_assert_mem_eq(token, again, sizeof token);
    begin(&watch, 1);
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        verdict_watch own;
        verdict_process_token(again);
        verdict_process_enter(true); /* the parent's watch is not the child's */
        verdict_process_leave(true);
        begin(&own, 2);
        if (write(ends[1], again, sizeof again) != sizeof again)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    reap_child(child);
    ck_assert_int_eq(read(ends[0], again, sizeof again), sizeof again);
    ck_assert_mem_ne(token, again, sizeof token);
    ck_assert_uint_eq(ends_of(2), 1);
    verdict_watch_end(&watch, true);
    ck_assert_uint_eq(ends_of(1), 0);
}
END_TEST

/* One at a time has the directory's lock; and who waited for one that was cleared away takes the next. */
START_TEST(one_lock)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const int opened = open(directory, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(verdict_lock(opened, false), -1);
    ck_assert_int_eq(errno, ENOENT);
    const int lock = verdict_lock(opened, true);
    ck_assert_int_ge(lock, 0);
    const pid_t child = fork();
    if (child == 0) {
        close(lock);
        if (verdict_lock(opened, true) < 0 || write(ends[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    struct pollfd one = {ends[0], POLLIN, 0};
    ck_assert_int_eq(poll(&one, 1, 100), 0);
    ck_assert_int_eq(unlinkat(opened, VERDICT_LOCK_NAME, 0), 0);
    verdict_unlock(lock);
    ck_assert_int_eq(poll(&one, 1, 30000), 1);
    ck_assert_uint_eq(files_count(directory, VERDICT_LOCK_NAME, NULL), 1);
    const int file = openat(opened, VERDICT_LOCK_NAME, O_RDWR);
    ck_assert(!verdict_lock_file(file));
    ck_assert_int_eq(errno, EWOULDBLOCK);
    kill(child, SIGKILL); /* it goes with the process */
    reap_child(child);
    ck_assert(verdict_lock_file(file));
    close(file);
    close(opened);
}
END_TEST

/* ---- What is forgotten ---- */

static void set_time(unsigned program, int64_t from_now)
{
    verdict_record record = record_of(program);
    ck_assert_uint_gt(record.ends + record.flags, 0);
    record.time = (int64_t)time(NULL) + from_now;
    store(&record);
}

START_TEST(seven_days)
{
    leave_one(1);
    leave_one(1);
    ck_assert(avoided(1));
    set_time(1, -7 * DAY + 100);
    ck_assert(avoided(1));
    set_time(1, 3600); /* another machine's clock */
    ck_assert(avoided(1));
    set_time(1, -7 * DAY - 1);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(files_count(directory, ".verdict", NULL), 0);
    leave_one(1); /* from the beginning */
    ck_assert(!avoided(1));
    ck_assert_uint_eq(record_of(1).ends, 1);
    leave_one(1);
    ck_assert(avoided(1));
    set_time(1, 2 * DAY);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(files_count(directory, ".verdict", NULL), 0);
}
END_TEST

START_TEST(other_versions)
{
    leave_one(1);
    leave_one(1);
    ck_assert(avoided(1));
    verdict_record record = record_of(1);
    strcpy(record.version, "0.0.99");
    store(&record);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(files_count(directory, ".verdict", NULL), 0);

    /* A marker of another version. */
    verdict_file_name parts = {.marker = true, .key = key_of(1), .number = 5};
    char name[VERDICT_NAME_SIZE], path[FILES_PATH_SIZE];
    verdict_file_print_name(&parts, name);
    files_join(path, directory, name);
    record = verdict_record_of(&parts.key, "program 1");
    record.flags = VERDICT_MARKER;
    strcpy(record.version, "0.0.99");
    const int file = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert(verdict_file_write(file, &record));
    close(file);
    ck_assert(!avoided(1));
    ck_assert_uint_eq(markers(), 0);
    ck_assert_uint_eq(record_of(1).ends, 0);
}
END_TEST

START_TEST(wrong_results)
{
    char sentence[VERDICT_SENTENCE_SIZE], longest[3000];
    const cache_key key = key_of(1);
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    verdict_record_wrong(directory, &key, "a combination\n\x1b[31m", "y[3] was 2, not 1");
    ck_assert(avoided(1));
    ck_assert_str_eq(record_of(1).name, "a combination??[31m");
    ck_assert(verdict_avoided(directory, &key, sentence, sizeof sentence));
    ck_assert_msg(strstr(sentence, "its results were wrong: y[3] was 2, not 1 (") == sentence, "%s",
                  sentence);
    work(1, true);
    ck_assert(avoided(1));
    leave_one(1);
    ck_assert(avoided(1));
    ck_assert_uint_eq(record_of(1).ends, 1);
    work(1, true);
    ck_assert_uint_eq(record_of(1).ends, 0);
    ck_assert_uint_eq(record_of(1).flags, VERDICT_WRONG);
    set_time(1, -7 * DAY - 1);
    ck_assert(!avoided(1));
    verdict_record_wrong(directory, &key, longest, longest);
    ck_assert(avoided(1));
    ck_assert_uint_eq(strlen(record_of(1).name), 255);
    ck_assert_uint_eq(strlen(record_of(1).sentence), 511);
}
END_TEST

/* It is emptied: the process went on, and ended when it wanted. */
START_TEST(a_marker_that_cannot_be_removed)
{
    const pid_t child = fork();
    if (child == 0) {
        unlinkat_error = EACCES;
        work(1, false);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(markers(), 1);
    ck_assert_uint_eq(ends_of(1), 0);
    ck_assert_uint_eq(markers(), 0);
    ck_assert_uint_eq(lines_removed, 0);
}
END_TEST

/* A success takes nothing but a directory's listing, however many programs lie there. */
START_TEST(nothing_is_left_of_success)
{
    for (unsigned p = 0; p < 20; p++)
        work(p, p % 2 == 0);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1); /* the lock */
    ck_assert_uint_eq(lines, 0);
}
END_TEST

/* ---- For persons ---- */

START_TEST(lists_and_clears)
{
    const unsigned several[] = {3, 4};
    const cache_key key = key_of(5);
    clnorm_verdict_list *list = NULL;
    size_t removed = 0;
    setenv("CLNORM_CACHE_DIR", directory, 1);
    ck_assert_int_eq(clnorm_verdict_list_create(&list), CLNORM_OK);
    ck_assert_uint_eq(clnorm_verdict_list_count(list), 0);
    ck_assert_ptr_null(clnorm_verdict_list_get(list, 0));
    clnorm_verdict_list_destroy(list);

    leave_one(1);
    leave_one(1);
    leave_one(2);
    verdict_record_wrong(directory, &key, "program 5", "all zeros");
    leave(several, 2);
    ck_assert_int_eq(clnorm_verdict_list_create(&list), CLNORM_OK);
    ck_assert_uint_eq(clnorm_verdict_list_count(list), 5);
    static const unsigned ends[] = {2, 1, 0, 0, 0};
    for (unsigned i = 0; i < 5; i++) {
        const clnorm_verdict *verdict = clnorm_verdict_list_get(list, i);
        char name[32];
        snprintf(name, sizeof name, "program %u", i + 1);
        ck_assert_str_eq(verdict->program, name);
        ck_assert_uint_eq(verdict->ends, ends[i]);
        ck_assert_int_eq(verdict->wrong, i == 4);
        ck_assert_int_eq(verdict->avoided, i == 0 || i == 4);
        ck_assert(verdict->seconds_left > 7 * DAY - 100 && verdict->seconds_left <= 7 * DAY);
    }
    ck_assert_str_eq(clnorm_verdict_list_get(list, 4)->reason, "its results were wrong: all zeros");
    ck_assert_ptr_null(clnorm_verdict_list_get(list, 5));
    clnorm_verdict_list_destroy(list);

    leave_one(1); /* a marker that nobody holds goes, one that is held stays */
    verdict_watch watch;
    begin(&watch, 6);
    leave_one(7);
    ck_assert_uint_eq(markers(), 2);
    ck_assert_int_eq(clnorm_cache_clear(&removed), CLNORM_OK);
    ck_assert_uint_eq(removed, 6);
    ck_assert_uint_eq(markers(), 1);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
    verdict_watch_end(&watch, true);
    ck_assert_uint_eq(files_count(directory, "", NULL), 0);
    work(6, true);
    ck_assert(!avoided(1) && !avoided(5));

    ck_assert_int_eq(chmod(directory, 0777), 0);
    ck_assert_int_eq(clnorm_verdict_list_create(&list), CLNORM_IO_ERROR);
    ck_assert_int_eq(clnorm_verdict_list_create(NULL), CLNORM_INVALID_ARGUMENT);
    setenv("CLNORM_CACHE_DIR", "off", 1);
    ck_assert_int_eq(clnorm_verdict_list_create(&list), CLNORM_OK);
    ck_assert_uint_eq(clnorm_verdict_list_count(list), 0);
    clnorm_verdict_list_destroy(list);
    clnorm_verdict_list_destroy(NULL);
    ck_assert_uint_eq(clnorm_verdict_list_count(NULL), 0);
    ck_assert_int_eq(chmod(directory, 0700), 0);
    unsetenv("CLNORM_CACHE_DIR");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *ends = tcase_create("ends");
    tcase_add_checked_fixture(ends, verdict_set_up, verdict_tear_down);
    tcase_set_timeout(ends, 120);
    suite_add_tcase(suite, ends);
    tcase_add_test(ends, two_ends_convict);
    tcase_add_test(ends, whoever_begins_reaps);
    tcase_add_test(ends, sentences);
    tcase_add_test(ends, success_erases);
    tcase_add_test(ends, several_convict_none);
    tcase_add_test(ends, one_program_twice_is_one);
    tcase_add_test(ends, leavings_by_process);
    tcase_add_test(ends, alone_is_alone);
    tcase_add_test(ends, only_the_first_gives_an_end);
    tcase_add_test(ends, forks_are_other_processes);
    tcase_add_test(ends, one_lock);
    tcase_add_test(ends, seven_days);
    tcase_add_test(ends, other_versions);
    tcase_add_test(ends, wrong_results);
    tcase_add_test(ends, a_marker_that_cannot_be_removed);
    tcase_add_test(ends, nothing_is_left_of_success);
    tcase_add_test(ends, lists_and_clears);
    return run_suite(suite);
}
