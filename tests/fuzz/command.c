/*
 * Command lines: the cases of `clnorm bench` and the arguments of `clnorm run`. One that is taken has all
 * that it needs, and means the same when it is written again from what was read; one that is refused is so
 * with one sentence.
 *
 * The first line of an input is "bench" or anything else, the others are cases, or arguments.
 */
#include "fuzz.h"

#include "arguments.h"
#include "bench_cases.h"
#include "command.h"
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 64, LINE_SIZE = 8192 };

static const char *const mode_words[] = {"infer",          "train",      "backward",
                                         "backward_infer", "statistics", "apply"};

static unsigned complaints;

/* In the place of the command's own, which prints. */
int complain(int status, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    fuzz_require(length > 0 && status != EXIT_DONE, "no sentence, or success: %s", line);
    complaints++;
    return status;
}

static void require_sentence(int status)
{
    fuzz_require(complaints == (status != EXIT_DONE), "%u sentences for status %d", complaints, status);
    complaints = 0;
}

static void require_same_op(const clnorm_op *a, const clnorm_op *b, const clnorm_op_info *info)
{
    fuzz_require(a->kind == b->kind && a->mode == b->mode, "another operation");
    fuzz_require(a->x.rank == b->x.rank && memcmp(a->x.dims, b->x.dims, sizeof a->x.dims) == 0,
                 "another shape");
    for (size_t i = 0; i < info->attribute_count; i++) {
        const double x = clnorm_op_get(a, info->attributes[i]), y = clnorm_op_get(b, info->attributes[i]);
        fuzz_require(x == y, "%s is %.17g and %.17g", info->attributes[i]->name, x, y);
    }
}

static const char *attribute_text(const clnorm_op *op, const clnorm_attribute_info *attribute, char text[40])
{
    const double value = clnorm_op_get(op, attribute);
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        return value != 0 ? "true" : "false";
    snprintf(text, 40, "%.17g", value);
    return text;
}

/* ---- bench ---- */

static void write_case(const bench_case *c, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "%s:%s:", c->info->name, mode_words[c->op.mode]);
    for (unsigned axis = 0; axis < c->op.x.rank; axis++)
        length +=
            (size_t)snprintf(text + length, size - length, axis > 0 ? "x%zu" : "%zu", c->op.x.dims[axis]);
    for (size_t i = 0; i < c->info->attribute_count; i++) {
        char value[40];
        const clnorm_attribute_info *attribute = c->info->attributes[i];
        if (attribute->required || clnorm_op_get(&c->op, attribute) != attribute->default_value)
            length += (size_t)snprintf(text + length, size - length, ":%s=%s", attribute->name,
                                       attribute_text(&c->op, attribute, value));
    }
}

static void check_case(const char *line)
{
    bench_case first, again;
    char text[1024];
    const int status = bench_case_parse(&first, line);
    require_sentence(status);
    if (status != EXIT_DONE)
        return;
    fuzz_require(strcmp(first.text, line) == 0 && first.info->kind == first.op.kind && first.mode != NULL,
                 "\"%s\" is kept as \"%s\"", line, first.text);
    fuzz_require(clnorm_op_check(&first.op) == CLNORM_OK, "%s: %s", line, clnorm_last_error());
    for (unsigned axis = 0; axis < first.op.x.rank; axis++)
        fuzz_require(first.op.x.dims[axis] > 0, "\"%s\" has a size of 0", line);
    write_case(&first, text, sizeof text);
    if (strlen(text) >= BENCH_CASE_SIZE)
        return;
    fuzz_require(bench_case_parse(&again, text) == EXIT_DONE, "\"%s\" is refused", text);
    require_same_op(&first.op, &again.op, first.info);
}

/* ---- run ---- */

/* Whether `file` is what stands behind "NAME=" in one of the words. */
static bool is_of_words(const char *file, char **words, int count)
{
    for (int i = 0; i < count; i++)
        if (file >= words[i] && file <= words[i] + strlen(words[i]))
            return *file != '\0' && file[-1] == '=';
    return false;
}

static void check_request(const run_request *request, char **words, int count)
{
    size_t results = 0;
    fuzz_require(request->info != NULL && request->mode != NULL && request->info->kind == request->op.kind &&
                     clnorm_op_info_mode(request->info, request->op.mode) == request->mode &&
                     request->buffer_count == request->mode->buffer_count,
                 "no operation, mode or buffers");
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *b = &request->buffers[i];
        results += b->out != NULL;
        fuzz_require((b->in == NULL || is_of_words(b->in, words, count)) &&
                         (b->out == NULL || is_of_words(b->out, words, count)),
                     "a file of %s is no argument", b->info->name);
        fuzz_require(b->in == NULL || clnorm_op_reads(&request->op, b->info), "%s is given", b->info->name);
        fuzz_require(b->out == NULL || b->info->role != CLNORM_ROLE_INPUT, "%s is wanted", b->info->name);
        fuzz_require(!(b->found && b->in != NULL), "%s is given and looked for", b->info->name);
        fuzz_require(b->in != NULL || b->found || !b->info->required ||
                         !clnorm_op_reads(&request->op, b->info),
                     "%s is missing", b->info->name);
    }
    fuzz_require(results > 0, "nothing is wanted");
}

static char *new_word(const char *before, const char *name, const char *after)
{
    char text[LINE_SIZE];
    snprintf(text, sizeof text, "%s%s%s", before, name, after);
    return fuzz_copy(text, strlen(text) + 1);
}

/* The command line of a request. */
static int write_words(const run_request *request, char **words)
{
    int count = 0;
    words[count++] = new_word(request->info->name, "", "");
    words[count++] = new_word("--mode=", mode_words[request->op.mode], "");
    for (size_t i = 0; i < request->info->attribute_count; i++) {
        char value[40];
        const clnorm_attribute_info *attribute = request->info->attributes[i];
        words[count++] = new_word("--", attribute->name, "=");
        char *option = words[count - 1];
        words[count - 1] = new_word(option, attribute_text(&request->op, attribute, value), "");
        free(option);
    }
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *b = &request->buffers[i];
        const char *const files[] = {b->in, b->out};
        for (int k = 0; k < 2; k++) {
            if (files[k] == NULL)
                continue;
            words[count++] = new_word(k == 0 ? "--in" : "--out", "", "");
            char *name = new_word(b->info->name, "=", "");
            words[count++] = new_word(name, files[k], "");
            free(name);
        }
    }
    return count;
}

static void check_again(const run_request *first)
{
    char *words[2 * WORDS];
    run_request again;
    int count = write_words(first, words);
    fuzz_require(run_parse(&again, (argument_list){words, count, 0}) == EXIT_DONE,
                 "what was read of run is refused");
    require_same_op(&first->op, &again.op, first->info);
    for (size_t i = 0; i < first->buffer_count; i++) {
        const run_buffer *a = &first->buffers[i], *b = &again.buffers[i];
        fuzz_require((a->in == NULL) == (b->in == NULL) && (a->out == NULL) == (b->out == NULL) &&
                         a->found == b->found && (a->in == NULL || strcmp(a->in, b->in) == 0) &&
                         (a->out == NULL || strcmp(a->out, b->out) == 0),
                     "other files of %s", a->info->name);
    }
    run_request_clear(&again);
    while (count > 0)
        free(words[--count]);
}

static void check_run(char **words, int count)
{
    run_request request;
    const int status = run_parse(&request, (argument_list){words, count, 0});
    require_sentence(status);
    if (status == EXIT_DONE) {
        check_request(&request, words, count);
        check_again(&request);
    }
    run_request_clear(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, data + (size < LINE_SIZE / 2 ? size : LINE_SIZE / 2)};
    char *words[WORDS];
    int count = 0;
    char *command = fuzz_line(&bytes);
    while (count < WORDS && (words[count] = fuzz_line(&bytes)) != NULL)
        count++;
    complaints = 0;
    if (command != NULL && strcmp(command, "bench") == 0)
        for (int i = 0; i < count; i++)
            check_case(words[i]);
    else
        check_run(words, count);
    while (count > 0)
        free(words[--count]);
    free(command);
    return 0;
}
