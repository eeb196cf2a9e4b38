/* clnorm tune: measures the few values that decide speed on a device, and keeps them. */
#include "tune_measure.h"

#include "json.h"

#include <clnorm/cache.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_VALUES = 16, DEVICE_SIZE = 256, BAR_WIDTH = 30 };

typedef struct tune_request {
    const global_options *options;
    bool show, reset, quick;
} tune_request;

/* What the command has to say. */
typedef struct tune_report {
    clnorm_context *context;
    clnorm_cache_summary cache;
    char device[DEVICE_SIZE];
    bool measured[MOST_VALUES];
    tune_result results[MOST_VALUES];
} tune_report;

/* ---- The command line ---- */

static int parse(tune_request *request, argument_list rest)
{
    argument arg;
    argument_list left = rest;
    while (arguments_next(&left, &arg)) {
        if (strcmp(arg.word, "--show") == 0)
            request->show = true;
        else if (strcmp(arg.word, "--reset") == 0)
            request->reset = true;
        else if (strcmp(arg.word, "--quick") == 0)
            request->quick = true;
        else
            return refuse_rest("tune", (argument_list){rest.words, left.next, left.next - 1});
    }
    if (request->show + request->reset + request->quick > 1)
        return complain(EXIT_USAGE, "tune: of --show, --reset and --quick only one may be given");
    return EXIT_DONE;
}

/* ---- Reporting ---- */

static const char *origin_name(clnorm_tuning_origin origin)
{
    static const char *const names[] = {
        [CLNORM_TUNING_USUAL] = "usual", [CLNORM_TUNING_FILE] = "file", [CLNORM_TUNING_SET] = "set"};
    return names[origin];
}

static json_t *value_json(const tune_report *report, size_t index, size_t value, clnorm_tuning_origin origin)
{
    const clnorm_tuning_info *info = clnorm_tuning_info_get(index);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "name", info->name, "meaning", info->meaning, "kernels",
        kernels_name(info->kernels), "value", (json_int_t)value, "usual", (json_int_t)info->usual, "least",
        (json_int_t)info->least, "most", (json_int_t)info->most, "origin", origin_name(origin));
    if (report->measured[index])
        json_put(&object, "gain", json_real(report->results[index].gain));
    return object;
}

/* "0" says little of a value that the device decides. */
static const char *number_text(size_t value, char text[32])
{
    if (value == 0)
        return "by caches";
    snprintf(text, 32, "%zu", value);
    return text;
}

static void print_value(const tune_report *report, size_t index, size_t value, clnorm_tuning_origin origin)
{
    static const char *const words[] = {
        [CLNORM_TUNING_USUAL] = "usual", [CLNORM_TUNING_FILE] = "measured", [CLNORM_TUNING_SET] = "not kept"};
    const clnorm_tuning_info *info = clnorm_tuning_info_get(index);
    char of_value[32], of_usual[32];
    printf("%-16s %-8s %12s %12s  %s", info->name, kernels_name(info->kernels), number_text(value, of_value),
           number_text(info->usual, of_usual), words[origin]);
    if (report->results[index].gain > 0)
        printf(", %.0f %% less time", 100 * report->results[index].gain);
    else if (report->measured[index])
        printf(", no other was faster");
    puts("");
}

static int report_all(const tune_request *request, const tune_report *report)
{
    const bool json = request->options->json;
    json_t *values = json ? json_array() : NULL;
    int status = EXIT_DONE;
    if (!json)
        printf("%s\n%s/tuning.json\n\n%-16s %-8s %12s %12s  %s\n", report->device, report->cache.directory,
               "value", "kernels", "is", "usual", "from");
    for (size_t i = 0; i < clnorm_tuning_count() && status == EXIT_DONE; i++) {
        clnorm_tuning_origin origin;
        size_t value;
        if (clnorm_tuning_get(report->context, clnorm_tuning_info_get(i)->name, &value, &origin) != CLNORM_OK)
            status = complain_library();
        else if (json)
            json_append(&values, value_json(report, i, value, origin));
        else
            print_value(report, i, value, origin);
    }
    if (!json || status != EXIT_DONE) {
        json_decref(values);
        return status;
    }
    return print_json(json_pack("{s:o, s:o, s:o}", "device", json_text(report->device), "directory",
                                json_text(report->cache.directory), "values", values),
                      JSON_INDENT(2));
}

/* ---- Progress ---- */

typedef struct progress {
    const char *name;
    size_t done, total;
    bool bar; /* else a line for each value */
} progress;

static void show_step(void *user)
{
    progress *p = user;
    if (!p->bar)
        return;
    const int filled = (int)(p->done * BAR_WIDTH / p->total);
    fprintf(stderr, "\r\033[K[%.*s%.*s] %3zu %%  %s", filled, "##############################",
            BAR_WIDTH - filled, "..............................", p->done * 100 / p->total, p->name);
    p->done++;
}

static void show_value(progress *p, const char *name)
{
    p->name = name;
    if (!p->bar)
        fprintf(stderr, "measuring %s\n", name);
}

static void clear_progress(const progress *p)
{
    if (p->bar)
        fputs("\r\033[K", stderr);
}

/* ---- Measuring ---- */

/* Whose kernels the context takes: those of a small plan. Complains if there is none. */
static int find_kernels(const tune_report *report, const char **name)
{
    static char variant[8];
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 64, 64));
    clnorm_plan *plan = NULL;
    const clnorm_status status = clnorm_plan_create(&plan, report->context, &op);
    if (status != CLNORM_OK)
        return complain_plan("", status);
    tell_refusals(plan);
    snprintf(variant, sizeof variant, "%.*s", (int)strcspn(clnorm_plan_variant(plan), "/"),
             clnorm_plan_variant(plan));
    clnorm_plan_destroy(plan);
    *name = variant;
    return EXIT_DONE;
}

/* How the value of this index is measured; NULL: not with these kernels. */
static const tune_value *measured_value(size_t index, const char *kernels)
{
    const clnorm_tuning_info *info = clnorm_tuning_info_get(index);
    return strcmp(kernels_name(info->kernels), kernels) == 0 ? tune_value_find(info->name) : NULL;
}

static bool has_values(const char *kernels)
{
    for (size_t i = 0; i < clnorm_tuning_count(); i++)
        if (measured_value(i, kernels))
            return true;
    return false;
}

/* All values from the usual ones on, each with those that were found before. */
static int measure_values(const tune_request *request, tune_report *report, const char *kernels)
{
    progress p = {.bar = isatty(STDERR_FILENO)};
    int status = EXIT_DONE;
    for (size_t i = 0; i < clnorm_tuning_count() && status == EXIT_DONE; i++) {
        const tune_value *value = measured_value(i, kernels);
        if (value && clnorm_tuning_set(report->context, value->name, 0) != CLNORM_OK)
            status = complain_library();
        p.total += value ? tune_steps(value, request->quick) : 0;
    }
    for (size_t i = 0; i < clnorm_tuning_count() && status == EXIT_DONE; i++) {
        const tune_value *value = measured_value(i, kernels);
        if (!value)
            continue;
        show_value(&p, value->name);
        status = tune_measure(&report->results[i], report->context, value, request->quick, show_step, &p);
        report->measured[i] = true;
    }
    clear_progress(&p);
    return status;
}

static int measure(const tune_request *request, tune_report *report)
{
    const char *kernels = "";
    int status = find_kernels(report, &kernels);
    if (status != EXIT_DONE)
        return status;
    if (!has_values(kernels)) {
        fprintf(stderr, "the %s kernels have no value to be measured\n", kernels);
        return EXIT_DONE;
    }
    /* What cannot be written is to be known before a minute is spent. */
    if (clnorm_tuning_save(report->context) != CLNORM_OK)
        return complain_library();
    status = measure_values(request, report, kernels);
    if (status == EXIT_DONE && !request->quick && clnorm_tuning_save(report->context) != CLNORM_OK)
        status = complain_library();
    return status;
}

/* ---- All of it ---- */

static int tune(const tune_request *request, tune_report *report)
{
    int status = open_context(request->options, &report->context);
    if (status != EXIT_DONE)
        return status;
    clGetDeviceInfo(clnorm_context_cl_device(report->context), CL_DEVICE_NAME, sizeof report->device - 1,
                    report->device, NULL);
    if (clnorm_cache_info(&report->cache) != CLNORM_OK)
        return complain_library();
    if (!report->cache.directory)
        return complain(EXIT_FAILED, "there is no place for what is measured: CLNORM_CACHE_DIR is off, or "
                                     "there is no home directory");
    if (request->reset && clnorm_tuning_reset(report->context) != CLNORM_OK)
        return complain_library();
    if (!request->reset && !request->show)
        status = measure(request, report);
    return status == EXIT_DONE ? report_all(request, report) : status;
}

int command_tune(const global_options *options, argument_list rest)
{
    tune_request request = {.options = options};
    tune_report report = {.cache = clnorm_cache_summary_none()};
    int status = parse(&request, rest);
    if (status == EXIT_DONE)
        status = tune(&request, &report);
    clnorm_cache_summary_free(&report.cache);
    clnorm_context_destroy(report.context);
    return status;
}
