/* clnorm bench: measures how fast operations are, compared with a copy of as many bytes. */
#include "bench_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_RUNS = 1000000 };

typedef struct bench_request {
    const global_options *options;
    bench_case_list list;
    size_t runs; /* 0: as many as fit */
    bool profile, no_start;
    const char *child; /* not NULL: this process is a child whose start is measured (bench_start.h) */
} bench_request;

/* ---- The command line ---- */

static int take_runs(bench_request *request, const char *value)
{
    size_t length = value ? strlen(value) : 0;
    if (!value)
        return complain(EXIT_USAGE, "--runs needs a value");
    unsigned long runs = length <= 7 && strspn(value, "0123456789") == length ? strtoul(value, NULL, 10) : 0;
    if (runs < 1 || runs > MOST_RUNS)
        return complain(EXIT_USAGE, "--runs is \"%s\"; it must be a whole number, 1 to %d", value, MOST_RUNS);
    request->runs = (size_t)runs;
    return EXIT_DONE;
}

static int take_option(bench_request *request, argument_list *rest, const argument *arg)
{
    if (strcmp(arg->name, "runs") == 0)
        return take_runs(request, arguments_value(rest, arg));
    if (name_matches(arg->name, "start-child")) {
        request->child = arguments_value(rest, arg);
        return request->child ? EXIT_DONE : complain(EXIT_USAGE, "--start-child needs a value");
    }
    bool profile = strcmp(arg->name, "profile") == 0;
    if (!profile && !name_matches(arg->name, "no-start"))
        return complain(EXIT_USAGE, "bench: unknown option --%s; it takes --runs, --profile, --no-start",
                        arg->name);
    if (arg->inline_value)
        return complain(EXIT_USAGE, "--%s takes no value, but \"%s\" was given", arg->name,
                        arg->inline_value);
    *(profile ? &request->profile : &request->no_start) = true;
    return EXIT_DONE;
}

static int parse(bench_request *request, argument_list rest)
{
    argument arg;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && arguments_next(&rest, &arg))
        status = arg.name[0] ? take_option(request, &rest, &arg) : bench_cases_add(&request->list, arg.word);
    if (status == EXIT_DONE && request->list.count == 0 && !request->child)
        status = bench_cases_add_usual(&request->list);
    return status;
}

/* ---- Measuring ---- */

/* Whether no case before has this operation and mode. */
static bool is_first(const bench_case_list *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (list->cases[i].info == list->cases[index].info && list->cases[i].mode == list->cases[index].mode)
            return false;
    return true;
}

static void show_progress(const bench_request *request, size_t index)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s (%zu of %zu)", request->list.cases[index].text, index + 1,
                request->list.count);
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static bench_report make_report(const bench_request *request, clnorm_context *context)
{
    bench_report report = {.json = request->options->json, .profile = request->profile, .case_width = 40};
    cl_device_id device = clnorm_context_cl_device(context);
    clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof report.device, report.device, NULL);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof report.compute_units, &report.compute_units,
                    NULL);
    for (size_t i = 0; i < request->list.count; i++)
        if ((int)strlen(request->list.cases[i].text) > report.case_width)
            report.case_width = (int)strlen(request->list.cases[i].text);
    return report;
}

static int measure(const bench_request *request, clnorm_context *context, bench_copy *copy,
                   bench_start *starts)
{
    const bench_case_list *list = &request->list;
    bench_report report = make_report(request, context);
    int status = EXIT_DONE;
    bench_report_header(&report);
    for (size_t i = 0; i < list->count && status == EXIT_DONE; i++) {
        const bench_case *c = &list->cases[i];
        bool starting = !request->no_start && is_first(list, i);
        bench_result result;
        show_progress(request, i);
        if (starting)
            status = bench_start_measure(&starts[i], request->options, c);
        if (status == EXIT_DONE)
            status = bench_measure(&result, context, copy, c, request->runs);
        clear_progress();
        if (status == EXIT_DONE)
            status = bench_report_case(&report, c, &result, starting ? &starts[i] : NULL);
    }
    if (status != EXIT_DONE || report.json || request->no_start)
        return status;
    bench_report_start_header(&report);
    for (size_t i = 0; i < list->count; i++)
        if (is_first(list, i))
            bench_report_start(&report, &list->cases[i], &starts[i]);
    return EXIT_DONE;
}

static int bench(const bench_request *request)
{
    clnorm_context *context = NULL;
    bench_copy copy;
    int status = open_context(request->options, &context);
    if (status != EXIT_DONE)
        return status;
    bench_start *starts = calloc(request->list.count, sizeof *starts);
    if (!starts) {
        status = complain(EXIT_FAILED, "out of memory");
        goto cleanup;
    }
    status = bench_copy_create(&copy, context);
    if (status == EXIT_DONE) {
        status = measure(request, context, &copy, starts);
        bench_copy_destroy(&copy);
    }
cleanup:
    free(starts);
    clnorm_context_destroy(context);
    return status;
}

int command_bench(const global_options *options, argument_list rest)
{
    bench_request request = {.options = options};
    int status = parse(&request, rest);
    if (status == EXIT_DONE)
        status = request.child ? bench_start_child(options, request.child) : bench(&request);
    bench_cases_clear(&request.list);
    return status;
}
