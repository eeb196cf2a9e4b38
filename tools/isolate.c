/* clnorm selftest --isolate: starts processes, and notes what they report and how they end. */
#include "isolate.h"

#include "isolate_problems.h"
#include "isolate_process.h"
#include "isolate_table.h"

#include <clnorm/cache.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PROBLEMS_PER_PROCESS = 128,
    MOST_STARTS = 3,     /* processes that may end before they begin a problem */
    MOST_UNRECORDED = 2, /* ends of processes at one problem that left nothing on record */
    MOST_GIVEN_UP = 2,   /* problems given up with one variant; then the rest of the mode is left out */
    MOST_ENDS = 64,      /* ends of processes at one problem: each variant has two for each program */
    SHOWN_FAULTS = 10,
    END_SECONDS = 10, /* how long a process may take to end after its last line */
    BAR = 30,
};

/* All of it. */
typedef struct work {
    const global_options *options;
    const isolate_request *request;
    isolate_table table;
    size_t total, done; /* problems */
    size_t failed;      /* have no plan */
    size_t skipped;
    char device[256];
    bool terminal, interrupted;
    bool given_up;              /* the rest of this operation, mode and schedule is left out */
    clnorm_verdict_list *known; /* the verdicts before the current process was started */
} work;

/* What one process has said. */
typedef struct attempt {
    const isolate_task *task;
    isolate_process process;
    bool begun, done, cannot;
    size_t problem; /* the last one begun */
    char label[ISOLATE_LINE_SIZE];
    char variant[ISOLATE_VARIANT_SIZE]; /* that is tried */
    char ending[128];                   /* how it ended, if not well */
} attempt;

/* ---- Progress ---- */

static void clear_bar(const work *w)
{
    if (w->terminal)
        fputs("\r\033[K", stderr);
}

static void show_bar(const work *w, const isolate_task *task)
{
    char bar[BAR + 1];
    if (!w->terminal)
        return;
    const size_t full = w->total > 0 ? BAR * w->done / w->total : BAR;
    for (size_t i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r\033[K[%s] %zu of %zu, %s %s, %s kernels", bar, w->done, w->total, task->info->name,
            task->mode->name, kernels_name(task->kernels));
}

static void say_family(const work *w, const isolate_task *task)
{
    if (!w->terminal)
        fprintf(stderr, "%s %s, %s kernels: %zu problems; %zu of %zu done\n", task->info->name,
                task->mode->name, kernels_name(task->kernels), task->count, w->done, w->total);
}

/* ---- What a process says ---- */

static isolate_row *row_of(work *w, const attempt *a, const char *variant)
{
    return isolate_table_row(&w->table, a->task->info, a->task->mode, variant);
}

static void note_refusal(work *w, const attempt *a, const char *variant, const char *reason)
{
    char plain[ISOLATE_VARIANT_SIZE];
    isolate_row *row = row_of(w, a, variant);
    if (!row)
        return;
    row->avoided++;
    snprintf(row->reason, sizeof row->reason, "%s", reason);
    /* A process reports the plain variant before it ends; the refusal may be of the variant "with
     * sub-groups". */
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(variant, " "), variant);
    const isolate_row *ended = row_of(w, a, plain);
    if (ended && ended->ends > 0 && strncmp(reason, "processes ended", 15) == 0) {
        row = row_of(w, a, variant);
        snprintf(row->reason, sizeof row->reason, "it %s", row_of(w, a, plain)->ending);
    }
}

static void note_failure(work *w, const attempt *a, const char *what)
{
    if (w->failed++ >= SHOWN_FAULTS)
        return;
    clear_bar(w);
    complain(EXIT_FAILED, "%s, %s kernels: %s", a->label, kernels_name(a->task->kernels), what);
}

static void note_wrong(work *w, const attempt *a, const char *variant, const char *what)
{
    isolate_row *row = row_of(w, a, variant);
    if (!row)
        return;
    if (row->wrong++ < SHOWN_FAULTS) {
        clear_bar(w);
        complain(EXIT_FAILED, "%s, %s: %s", a->label, variant, what);
    }
    snprintf(row->reason, sizeof row->reason, "%.400s: %.600s", a->label, what);
}

static void begin_problem(work *w, attempt *a, const char *text)
{
    char *label;
    const size_t problem = (size_t)strtoul(text, &label, 10);
    if (a->begun)
        w->done += problem - a->problem;
    a->begun = true;
    a->problem = problem;
    a->variant[0] = '\0';
    snprintf(a->label, sizeof a->label, "%s", label + (*label == ' '));
    show_bar(w, a->task);
}

static void hear(work *w, attempt *a, char *line)
{
    char *first = line + 1, *second = strchr(line, '\t');
    if (second)
        *second++ = '\0';
    isolate_row *row;
    switch ((enum isolate_word)line[0]) {
    case ISOLATE_DEVICE:
        snprintf(w->device, sizeof w->device, "%.255s", first);
        break;
    case ISOLATE_PROBLEM:
        begin_problem(w, a, first);
        break;
    case ISOLATE_TRIES:
        snprintf(a->variant, sizeof a->variant, "%.79s", first);
        break;
    case ISOLATE_REFUSES:
        note_refusal(w, a, first, second ? second : "");
        break;
    case ISOLATE_WORKS:
        row = strcmp(first, "empty") == 0 ? NULL : row_of(w, a, first);
        if (row)
            row->works++;
        break;
    case ISOLATE_WRONG:
        note_wrong(w, a, first, second ? second : "");
        break;
    case ISOLATE_FAILS:
        note_failure(w, a, first);
        break;
    case ISOLATE_SKIPS:
        w->skipped++;
        break;
    case ISOLATE_CANNOT:
        a->cannot = true;
        clear_bar(w);
        complain(EXIT_FAILED, "%s", first);
        break;
    case ISOLATE_DONE:
        a->done = true;
        break;
    case ISOLATE_ALIVE:
        break;
    }
}

static void describe_end(attempt *a, int status, bool silent, unsigned timeout)
{
    if (silent)
        snprintf(a->ending, sizeof a->ending, "timed out: it went on for more than %u seconds", timeout);
    else if (WIFSIGNALED(status))
        snprintf(a->ending, sizeof a->ending, "ended the process, signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(a->ending, sizeof a->ending, "ended the process, exit status %d", WEXITSTATUS(status));
}

/* Starts a process, and listens until it has ended. */
static int run_process(work *w, const isolate_task *task, attempt *a)
{
    char line[ISOLATE_LINE_SIZE];
    bool killed;
    *a = (attempt){.task = task};
    if (isolate_process_start(&a->process, w->options, task) != EXIT_DONE)
        return EXIT_FAILED;
    isolate_event event;
    do {
        event = isolate_process_read(&a->process, w->request->timeout, line);
        if (event == ISOLATE_LINE)
            hear(w, a, line);
    } while (event == ISOLATE_LINE);
    w->interrupted = event == ISOLATE_INTERRUPT;
    if (w->interrupted)
        fputs("waiting for the program that is tried; interrupt again to kill it\n", stderr);
    const unsigned seconds = event == ISOLATE_SILENCE ? 0
                             : w->interrupted         ? w->request->timeout
                                                      : END_SECONDS;
    const int status = isolate_process_end(&a->process, seconds, &killed);
    describe_end(a, status, event == ISOLATE_SILENCE || killed, w->request->timeout);
    return EXIT_DONE;
}

/* ---- What is on record ---- */

static int list_verdicts(clnorm_verdict_list **list)
{
    return clnorm_verdict_list_create(list) == CLNORM_OK ? EXIT_DONE : complain_library();
}

static size_t count_alike(const clnorm_verdict_list *list, const clnorm_verdict *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < clnorm_verdict_list_count(list); i++) {
        const clnorm_verdict *found = clnorm_verdict_list_get(list, i);
        count += found->ends == wanted->ends && strcmp(found->program, wanted->program) == 0;
    }
    return count;
}

/* Whether a program has more ends than before. Compares counts, since several programs may have the same
 * name. */
static bool has_news(const clnorm_verdict_list *before, const clnorm_verdict_list *after)
{
    for (size_t i = 0; i < clnorm_verdict_list_count(after); i++) {
        const clnorm_verdict *found = clnorm_verdict_list_get(after, i);
        if (found->ends > 0 && count_alike(after, found) > count_alike(before, found))
            return true;
    }
    return false;
}

/* Notes that a process has ended, and whether that is on record now: listing the verdicts also counts the
 * markers that the process left. */
static int note_end(work *w, const attempt *a, bool *recorded)
{
    clnorm_verdict_list *after;
    const int status = list_verdicts(&after);
    if (status != EXIT_DONE)
        return status;
    *recorded = has_news(w->known, after);
    clnorm_verdict_list_destroy(after);
    const char *variant = a->variant[0] ? a->variant : "(no variant)";
    isolate_row *row = row_of(w, a, variant);
    if (row) {
        row->ends++;
        snprintf(row->ending, sizeof row->ending, "%s", a->ending);
    }
    clear_bar(w);
    fprintf(stderr, "%s, %s: %s%s\n", a->label, variant, a->ending,
            *recorded ? "" : "; nothing is on record");
    return EXIT_DONE;
}

/* ---- Trying everything ---- */

/* How often processes have ended without success. */
typedef struct patience {
    size_t problem;
    unsigned ends, unrecorded, starts;
} patience;

/* Decides, after a process has ended early, where the next one begins. */
static int go_on_after_end(work *w, const attempt *a, patience *p, isolate_task *task)
{
    bool recorded;
    if (!a->begun)
        return ++p->starts < MOST_STARTS
                   ? EXIT_DONE
                   : complain(EXIT_FAILED,
                              "%u processes could not begin: each %s while the device was opened", p->starts,
                              a->ending);
    const int status = note_end(w, a, &recorded);
    if (status != EXIT_DONE)
        return status;
    if (a->problem != p->problem)
        *p = (patience){.problem = a->problem};
    p->ends++;
    p->unrecorded += !recorded;
    task->count -= a->problem - task->first;
    task->first = a->problem;
    if (p->unrecorded < MOST_UNRECORDED && p->ends < MOST_ENDS)
        return EXIT_DONE;
    isolate_row *row = row_of(w, a, a->variant[0] ? a->variant : "(no variant)");
    if (row && ++row->unrecorded >= MOST_GIVEN_UP)
        w->given_up = true;
    task->first++;
    task->count--;
    w->done++;
    return EXIT_DONE;
}

static int try_problems(work *w, isolate_task task)
{
    patience p = {.problem = SIZE_MAX};
    int status = EXIT_DONE;
    while (status == EXIT_DONE && task.count > 0 && !w->given_up) {
        attempt a;
        status = list_verdicts(&w->known);
        if (status == EXIT_DONE)
            status = run_process(w, &task, &a);
        if (status == EXIT_DONE && (w->interrupted || a.cannot))
            status = EXIT_FAILED;
        if (status == EXIT_DONE && !a.done)
            status = go_on_after_end(w, &a, &p, &task);
        clnorm_verdict_list_destroy(w->known);
        w->known = NULL;
        if (status == EXIT_DONE && a.done) {
            w->done += a.begun ? task.first + task.count - a.problem : task.count;
            return EXIT_DONE;
        }
    }
    return status;
}

static int try_mode(work *w, isolate_task family)
{
    const size_t done = w->done;
    int status = EXIT_DONE;
    family.count = isolate_problem_count(family.info, family.mode);
    w->given_up = false;
    say_family(w, &family);
    for (size_t first = 0; status == EXIT_DONE && first < family.count && !w->given_up;
         first += PROBLEMS_PER_PROCESS) {
        isolate_task task = family;
        task.first = first;
        task.count =
            family.count - first < PROBLEMS_PER_PROCESS ? family.count - first : PROBLEMS_PER_PROCESS;
        status = try_problems(w, task);
    }
    w->done = done + family.count;
    return status;
}

static int count_mode(work *w, isolate_task family)
{
    w->total += isolate_problem_count(family.info, family.mode);
    return EXIT_DONE;
}

/* Calls `visit` for each operation, mode and schedule that is asked for. */
static int for_each_family(work *w, int (*visit)(work *, isolate_task))
{
    static const clnorm_kernels schedules[] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU, CLNORM_KERNELS_FPGA};
    const clnorm_kernels wanted = w->options->kernels;
    const clnorm_op_info *info;
    int status = EXIT_DONE;
    for (size_t s = 0; s < sizeof schedules / sizeof schedules[0]; s++) {
        if (wanted == CLNORM_KERNELS_AUTO ? schedules[s] == CLNORM_KERNELS_FPGA : schedules[s] != wanted)
            continue;
        for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
            if (w->request->op && info != w->request->op)
                continue;
            for (size_t m = 0; status == EXIT_DONE && m < info->mode_count; m++)
                if (!w->request->mode || w->request->mode == info->modes[m])
                    status = visit(w, (isolate_task){schedules[s], info, info->modes[m], 0, 0});
        }
    }
    return status;
}

/* ---- The outcome ---- */

static int print_outcome(const work *w, bool *fails)
{
    size_t works = 0, avoided = 0, failing = 0;
    for (size_t i = 0; i < w->table.count; i++) {
        const isolate_row *row = &w->table.rows[i];
        failing += isolate_row_fails(row);
        avoided += !isolate_row_fails(row) && row->avoided > 0;
        works += !isolate_row_fails(row) && row->avoided == 0;
    }
    *fails = failing > 0 || w->failed > 0;
    if (w->options->json)
        return print_json(json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "device", json_text(w->device),
                                    "variants", isolate_table_json(&w->table), "working", (json_int_t)works,
                                    "avoided", (json_int_t)avoided, "failing", (json_int_t)failing,
                                    "problems_without_variant", (json_int_t)w->failed, "problems_too_large",
                                    (json_int_t)w->skipped),
                          JSON_INDENT(2));
    printf("device: %s\n", w->device);
    isolate_table_print(&w->table);
    if (w->skipped > 0)
        printf("%zu problems are too large for the device's memory\n", w->skipped);
    if (w->failed > 0)
        printf("%zu problems have no variant that can be used\n", w->failed);
    if (avoided > 0)
        puts("What is avoided is on record: `clnorm cache` shows it, and applications use other variants.");
    printf("%zu variants work, %zu avoided, %zu failed\n", works, avoided, failing);
    return EXIT_DONE;
}

/* Refuses to run if verdicts cannot be recorded: applications would then gain nothing. */
static int check_record(void)
{
    const char *verify = getenv("CLNORM_VERIFY");
    clnorm_cache_summary summary = clnorm_cache_summary_none();
    if (verify && strcmp(verify, "off") == 0)
        return complain(EXIT_USAGE, "CLNORM_VERIFY is off: nothing would be verified, nor recorded");
    if (clnorm_cache_info(&summary) != CLNORM_OK)
        return complain_library();
    const bool off = !summary.directory;
    clnorm_cache_summary_free(&summary);
    return off ? complain(EXIT_USAGE, "there is no cache directory (CLNORM_CACHE_DIR is off, or there is no "
                                      "home): nothing can be recorded")
               : EXIT_DONE;
}

int isolate(const global_options *options, const isolate_request *request)
{
    work w = {.options = options, .request = request, .terminal = isatty(STDERR_FILENO)};
    bool fails = false;
    int status = check_record();
    if (status != EXIT_DONE)
        return status;
    isolate_catch_signals(true);
    for_each_family(&w, count_mode);
    status = for_each_family(&w, try_mode);
    clear_bar(&w);
    if (status == EXIT_DONE)
        status = w.table.failed ? complain(EXIT_FAILED, "out of memory") : print_outcome(&w, &fails);
    isolate_table_clear(&w.table);
    isolate_catch_signals(false);
    return status == EXIT_DONE && fails ? EXIT_FAILED : status;
}
