/* bench_onednn: clnorm and oneDNN's CPU engine in one process, case by case. */
#include "command.h"
#include "json.h"
#include "rivals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_BLOCKS = 7, MOST_BLOCKS = 1000 };

static const char *const layout_names[] = {
    [LAYOUT_FIRST] = "channels-first", [LAYOUT_LAST] = "channels-last", [LAYOUT_MATRIX] = "matrix"};

typedef struct request {
    global_options options;
    bench_case_list list;
    size_t blocks;
} request;

/* The sum of logarithms of the ratios of one layout. */
typedef struct mean {
    double logarithms;
    size_t count;
} mean;

static double mean_value(const mean *m)
{
    return exp(m->logarithms / (double)m->count);
}

/* ---- The command line ---- */

static int take_option(request *q, argument_list *rest, const argument *arg)
{
    if (strcmp(arg->name, "json") == 0) {
        q->options.json = true;
        return EXIT_DONE;
    }
    bool blocks = strcmp(arg->name, "blocks") == 0;
    if (!blocks && strcmp(arg->name, "device") != 0)
        return complain(EXIT_USAGE, "usage: bench_onednn [--json] [--device DEVICE] [--blocks N] [CASE]...");
    const char *value = arguments_value(rest, arg);
    if (!value)
        return complain(EXIT_USAGE, "--%s needs a value", arg->name);
    if (!blocks) {
        q->options.device = value;
        return EXIT_DONE;
    }
    double number;
    if (!parse_number(value, &number) || number < 1 || number > MOST_BLOCKS)
        return complain(EXIT_USAGE, "--blocks is \"%s\"; it must be a number, 1 to %d", value, MOST_BLOCKS);
    q->blocks = (size_t)number;
    return EXIT_DONE;
}

/* Of clnorm's usual cases, those that oneDNN has. */
static int keep_common(bench_case_list *list)
{
    onednn_layout layout;
    size_t kept = 0;
    int status = bench_cases_add_usual(list);
    for (size_t i = 0; i < list->count; i++)
        if (onednn_has(&list->cases[i], &layout))
            list->cases[kept++] = list->cases[i];
    list->count = kept;
    return status;
}

static int parse(request *q, argument_list rest)
{
    argument arg;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && arguments_next(&rest, &arg))
        status = arg.name[0] ? take_option(q, &rest, &arg) : bench_cases_add(&q->list, arg.word);
    if (status != EXIT_DONE)
        return status;
    if (q->list.count == 0)
        return keep_common(&q->list);
    onednn_layout layout;
    for (size_t i = 0; i < q->list.count; i++)
        if (!onednn_has(&q->list.cases[i], &layout))
            return complain(EXIT_USAGE, "case \"%s\" is none of oneDNN's", q->list.cases[i].text);
    return EXIT_DONE;
}

/* ---- Output ---- */

static int print_result(bool json, const bench_case *c, onednn_layout layout, const rivals_result *r)
{
    double ratio = r->clnorm_us / r->onednn_us;
    if (!json) {
        printf("%-82s %10.1f %10.1f %6.2f %10.1f %8.1f  %s\n", c->text, r->clnorm_us, r->onednn_us, ratio,
               r->copy_us, r->empty_us, r->implementation);
        fflush(stdout);
        return EXIT_DONE;
    }
    int status =
        print_json(json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:s, s:f, s:I, s:f, s:s, s:s}", "case",
                             c->text, "layout", layout_names[layout], "clnorm_us", r->clnorm_us, "onednn_us",
                             r->onednn_us, "clnorm_min_us", r->clnorm_min_us, "onednn_min_us",
                             r->onednn_min_us, "ratio", ratio, "copy_us", r->copy_us, "copy", r->copy,
                             "empty_us", r->empty_us, "copy_bytes", (json_int_t)r->copy_bytes, "difference",
                             r->difference, "variant", r->variant, "implementation", r->implementation),
                   JSON_COMPACT | JSON_REAL_PRECISION(7));
    fflush(stdout);
    return status;
}

/* A matrix has one layout: it counts for neither mean. */
static void print_means(bool json, const mean *means)
{
    for (int layout = LAYOUT_FIRST; layout <= LAYOUT_LAST; layout++) {
        if (means[layout].count == 0)
            continue;
        printf(json ? "{\"geometric_mean\":\"%s\",\"ratio\":%.4f,\"cases\":%zu}\n"
                    : "geometric mean of the ratio, %s: %.2f (%zu cases)\n",
               layout_names[layout], mean_value(&means[layout]), means[layout].count);
    }
}

static int measure(const request *q, clnorm_context *context, bench_copy *copy)
{
    mean means[3] = {{0, 0}};
    int status = EXIT_DONE;
    if (!q->options.json)
        printf("%-82s %10s %10s %6s %10s %8s  %s\n", "case", "clnorm us", "oneDNN us", "ratio", "copy us",
               "empty us", "oneDNN's implementation");
    for (size_t i = 0; i < q->list.count && status == EXIT_DONE; i++) {
        const bench_case *c = &q->list.cases[i];
        onednn_layout layout;
        rivals_result result;
        onednn_has(c, &layout);
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r\033[K%s (%zu of %zu)", c->text, i + 1, q->list.count);
        status = rivals_measure(&result, context, copy, c, q->blocks);
        if (isatty(STDERR_FILENO))
            fputs("\r\033[K", stderr);
        if (status == EXIT_DONE)
            status = print_result(q->options.json, c, layout, &result);
        means[layout].logarithms += log(result.clnorm_us / result.onednn_us);
        means[layout].count++;
    }
    if (status == EXIT_DONE)
        print_means(q->options.json, means);
    return status;
}

int main(int argc, char **argv)
{
    request q = {.blocks = USUAL_BLOCKS};
    clnorm_context *context = NULL;
    bench_copy copy = {.program = NULL};
    int status = parse(&q, (argument_list){argv, argc, 1});
    if (status == EXIT_DONE)
        status = open_context(&q.options, &context);
    if (status == EXIT_DONE)
        status = bench_copy_create(&copy, context);
    if (status == EXIT_DONE)
        status = measure(&q, context, &copy);
    bench_copy_destroy(&copy);
    clnorm_context_destroy(context);
    bench_cases_clear(&q.list);
    return status;
}
