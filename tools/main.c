/* The clnorm command: global options, and the table of subcommands. */
#include "command.h"
#include "op_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct subcommand {
    const char *name;
    int (*run)(const global_options *options, argument_list rest);
    const char *usage;
    const char *help;
} subcommand;

static const subcommand commands[] = {
    {"devices", command_devices, "clnorm devices [--json] [--verbose]",
     "List the OpenCL devices and mark the default one; --verbose: what is used of each, and its driver's "
     "faults."},
    {"ops", command_ops, "clnorm ops [--json]",
     "List the operations with their modes, attributes, inputs and outputs."},
    {"run", command_run,
     "clnorm run OP [--mode MODE] [--ATTRIBUTE VALUE]... --in NAME=FILE.npy... --out NAME=FILE.npy...",
     "Run an operation on .npy files of float32. 'clnorm ops' has the names; the default mode is infer."},
    {"build", command_build, "clnorm build [--out DIR] [--image FILE | --compiler aoc|v++ [--board BOARD]]",
     "Compile all fpga kernels ahead of time, for CLNORM_BINARY_DIR; or write what a vendor's compiler "
     "compiles,\n      and take what it made."},
    {"cache", command_cache, "clnorm cache [--clear] [--json]",
     "Say where compiled programs are kept, how many and how big; --clear removes them."},
    {"bench", command_bench,
     "clnorm bench [--json] [--runs N] [--profile] [--no-start] "
     "[OP:MODE:DIMS[:axis=A][:f32][:ATTRIBUTE=VALUE]...]...",
     "Time operations beside the fastest copy of the same bytes; without a case: a table of usual ones."},
    {"tune", command_tune, "clnorm tune [--show | --reset | --quick] [--json]",
     "Measure, in two minutes at most, the few values that decide speed on a device, and keep those that "
     "are\n"
     "      faster than the usual ones; --show prints them, --reset forgets them."},
    {"selftest", command_selftest,
     "clnorm selftest [--json] [--only OP[:MODE]] [--isolate [--timeout SECONDS]]",
     "Run every operation on the device against the built-in reference; --isolate: in processes of its own, "
     "so\n      that kernels with which the driver ends or hangs a process are avoided from then on."},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

typedef struct invocation {
    global_options options;
    const subcommand *command;
    argument_list rest; /* words with room for all of the command line */
    bool help, version;
} invocation;

static void print_help(const subcommand *only)
{
    if (only) {
        printf("usage: %s\n%s\n", only->usage, only->help);
    } else {
        puts("clnorm: neural-network normalization on any OpenCL device\n\ncommands:");
        for (int i = 0; i < COMMAND_COUNT; i++)
            printf("  %s\n      %s\n", commands[i].usage, commands[i].help);
    }
    puts("\noptions of every command:\n"
         "  --device DEVICE        cpu, gpu, fpga, PLATFORM:DEVICE as 'clnorm devices' numbers them, part of "
         "a\n"
         "                         name, or PLATFORM:TYPE:DEVICE; default: CLNORM_DEVICE, else the best\n"
         "  --kernels cpu|gpu|fpga the kernels written for this class of device; default: CLNORM_KERNELS, "
         "else\n"
         "                         by the device's type\n"
         "  --json                 print JSON\n"
         "  --help, --version");
}

static int take_kernels(const char *value, clnorm_kernels *kernels)
{
    static const struct {
        const char *name;
        clnorm_kernels kernels;
    } table[] = {{"cpu", CLNORM_KERNELS_CPU}, {"gpu", CLNORM_KERNELS_GPU}, {"fpga", CLNORM_KERNELS_FPGA}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(value, table[i].name) == 0) {
            *kernels = table[i].kernels;
            return EXIT_DONE;
        }
    }
    return complain(EXIT_USAGE, "--kernels is \"%s\"; it must be cpu, gpu or fpga", value);
}

/* An option that takes no value. */
static int take_flag(const argument *arg, bool *flag)
{
    if (arg->inline_value)
        return complain(EXIT_USAGE, "--%s takes no value, but \"%s\" was given", arg->name,
                        arg->inline_value);
    *flag = true;
    return EXIT_DONE;
}

/* Takes a global option. `*taken` is false if it is none. */
static int take_global(invocation *call, argument_list *all, const argument *arg, bool *taken)
{
    *taken = true;
    if (strcmp(arg->name, "json") == 0)
        return take_flag(arg, &call->options.json);
    if (strcmp(arg->name, "help") == 0)
        return take_flag(arg, &call->help);
    if (strcmp(arg->name, "version") == 0)
        return take_flag(arg, &call->version);

    bool device = strcmp(arg->name, "device") == 0;
    if (!device && strcmp(arg->name, "kernels") != 0) {
        *taken = false;
        return EXIT_DONE;
    }
    const char *value = arguments_value(all, arg);
    if (!value)
        return complain(EXIT_USAGE, "--%s needs a value", arg->name);
    if (!device)
        return take_kernels(value, &call->options.kernels);
    call->options.device = value;
    return EXIT_DONE;
}

/* "devices, ops, ..." */
static const char *command_names(char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < COMMAND_COUNT && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, i > 0 ? ", %s" : "%s", commands[i].name);
    return text;
}

static int take_command(invocation *call, const char *word)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(word, commands[i].name) == 0)
            call->command = &commands[i];
    if (call->command)
        return EXIT_DONE;
    char names[256];
    return complain(EXIT_USAGE, "unknown %s \"%s\"; the commands are: %s",
                    word[0] == '-' ? "option" : "command", word, command_names(names, sizeof names));
}

/* Takes the global options out of the command line; the command's own words go to call->rest. */
static int parse(invocation *call, argument_list all)
{
    argument arg;
    while (arguments_next(&all, &arg)) {
        bool taken = false;
        int status = EXIT_DONE;
        if (strcmp(arg.word, "-h") == 0)
            taken = call->help = true;
        else if (arg.name[0])
            status = take_global(call, &all, &arg, &taken);
        if (status == EXIT_DONE && !taken && !call->command)
            status = take_command(call, arg.word);
        else if (!taken)
            call->rest.words[call->rest.count++] = all.words[all.next - 1];
        if (status != EXIT_DONE)
            return status;
    }
    return EXIT_DONE;
}

/* "clnorm run l2_normalize --help" */
static void print_named_ops(argument_list rest)
{
    argument arg;
    while (arguments_next(&rest, &arg)) {
        const clnorm_op_info *info = op_named(arg.word);
        if (info) {
            putchar('\n');
            print_op(info);
        }
    }
}

static int dispatch(const invocation *call)
{
    if (call->version) {
        printf("clnorm %d.%d.%d\n", CLNORM_VERSION_MAJOR, CLNORM_VERSION_MINOR, CLNORM_VERSION_PATCH);
        return EXIT_DONE;
    }
    if (call->help) {
        print_help(call->command);
        print_named_ops(call->rest);
        return EXIT_DONE;
    }
    char names[256];
    if (!call->command)
        return complain(EXIT_USAGE, "no command given; it is one of: %s", command_names(names, sizeof names));
    return call->command->run(&call->options, call->rest);
}

int main(int argc, char **argv)
{
    invocation call = {0};
    call.rest.words = calloc((size_t)argc + 1, sizeof *call.rest.words);
    if (!call.rest.words)
        return complain(EXIT_FAILED, "out of memory");

    int status = parse(&call, (argument_list){argv, argc, 1});
    if (status == EXIT_DONE)
        status = dispatch(&call);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE)
        status = complain(EXIT_FAILED, "cannot write to standard output");
    free(call.rest.words);
    return status;
}
