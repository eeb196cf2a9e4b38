/* clnorm cache: the compiled programs on disk, and the programs that are avoided. */
#include "command.h"
#include "json.h"

#include <clnorm/cache.h>
#include <stdio.h>
#include <string.h>

static int parse_clear(argument_list rest, bool *clear)
{
    argument arg;
    argument_list left = rest;
    while (arguments_next(&left, &arg)) {
        if (strcmp(arg.word, "--clear") != 0)
            return refuse_rest("cache", (argument_list){rest.words, left.next, left.next - 1});
        *clear = true;
    }
    return EXIT_DONE;
}

/* What the command has to say. */
typedef struct cache_report {
    clnorm_cache_summary summary;
    clnorm_verdict_list *verdicts; /* before anything was cleared */
    bool cleared;
    size_t removed; /* files */
} cache_report;

static json_t *verdicts_json(const clnorm_verdict_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < clnorm_verdict_list_count(list); i++) {
        const clnorm_verdict *verdict = clnorm_verdict_list_get(list, i);
        json_append(&array, json_pack("{s:o, s:o, s:I, s:b, s:b, s:I}", "program",
                                      json_text(verdict->program), "reason", json_text(verdict->reason),
                                      "ends", (json_int_t)verdict->ends, "wrong", verdict->wrong, "avoided",
                                      verdict->avoided, "seconds_left", (json_int_t)verdict->seconds_left));
    }
    return array;
}

static int print_cache_json(const cache_report *report)
{
    json_t *object = json_pack("{s:o, s:I, s:I}", "directory", json_text(report->summary.directory), "files",
                               (json_int_t)report->summary.files, "bytes", (json_int_t)report->summary.bytes);
    if (report->cleared)
        json_put(&object, "removed", json_integer((json_int_t)report->removed));
    json_put(&object, report->cleared ? "forgotten" : "verdicts", verdicts_json(report->verdicts));
    return print_json(object, JSON_INDENT(2));
}

static void print_verdict(const clnorm_verdict *verdict, bool cleared)
{
    const long long hours = (verdict->seconds_left + 3599) / 3600;
    printf("%s: %s\n    %s",
           cleared            ? "forgotten"
           : verdict->avoided ? "avoided"
                              : "not avoided yet",
           verdict->program, verdict->reason);
    if (verdict->ends > 1)
        printf(", %u times", verdict->ends);
    if (!cleared)
        printf("; forgotten in %lld days and %lld hours, or by --clear", hours / 24, hours % 24);
    puts("");
}

static void print_cache(const cache_report *report)
{
    const clnorm_cache_summary *summary = &report->summary;
    if (!summary->directory) {
        puts("the cache is off: CLNORM_CACHE_DIR says so, or there is no home directory");
        return;
    }
    if (report->cleared)
        printf("removed %zu %s\n", report->removed, report->removed == 1 ? "file" : "files");
    printf("%s: %zu compiled %s, %llu bytes\n", summary->directory, summary->files,
           summary->files == 1 ? "program" : "programs", summary->bytes);
    for (size_t i = 0; i < clnorm_verdict_list_count(report->verdicts); i++)
        print_verdict(clnorm_verdict_list_get(report->verdicts, i), report->cleared);
}

int command_cache(const global_options *options, argument_list rest)
{
    cache_report report = {.summary = clnorm_cache_summary_none()};
    int status = parse_clear(rest, &report.cleared);
    if (status != EXIT_DONE)
        return status;

    if (clnorm_verdict_list_create(&report.verdicts) != CLNORM_OK ||
        (report.cleared && clnorm_cache_clear(&report.removed) != CLNORM_OK) ||
        clnorm_cache_info(&report.summary) != CLNORM_OK)
        status = complain_library();
    else if (options->json)
        status = print_cache_json(&report);
    else
        print_cache(&report);
    clnorm_cache_summary_free(&report.summary);
    clnorm_verdict_list_destroy(report.verdicts);
    return status;
}
