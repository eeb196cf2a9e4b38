/* clnorm cache: the compiled programs on disk. */
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

static int print_cache_json(const clnorm_cache_summary *summary, bool cleared, size_t removed)
{
    json_t *object = json_pack("{s:o, s:I, s:I}", "directory", json_text(summary->directory), "files",
                               (json_int_t)summary->files, "bytes", (json_int_t)summary->bytes);
    if (cleared)
        json_put(&object, "removed", json_integer((json_int_t)removed));
    return print_json(object, JSON_INDENT(2));
}

static void print_cache(const clnorm_cache_summary *summary, bool cleared, size_t removed)
{
    if (!summary->directory) {
        puts("the cache is off: CLNORM_CACHE_DIR says so, or there is no home directory");
        return;
    }
    if (cleared)
        printf("removed %zu %s\n", removed, removed == 1 ? "file" : "files");
    printf("%s: %zu compiled %s, %llu bytes\n", summary->directory, summary->files,
           summary->files == 1 ? "program" : "programs", summary->bytes);
}

int command_cache(const global_options *options, argument_list rest)
{
    bool clear = false;
    int status = parse_clear(rest, &clear);
    if (status != EXIT_DONE)
        return status;

    size_t removed = 0;
    if (clear && clnorm_cache_clear(&removed) != CLNORM_OK)
        return complain_library();
    clnorm_cache_summary summary;
    if (clnorm_cache_info(&summary) != CLNORM_OK)
        return complain_library();
    if (options->json)
        status = print_cache_json(&summary, clear, removed);
    else
        print_cache(&summary, clear, removed);
    clnorm_cache_summary_free(&summary);
    return status;
}
