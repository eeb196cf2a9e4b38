/* The command line of clnorm run. */
#include "op_words.h"
#include "run.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take_op(run_request *request, const char *name)
{
    if (request->info)
        return complain(EXIT_USAGE, "run: unexpected argument \"%s\"", name);
    return find_op(name, &request->info);
}

static int take_dtype(const char *value)
{
    static const char *const known[] = {"f16", "bf16", "f64"};
    if (strcmp(value, "f32") == 0)
        return EXIT_DONE;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(value, known[i]) == 0)
            return complain(EXIT_FAILED, "--dtype %s is not computed by this version; f32 is", value);
    return complain(EXIT_USAGE, "--dtype is \"%s\"; it must be f32", value);
}

static int take_attribute(run_request *request, const clnorm_attribute_info *attribute, const char *text)
{
    if (set_attribute(&request->op, attribute, text))
        return EXIT_DONE;
    char option[ARGUMENT_NAME_SIZE], needed[NEEDED_SIZE];
    option_name(attribute->name, option);
    return complain(EXIT_USAGE, "--%s is \"%s\"; it must be %s", option, text,
                    needed_value(attribute, needed));
}

static int refuse_option(const run_request *request, const argument *arg)
{
    char list[LIST_SIZE] = "--mode, --in, --out, --dtype";
    for (size_t i = 0; i < request->info->attribute_count; i++) {
        char option[ARGUMENT_NAME_SIZE];
        option_name(request->info->attributes[i]->name, option);
        append_name(list, "--", option);
    }
    return complain(EXIT_USAGE, "unknown option --%s; %s takes %s", arg->name, request->info->name, list);
}

static run_buffer *find_buffer(run_request *request, const char *written, size_t length)
{
    char name[ARGUMENT_NAME_SIZE];
    table_name(written, length, name);
    for (size_t i = 0; i < request->buffer_count; i++)
        if (strcmp(request->buffers[i].info->name, name) == 0)
            return &request->buffers[i];
    return NULL;
}

static int refuse_buffer(const run_request *request, const char *option, const char *name, int length,
                         clnorm_buffer_role wrong_role)
{
    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < request->buffer_count; i++)
        if (request->buffers[i].info->role != wrong_role)
            append_name(list, "", request->buffers[i].info->name);
    return complain(EXIT_USAGE, "--%s names \"%.*s\", which mode %s of %s does not have; it has %s", option,
                    length, name, request->mode->name, request->info->name, list);
}

/* --in NAME=FILE or --out NAME=FILE */
static int take_file(run_request *request, const char *option, const char *text)
{
    bool out = strcmp(option, "out") == 0;
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || equals[1] == '\0')
        return complain(EXIT_USAGE, "--%s is \"%s\"; it must be NAME=FILE.npy", option, text);

    clnorm_buffer_role wrong_role = out ? CLNORM_ROLE_INPUT : CLNORM_ROLE_OUTPUT;
    int length = equals - text < LIST_SIZE ? (int)(equals - text) : LIST_SIZE;
    run_buffer *buffer = find_buffer(request, text, (size_t)(equals - text));
    if (!buffer)
        return refuse_buffer(request, option, text, length, wrong_role);
    if (buffer->info->role == wrong_role)
        return complain(EXIT_USAGE, "%s is %s of mode %s: give it with --%s", buffer->info->name,
                        out ? "an input" : "an output", request->mode->name, out ? "in" : "out");
    const char **file = out ? &buffer->out : &buffer->in;
    if (*file)
        return complain(EXIT_USAGE, "--%s %s is given twice", option, buffer->info->name);
    *file = equals + 1;
    return EXIT_DONE;
}

static int take_option(run_request *request, const argument *arg, const char *value, uint64_t *seen)
{
    size_t index;
    if (strcmp(arg->name, "mode") == 0)
        return EXIT_DONE; /* taken before */
    if (strcmp(arg->name, "dtype") == 0)
        return take_dtype(value);
    if (strcmp(arg->name, "in") == 0 || strcmp(arg->name, "out") == 0)
        return take_file(request, arg->name, value);
    const clnorm_attribute_info *attribute = find_attribute(request->info, arg->name, &index);
    if (!attribute)
        return refuse_option(request, arg);
    if (*seen & UINT64_C(1) << index % 64)
        return complain(EXIT_USAGE, "--%s is given twice", arg->name);
    *seen |= UINT64_C(1) << index % 64;
    return take_attribute(request, attribute, value);
}

static bool known_option(const run_request *request, const char *name)
{
    static const char *const own[] = {"mode", "in", "out", "dtype"};
    size_t index;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return find_attribute(request->info, name, &index) != NULL;
}

/* Finds the operation and the mode, on which the meaning of all others depends. */
static int take_op_and_mode(run_request *request, argument_list args)
{
    argument arg;
    const char *mode = NULL;
    while (arguments_next(&args, &arg)) {
        int status = EXIT_DONE;
        if (arg.name[0] == '\0') {
            status = take_op(request, arg.word);
        } else {
            const char *value = arguments_value(&args, &arg);
            if (strcmp(arg.name, "mode") == 0 && (mode || !value))
                status = complain(EXIT_USAGE, mode ? "--mode is given twice" : "--mode needs a value");
            else if (strcmp(arg.name, "mode") == 0)
                mode = value;
        }
        if (status != EXIT_DONE)
            return status;
    }
    if (!request->info)
        return complain(EXIT_USAGE, "run: no operation given; 'clnorm ops' lists them");
    clnorm_op_initialize(&request->op, sizeof request->op, request->info->kind);
    return find_mode(request->info, mode ? mode : "infer", &request->op.mode, &request->mode);
}

static int take_options(run_request *request, argument_list args, uint64_t *seen)
{
    argument arg;
    while (arguments_next(&args, &arg)) {
        if (arg.name[0] == '\0')
            continue;
        if (!known_option(request, arg.name))
            return refuse_option(request, &arg);
        const char *value = arguments_value(&args, &arg);
        if (!value)
            return complain(EXIT_USAGE, "--%s needs a value", arg.name);
        int status = take_option(request, &arg, value, seen);
        if (status != EXIT_DONE)
            return status;
    }
    return EXIT_DONE;
}

/* Two results in one file: the second would replace the first. Standard input can be read once only. */
static int check_distinct(const run_buffer *one, const run_buffer *other)
{
    if (one->out && other->out && npy_is_standard(one->out) && npy_is_standard(other->out))
        return complain(EXIT_USAGE, "--out %s and --out %s are both -, standard output", one->info->name,
                        other->info->name);
    if (one->out && other->out && strcmp(one->out, other->out) == 0)
        return complain(EXIT_USAGE, "--out %s and --out %s name the same file %s", one->info->name,
                        other->info->name, other->out);
    if (one->in && other->in && npy_is_standard(one->in) && npy_is_standard(other->in))
        return complain(EXIT_USAGE, "--in %s and --in %s are both -, standard input, which is read once",
                        one->info->name, other->info->name);
    return EXIT_DONE;
}

static int check_distinct_files(const run_request *request)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < request->buffer_count; i++)
        for (size_t j = 0; status == EXIT_DONE && j < i; j++)
            status = check_distinct(&request->buffers[j], &request->buffers[i]);
    return status;
}

/* Whether the mode is the gradient of one that leaves this buffer behind. */
static bool saved_by_training(const run_request *request, const clnorm_buffer_info *buffer)
{
    const clnorm_mode_info *train = clnorm_op_info_mode(request->info, CLNORM_TRAIN);
    if (request->op.mode != CLNORM_BACKWARD || buffer->role != CLNORM_ROLE_INPUT)
        return false;
    for (size_t i = 0; i < train->buffer_count; i++)
        if (train->buffers[i]->offset == buffer->offset && train->buffers[i]->role == CLNORM_ROLE_OUTPUT)
            return true;
    return false;
}

/* If the command line gives none of the buffers that training saves, the training forward will compute all of
 * them. If it gives some, none is computed: a residual, for instance, only fits the mean that it was saved
 * with. */
static void find_what_training_saves(run_request *request)
{
    for (size_t i = 0; i < request->buffer_count; i++)
        if (saved_by_training(request, request->buffers[i].info) && request->buffers[i].in)
            return;
    for (size_t i = 0; i < request->buffer_count; i++)
        request->buffers[i].found = saved_by_training(request, request->buffers[i].info);
}

static int check_values_before(const run_request *request, const run_buffer *buffer)
{
    const clnorm_buffer_info *info = buffer->info;
    char option[ARGUMENT_NAME_SIZE], name[ARGUMENT_NAME_SIZE];
    snprintf(name, sizeof name, "accumulate_%s", info->name);
    option_name(name, option);
    if (info->role == CLNORM_ROLE_GRADIENT && buffer->in && !clnorm_op_reads(&request->op, info))
        return complain(EXIT_USAGE, "--in %s is added to with --%s true only", info->name, option);
    const bool changed = info->role == CLNORM_ROLE_UPDATED || info->role == CLNORM_ROLE_GRADIENT;
    if (changed && clnorm_op_reads(&request->op, info) && buffer->out && !buffer->in)
        return complain(EXIT_USAGE, "--out %s needs the value before it: --in %s=FILE.npy", info->name,
                        info->name);
    return EXIT_DONE;
}

static int check_complete(run_request *request, uint64_t seen)
{
    bool any_out = false;
    int status = EXIT_DONE;
    for (size_t i = 0; i < request->info->attribute_count; i++)
        if (request->info->attributes[i]->required && !(seen & UINT64_C(1) << i % 64)) {
            char option[ARGUMENT_NAME_SIZE];
            option_name(request->info->attributes[i]->name, option);
            return complain(EXIT_USAGE, "%s needs --%s", request->info->name, option);
        }
    for (size_t i = 0; i < request->buffer_count; i++) {
        const run_buffer *buffer = &request->buffers[i];
        any_out = any_out || buffer->out;
        status = check_values_before(request, buffer);
        if (status != EXIT_DONE)
            return status;
        if (buffer->info->required && clnorm_op_reads(&request->op, buffer->info) && !buffer->in &&
            !buffer->found)
            return complain(EXIT_USAGE, "mode %s of %s needs --in %s=FILE.npy", request->mode->name,
                            request->info->name, buffer->info->name);
    }
    if (!any_out)
        return complain(EXIT_USAGE, "run: no --out NAME=FILE.npy given: nothing would be kept");
    return check_distinct_files(request);
}

int run_parse(run_request *request, argument_list args)
{
    *request = (run_request){.info = NULL};
    int status = take_op_and_mode(request, args);
    if (status != EXIT_DONE)
        return status;

    request->buffer_count = request->mode->buffer_count;
    request->buffers = calloc(request->buffer_count, sizeof *request->buffers);
    if (!request->buffers)
        return complain(EXIT_FAILED, "out of memory");
    for (size_t i = 0; i < request->buffer_count; i++)
        request->buffers[i].info = request->mode->buffers[i];

    uint64_t seen = 0;
    status = take_options(request, args, &seen);
    find_what_training_saves(request);
    return status == EXIT_DONE ? check_complete(request, seen) : status;
}

void run_request_clear(run_request *request)
{
    for (size_t i = 0; request->buffers && i < request->buffer_count; i++) {
        npy_clear(&request->buffers[i].array);
        if (request->buffers[i].mem)
            clReleaseMemObject(request->buffers[i].mem);
    }
    free(request->buffers);
    request->buffers = NULL;
}
