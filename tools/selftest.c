/* clnorm selftest: every operation on this device against the reference on the host. */
#include "command.h"
#include "json.h"
#include "selftest_run.h"

#include <stdio.h>
#include <unistd.h>

enum { SHOWN_FAULTS = 3 };

/* The cases of one operation in one schedule. */
typedef struct tally {
    clnorm_context *context;
    const char *kernels;
    size_t passed, failed;
    double error;
    bool progress;
} tally;

static const struct {
    clnorm_kernels kernels;
    const char *name;
} schedules[] = {{CLNORM_KERNELS_CPU, "cpu"}, {CLNORM_KERNELS_GPU, "gpu"}, {CLNORM_KERNELS_FPGA, "fpga"}};

static void show_progress(const tally *t, const selftest_case *test)
{
    size_t done = t->passed + t->failed;
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
    if (t->failed++ < SHOWN_FAULTS) {
        char label[SELFTEST_LABEL_SIZE];
        selftest_case_label(test, label);
        complain(EXIT_FAILED, "%s kernels, %s: %s", t->kernels, label, result.fault);
    }
    return true;
}

static int test_op(const clnorm_op_info *info, tally *t, json_t *results)
{
    for (size_t i = 0; i < info->mode_count; i++)
        selftest_for_each(info, &info->modes[i], visit, t);
    if (t->progress)
        fputs("\r\033[K", stderr);
    if (results) {
        json_t *object =
            json_pack("{s:s, s:s, s:I, s:I, s:f}", "op", info->name, "kernels", t->kernels, "passed",
                      (json_int_t)t->passed, "failed", (json_int_t)t->failed, "largest_error", t->error);
        if (json_array_append_new(results, object) != 0)
            return complain(EXIT_FAILED, "out of memory");
        return EXIT_DONE;
    }
    printf("%-29s %-4s %5zu cases, largest error %.2f of the bound, ", info->name, t->kernels,
           t->passed + t->failed, t->error);
    if (t->failed > 0)
        printf("%zu failed\n", t->failed);
    else
        printf("all passed\n");
    fflush(stdout);
    return EXIT_DONE;
}

static int test_schedule(clnorm_context *context, size_t schedule, size_t *passed, size_t *failed,
                         json_t *results)
{
    const clnorm_op_info *info;
    if (clnorm_context_set_kernels(context, schedules[schedule].kernels) != CLNORM_OK)
        return complain_library();
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
        tally t = {
            .context = context, .kernels = schedules[schedule].name, .progress = isatty(STDERR_FILENO)};
        int status = test_op(info, &t, results);
        if (status != EXIT_DONE)
            return status;
        *passed += t.passed;
        *failed += t.failed;
    }
    return EXIT_DONE;
}

static void print_device(clnorm_context *context)
{
    char name[256] = "";
    clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_NAME, sizeof name, name, NULL);
    printf("device: %s\n", name);
}

/* Without --kernels: the two that every device can run. */
static bool is_wanted(clnorm_kernels wanted, clnorm_kernels schedule)
{
    return wanted == CLNORM_KERNELS_AUTO ? schedule != CLNORM_KERNELS_FPGA : wanted == schedule;
}

int command_selftest(const global_options *options, argument_list rest)
{
    clnorm_context *context = NULL;
    size_t passed = 0, failed = 0;
    json_t *results = NULL;
    int status = refuse_rest("selftest", rest);
    if (status == EXIT_DONE)
        status = open_context(options, &context);
    if (status != EXIT_DONE)
        return status;

    if (options->json)
        results = json_array();
    else
        print_device(context);
    for (size_t i = 0; i < sizeof schedules / sizeof schedules[0] && status == EXIT_DONE; i++)
        if (is_wanted(options->kernels, schedules[i].kernels))
            status = test_schedule(context, i, &passed, &failed, results);
    clnorm_context_destroy(context);
    if (status != EXIT_DONE) {
        json_decref(results);
        return status;
    }
    if (results)
        status = print_json(json_pack("{s:o, s:I, s:I}", "results", results, "passed", (json_int_t)passed,
                                      "failed", (json_int_t)failed),
                            JSON_INDENT(2));
    else
        printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0 ? EXIT_FAILED : status;
}
