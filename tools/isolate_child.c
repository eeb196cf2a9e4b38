/* The process that tries programs, one after the other in one thread. It reports each step through a pipe. */
#include "isolate.h"
#include "isolate_child.h"
#include "isolate_problems.h"
#include "isolate_report.h"
#include "selftest_run.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct child {
    isolate_task task;
    clnorm_context *context;
    pthread_t thread;
    bool subnormals; /* the device has them */
    bool deaf;       /* the other end of the pipe is closed */
} child;

/* One line, in one piece. */
static void tell(child *c, enum isolate_word word, const char *first, const char *second)
{
    char line[ISOLATE_LINE_SIZE];
    int length = snprintf(line, sizeof line - 1, "%c%s%s%s", (char)word, first, second ? "\t" : "",
                          second ? second : "");
    if (length >= (int)sizeof line - 1)
        length = (int)sizeof line - 2;
    for (int i = 0; i < length; i++)
        if (line[i] == '\n' || line[i] == '\0')
            line[i] = ' ';
    line[length++] = '\n';
    ssize_t written;
    do
        written = write(ISOLATE_DESCRIPTOR, line, (size_t)length);
    while (written < 0 && errno == EINTR);
    c->deaf = c->deaf || written != length;
}

/* ---- What the library says meanwhile ---- */

/* "OPERATION: VARIANT is not used: REASON" */
static bool tell_refusal(child *c, char *line)
{
    static const char words[] = " is not used: ";
    char *end = strstr(line, words);
    if (!end)
        return false;
    *end = '\0';
    tell(c, ISOLATE_REFUSES, line, end + sizeof words - 1);
    return true;
}

/* Called for each line of the log. Ignores lines of other threads (such as slow_build.h's): they do not show
 * that this thread is still making progress. */
static void listen(clnorm_log_level level, const char *text, void *user)
{
    child *c = user;
    char line[ISOLATE_LINE_SIZE];
    const size_t name = strlen(c->task.info->name);
    if (!pthread_equal(pthread_self(), c->thread))
        return;
    tell(c, ISOLATE_ALIVE, "", NULL);
    if (strncmp(text, c->task.info->name, name) != 0 || strncmp(text + name, ": ", 2) != 0)
        return;
    snprintf(line, sizeof line, "%s", text + name + 2);
    if (level == CLNORM_LOG_INFO) {
        tell_refusal(c, line);
    } else if (level == CLNORM_LOG_DISPATCH) {
        line[strcspn(line, ";")] = '\0';
        tell(c, ISOLATE_TRIES, line, NULL);
    }
}

/* ---- Trying ---- */

static void compute(child *c, const selftest_case *test)
{
    selftest_result result;
    selftest_run(c->context, c->subnormals, test, &result);
    if (result.fault[0] == '\0')
        tell(c, ISOLATE_WORKS, result.variant, NULL);
    else if (result.variant[0] == '\0')
        tell(c, ISOLATE_FAILS, result.fault, NULL);
    else
        tell(c, ISOLATE_WRONG, result.variant, result.fault);
}

static void make_plan(child *c, const clnorm_op *op)
{
    clnorm_plan *plan = NULL;
    const clnorm_status status = clnorm_plan_create(&plan, c->context, op);
    if (status == CLNORM_OK)
        tell(c, ISOLATE_WORKS, clnorm_plan_variant(plan), NULL);
    else
        tell(c, status == CLNORM_OUT_OF_MEMORY ? ISOLATE_SKIPS : ISOLATE_FAILS, clnorm_last_error(), NULL);
    clnorm_plan_destroy(plan);
}

static bool try_problem(const isolate_problem *problem, void *user)
{
    child *c = user;
    char label[SELFTEST_LABEL_SIZE], line[SELFTEST_LABEL_SIZE + 32];
    if (problem->index < c->task.first)
        return true;
    if (problem->index - c->task.first >= c->task.count || c->deaf)
        return false;
    isolate_problem_label(problem, c->task.info, c->task.mode, label);
    snprintf(line, sizeof line, "%zu %s", problem->index, label);
    tell(c, ISOLATE_PROBLEM, line, NULL);
    if (problem->test)
        compute(c, problem->test);
    else
        make_plan(c, problem->op);
    return true;
}

static bool open_device(child *c, const global_options *options)
{
    char name[256] = "";
    cl_bool compiler = CL_TRUE;
    if (clnorm_context_create(&c->context, options->device) != CLNORM_OK ||
        clnorm_context_set_kernels(c->context, c->task.kernels) != CLNORM_OK) {
        tell(c, ISOLATE_CANNOT, clnorm_last_error(), NULL);
        return false;
    }
    c->subnormals = selftest_has_subnormals(c->context);
    cl_device_id device = clnorm_context_cl_device(c->context);
    clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name - 1, name, NULL);
    clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    if (!compiler)
        tell(c, ISOLATE_CANNOT, "the device has no compiler, so there is nothing to try", NULL);
    else
        tell(c, ISOLATE_DEVICE, name, NULL);
    return compiler == CL_TRUE;
}

/* Turns off core dumps: crashes are frequent here. */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

int isolate_child(const global_options *options, const char *what)
{
    child c = {.thread = pthread_self()};
    if (!isolate_task_parse(&c.task, what))
        return complain(EXIT_USAGE, "--isolate-child is \"%s\", which is no task", what);
    if (fcntl(ISOLATE_DESCRIPTOR, F_SETFD, FD_CLOEXEC) != 0)
        return complain(EXIT_USAGE, "--isolate-child is what --isolate starts");
    signal(SIGPIPE, SIG_IGN); /* otherwise this signal would count against the current program */
    leave_no_core();
    clnorm_set_log(listen, CLNORM_LOG_DISPATCH, &c);
    if (open_device(&c, options)) {
        isolate_for_each(c.task.info, c.task.mode, try_problem, &c);
        tell(&c, ISOLATE_DONE, "", NULL);
    }
    /* _exit skips exit handlers: crashes of drivers in those are not tested here. */
    _exit(EXIT_DONE);
}
