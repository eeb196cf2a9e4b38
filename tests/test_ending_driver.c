/* A driver at which processes end or hang: an application is ended at most twice, and is right from then on.
 * The application is ending_program.c, the driver bad_driver_layer.c. */
#include "suite.h"

#include "files.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { PROCESSES = 6, OUTPUT_SIZE = 1 << 16 };

static char cache[FILES_PATH_SIZE];

/* ---- Processes ---- */

typedef struct process {
    pid_t id;
    int output; /* of both streams */
    char text[OUTPUT_SIZE];
    size_t length;
    int status; /* of waitpid */
} process;

static void start_program(process *p, const char *program, char *const arguments[])
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    p->length = 0;
    p->text[0] = '\0';
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    ck_assert_int_eq(posix_spawn(&p->id, program, &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    p->output = ends[0];
}

static void start(process *p, const char *threads)
{
    char name[] = ENDING_PROGRAM, count[8];
    snprintf(count, sizeof count, "%s", threads);
    char *const arguments[] = {name, count, NULL};
    start_program(p, ENDING_PROGRAM, arguments);
}

/* Until it ends; one that says that it hangs is ended. */
static void await(process *p)
{
    for (;;) {
        const ssize_t got = read(p->output, p->text + p->length, OUTPUT_SIZE - 1 - p->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        p->length += (size_t)got;
        p->text[p->length] = '\0';
        ck_assert_uint_lt(p->length, OUTPUT_SIZE - 1);
        if (strstr(p->text, "bad_driver_layer hangs") != NULL)
            kill(p->id, SIGKILL);
    }
    close(p->output);
    ck_assert_int_eq(waitpid(p->id, &p->status, 0), p->id);
}

static bool is_well(const process *p)
{
    return p->status == 0;
}

/* One process alone; true if it ended as it should. */
static bool run(process *p, const char *threads)
{
    start(p, threads);
    await(p);
    ck_assert_msg(!WIFEXITED(p->status) || WEXITSTATUS(p->status) != 2, "a result is wrong: %s", p->text);
    return is_well(p);
}

/* The driver: at programs for this kernel, there, so. */
static void end_at(const char *kernel, const char *where, const char *how)
{
    setenv("LAYER_END", kernel, 1);
    setenv("LAYER_END_AT", where, 1);
    setenv("LAYER_END_BY", how, 1);
}

static void end_nowhere(void)
{
    unsetenv("LAYER_END");
}

static void set_up(void)
{
    files_make_directory(cache);
    setenv("CLNORM_CACHE_DIR", cache, 1);
    setenv("CLNORM_KERNELS", "cpu", 1);
}

static void tear_down(void)
{
    files_remove(cache);
}

/* Runs it until it is well, then twice more; how often it ended. */
static unsigned ends_until_well(process *p, const char *threads)
{
    unsigned ends = 0;
    while (!run(p, threads)) {
        ends++;
        ck_assert_msg(ends < 10, "it ends for ever: %s", p->text);
    }
    return ends;
}

static void assert_well(process *p, const char *threads, const char *refused)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(run(p, threads), "%s", p->text);
        if (refused != NULL)
            ck_assert_msg(strstr(p->text, refused) != NULL, "no \"%s\" in %s", refused, p->text);
        ck_assert_uint_eq(files_count(cache, ".building", NULL), 0);
    }
    ck_assert_msg(strstr(p->text, "\nverified ") == NULL, "what comes from the cache is verified: %s",
                  p->text);
}

/* ---- One process ---- */

static const char *const places[] = {"build", "create", "launch"};
static const char *const ways[] = {"segv", "abort", "exit", "kill", "hang"};

START_TEST(ended_twice)
{
    static process p;
    const char *place = places[_i / 5], *way = ways[_i % 5];
    end_at("rows", place, way);
    const unsigned ends = ends_until_well(&p, "0");
    ck_assert_msg(ends == 2, "%u ends: %s", ends, p.text);
    ck_assert_msg(strstr(p.text, "cpu/plane/rows is not used: ") != NULL, "%s", p.text);
    assert_well(&p, "0", "cpu/plane/rows is not used: ");
}
END_TEST

/* It was no fault of the program's: once ended, twice well, once ended. */
START_TEST(a_success_erases_an_end)
{
    static process p;
    for (int i = 0; i < 2; i++) {
        end_at("rows", "build", "kill");
        ck_assert(!run(&p, "0"));
        end_nowhere();
        assert_well(&p, "0", "cpu/plane/rows\n");
        ck_assert_uint_eq(files_count(cache, ".verdict", NULL), 0);
        char name[FILES_PATH_SIZE], path[FILES_PATH_SIZE];
        while (files_count(cache, ".clbin", name) > 0) {
            files_join(path, cache, name);
            ck_assert_int_eq(unlink(path), 0);
        }
    }
}
END_TEST

START_TEST(off_asks_nobody)
{
    static process p;
    end_at("rows", "build", "kill");
    ck_assert_uint_eq(ends_until_well(&p, "0"), 2);
    setenv("CLNORM_VERIFY", "off", 1);
    ck_assert(!run(&p, "0"));
    ck_assert(!run(&p, "0"));
    end_nowhere();
    ck_assert(run(&p, "0"));
    ck_assert_ptr_null(strstr(p.text, "is not used"));
    unsetenv("CLNORM_VERIFY");
    ck_assert(run(&p, "0"));
    ck_assert_ptr_nonnull(strstr(p.text, "cpu/plane/rows is not used: "));
}
END_TEST

START_TEST(cleared_is_forgotten)
{
    static process p;
    char name[] = "clnorm", command[] = "cache", option[] = "--clear";
    char *const arguments[] = {name, command, option, NULL};
    end_at("rows", "build", "kill");
    ck_assert_uint_eq(ends_until_well(&p, "0"), 2);
    start_program(&p, CLNORM_COMMAND, arguments);
    await(&p);
    ck_assert_msg(is_well(&p), "%s", p.text);
    ck_assert_uint_eq(files_count(cache, ".verdict", NULL), 0);
    end_nowhere();
    ck_assert(run(&p, "0"));
    ck_assert_ptr_null(strstr(p.text, "is not used"));
}
END_TEST

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        count++;
    return count;
}

/* Nothing is marked, and the log says so once. */
START_TEST(no_cache_directory)
{
    static process p;
    setenv("CLNORM_CACHE_DIR", _i == 0 ? "off" : "/proc/no/such", 1);
    end_nowhere();
    ck_assert_msg(run(&p, "0"), "%s", p.text);
    const unsigned lines = count_of(p.text, "nothing will remember at which program");
    ck_assert_msg(lines == 1, "%u lines: %s", lines, p.text);
    end_at("rows", "build", "kill");
    for (int i = 0; i < 3; i++)
        ck_assert(!run(&p, "0"));
}
END_TEST

/* ---- Several ---- */

/* All threads' programs are suspected after the first end, which counts for none of them. */
START_TEST(threads_at_once)
{
    static process p;
    end_at("rows", "build", ways[_i]);
    const unsigned ends = ends_until_well(&p, "4");
    ck_assert_msg(2 <= ends && ends <= 3, "%u ends", ends);
    assert_well(&p, "4", "cpu/plane/rows is not used: ");
    ck_assert_uint_eq(count_of(p.text, "cpu/plane/fused is not used"), 0);
    ck_assert_uint_eq(count_of(p.text, "cpu/column/fused is not used"), 0);
}
END_TEST

START_TEST(processes_at_once)
{
    static process p[PROCESSES];
    unsigned rounds = 0, well = 0;
    end_at("rows", "build", "kill");
    for (; well < PROCESSES; rounds++) {
        ck_assert_uint_lt(rounds, 10);
        well = 0;
        for (int i = 0; i < PROCESSES; i++)
            start(&p[i], i % 2 == 0 ? "0" : "2");
        for (int i = 0; i < PROCESSES; i++) {
            await(&p[i]);
            well += is_well(&p[i]);
        }
    }
    printf("%u rounds of processes\n", rounds);
    ck_assert_uint_le(rounds, 4);
    assert_well(&p[0], "2", "cpu/plane/rows is not used: ");
    ck_assert_uint_eq(count_of(p[0].text, "cpu/plane/fused is not used"), 0);
    ck_assert_uint_eq(count_of(p[0].text, "cpu/column/fused is not used"), 0);
}
END_TEST

/* ---- Kills from outside ---- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245U + 12345U;
    return *state >> 16;
}

/* Those that are not killed succeed, so that a program that is innocent is used. */
START_TEST(killed_at_any_moment)
{
    static process p[2];
    unsigned state = 5, killed = 0, rounds = 0;
    const double begin = seconds();
    end_nowhere();
    ck_assert(run(&p[0], "2")); /* and how long it takes */
    const unsigned most = (unsigned)((seconds() - begin) * 1e6) + 1;
    while (seconds() - begin < 20 || rounds < 3) {
        files_remove(cache);
        start(&p[0], rounds % 2 == 0 ? "2" : "0");
        start(&p[1], "2");
        const unsigned wait = (next_random(&state) % 1000) * (most / 1000);
        const struct timespec moment = {wait / 1000000, (long)(wait % 1000000) * 1000};
        nanosleep(&moment, NULL);
        kill(p[0].id, SIGKILL);
        for (int i = 0; i < 2; i++)
            await(&p[i]);
        killed += !is_well(&p[0]);
        ck_assert_msg(is_well(&p[1]), "%s", p[1].text);
        /* A linker that PoCL in the killed process had started holds its marker until it is done: on a busy
         * machine for longer than the next process takes. */
        for (int i = 0; i < 100 && (i == 0 || files_count(cache, ".building", NULL) > 0); i++)
            ck_assert_msg(run(&p[1], "2"), "%s", p[1].text);
        assert_well(&p[1], "2", NULL);
        ck_assert_msg(count_of(p[1].text, "is not used") == 0, "%s", p[1].text);
        rounds++;
    }
    printf("%u rounds, %u killed\n", rounds, killed);
    ck_assert_uint_gt(killed, 0);
}
END_TEST

int main(void)
{
    const struct {
        const char *name;
        const TTest *test;
        int times;
    } tests[] = {
        {"one process", ended_twice, 15},        {"one process", a_success_erases_an_end, 1},
        {"one process", off_asks_nobody, 1},     {"one process", cleared_is_forgotten, 1},
        {"no directory", no_cache_directory, 2}, {"several", threads_at_once, 2},
        {"several", processes_at_once, 1},       {"kills", killed_at_any_moment, 1},
    };
    Suite *suite = suite_create("ending_driver");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *test = tcase_create(tests[i].name);
        tcase_add_checked_fixture(test, set_up, tear_down);
        tcase_set_timeout(test, 600);
        tcase_add_loop_test(test, tests[i].test, 0, tests[i].times);
        suite_add_tcase(suite, test);
    }
    return run_suite(suite);
}
