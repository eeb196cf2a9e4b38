/* The line in the log about a build that takes long. */
#include "programs/slow_build.h"

#include "base/status.h"
#include "suite.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned lines;
static char last[1024];

static void keep_line(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    pthread_mutex_lock(&lock);
    lines++;
    snprintf(last, sizeof last, "%s", line);
    pthread_mutex_unlock(&lock);
}

static unsigned lines_now(void)
{
    pthread_mutex_lock(&lock);
    const unsigned now = lines;
    pthread_mutex_unlock(&lock);
    return now;
}

static void wait_milliseconds(long count)
{
    const struct timespec moment = {count / 1000, count % 1000 * 1000000};
    nanosleep(&moment, NULL);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void set_up(void)
{
    clnorm_set_log(keep_line, CLNORM_LOG_INFO, NULL);
}

START_TEST(a_slow_one_is_named_once)
{
    slow_build slow;
    const double start = seconds();
    slow_build_begin(&slow, "name.cl", 1);
    ck_assert(slow.started);
    while (lines_now() == 0 && seconds() < start + 60)
        wait_milliseconds(10);
    ck_assert_double_ge(seconds() - start, 0.99);
    wait_milliseconds(1500);
    slow_build_end(&slow);
    slow_build_end(&slow);
    ck_assert_uint_eq(lines, 1);
    ck_assert_msg(strstr(last, "the driver has been compiling name.cl for 1 seconds; ") == last, "%s", last);
}
END_TEST

/* And it ends at once, not when the time is over. */
START_TEST(a_fast_one_is_not)
{
    slow_build slow;
    const double start = seconds();
    for (int i = 0; i < 100; i++) {
        slow_build_begin(&slow, "name.cl", 600);
        ck_assert(slow.started);
        slow_build_end(&slow);
        ck_assert(!slow.started);
    }
    slow_build_begin(&slow, "name.cl", 1);
    slow_build_end(&slow);
    wait_milliseconds(1500);
    ck_assert_double_lt(seconds() - start, 100);
    ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(several_at_once)
{
    enum { BUILDS = 4 };
    slow_build slow[BUILDS];
    for (unsigned i = 0; i < BUILDS; i++)
        slow_build_begin(&slow[i], "name.cl", i < 2 ? 1 : 600);
    const double start = seconds();
    while (lines_now() < 2 && seconds() < start + 60)
        wait_milliseconds(10);
    for (unsigned i = 0; i < BUILDS; i++)
        slow_build_end(&slow[i]);
    ck_assert_uint_eq(lines, 2);
}
END_TEST

/* No thread is started for a line that nobody reads. */
START_TEST(without_a_log)
{
    slow_build slow;
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    slow_build_begin(&slow, "name.cl", 1);
    ck_assert(!slow.started);
    slow_build_end(&slow);
}
END_TEST

static volatile sig_atomic_t taken_by_main;
static pthread_t main_thread;

static void take_signal(int number)
{
    (void)number;
    taken_by_main = pthread_equal(pthread_self(), main_thread) != 0;
}

/* Signals to the process are never handled by the library's thread. */
START_TEST(signals_are_the_application_s)
{
    slow_build slow;
    sigset_t usr1;
    main_thread = pthread_self();
    signal(SIGUSR1, take_signal);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    slow_build_begin(&slow, "name.cl", 600);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    kill(getpid(), SIGUSR1);
    wait_milliseconds(100);
    ck_assert_int_eq(taken_by_main, 0); /* it waits for this thread */
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    ck_assert_int_eq(taken_by_main, 1);
    slow_build_end(&slow);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slow_build");
    TCase *test = tcase_create("slow build");
    tcase_add_checked_fixture(test, set_up, NULL);
    tcase_set_timeout(test, 120);
    tcase_add_test(test, a_slow_one_is_named_once);
    tcase_add_test(test, a_fast_one_is_not);
    tcase_add_test(test, several_at_once);
    tcase_add_test(test, without_a_log);
    tcase_add_test(test, signals_are_the_application_s);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
