/* clnorm selftest: every operation on this device against the reference on the host. */
#include "command.h"
#include "isolate.h"
#include "json.h"
#include "op_words.h"
#include "selftest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_FAULTS = 3, MAX_SENTENCES = 32, TIMEOUT = 300, LONGEST_TIMEOUT = 86400 };

/* Each once, as far as there is room. */
typedef struct sentences {
    char texts[MAX_SENTENCES][SELFTEST_FAULT_SIZE];
    size_t count;
} sentences;

/* The cases of one operation in one schedule. */
typedef struct tally {
    clnorm_context *context;
    const char *kernels;
    size_t passed, failed, lacking, untried;
    double error;
    bool progress;
    bool subnormals;     /* the device has them */
    sentences *lacks;    /* what an image does not hold */
    sentences *refusals; /* variants that the driver failed with */
} tally;

static const struct {
    clnorm_kernels kernels;
    const char *name;
} schedules[] = {{CLNORM_KERNELS_CPU, "cpu"}, {CLNORM_KERNELS_GPU, "gpu"}, {CLNORM_KERNELS_FPGA, "fpga"}};

static void note_sentence(sentences *known, const char *sentence, size_t length)
{
    char text[SELFTEST_FAULT_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)length, sentence);
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->texts[i], text) == 0)
            return;
    if (known->count < MAX_SENTENCES)
        memcpy(known->texts[known->count++], text, sizeof text);
}

static void note_lines(sentences *known, const char *lines)
{
    for (size_t length; *lines != '\0'; lines += length + (lines[length] == '\n')) {
        length = strcspn(lines, "\n");
        note_sentence(known, lines, length);
    }
}

static void show_progress(const tally *t, const selftest_case *test)
{
    size_t done = t->passed + t->failed + t->lacking;
    if (t->progress && done % 16 == 0)
        fprintf(stderr, "\r\033[K%s %s, %s: %zu", test->info->name, test->mode->name, t->kernels, done);
}

/* Where docs/ops.md promises less: x - mean is 0 there if it is below FLT_MIN. */
static bool is_beyond(const tally *t, const selftest_case *test)
{
    return !t->subnormals && selftest_reads_saved(test) &&
           (test->data == DATA_TINY || test->data == DATA_ALL_SIZES);
}

static bool visit(const selftest_case *test, void *user)
{
    tally *t = user;
    selftest_result result;
    if (is_beyond(t, test)) {
        t->untried++;
        return true;
    }
    show_progress(t, test);
    selftest_run(t->context, t->subnormals, test, &result);
    note_lines(t->refusals, result.refusals);
    if (result.fault[0] == '\0') {
        t->passed++;
        if (result.error > t->error)
            t->error = result.error;
        return true;
    }
    if (result.lacking) {
        t->lacking++;
        note_sentence(t->lacks, result.fault, strlen(result.fault));
        return true;
    }
    if (t->failed++ < SHOWN_FAULTS) {
        char label[SELFTEST_LABEL_SIZE];
        selftest_case_label(test, label);
        complain(EXIT_FAILED, "%s kernels, %s: %s", t->kernels, label, result.fault);
    }
    return true;
}

/* Of all schedules. */
typedef struct totals {
    size_t passed, failed, lacking, untried;
    sentences lacks, refusals;
    bool json;
    json_t *results; /* a line an op, for JSON */
} totals;

static void test_op(const clnorm_op_info *info, const clnorm_mode_info *only, tally *t, totals *all)
{
    for (size_t i = 0; i < info->mode_count; i++)
        if (!only || only == info->modes[i])
            selftest_for_each(info, info->modes[i], visit, t);
    if (t->progress)
        fputs("\r\033[K", stderr);
    if (all->json) {
        json_append(&all->results,
                    json_pack("{s:s, s:s, s:I, s:I, s:I, s:f}", "op", info->name, "kernels", t->kernels,
                              "passed", (json_int_t)t->passed, "failed", (json_int_t)t->failed, "lacking",
                              (json_int_t)t->lacking, "largest_error", t->error));
        return;
    }
    printf("%-29s %-4s %5zu cases, largest error %.2f of the bound, ", info->name, t->kernels,
           t->passed + t->failed, t->error);
    if (t->lacking > 0)
        printf("%zu more not in the image, ", t->lacking);
    if (t->failed > 0)
        printf("%zu failed\n", t->failed);
    else
        printf("all passed\n");
    fflush(stdout);
}

static int test_schedule(clnorm_context *context, size_t schedule, const isolate_request *only, totals *all)
{
    const clnorm_op_info *info;
    if (clnorm_context_set_kernels(context, schedules[schedule].kernels) != CLNORM_OK)
        return complain_library();
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
        if (only->op && only->op != info)
            continue;
        tally t = {.context = context,
                   .kernels = schedules[schedule].name,
                   .progress = isatty(STDERR_FILENO),
                   .subnormals = selftest_has_subnormals(context),
                   .lacks = &all->lacks,
                   .refusals = &all->refusals};
        test_op(info, only->mode, &t, all);
        all->passed += t.passed;
        all->failed += t.failed;
        all->lacking += t.lacking;
        all->untried += t.untried;
    }
    return EXIT_DONE;
}

static void print_device(clnorm_context *context)
{
    char name[256] = "";
    clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_NAME, sizeof name, name, NULL);
    printf("device: %s\n", name);
}

/* Without --kernels: all that the device can be given. */
static bool is_wanted(clnorm_context *context, clnorm_kernels wanted, clnorm_kernels schedule)
{
    cl_bool compiler = CL_TRUE;
    if (wanted != CLNORM_KERNELS_AUTO)
        return wanted == schedule;
    clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler,
                    &compiler, NULL);
    return compiler == CL_TRUE || schedule == CLNORM_KERNELS_FPGA;
}

static void print_sentences(const sentences *list)
{
    for (size_t i = 0; i < list->count; i++)
        printf("%s\n", list->texts[i]);
}

static json_t *sentences_json(const sentences *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_append(&array, json_text(list->texts[i]));
    return array;
}

static int print_totals(totals *all)
{
    if (!all->json) {
        print_sentences(&all->lacks);
        printf("%zu passed, %zu failed", all->passed, all->failed);
        if (all->lacking > 0)
            printf(", %zu not in the image", all->lacking);
        if (all->untried > 0)
            printf(", %zu at the ends of fp32's range not tried (docs/ops.md, Accuracy)", all->untried);
        putchar('\n');
        if (all->refusals.count > 0)
            puts("The driver failed with these, and others were used:");
        print_sentences(&all->refusals);
        return EXIT_DONE;
    }
    return print_json(json_pack("{s:O, s:I, s:I, s:I, s:I, s:o, s:o}", "results", all->results, "passed",
                                (json_int_t)all->passed, "failed", (json_int_t)all->failed, "lacking",
                                (json_int_t)all->lacking, "untried", (json_int_t)all->untried, "lacks",
                                sentences_json(&all->lacks), "refusals", sentences_json(&all->refusals)),
                      JSON_INDENT(2));
}

/* ---- The command line ---- */

typedef struct selftest_request {
    bool isolate, timed;
    isolate_request what;
    const char *child; /* this is a process that another one has started */
} selftest_request;

static int take_timeout(selftest_request *request, const char *value)
{
    const size_t length = value ? strlen(value) : 0;
    if (!value)
        return complain(EXIT_USAGE, "--timeout needs a value");
    const unsigned long seconds =
        length <= 5 && strspn(value, "0123456789") == length ? strtoul(value, NULL, 10) : 0;
    if (seconds < 1 || seconds > LONGEST_TIMEOUT)
        return complain(EXIT_USAGE, "--timeout is \"%s\"; it must be a whole number of seconds, 1 to %d",
                        value, LONGEST_TIMEOUT);
    request->what.timeout = (unsigned)seconds;
    request->timed = true;
    return EXIT_DONE;
}

/* "l2_normalize" or "l2_normalize:infer" */
static int take_only(selftest_request *request, const char *value)
{
    char name[ARGUMENT_NAME_SIZE];
    clnorm_mode mode;
    if (!value)
        return complain(EXIT_USAGE, "--only needs a value");
    const char *colon = strchr(value, ':');
    snprintf(name, sizeof name, "%.*s", (int)strcspn(value, ":"), value);
    const int status = find_op(name, &request->what.op);
    return status == EXIT_DONE && colon ? find_mode(request->what.op, colon + 1, &mode, &request->what.mode)
                                        : status;
}

static int take_option(selftest_request *request, argument_list *rest, const argument *arg)
{
    if (strcmp(arg->name, "timeout") == 0)
        return take_timeout(request, arguments_value(rest, arg));
    if (strcmp(arg->name, "only") == 0)
        return take_only(request, arguments_value(rest, arg));
    if (strcmp(arg->name, "isolate-child") == 0) {
        request->child = arguments_value(rest, arg);
        return request->child ? EXIT_DONE : complain(EXIT_USAGE, "--isolate-child needs a value");
    }
    if (strcmp(arg->name, "isolate") != 0)
        return refuse_rest("selftest", (argument_list){rest->words, rest->next, rest->next - 1});
    if (arg->inline_value)
        return complain(EXIT_USAGE, "--isolate takes no value, but \"%s\" was given", arg->inline_value);
    request->isolate = true;
    return EXIT_DONE;
}

static int parse(selftest_request *request, argument_list rest)
{
    argument arg;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && arguments_next(&rest, &arg))
        status = take_option(request, &rest, &arg);
    if (status == EXIT_DONE && request->timed && !request->isolate)
        return complain(EXIT_USAGE, "--timeout goes with --isolate only");
    return status;
}

/* ---- In this process ---- */

static int test_all(const global_options *options, const isolate_request *only)
{
    clnorm_context *context = NULL;
    totals all = {0};
    int status = open_context(options, &context);
    if (status != EXIT_DONE)
        return status;

    all.json = options->json;
    all.results = all.json ? json_array() : NULL;
    if (!all.json)
        print_device(context);
    for (size_t i = 0; i < sizeof schedules / sizeof schedules[0] && status == EXIT_DONE; i++)
        if (is_wanted(context, options->kernels, schedules[i].kernels))
            status = test_schedule(context, i, only, &all);
    clnorm_context_destroy(context);
    if (status == EXIT_DONE)
        status = print_totals(&all);
    json_decref(all.results);
    return all.failed > 0 ? EXIT_FAILED : status;
}

int command_selftest(const global_options *options, argument_list rest)
{
    selftest_request request = {.what = {.timeout = TIMEOUT}};
    const int status = parse(&request, rest);
    if (status != EXIT_DONE)
        return status;
    if (request.child)
        return isolate_child(options, request.child);
    return request.isolate ? isolate(options, &request.what) : test_all(options, &request.what);
}
