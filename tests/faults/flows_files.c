/* The cache's directory, and images. */
#include "flow.h"
#include <clnorm/cache.h>
#include <clnorm/image.h>
#include <clnorm/tuning.h>

#include "host.h"

static char place[FILES_PATH_SIZE];

/* ---- The cache's directory ---- */

static void begin_cache(void)
{
    files_join(place, directory, "cache");
    ck_assert_int_eq(mkdir(place, 0700), 0);
    setenv("CLNORM_CACHE_DIR", place, 1);
}

void fill_cache(const char *where)
{
    files_write_text(where, "0123456789abcdef0123456789abcdef.clbin", "a program");
    files_write_text(where, "00000000000000000000000000000000.clbin", "another");
}

static void before_cache(void)
{
    fill_cache(place);
    files_write_text(place, "0123456789abcdef0123456789abcdef.verdict", "of a program");
    files_write_text(place, "notes.txt", "not the cache's");
}

static clnorm_cache_summary summary;

static clnorm_status run_info(void)
{
    summary = clnorm_cache_summary_none();
    const clnorm_status status = clnorm_cache_info(&summary);
    if (status == CLNORM_OK)
        clnorm_cache_summary_free(&summary);
    return status;
}

static void check_info(clnorm_status status)
{
    ck_assert(status != CLNORM_OK ||
              (host.vanished ? summary.files == 1 : summary.files == 2 && summary.bytes == 16));
}

static size_t removed;

static clnorm_status run_clear(void)
{
    return clnorm_cache_clear(&removed);
}

static void check_clear(clnorm_status status)
{
    ck_assert_uint_eq(files_count(place, "notes.txt", NULL), 1);
    ck_assert(status != CLNORM_OK || removed == (host.vanished ? 2 : 3));
    ck_assert(status != CLNORM_OK || files_count(place, ".clbin", NULL) == 0);
}

static void end_cache(void)
{
    files_remove(place);
    unsetenv("CLNORM_CACHE_DIR");
}

/* ---- Images ---- */

static void begin_image(void)
{
    files_join(place, directory, "images");
    ck_assert_int_eq(clnorm_image_build(context, place), CLNORM_OK);
    setenv("CLNORM_BINARY_DIR", place, 1);
}

static clnorm_status run_build(void)
{
    return clnorm_image_build(context, place);
}

enum { TEXT_SIZE = 4 << 20 };

static char text_name[CLNORM_IMAGE_NAME_SIZE], text[TEXT_SIZE];
static size_t text_size;

static clnorm_status run_source(void)
{
    char name[CLNORM_IMAGE_NAME_SIZE];
    return clnorm_image_write_source(place, name);
}

static void begin_source(void)
{
    char path[FILES_PATH_SIZE];
    files_join(place, directory, "images");
    ck_assert_int_eq(clnorm_image_write_source(place, text_name), CLNORM_OK);
    files_join(path, place, text_name);
    text_size = files_read(path, text, TEXT_SIZE);
    ck_assert(text_size > 0 && text_size < TEXT_SIZE);
}

/* Of kernels in a directory, not of the library's own. */
static void begin_sources(void)
{
    setenv("CLNORM_KERNEL_DIR", TEST_KERNELS, 1);
    begin_source();
}

/* Whatever failed, the text is whole. */
static void check_source(clnorm_status status)
{
    static char found[TEXT_SIZE];
    char path[FILES_PATH_SIZE], name[FILES_PATH_SIZE] = "";
    files_join(path, place, text_name);
    ck_assert_msg(files_read(path, found, TEXT_SIZE) == text_size && memcmp(found, text, text_size) == 0,
                  "another text after %s", clnorm_status_name(status));
    ck_assert_msg(files_count(place, "", name) == 1, "%s is left", name);
}

static const char *compiled;

static clnorm_status run_import(void)
{
    return clnorm_image_import(context, compiled, place);
}

/* A context without a compiler, on what lies there. */
static clnorm_status run_image(void)
{
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 3, 5), 1);
    clnorm_context *made = NULL;
    clnorm_plan *plan = NULL;
    layer->no_compiler = true;
    clnorm_status status = clnorm_context_create(&made, "cpu");
    if (status == CLNORM_OK)
        status = clnorm_plan_create(&plan, made, &op);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(made);
    layer->no_compiler = false;
    return status;
}

/* What lies there is whole, the old or the new: a device can be loaded with it. */
static void check_image(clnorm_status status)
{
    char name[FILES_PATH_SIZE] = "";
    (void)status;
    ck_assert_msg(files_count(place, ".tmp", name) == 0, "%s is left", name);
    ck_assert_msg(run_image() == CLNORM_OK, "the image cannot be used: %s", clnorm_last_error());
}

/* What is built here, under the name of the text that its compiler would have made it of. */
const char *compiled_image(void)
{
    enum { BYTES = 4 << 20 };
    static char path[FILES_PATH_SIZE];
    char name[CLNORM_IMAGE_NAME_SIZE], found[FILES_PATH_SIZE], built[FILES_PATH_SIZE], whole[FILES_PATH_SIZE];
    files_join(built, directory, "built");
    ck_assert_int_eq(clnorm_image_build(context, built), CLNORM_OK);
    ck_assert_int_eq(clnorm_image_write_source(built, name), CLNORM_OK);
    ck_assert_uint_eq(files_count(built, ".bin", found), 1);
    files_join(whole, built, found);
    files_join(path, directory, name);
    strcpy(strrchr(path, '.'), ".aocx");
    char *bytes = malloc(BYTES);
    ck_assert_ptr_nonnull(bytes);
    files_write(path, bytes, files_read(whole, bytes, BYTES));
    free(bytes);
    files_remove(built);
    return path;
}

static void begin_import(void)
{
    compiled = compiled_image();
    begin_image();
}

/* A vendor's image may lack kernels; that the driver could not say so is no answer. */
static void check_import(clnorm_status status)
{
    if (status == CLNORM_OK && layer->failed != NULL && strcmp(layer->failed, "clCreateKernel") == 0)
        ck_assert_int_eq(layer->error, CL_INVALID_KERNEL_NAME);
    else
        check_image(status);
}

static void end_image(void)
{
    files_remove(place);
    unsetenv("CLNORM_BINARY_DIR");
    unsetenv("CLNORM_KERNEL_DIR");
}

/* ---- What was measured ---- */

static clnorm_context *tuned; /* keeps its values in `place` */

static clnorm_status open_tuned(clnorm_context **made)
{
    clnorm_context_options options = clnorm_context_defaults();
    options.device = "cpu";
    options.cache_directory = place;
    return clnorm_context_create_with(made, &options);
}

static void begin_tuning(void)
{
    files_join(place, directory, "tuning");
    ck_assert_int_eq(mkdir(place, 0700), 0);
    ck_assert_int_eq(open_tuned(&tuned), CLNORM_OK);
}

static size_t pieces_of(const clnorm_context *of)
{
    size_t value = 0;
    ck_assert_int_eq(clnorm_tuning_get(of, "pieces_per_unit", &value, NULL), CLNORM_OK);
    return value;
}

static void before_tuning(void)
{
    ck_assert_int_eq(clnorm_tuning_set(tuned, "pieces_per_unit", 7), CLNORM_OK);
    ck_assert_int_eq(clnorm_tuning_save(tuned), CLNORM_OK);
}

/* What a context finds in the file is one of both; no temporary file is left. */
static void check_tuning(size_t before, size_t after, clnorm_status status)
{
    clnorm_context *made = NULL;
    char name[FILES_PATH_SIZE] = "";
    ck_assert_int_eq(open_tuned(&made), CLNORM_OK);
    const size_t found = pieces_of(made);
    clnorm_context_destroy(made);
    ck_assert_msg(found == (status == CLNORM_OK ? after : before), "%zu pieces after %s", found,
                  clnorm_status_name(status));
    ck_assert_msg(files_count(place, ".tmp", name) == 0, "%s is left", name);
}

static clnorm_status run_save(void)
{
    const clnorm_status status = clnorm_tuning_set(tuned, "pieces_per_unit", 9);
    return status == CLNORM_OK ? clnorm_tuning_save(tuned) : status;
}

static void check_save(clnorm_status status)
{
    check_tuning(7, 9, status);
}

static clnorm_status run_reset(void)
{
    return clnorm_tuning_reset(tuned);
}

static void check_reset(clnorm_status status)
{
    /* A file that seemed to be none was left alone. */
    const bool missed = host.failed != NULL && strcmp(host.failed, "openat64") == 0;
    check_tuning(7, missed ? 7 : 4, status);
    ck_assert_uint_eq(pieces_of(tuned), status == CLNORM_OK ? 4 : 7);
}

static size_t found_pieces;

static clnorm_status run_load(void)
{
    clnorm_context *made = NULL;
    clnorm_status status = open_tuned(&made);
    if (status == CLNORM_OK)
        status = clnorm_tuning_get(made, "pieces_per_unit", &found_pieces, NULL);
    clnorm_context_destroy(made);
    return status;
}

/* Without what was measured the usual value counts. */
static void check_load(clnorm_status status)
{
    ck_assert(status != CLNORM_OK || found_pieces == 7 ||
              (found_pieces == 4 && (host.failed != NULL || layer->failed != NULL)));
    check_tuning(7, 7, status);
}

static void end_tuning(void)
{
    clnorm_context_destroy(tuned);
    files_remove(place);
}

const flow file_flows[] = {
    {"the cache's summary", .run = run_info, .host_only = true, .optional = " stat64 ", .check = check_info,
     .begin = begin_cache, .before = before_cache, .end = end_cache},
    /* The lock of verdicts may be missing, and a directory's descriptor is closed all the same. */
    {"clearing the cache", .run = run_clear, .host_only = true, .optional = " stat64 openat64 close ",
     .begin = begin_cache, .before = before_cache, .check = check_clear, .end = end_cache},
    {"building an image", .run = run_build, .optional = " stat64 ", .afterwards = " open64 close ",
     .begin = begin_image, .check = check_image, .end = end_image, .slow = true},
    {"importing an image", .run = run_import, .optional = " stat64 clCreateKernel ",
     .afterwards = " open64 close ", .begin = begin_import, .check = check_import, .end = end_image,
     .slow = true},
    {"writing an image's source", .run = run_source, .host_only = true, .optional = " stat64 ",
     .afterwards = " open64 close ", .begin = begin_source, .check = check_source, .end = end_image},
    {"writing an image's source, of kernels in a directory", .run = run_source, .host_only = true,
     .optional = " stat64 ", .afterwards = " open64 close ", .begin = begin_sources, .check = check_source,
     .end = end_image},
    {"loading an image", .run = run_image, .optional = CPU_CACHE_CALLS TUNING_CALLS " stat64 ",
     .begin = begin_image, .end = end_image, .slow = true},
    {"saving what was measured", .run = run_save, .host_only = true, .optional = " stat64 openat64 close ",
     .begin = begin_tuning, .before = before_tuning, .check = check_save, .end = end_tuning},
    {"forgetting what was measured", .run = run_reset, .host_only = true, .optional = " openat64 close ",
     .begin = begin_tuning, .before = before_tuning, .check = check_reset, .end = end_tuning},
    {"reading what was measured", .run = run_load,
     .optional = CPU_CACHE_CALLS CACHE_CALLS DEVICE_LIST_CALLS " json_loadb ", .begin = begin_tuning,
     .before = before_tuning, .check = check_load, .end = end_tuning},
};
const size_t file_flow_count = sizeof file_flows / sizeof *file_flows;
