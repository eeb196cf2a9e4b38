/* clnorm selftest: every operation on this device against the reference on the host. */
#include "command.h"
#include "json.h"
#include "selftest_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_FAULTS = 3, MAX_LACKS = 32 };

/* What an image does not hold, each sentence once. */
typedef struct lacks {
    char sentences[MAX_LACKS][SELFTEST_FAULT_SIZE];
    size_t count;
} lacks;

/* The cases of one operation in one schedule. */
typedef struct tally {
    clnorm_context *context;
    const char *kernels;
    size_t passed, failed, lacking;
    double error;
    bool progress;
    lacks *lacks;
} tally;

static const struct {
    clnorm_kernels kernels;
    const char *name;
} schedules[] = {{CLNORM_KERNELS_CPU, "cpu"}, {CLNORM_KERNELS_GPU, "gpu"}, {CLNORM_KERNELS_FPGA, "fpga"}};

static void note_lack(lacks *known, const char *sentence)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->sentences[i], sentence) == 0)
            return;
    if (known->count < MAX_LACKS)
        snprintf(known->sentences[known->count++], SELFTEST_FAULT_SIZE, "%s", sentence);
}

static void show_progress(const tally *t, const selftest_case *test)
{
    size_t done = t->passed + t->failed + t->lacking;
    if (t->progress && done % 16 == 0)
        fprintf(stderr, "\r\033[K%s %s, %s: %zu", test->info->name, test->mode->name, t->kernels, done);
}

static bool visit(const selftest_case *test, void *user)
{
    tally *t = user;
    selftest_result result;
    show_progress(t, test);
    selftest_run(t->context, test, &result);
    if (result.fault[0] == '\0') {
        t->passed++;
        if (result.error > t->error)
            t->error = result.error;
        return true;
    }
    if (result.lacking) {
        t->lacking++;
        note_lack(t->lacks, result.fault);
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
    size_t passed, failed, lacking;
    lacks lacks;
    bool json;
    json_t *results; /* a line an op, for JSON */
} totals;

static void test_op(const clnorm_op_info *info, tally *t, totals *all)
{
    for (size_t i = 0; i < info->mode_count; i++)
        selftest_for_each(info, &info->modes[i], visit, t);
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

static int test_schedule(clnorm_context *context, size_t schedule, totals *all)
{
    const clnorm_op_info *info;
    if (clnorm_context_set_kernels(context, schedules[schedule].kernels) != CLNORM_OK)
        return complain_library();
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
        tally t = {.context = context,
                   .kernels = schedules[schedule].name,
                   .progress = isatty(STDERR_FILENO),
                   .lacks = &all->lacks};
        test_op(info, &t, all);
        all->passed += t.passed;
        all->failed += t.failed;
        all->lacking += t.lacking;
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

static int print_totals(totals *all)
{
    if (!all->json) {
        for (size_t i = 0; i < all->lacks.count; i++)
            printf("%s\n", all->lacks.sentences[i]);
        printf("%zu passed, %zu failed", all->passed, all->failed);
        if (all->lacking > 0)
            printf(", %zu not in the image", all->lacking);
        putchar('\n');
        return EXIT_DONE;
    }
    json_t *sentences = json_array();
    for (size_t i = 0; i < all->lacks.count; i++)
        json_append(&sentences, json_text(all->lacks.sentences[i]));
    return print_json(json_pack("{s:O, s:I, s:I, s:I, s:o}", "results", all->results, "passed",
                                (json_int_t)all->passed, "failed", (json_int_t)all->failed, "lacking",
                                (json_int_t)all->lacking, "lacks", sentences),
                      JSON_INDENT(2));
}

int command_selftest(const global_options *options, argument_list rest)
{
    clnorm_context *context = NULL;
    totals all = {0};
    int status = refuse_rest("selftest", rest);
    if (status == EXIT_DONE)
        status = open_context(options, &context);
    if (status != EXIT_DONE)
        return status;

    all.json = options->json;
    all.results = all.json ? json_array() : NULL;
    if (!all.json)
        print_device(context);
    for (size_t i = 0; i < sizeof schedules / sizeof schedules[0] && status == EXIT_DONE; i++)
        if (is_wanted(context, options->kernels, schedules[i].kernels))
            status = test_schedule(context, i, &all);
    clnorm_context_destroy(context);
    if (status == EXIT_DONE)
        status = print_totals(&all);
    json_decref(all.results);
    return all.failed > 0 ? EXIT_FAILED : status;
}
