/* Subcommands of clnorm, called as its main calls them, with what they print kept. */
#include "flow.h"

#include "../../tools/command.h"
#include "../../tools/npy.h"
#include "host.h"

#include <fcntl.h>
#include <string.h>

enum { MOST_WORDS = 16, SAID_SIZE = 65536, FILE_SIZE = 1024 };

static char place[FILES_PATH_SIZE];
static int log_file = -1;
static char said[SAID_SIZE], whole[SAID_SIZE]; /* the last time; when nothing failed */

/* ---- Calling ---- */

static void begin(void)
{
    char path[FILES_PATH_SIZE];
    files_join(place, directory, "command");
    ck_assert_int_eq(mkdir(place, 0700), 0);
    files_join(path, directory, "said");
    log_file = open(path, O_CREAT | O_RDWR, 0600);
    ck_assert_int_ge(log_file, 0);
}

static void end(void)
{
    close(log_file);
    files_remove(place);
}

/* What goes to standard output and standard error goes to the log instead. */
static void redirect(int streams[2])
{
    fflush(stdout);
    (void)!ftruncate(log_file, 0);
    lseek(log_file, 0, SEEK_SET);
    for (int i = 0; i < 2; i++) {
        streams[i] = dup(STDOUT_FILENO + i);
        dup2(log_file, STDOUT_FILENO + i);
    }
}

static void restore(const int streams[2])
{
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(streams[i], STDOUT_FILENO + i);
        close(streams[i]);
    }
    const ssize_t length = pread(log_file, said, sizeof said - 1, 0);
    said[length > 0 ? length : 0] = '\0';
}

static clnorm_status call(int (*command)(const global_options *, argument_list), bool json,
                          const char *const *words)
{
    const global_options options = {.device = "cpu", .kernels = CLNORM_KERNELS_AUTO, .json = json};
    char *list[MOST_WORDS];
    int count = 0, streams[2];
    for (; words[count] != NULL; count++)
        list[count] = (char *)words[count];
    const bool armed = host.armed; /* only the command's own calls fail */
    host.armed = false;
    redirect(streams);
    host.armed = armed;
    const int status = command(&options, (argument_list){list, count, 0});
    host.armed = false;
    restore(streams);
    host.armed = armed;
    if (host.fail_at == 0)
        strcpy(whole, said);
    return status == EXIT_DONE ? CLNORM_OK : CLNORM_IO_ERROR;
}

/* The complaint, and what else was printed: standard output comes last, for it is kept until the end. */
static const char *complaint(void)
{
    const char *found = strstr(said, "clnorm: ");
    return found != NULL ? found + strlen("clnorm: ") : "";
}

/* What is printed with success is what is printed without a failure. */
static void check_whole(clnorm_status status)
{
    ck_assert_msg(status != CLNORM_OK || strcmp(whole, said) == 0, "instead of\n%s\nthere is\n%s", whole,
                  said);
}

/* ---- clnorm run ---- */

enum { INPUTS = 3, OUTPUTS = 3 };

static const char *const names[] = {"x.npy", "dy.npy", "gamma.npy", "dx.npy", "dgamma.npy", "dbeta.npy"};
static const char old_bytes[] = "the results of another day";
static char options[INPUTS + OUTPUTS][FILES_PATH_SIZE + 16]; /* NAME=PATH */
static char expected[OUTPUTS][FILE_SIZE];
static size_t expected_size[OUTPUTS];

static const char *path_of(size_t file)
{
    return strchr(options[file], '=') + 1;
}

static void write_input(size_t file, unsigned rank, const size_t *dims)
{
    npy_array array;
    FILE *stream = fopen(path_of(file), "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert(npy_allocate(&array, rank, dims));
    for (size_t i = 0; i < array.count; i++)
        array.values[i] = (float)((i * 7 + file) % 11) - 5;
    ck_assert(npy_write(stream, &array));
    ck_assert_int_eq(fclose(stream), 0);
    npy_clear(&array);
}

static void write_old(void)
{
    for (size_t i = INPUTS; i < INPUTS + OUTPUTS; i++)
        files_write(path_of(i), old_bytes, sizeof old_bytes);
}

static clnorm_status run_run(void)
{
    return call(command_run, true,
                (const char *const[]){"batch_normalization", "--mode", "backward", "--in", options[0], "--in",
                                      options[1], "--in", options[2], "--out", options[3], "--out",
                                      options[4], "--out", options[5], NULL});
}

static void begin_run(void)
{
    begin();
    for (size_t i = 0; i < INPUTS + OUTPUTS; i++)
        snprintf(options[i], sizeof options[i], "%.*s=%s/%s", (int)strcspn(names[i], "."), names[i], place,
                 names[i]);
    for (size_t i = 0; i < INPUTS; i++)
        write_input(i, i == 2 ? 1 : 2, i == 2 ? (const size_t[]){5} : (const size_t[]){7, 5});
    write_old();
    ck_assert_msg(run_run() == CLNORM_OK, "%s", said);
    for (size_t i = 0; i < OUTPUTS; i++)
        expected_size[i] = files_read(path_of(INPUTS + i), expected[i], FILE_SIZE);
}

static bool holds(size_t file, const void *bytes, size_t size)
{
    char found[FILE_SIZE];
    return files_exists(path_of(file)) && files_read(path_of(file), found, sizeof found) == size &&
           memcmp(found, bytes, size) == 0;
}

static size_t count_new(void)
{
    size_t count = 0;
    for (size_t i = 0; i < OUTPUTS; i++)
        count += holds(INPUTS + i, expected[i], expected_size[i]);
    return count;
}

/* Results are in place before what was done is printed. */
static bool wrote_results(clnorm_status status)
{
    return status == CLNORM_OK || strstr(said, "cannot write JSON") != NULL;
}

static void remove_old(void)
{
    for (size_t i = INPUTS; i < INPUTS + OUTPUTS; i++)
        files_remove(path_of(i));
}

/* All results are there, or none; nothing is left. */
static void check_first_run(clnorm_status status)
{
    const size_t new_files = count_new();
    char name[FILES_PATH_SIZE] = "";
    check_whole(status);
    ck_assert_msg(new_files == (wrote_results(status) ? OUTPUTS : 0), "%zu results are new: %s", new_files,
                  said);
    ck_assert_msg(files_count(place, "", name) == INPUTS + new_files, "there are other files, as %s", name);
}

/* All results are new, or all are old; nothing is left but what could not be removed. */
static void check_run(clnorm_status status)
{
    const size_t new_files = count_new();
    size_t old_files = 0;
    for (size_t i = 0; i < OUTPUTS; i++)
        old_files += holds(INPUTS + i, old_bytes, sizeof old_bytes);
    check_whole(status);
    ck_assert_msg((wrote_results(status) ? new_files : old_files) == OUTPUTS,
                  "%zu results are new, %zu old: %s", new_files, old_files, said);
    char name[FILES_PATH_SIZE] = "", path[FILES_PATH_SIZE];
    if (host.failed != NULL && strcmp(host.failed, "unlink") == 0 && files_count(place, "~", name) == 1) {
        files_join(path, place, name);
        files_remove(path);
    }
    ck_assert_msg(files_count(place, "", name) == INPUTS + OUTPUTS, "there are other files, as %s", name);
}

/* ---- clnorm build --image ---- */

static const char *compiled;

static void begin_image(void)
{
    begin();
    compiled = compiled_image();
}

/* An image that is there is one that its manifest knows. */
static void check_image(clnorm_status status)
{
    char name[FILES_PATH_SIZE] = "";
    ck_assert_msg(files_count(place, ".tmp", name) == 0, "%s is left", name);
    ck_assert(status != CLNORM_OK || files_count(place, "manifest.json", NULL) == 1);
}

static clnorm_status run_image(void)
{
    return call(command_build, false, (const char *const[]){"--image", compiled, "--out", place, NULL});
}

/* ---- Commands that tell something ---- */

static clnorm_status run_devices(void)
{
    return call(command_devices, true, (const char *const[]){NULL});
}

/* Where OpenCL fails, something may lack. */
static void check_devices(clnorm_status status)
{
    if (layer->failed == NULL)
        check_whole(status);
}

static clnorm_status run_ops(void)
{
    return call(command_ops, true, (const char *const[]){NULL});
}

static void before_cache(void)
{
    fill_cache(place);
}

static clnorm_status run_cache(void)
{
    setenv("CLNORM_CACHE_DIR", place, 1);
    const clnorm_status status = call(command_cache, true, (const char *const[]){"--clear", NULL});
    unsetenv("CLNORM_CACHE_DIR");
    return status;
}

/* Where somebody else removed a file meanwhile, one is removed less. */
static void check_cache(clnorm_status status)
{
    if (!host.vanished)
        check_whole(status);
}

static clnorm_status tune(const char *option)
{
    setenv("CLNORM_CACHE_DIR", place, 1);
    const clnorm_status status = call(command_tune, true, (const char *const[]){option, NULL});
    unsetenv("CLNORM_CACHE_DIR");
    return status;
}

/* The driver's name for the device may lack. */
static void check_tune(clnorm_status status)
{
    if (layer->failed == NULL)
        check_whole(status);
}

static clnorm_status run_tune_show(void)
{
    return tune("--show");
}

static clnorm_status run_tune_reset(void)
{
    return tune("--reset");
}

static clnorm_status run_text(void)
{
    return call(command_build, false,
                (const char *const[]){"--compiler", "v++", "--board", "a board", "--out", place, NULL});
}

const flow command_flows[] = {
    {"clnorm run", .run = run_run, .optional = CPU_CACHE_CALLS CACHE_CALLS BINARY_CALLS " link ",
     .begin = begin_run, .before = write_old, .check = check_run, .end = end, .message = complaint},
    {"clnorm run, the first time", .run = run_run,
     .optional = CPU_CACHE_CALLS CACHE_CALLS VERDICT_CALLS BINARY_CALLS " link ", .begin = begin_run,
     .before = remove_old, .check = check_first_run, .end = end, .message = complaint},
    /* A text is tried once more, without what is no UTF-8, before a lack of memory is admitted. */
    {"clnorm devices", .run = run_devices, .optional = CPU_CACHE_CALLS DEVICE_LIST_CALLS " malloc ",
     .begin = begin, .check = check_devices, .end = end, .message = complaint},
    {"clnorm ops", .run = run_ops, .host_only = true, .begin = begin, .check = check_whole, .end = end,
     .message = complaint},
    {"clnorm cache", .run = run_cache, .host_only = true, .optional = " stat64 malloc openat64 close ",
     .begin = begin, .before = before_cache, .check = check_cache, .end = end, .message = complaint},
    {"clnorm tune --show", .run = run_tune_show, .optional = CPU_CACHE_CALLS DEVICE_LIST_CALLS CACHE_CALLS,
     .begin = begin, .check = check_tune, .end = end, .message = complaint},
    {"clnorm tune --reset", .run = run_tune_reset, .optional = CPU_CACHE_CALLS DEVICE_LIST_CALLS CACHE_CALLS,
     .begin = begin, .check = check_tune, .end = end, .message = complaint},
    {"clnorm build of an image", .run = run_image,
     .optional = CPU_CACHE_CALLS TUNING_CALLS " stat64 clGetDeviceInfo clCreateKernel ",
     .afterwards = " open64 close ", .begin = begin_image, .check = check_image, .end = end,
     .message = complaint, .slow = true},
    {"clnorm build for a vendor's compiler", .run = run_text, .host_only = true, .optional = " stat64 ",
     .afterwards = " open64 close ", .begin = begin, .check = check_whole, .end = end, .message = complaint},
};
const size_t command_flow_count = sizeof command_flows / sizeof *command_flows;
