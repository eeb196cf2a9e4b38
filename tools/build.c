/* clnorm build: an image of the fpga kernels for a device that cannot compile. */
#include "command.h"

#include <clnorm/image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct build_options {
    const char *directory, *image, *compiler, *board;
} build_options;

static int parse_build(argument_list rest, build_options *build)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"out", &build->directory},
                 {"image", &build->image},
                 {"compiler", &build->compiler},
                 {"board", &build->board}};
    argument arg;
    while (arguments_next(&rest, &arg)) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(arg.name, known[i].name) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return refuse_rest("build", (argument_list){rest.words, rest.next, rest.next - 1});
        *known[i].value = arguments_value(&rest, &arg);
        if (*known[i].value == NULL || **known[i].value == '\0')
            return complain(EXIT_USAGE, "--%s needs a value", arg.name);
    }
    if (build->image != NULL && build->compiler != NULL)
        return complain(EXIT_USAGE, "--image is what a --compiler made: one of the two is allowed");
    if (build->compiler != NULL && strcmp(build->compiler, "aoc") != 0 && strcmp(build->compiler, "v++") != 0)
        return complain(EXIT_USAGE, "--compiler is \"%s\"; it must be aoc (Intel's) or v++ (AMD's)",
                        build->compiler);
    if (build->board != NULL && build->compiler == NULL)
        return complain(EXIT_USAGE, "--board goes with --compiler only");
    if (build->directory == NULL)
        build->directory = ".";
    return EXIT_DONE;
}

/* Prints a word of a command line, quoted for a shell if necessary. */
static void print_word(const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@";
    if (word[strspn(word, plain)] == '\0') {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word != '\0'; word++)
        fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, stdout);
    putchar('\'');
}

static void print_path(const char *directory, const char *stem, const char *suffix)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s%s", directory, stem, suffix);
    putchar(' ');
    print_word(path);
}

static void print_aoc(const build_options *build, const char *stem)
{
    fputs("aoc -board=", stdout);
    print_word(build->board);
    fputs(" -o", stdout);
    print_path(build->directory, stem, ".aocx");
    print_path(build->directory, stem, ".cl");
    putchar('\n');
}

/* Prints the commands for AMD's compiler, which compiles each kernel separately and then links them. */
static void print_vpp(const build_options *build, const char *stem)
{
    const char *kernel;
    for (size_t i = 0; (kernel = clnorm_image_kernel(i)) != NULL; i++) {
        fputs("v++ -c -t hw --platform ", stdout);
        print_word(build->board);
        printf(" -k %s -o", kernel);
        print_path(build->directory, kernel, ".xo");
        print_path(build->directory, stem, ".cl");
        putchar('\n');
    }
    fputs("v++ -l -t hw --platform ", stdout);
    print_word(build->board);
    fputs(" -o", stdout);
    print_path(build->directory, stem, ".xclbin");
    for (size_t i = 0; (kernel = clnorm_image_kernel(i)) != NULL; i++)
        print_path(build->directory, kernel, ".xo");
    putchar('\n');
}

/* Writes the source for an offline compiler, and prints the next steps. */
static int write_text(const build_options *build)
{
    char name[CLNORM_IMAGE_NAME_SIZE];
    build_options shown = *build;
    const bool intel = strcmp(build->compiler, "aoc") == 0;
    if (build->board == NULL)
        shown.board = intel ? "BOARD" : "PLATFORM";
    if (clnorm_image_write_source(build->directory, name) != CLNORM_OK)
        return complain_library();
    printf("%s/%s is what images are compiled from. Compile it, which takes hours:\n\n", build->directory,
           name);
    name[strcspn(name, ".")] = '\0';
    if (intel)
        print_aoc(&shown, name);
    else
        print_vpp(&shown, name);
    puts("\nThen, where the board is, put the result into the manifest:\n");
    fputs("clnorm build --device fpga --out ", stdout);
    print_word(build->directory);
    fputs(" --image", stdout);
    print_path(build->directory, name, intel ? ".aocx" : ".xclbin");
    putchar('\n');
    return EXIT_DONE;
}

static int write_image(const build_options *build, clnorm_context *context)
{
    const clnorm_status status = build->image != NULL
                                     ? clnorm_image_import(context, build->image, build->directory)
                                     : clnorm_image_build(context, build->directory);
    if (status != CLNORM_OK)
        return complain_library();
    char device[256] = "the device"; /* if the driver does not tell its name */
    clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_NAME, sizeof device, device, NULL);
    printf("an image for %s is in %s; CLNORM_BINARY_DIR=", device, build->directory);
    print_word(build->directory);
    puts(" uses it");
    return EXIT_DONE;
}

int command_build(const global_options *options, argument_list rest)
{
    build_options build = {NULL, NULL, NULL, NULL};
    clnorm_context *context = NULL;
    int status = parse_build(rest, &build);
    if (status != EXIT_DONE)
        return status;
    if (options->json)
        return complain(EXIT_USAGE, "build has no --json; manifest.json is what it writes");
    if (options->kernels != CLNORM_KERNELS_AUTO && options->kernels != CLNORM_KERNELS_FPGA)
        return complain(EXIT_USAGE, "images are of the fpga kernels; no others are built ahead of time");
    if (build.compiler != NULL)
        return write_text(&build);
    unsetenv("CLNORM_BINARY_DIR"); /* it may name the directory that is made here, and does not exist yet */
    status = open_context(options, &context);
    if (status == EXIT_DONE)
        status = write_image(&build, context);
    clnorm_context_destroy(context);
    return status;
}
