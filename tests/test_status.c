/* Statuses and their names, the last error, and the log. */
#include "suite.h"

#include "base/log.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- Status ---- */

START_TEST(every_status_has_its_name)
{
    ck_assert_str_eq(clnorm_status_name(CLNORM_OK), "OK");
    ck_assert_str_eq(clnorm_status_name(CLNORM_INVALID_RANK), "INVALID_RANK");
    ck_assert_str_eq(clnorm_status_name(CLNORM_IO_ERROR), "IO_ERROR");
    ck_assert_str_eq(clnorm_status_name(CLNORM_UNTRUSTED_DRIVER), "UNTRUSTED_DRIVER");
    for (int status = CLNORM_OK; status <= CLNORM_UNTRUSTED_DRIVER; status++)
        ck_assert_str_ne(clnorm_status_name((clnorm_status)status), "UNKNOWN_STATUS");
    ck_assert_str_eq(clnorm_status_name((clnorm_status)1000), "UNKNOWN_STATUS");
}
END_TEST

START_TEST(the_version_is_that_of_the_header)
{
    ck_assert_uint_eq(clnorm_version(), CLNORM_VERSION);
    ck_assert_uint_eq(clnorm_version() / 1000000, CLNORM_VERSION_MAJOR);
}
END_TEST

START_TEST(last_error_is_empty_at_first)
{
    ck_assert_str_eq(clnorm_last_error(), "");
}
END_TEST

START_TEST(fail_records_and_returns)
{
    ck_assert_int_eq(fail(CLNORM_INVALID_AXIS, "axis is %d", 7), CLNORM_INVALID_AXIS);
    ck_assert_str_eq(clnorm_last_error(), "axis is 7");
}
END_TEST

START_TEST(fail_may_quote_the_last_error)
{
    fail(CLNORM_IO_ERROR, "the disk is full");
    fail(CLNORM_IO_ERROR, "cannot save: %s", clnorm_last_error());
    ck_assert_str_eq(clnorm_last_error(), "cannot save: the disk is full");
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    char text[10000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fail(CLNORM_BUILD_FAILED, "%s", text);
    const char *message = clnorm_last_error();
    size_t length = strlen(message);
    ck_assert_uint_ge(length, 1000);
    ck_assert_uint_lt(length, sizeof text - 1);
    ck_assert_str_eq(message + length - 4, "x...");
}
END_TEST

static void *last_error_of_another_thread(void *unused)
{
    (void)unused;
    bool empty = *clnorm_last_error() == '\0';
    fail(CLNORM_IO_ERROR, "theirs");
    return empty ? "empty" : "not empty";
}

START_TEST(each_thread_has_its_own_last_error)
{
    pthread_t thread;
    void *result;
    fail(CLNORM_IO_ERROR, "ours");
    ck_assert_int_eq(pthread_create(&thread, NULL, last_error_of_another_thread, NULL), 0);
    pthread_join(thread, &result);
    ck_assert_str_eq(result, "empty");
    ck_assert_str_eq(clnorm_last_error(), "ours");
}
END_TEST

START_TEST(opencl_errors_have_names)
{
    static const struct {
        cl_int error;
        const char *name;
    } cases[] = {
        {CL_SUCCESS, "CL_SUCCESS"},
        {CL_OUT_OF_RESOURCES, "CL_OUT_OF_RESOURCES"},
        {CL_KERNEL_ARG_INFO_NOT_AVAILABLE, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE"},
        {-20, "OpenCL error -20"},
        {-29, "OpenCL error -29"},
        {CL_INVALID_VALUE, "CL_INVALID_VALUE"},
        {CL_INVALID_DEVICE_PARTITION_COUNT, "CL_INVALID_DEVICE_PARTITION_COUNT"},
        {-72, "CL_MAX_SIZE_RESTRICTION_EXCEEDED"},
        {-73, "OpenCL error -73"},
        {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
        {-1234, "OpenCL error -1234"},
        {1, "OpenCL error 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(opencl_error_name(cases[i].error), cases[i].name);
}
END_TEST

START_TEST(fail_opencl_tells_memory_from_the_rest)
{
    ck_assert_int_eq(fail_opencl(CL_OUT_OF_RESOURCES, "clCreateBuffer"), CLNORM_OPENCL_ERROR);
    ck_assert_str_eq(clnorm_last_error(), "clCreateBuffer: CL_OUT_OF_RESOURCES");
    ck_assert_int_eq(fail_opencl(CL_OUT_OF_HOST_MEMORY, "f"), CLNORM_OUT_OF_MEMORY);
    ck_assert_int_eq(fail_opencl(CL_MEM_OBJECT_ALLOCATION_FAILURE, "f"), CLNORM_OUT_OF_MEMORY);
}
END_TEST

/* ---- Log. Each test is a process of its own, so that CLNORM_VERBOSE is read anew ---- */

typedef struct heard {
    unsigned lines;
    clnorm_log_level level;
    char last[200];
} heard;

static void hear(clnorm_log_level level, const char *line, void *user)
{
    heard *to = user;
    to->lines++;
    to->level = level;
    snprintf(to->last, sizeof to->last, "%s", line);
}

/* Sends stderr to a file, as for the lines that follow. */
static FILE *capture_stderr(void)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    return file;
}

static void assert_captured(FILE *file, const char *expected)
{
    char text[10000];
    rewind(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    ck_assert_str_eq(text, expected);
    fclose(file);
}

START_TEST(nothing_is_printed_unless_asked_for)
{
    unsetenv("CLNORM_VERBOSE");
    FILE *captured = capture_stderr();
    ck_assert(!log_wants(CLNORM_LOG_ERROR));
    ck_assert(!log_wants(CLNORM_LOG_NONE));
    log_line(CLNORM_LOG_ERROR, "an error");
    log_failure(fail(CLNORM_IO_ERROR, "a failure"));
    assert_captured(captured, "");
}
END_TEST

START_TEST(verbose_prints_up_to_its_level)
{
    setenv("CLNORM_VERBOSE", "info", 1);
    FILE *captured = capture_stderr();
    ck_assert(log_wants(CLNORM_LOG_INFO));
    ck_assert(!log_wants(CLNORM_LOG_DISPATCH));
    log_line(CLNORM_LOG_ERROR, "an error %d", 1);
    log_line(CLNORM_LOG_DISPATCH, "not this");
    log_line(CLNORM_LOG_INFO, "a word");
    assert_captured(captured, "clnorm: an error 1\nclnorm: a word\n");
}
END_TEST

START_TEST(failures_are_error_lines)
{
    setenv("CLNORM_VERBOSE", "error", 1);
    FILE *captured = capture_stderr();
    ck_assert_int_eq(log_failure(CLNORM_OK), CLNORM_OK);
    ck_assert_int_eq(log_failure(fail(CLNORM_INVALID_AXIS, "axis is 7")), CLNORM_INVALID_AXIS);
    assert_captured(captured, "clnorm: INVALID_AXIS: axis is 7\n");
}
END_TEST

START_TEST(a_callback_takes_the_lines)
{
    heard to = {0};
    unsetenv("CLNORM_VERBOSE");
    FILE *captured = capture_stderr();
    clnorm_set_log(hear, CLNORM_LOG_DISPATCH, &to);
    log_line(CLNORM_LOG_DISPATCH, "chose %s", "this");
    ck_assert_uint_eq(to.lines, 1);
    ck_assert_int_eq(to.level, CLNORM_LOG_DISPATCH);
    ck_assert_str_eq(to.last, "chose this");
    log_line(CLNORM_LOG_PROFILE, "too much");
    ck_assert_uint_eq(to.lines, 1);
    clnorm_set_log(hear, CLNORM_LOG_NONE, &to);
    log_line(CLNORM_LOG_ERROR, "nothing is wanted");
    ck_assert_uint_eq(to.lines, 1);
    assert_captured(captured, "");
}
END_TEST

START_TEST(without_a_callback_the_environment_decides_again)
{
    heard to = {0};
    setenv("CLNORM_VERBOSE", "error", 1);
    FILE *captured = capture_stderr();
    clnorm_set_log(hear, CLNORM_LOG_PROFILE, &to);
    clnorm_set_log(NULL, CLNORM_LOG_PROFILE, NULL);
    log_line(CLNORM_LOG_ERROR, "on stderr");
    log_line(CLNORM_LOG_INFO, "nowhere");
    ck_assert_uint_eq(to.lines, 0);
    assert_captured(captured, "clnorm: on stderr\n");
}
END_TEST

START_TEST(a_long_line_is_cut)
{
    char text[10000], expected[10000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    setenv("CLNORM_VERBOSE", "info", 1);
    FILE *captured = capture_stderr();
    log_line(CLNORM_LOG_INFO, "%s", text);
    snprintf(expected, sizeof expected, "clnorm: %.4092s...\n", text);
    assert_captured(captured, expected);
}
END_TEST

enum { THREADS = 8, LINES = 1000 };

static void *log_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < LINES; i++)
        log_line(CLNORM_LOG_INFO, "line %d", i);
    return NULL;
}

/* Counts without a lock of its own, and slowly. */
static void count_slowly(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)line;
    volatile unsigned *lines = user;
    unsigned before = *lines;
    sched_yield();
    *lines = before + 1;
}

START_TEST(one_line_at_a_time)
{
    unsigned lines = 0;
    pthread_t threads[THREADS];
    clnorm_set_log(count_slowly, CLNORM_LOG_INFO, &lines);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(lines, THREADS * LINES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");

    TCase *status = tcase_create("status");
    tcase_add_test(status, every_status_has_its_name);
    tcase_add_test(status, the_version_is_that_of_the_header);
    tcase_add_test(status, last_error_is_empty_at_first);
    tcase_add_test(status, fail_records_and_returns);
    tcase_add_test(status, fail_may_quote_the_last_error);
    tcase_add_test(status, a_long_message_is_cut);
    tcase_add_test(status, each_thread_has_its_own_last_error);
    tcase_add_test(status, opencl_errors_have_names);
    tcase_add_test(status, fail_opencl_tells_memory_from_the_rest);
    suite_add_tcase(suite, status);

    TCase *log = tcase_create("log");
    tcase_add_test(log, nothing_is_printed_unless_asked_for);
    tcase_add_test(log, verbose_prints_up_to_its_level);
    tcase_add_test(log, failures_are_error_lines);
    tcase_add_test(log, a_callback_takes_the_lines);
    tcase_add_test(log, without_a_callback_the_environment_decides_again);
    tcase_add_test(log, a_long_line_is_cut);
    tcase_add_test(log, one_line_at_a_time);
    suite_add_tcase(suite, log);

    return run_suite(suite);
}
