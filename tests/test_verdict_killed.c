/* What is remembered of programs by processes that are killed at any moment, also while they look at what
 * others left. */
#include "verdict_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Ends of the bookkeeping ---- */

static void copy_directory(const char *from, const char *to)
{
    DIR *stream = opendir(from);
    char bytes[2000], path[FILES_PATH_SIZE];
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_name[0] == '.')
            continue;
        files_join(path, from, entry->d_name);
        const size_t size = files_read(path, bytes, sizeof bytes);
        files_join(path, to, entry->d_name);
        files_write(path, bytes, size);
        ck_assert_int_eq(chmod(path, 0600), 0);
    }
    closedir(stream);
}

/* Runs `job` in a process that ends before its step `step`. False: it was done before. */
static bool end_at_step(void (*job)(void), long step)
{
    const pid_t child = fork();
    if (child == 0) {
        steps_left = step;
        job();
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) || status == 0);
    return WIFSIGNALED(status);
}

static void reap_once(void)
{
    char sentence[VERDICT_SENTENCE_SIZE];
    const cache_key key = key_of(99);
    verdict_avoided(directory, &key, sentence, sizeof sentence);
}

/* Two processes left one program each, the same one, and another left three, of which it is one. None of them
 * had looked at what the others left. */
static void three_leavings(char saved[FILES_PATH_SIZE])
{
    const unsigned several[] = {1, 2, 3};
    char own[FILES_PATH_SIZE];
    memcpy(own, directory, sizeof own);
    files_make_directory(saved);
    for (int i = 0; i < 3; i++) {
        files_make_directory(directory);
        if (i < 2)
            leave_one(1);
        else
            leave(several, 3);
        copy_directory(directory, saved);
        files_remove(directory);
    }
    memcpy(directory, own, sizeof own);
}

/* What a process left that had begun before, and ended when another had just been ended that reaped. Its
 * token comes before all others. */
static void late_leaving(void)
{
    verdict_file_name parts = {.marker = true, .key = key_of(1)};
    verdict_record record = verdict_record_of(&parts.key, "program 1");
    char name[VERDICT_NAME_SIZE], path[FILES_PATH_SIZE];
    verdict_file_print_name(&parts, name);
    files_join(path, directory, name);
    record.flags = VERDICT_MARKER;
    const int file = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert(verdict_file_write(file, &record));
    close(file);
}

/* Whatever was done when the one that reaped was ended, the next counts nothing twice and forgets nothing. */
START_TEST(reaping_ends_anywhere)
{
    char saved[FILES_PATH_SIZE];
    long step = 0, deaths = 0;
    three_leavings(saved);
    for (bool ended = true; ended; step++) {
        files_remove(directory);
        ck_assert_int_eq(mkdir(directory, 0700), 0);
        copy_directory(saved, directory);
        ck_assert_uint_eq(markers(), 5);
        ended = end_at_step(reap_once, step);
        if (ended && step > 3)
            deaths += end_at_step(reap_once, 7 * step % 11); /* and the next as well */
        if (ended)
            late_leaving();
        reap_once();
        ck_assert_uint_eq(markers(), 0);
        ck_assert_msg(record_of(1).ends == (ended ? 3 : 2), "%u ends after %ld steps", record_of(1).ends,
                      step);
        ck_assert_uint_eq(record_of(1).flags, VERDICT_ALONE);
        for (unsigned p = 2; p <= 3; p++) {
            ck_assert_msg(record_of(p).ends == 0, "ends of %u after %ld steps", p, step);
            ck_assert_uint_eq(record_of(p).flags, VERDICT_ALONE);
        }
    }
    ck_assert_int_gt(step, 20);
    ck_assert_int_gt(deaths, 5);
    files_remove(saved);
}
END_TEST

static void work_twice(void)
{
    verdict_watch watch;
    begin(&watch, 1);
    verdict_watch_end(&watch, true);
    begin(&watch, 2);
    verdict_watch_end(&watch, false);
}

START_TEST(working_ends_anywhere)
{
    long step = 0;
    for (bool ended = true; ended; step++) {
        files_remove(directory);
        ck_assert_int_eq(mkdir(directory, 0700), 0);
        leave_one(1);
        ck_assert_uint_eq(ends_of(1), 1);
        ended = end_at_step(work_twice, step);
        reap_once();
        ck_assert_uint_eq(markers(), 0);
        const unsigned first = record_of(1).ends, second = record_of(2).ends;
        ck_assert_msg(first <= 2 && second <= 1 && (second == 0 || first == 0), "%u and %u ends", first,
                      second);
        ck_assert(ended || first + second == 0);
        work(1, true);
        work(2, true);
        ck_assert_uint_eq(files_count(directory, ".verdict", NULL), 0);
    }
    ck_assert_int_gt(step, 10);
}
END_TEST

/* ---- Many ---- */

enum { GOOD = 10, PROGRAMS = 12, PROCESSES = 240, AT_ONCE = 24, THREADS = 3 };

/* Works on programs; the last ones end the process. */
static void *storm_thread(void *of)
{
    unsigned state = *(const unsigned *)of;
    for (int i = 0; i < 12; i++) {
        const unsigned program = next_random(&state) % PROGRAMS;
        char sentence[VERDICT_SENTENCE_SIZE];
        const cache_key key = key_of(program);
        if (verdict_avoided(directory, &key, sentence, sizeof sentence))
            continue;
        verdict_watch watch;
        begin(&watch, program);
        if (!watch.watched) /* the lock was not free for seconds: a machine with much else to do */
            continue;
        if (program >= GOOD)
            kill(getpid(), SIGKILL);
        const struct timespec moment = {0, next_random(&state) % 1000000};
        nanosleep(&moment, NULL);
        verdict_watch_end(&watch, true);
    }
    return NULL;
}

static void storm_process(unsigned seed)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = seed * THREADS + i;
        if (pthread_create(&threads[i], NULL, storm_thread, &seeds[i]) != 0)
            _exit(1);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    _exit(0);
}

START_TEST(only_the_guilty)
{
    unsigned running = 0, ended = 0;
    for (unsigned started = 0; started < PROCESSES || running > 0;) {
        if (started < PROCESSES && running < AT_ONCE) {
            const pid_t child = fork();
            ck_assert_int_ge(child, 0);
            if (child == 0)
                storm_process(started);
            started++;
            running++;
            continue;
        }
        int status;
        ck_assert_int_gt(waitpid(-1, &status, 0), 0);
        ck_assert(WIFSIGNALED(status) || status == 0);
        ended += WIFSIGNALED(status);
        running--;
    }
    ck_assert_uint_gt(ended, 3);
    for (unsigned p = 0; p < GOOD; p++)
        ck_assert_msg(ends_of(p) == 0, "%u ends of good program %u", ends_of(p), p);
    for (unsigned p = GOOD; p < PROGRAMS; p++)
        ck_assert_msg(avoided(p), "program %u is not avoided after %u ends of processes", p, ended);
    ck_assert_uint_eq(markers(), 0);
    ck_assert_uint_eq(lines_removed, 0);
}
END_TEST

static void work_for_ever(unsigned program)
{
    for (;;) {
        verdict_watch watch;
        begin(&watch, program);
        const struct timespec moment = {0, 500000};
        nanosleep(&moment, NULL);
        verdict_watch_end(&watch, false);
    }
}

/* Killed at any moment: one end each at most, and nothing that the next cannot read. */
START_TEST(killed)
{
    enum { ROUNDS = 40, CHILDREN = 3 };
    unsigned before = 0, state = 7;
    for (int round = 0; round < ROUNDS; round++) {
        pid_t children[CHILDREN];
        for (unsigned i = 0; i < CHILDREN; i++) {
            children[i] = fork();
            if (children[i] == 0)
                work_for_ever(i);
        }
        for (unsigned i = 0; i < CHILDREN; i++) {
            const struct timespec moment = {0, 3000000 + next_random(&state) % 9000000};
            nanosleep(&moment, NULL);
            kill(children[i], SIGKILL);
            reap_child(children[i]);
        }
        const unsigned now = ends_of(0) + ends_of(1) + ends_of(2);
        ck_assert_msg(before <= now && now <= before + CHILDREN, "%u ends, then %u", before, now);
        ck_assert_uint_eq(markers(), 0);
        before = now;
    }
    ck_assert_uint_gt(before, 5); /* they were busy */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict_killed");
    TCase *many = tcase_create("many");
    tcase_add_checked_fixture(many, verdict_set_up, verdict_tear_down);
    tcase_set_timeout(many, 120);
    suite_add_tcase(suite, many);
    tcase_add_test(many, reaping_ends_anywhere);
    tcase_add_test(many, working_ends_anywhere);
    tcase_add_test(many, only_the_guilty);
    tcase_add_test(many, killed);
    return run_suite(suite);
}
