/* Contexts: of our own, on the application's queue, and on devices that do not exist. */
#include "suite.h"

#include "execute/context.h"
#include <stdio.h>
#include <string.h>

/* Set in the test's own process, before the log looks at it. */
static void clear_environment(void)
{
    unsetenv("CLNORM_DEVICE");
    unsetenv("CLNORM_KERNELS");
    unsetenv("CLNORM_VERBOSE");
    unsetenv("CLNORM_VERIFY");
    unsetenv("CLNORM_KERNEL_DIR");
    unsetenv("CLNORM_BINARY_DIR");
    setenv("CLNORM_CACHE_DIR", "off", 1);
}

static cl_command_queue_properties queue_properties(cl_command_queue queue)
{
    cl_command_queue_properties properties = 0;
    ck_assert_int_eq(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL),
                     CL_SUCCESS);
    return properties;
}

static cl_uint queue_references(cl_command_queue queue)
{
    cl_uint references = 0;
    ck_assert_int_eq(
        clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof references, &references, NULL),
        CL_SUCCESS);
    return references;
}

static cl_uint context_references(cl_context context)
{
    cl_uint references = 0;
    ck_assert_int_eq(
        clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof references, &references, NULL),
        CL_SUCCESS);
    return references;
}

static void assert_usable(cl_command_queue queue)
{
    ck_assert_ptr_nonnull(queue);
    ck_assert_int_eq(clFinish(queue), CL_SUCCESS);
}

static void assert_fails(const char *device, clnorm_status expected, const char *message)
{
    clnorm_context *untouched = (clnorm_context *)&untouched, *context = untouched;
    ck_assert_int_eq(clnorm_context_create(&context, device), expected);
    ck_assert_ptr_eq(context, untouched);
    ck_assert_msg(strstr(clnorm_last_error(), message), "\"%s\" is not in: %s", message, clnorm_last_error());
}

static void assert_schedule(const clnorm_context *context, clnorm_kernels expected)
{
    clnorm_kernels schedule = CLNORM_KERNELS_AUTO;
    ck_assert_int_eq(context_schedule(context, &schedule), CLNORM_OK);
    ck_assert_int_eq(schedule, expected);
}

/* ---- Creating ---- */

START_TEST(a_context_of_our_own)
{
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    ck_assert_ptr_nonnull(clnorm_context_cl_context(context));
    ck_assert_ptr_nonnull(clnorm_context_cl_device(context));
    assert_usable(clnorm_context_cl_queue(context));
    assert_usable(context->own_queue);
    ck_assert_ptr_ne(context->own_queue, context->queue);
    ck_assert_uint_eq(queue_properties(context->queue), 0);
    ck_assert_uint_ge(context->caps.compute_units, 1);
    ck_assert_ptr_nonnull(context->programs);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(the_queue_profiles_when_asked_to)
{
    clnorm_context *context = NULL;
    setenv("CLNORM_VERBOSE", "profile", 1);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    ck_assert_int_eq(clnorm_context_create(&context, ""), CLNORM_OK);
    ck_assert_uint_eq(queue_properties(clnorm_context_cl_queue(context)), CL_QUEUE_PROFILING_ENABLE);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(the_device_that_is_named)
{
    clnorm_device_list *list = NULL;
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        clnorm_context *context = NULL;
        char indices[40];
        snprintf(indices, sizeof indices, "%u:%u", device->platform, device->device);
        ck_assert_int_eq(clnorm_context_create(&context, indices), CLNORM_OK);
        ck_assert_ptr_eq(clnorm_context_cl_device(context), device->device_id);
        clnorm_context_destroy(context);
    }
    clnorm_device_list_destroy(list);
}
END_TEST

START_TEST(bad_devices)
{
    assert_fails("0", CLNORM_INVALID_DEVICE, "a number alone");
    assert_fails("::", CLNORM_INVALID_DEVICE, "the devices are ");
    assert_fails("no such device", CLNORM_DEVICE_NOT_FOUND, "the devices are ");
    assert_fails("99:0", CLNORM_DEVICE_NOT_FOUND, "no device matches \"99:0\"");
}
END_TEST

START_TEST(the_environment_names_the_device)
{
    clnorm_context *context = NULL;
    char text[2 * 1024];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';

    setenv("CLNORM_DEVICE", "no such device", 1);
    assert_fails(NULL, CLNORM_DEVICE_NOT_FOUND, "no device matches \"no such device\"");
    setenv("CLNORM_DEVICE", "1", 1);
    assert_fails(NULL, CLNORM_INVALID_DEVICE, "the device \"1\" cannot be read");
    setenv("CLNORM_DEVICE", text, 1);
    assert_fails(NULL, CLNORM_INVALID_ENVIRONMENT, "CLNORM_DEVICE");
    setenv("CLNORM_CACHE_DIR", "true", 1);
    assert_fails("", CLNORM_INVALID_ENVIRONMENT, "CLNORM_CACHE_DIR is \"true\"");
    setenv("CLNORM_CACHE_DIR", "off", 1);
    /* What is said explicitly wins, the empty string included. */
    ck_assert_int_eq(clnorm_context_create(&context, ""), CLNORM_OK);
    clnorm_context_destroy(context);
    setenv("CLNORM_DEVICE", "0::", 1);
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(no_drivers)
{
    setenv("OCL_ICD_VENDORS", "/nonexistent/", 1);
    assert_fails(NULL, CLNORM_DEVICE_NOT_FOUND, "pocl-opencl-icd");
}
END_TEST

START_TEST(null_arguments)
{
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_create(NULL, NULL), CLNORM_INVALID_ARGUMENT);
    ck_assert_int_eq(clnorm_context_from_queue(&context, NULL), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "queue is NULL"));
    ck_assert_int_eq(clnorm_context_from_queue(NULL, NULL), CLNORM_INVALID_ARGUMENT);
    ck_assert_int_eq(clnorm_context_set_kernels(NULL, CLNORM_KERNELS_CPU), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_null(context);
    ck_assert_ptr_null(clnorm_context_cl_context(NULL));
    ck_assert_ptr_null(clnorm_context_cl_device(NULL));
    ck_assert_ptr_null(clnorm_context_cl_queue(NULL));
    clnorm_context_destroy(NULL);
}
END_TEST

/* ---- The application's queue ---- */

typedef struct application {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
} application;

static application create_application(cl_command_queue_properties properties)
{
    application app = {0};
    clnorm_device_list *list = NULL;
    cl_int error;
    ck_assert_int_eq(clnorm_device_list_create(&list, ""), CLNORM_OK);
    ck_assert_uint_ge(clnorm_device_list_count(list), 1);
    app.device = clnorm_device_list_get(list, 0)->device_id;
    clnorm_device_list_destroy(list);
    app.context = clCreateContext(NULL, 1, &app.device, NULL, NULL, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    app.queue = clCreateCommandQueue(app.context, app.device, properties, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    return app;
}

START_TEST(on_the_queue_of_the_application)
{
    application app = create_application(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    cl_uint context_count = context_references(app.context);
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_from_queue(&context, app.queue), CLNORM_OK);
    ck_assert_ptr_eq(clnorm_context_cl_context(context), app.context);
    ck_assert_ptr_eq(clnorm_context_cl_device(context), app.device);
    ck_assert_ptr_eq(clnorm_context_cl_queue(context), app.queue);
    ck_assert_uint_eq(queue_references(app.queue), 2);
    ck_assert_uint_eq(queue_properties(context->own_queue), 0);

    clnorm_context_destroy(context);
    ck_assert_uint_eq(queue_references(app.queue), 1);
    ck_assert_uint_eq(context_references(app.context), context_count);
    assert_usable(app.queue);
    clReleaseCommandQueue(app.queue);
    clReleaseContext(app.context);
}
END_TEST

START_TEST(the_application_lets_go_first)
{
    application app = create_application(0);
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_from_queue(&context, app.queue), CLNORM_OK);
    clReleaseCommandQueue(app.queue);
    clReleaseContext(app.context);
    assert_usable(clnorm_context_cl_queue(context));
    clnorm_context_destroy(context);
}
END_TEST

/* As a plan does that outlives its context. */
START_TEST(a_reference_keeps_the_context)
{
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    context_retain(context);
    clnorm_context_destroy(context);
    assert_usable(clnorm_context_cl_queue(context));
    context_release(context);
}
END_TEST

/* ---- Options ---- */

/* No variable that would be read could be overlooked: each is an error. */
static void spoil_environment(void)
{
    static char long_text[2 * 1024];
    memset(long_text, 'x', sizeof long_text - 1);
    setenv("CLNORM_DEVICE", long_text, 1);
    setenv("CLNORM_KERNELS", "tpu", 1);
    setenv("CLNORM_VERIFY", "maybe", 1);
    setenv("CLNORM_CACHE_DIR", "true", 1);
}

static void assert_refused(const clnorm_context_options *options, clnorm_status expected, const char *message)
{
    clnorm_context *untouched = (clnorm_context *)&untouched, *context = untouched;
    ck_assert_int_eq(clnorm_context_create_with(&context, options), expected);
    ck_assert_ptr_eq(context, untouched);
    ck_assert_msg(strstr(clnorm_last_error(), message), "\"%s\" is not in: %s", message, clnorm_last_error());
}

static clnorm_context *create_with(const clnorm_context_options *options)
{
    clnorm_context *context = NULL;
    ck_assert_msg(clnorm_context_create_with(&context, options) == CLNORM_OK, "%s", clnorm_last_error());
    return context;
}

START_TEST(defaults_are_those_of_the_environment)
{
    const clnorm_context_options options = clnorm_context_defaults();
    const clnorm_context_options *const asked[] = {NULL, &options};
    setenv("CLNORM_CACHE_DIR", "/c", 1);
    setenv("CLNORM_KERNEL_DIR", "/", 1);
    setenv("CLNORM_BINARY_DIR", "/tmp", 1);
    setenv("CLNORM_KERNELS", "gpu", 1);
    setenv("CLNORM_VERIFY", "always", 1);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        clnorm_context *context = create_with(asked[i]);
        ck_assert_str_eq(context->directories.cache, "/c");
        ck_assert_str_eq(context->directories.kernels, "/");
        ck_assert_str_eq(context->directories.binaries, "/tmp");
        ck_assert_int_eq(context->verify, CLNORM_VERIFY_ALWAYS);
        assert_schedule(context, CLNORM_KERNELS_GPU);
        clnorm_context_destroy(context);
    }
}
END_TEST

START_TEST(what_is_given_is_not_asked_of_the_environment)
{
    char device[] = "cpu", cache[] = "/given";
    clnorm_context_options options = clnorm_context_defaults();
    spoil_environment();
    options.device = device;
    options.kernels = CLNORM_KERNELS_GPU;
    options.verify = CLNORM_VERIFY_OFF;
    options.cache_directory = cache;
    options.kernel_directory = "";
    options.binary_directory = "";
    clnorm_context *context = create_with(&options);
    cache[1] = 'x'; /* the caller's again */
    ck_assert_str_eq(context->directories.cache, "/given");
    ck_assert_ptr_null(context->directories.kernels);
    ck_assert_ptr_null(context->directories.binaries);
    ck_assert_int_eq(context->verify, CLNORM_VERIFY_OFF);
    assert_schedule(context, CLNORM_KERNELS_GPU);
    clnorm_context_destroy(context);
}
END_TEST

/* One that is left to them is read, whatever the others say. */
START_TEST(each_variable_is_read_for_its_field_alone)
{
    clnorm_context_options given = clnorm_context_defaults();
    given.device = "";
    given.kernels = CLNORM_KERNELS_CPU;
    given.verify = CLNORM_VERIFY_NEW;
    given.cache_directory = "";
    spoil_environment();
    clnorm_context_options options = given;
    options.device = NULL;
    assert_refused(&options, CLNORM_INVALID_ENVIRONMENT, "CLNORM_DEVICE");
    options = given;
    options.verify = CLNORM_VERIFY_DEFAULT;
    assert_refused(&options, CLNORM_INVALID_ENVIRONMENT, "CLNORM_VERIFY is \"maybe\"");
    options = given;
    options.cache_directory = NULL;
    assert_refused(&options, CLNORM_INVALID_ENVIRONMENT, "CLNORM_CACHE_DIR is \"true\"");
    options = given;
    options.kernels = CLNORM_KERNELS_AUTO;
    clnorm_kernels schedule;
    clnorm_context *context = create_with(&options);
    ck_assert_ptr_null(context->directories.cache);
    ck_assert_int_eq(context_schedule(context, &schedule), CLNORM_INVALID_ENVIRONMENT);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(the_environment_is_ignored)
{
    clnorm_context_options options = clnorm_context_defaults();
    spoil_environment();
    setenv("CLNORM_KERNEL_DIR", "/k", 1);
    setenv("CLNORM_BINARY_DIR", "/b", 1);
    setenv("CLNORM_VERBOSE", "profile", 1);
    setenv("XDG_CACHE_HOME", "/x", 1);
    options.ignore_environment = true;
    clnorm_context *context = create_with(&options);
    ck_assert_ptr_null(context->directories.cache);
    ck_assert_ptr_null(context->directories.kernels);
    ck_assert_ptr_null(context->directories.binaries);
    ck_assert_int_eq(context->verify, CLNORM_VERIFY_NEW);
    ck_assert_uint_eq(queue_properties(clnorm_context_cl_queue(context)), 0);
    const clnorm_kernels usual =
        context->caps.no_wide_vectors ? CLNORM_KERNELS_GPU : CLNORM_KERNELS_CPU; /* the tests run on CPUs */
    assert_schedule(context, usual);
    ck_assert_int_eq(clnorm_context_set_kernels(context, CLNORM_KERNELS_FPGA), CLNORM_OK);
    assert_schedule(context, CLNORM_KERNELS_FPGA);
    ck_assert_int_eq(clnorm_context_set_kernels(context, CLNORM_KERNELS_AUTO), CLNORM_OK);
    assert_schedule(context, usual);
    clnorm_context_destroy(context);
    options.device = "no such device";
    assert_refused(&options, CLNORM_DEVICE_NOT_FOUND, "no device matches \"no such device\"");
}
END_TEST

START_TEST(options_with_a_queue)
{
    application app = create_application(0);
    clnorm_context_options options = clnorm_context_defaults();
    options.queue = app.queue;
    options.kernels = CLNORM_KERNELS_GPU;
    clnorm_context *context = create_with(&options);
    ck_assert_ptr_eq(clnorm_context_cl_queue(context), app.queue);
    assert_schedule(context, CLNORM_KERNELS_GPU);
    clnorm_context_destroy(context);
    options.device = "";
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "the queue and the device \"\" are both given");
    clReleaseCommandQueue(app.queue);
    clReleaseContext(app.context);
}
END_TEST

static void keep_line(clnorm_log_level level, const char *line, void *user)
{
    char *kept = user;
    if (level == CLNORM_LOG_INFO && strncmp(line, "device ", 7) == 0)
        strncat(kept, line, 100);
}

START_TEST(options_with_a_log)
{
    char kept[128] = "";
    clnorm_context_options options = clnorm_context_defaults();
    setenv("CLNORM_VERBOSE", "profile", 1);
    options.log_callback = keep_line;
    options.log_level = CLNORM_LOG_INFO;
    options.log_user = kept;
    clnorm_context *context = create_with(&options);
    ck_assert_uint_gt(strlen(kept), 7);
    ck_assert_uint_eq(queue_properties(clnorm_context_cl_queue(context)), 0);
    clnorm_context_destroy(context);
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
}
END_TEST

START_TEST(bad_options)
{
    const clnorm_context_options defaults = clnorm_context_defaults();
    clnorm_context_options options = defaults;
    options.kernels = (clnorm_kernels)4;
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "kernels is 4; allowed are ");
    options = defaults;
    options.verify = (clnorm_verify)4;
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "verify is 4; allowed are ");
    options.verify = (clnorm_verify)-1;
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "verify is -1; allowed are ");
    options = defaults;
    options.log_level = CLNORM_LOG_INFO;
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "log_level is 2, but log_callback is NULL");
    options.log_callback = keep_line;
    options.log_level = (clnorm_log_level)5;
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "log_level is 5; allowed are ");
    options = defaults;
    options.cache_directory = "/dev/null";
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "cache_directory is \"/dev/null\": not a directory");
    options = defaults;
    options.kernel_directory = "no/such";
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "kernel_directory is \"no/such\": No such file");
    options.kernel_directory = "";
    options.binary_directory = "no/such";
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "binary_directory is \"no/such\": No such file");
    options = (clnorm_context_options){0};
    assert_refused(&options, CLNORM_INVALID_ARGUMENT, "options.size is 0; make the struct by ");
    ck_assert_int_eq(clnorm_context_create_with(NULL, &defaults), CLNORM_INVALID_ARGUMENT);
}
END_TEST

/* An older program's struct ends early: what lies behind it is no option. A newer one's is longer. */
START_TEST(options_of_other_versions)
{
    struct {
        clnorm_context_options known;
        char later[64];
    } newer = {.known = clnorm_context_defaults()};
    clnorm_context_options older = clnorm_context_defaults();
    memset(newer.later, 0x55, sizeof newer.later);
    newer.known.size = sizeof newer;
    newer.known.verify = CLNORM_VERIFY_OFF;
    clnorm_context *context = create_with(&newer.known);
    ck_assert_int_eq(context->verify, CLNORM_VERIFY_OFF);
    clnorm_context_destroy(context);

    older.size = offsetof(clnorm_context_options, cache_directory);
    memset((char *)&older + older.size, 0x55, sizeof older - older.size);
    older.device = "cpu";
    context = create_with(&older);
    ck_assert_ptr_null(context->directories.cache);
    ck_assert_int_eq(context->verify, CLNORM_VERIFY_NEW);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Schedules ---- */

START_TEST(the_type_of_the_device_decides)
{
    static const struct {
        cl_device_type type;
        clnorm_kernels expected;
    } cases[] = {
        {CL_DEVICE_TYPE_CPU, CLNORM_KERNELS_CPU},
        {CL_DEVICE_TYPE_GPU, CLNORM_KERNELS_GPU},
        {CL_DEVICE_TYPE_ACCELERATOR, CLNORM_KERNELS_FPGA},
        {CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_ACCELERATOR, CLNORM_KERNELS_CPU},
        {CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR, CLNORM_KERNELS_GPU},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clnorm_context context = {.caps = {.type = cases[i].type, .compiler = true}};
        assert_schedule(&context, cases[i].expected);
        context.caps.no_wide_vectors = true; /* a CPU's compiler that does not bear them */
        assert_schedule(&context,
                        cases[i].expected == CLNORM_KERNELS_CPU ? CLNORM_KERNELS_GPU : cases[i].expected);
        context.caps.compiler = false; /* is loaded with what was compiled elsewhere */
        assert_schedule(&context, CLNORM_KERNELS_FPGA);
    }
}
END_TEST

START_TEST(the_environment_and_the_program_override_it)
{
    clnorm_context context = {.caps = {.type = CL_DEVICE_TYPE_CPU}};
    clnorm_kernels schedule = CLNORM_KERNELS_AUTO;

    setenv("CLNORM_KERNELS", "gpu", 1);
    assert_schedule(&context, CLNORM_KERNELS_GPU);
    ck_assert_int_eq(clnorm_context_set_kernels(&context, CLNORM_KERNELS_FPGA), CLNORM_OK);
    assert_schedule(&context, CLNORM_KERNELS_FPGA);
    ck_assert_int_eq(clnorm_context_set_kernels(&context, (clnorm_kernels)4), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "kernels is 4"));
    ck_assert_int_eq(clnorm_context_set_kernels(&context, (clnorm_kernels)-1), CLNORM_INVALID_ARGUMENT);
    assert_schedule(&context, CLNORM_KERNELS_FPGA);
    ck_assert_int_eq(clnorm_context_set_kernels(&context, CLNORM_KERNELS_AUTO), CLNORM_OK);
    assert_schedule(&context, CLNORM_KERNELS_GPU);

    setenv("CLNORM_KERNELS", "tpu", 1);
    ck_assert_int_eq(context_schedule(&context, &schedule), CLNORM_INVALID_ENVIRONMENT);
    ck_assert_int_eq(schedule, CLNORM_KERNELS_AUTO);
    ck_assert_int_eq(clnorm_context_set_kernels(&context, CLNORM_KERNELS_CPU), CLNORM_OK);
    assert_schedule(&context, CLNORM_KERNELS_CPU);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *group = tcase_create(name);
    tcase_add_checked_fixture(group, clear_environment, NULL);
    tcase_set_timeout(group, 60);
    suite_add_tcase(suite, group);
    return group;
}

int main(void)
{
    Suite *suite = suite_create("context");

    TCase *creating = add_case(suite, "creating");
    tcase_add_test(creating, a_context_of_our_own);
    tcase_add_test(creating, the_queue_profiles_when_asked_to);
    tcase_add_test(creating, the_device_that_is_named);
    tcase_add_test(creating, bad_devices);
    tcase_add_test(creating, the_environment_names_the_device);
    tcase_add_test(creating, no_drivers);
    tcase_add_test(creating, null_arguments);

    TCase *adopting = add_case(suite, "adopting");
    tcase_add_test(adopting, on_the_queue_of_the_application);
    tcase_add_test(adopting, the_application_lets_go_first);
    tcase_add_test(adopting, a_reference_keeps_the_context);

    TCase *options = add_case(suite, "options");
    tcase_add_test(options, defaults_are_those_of_the_environment);
    tcase_add_test(options, what_is_given_is_not_asked_of_the_environment);
    tcase_add_test(options, each_variable_is_read_for_its_field_alone);
    tcase_add_test(options, the_environment_is_ignored);
    tcase_add_test(options, options_with_a_queue);
    tcase_add_test(options, options_with_a_log);
    tcase_add_test(options, bad_options);
    tcase_add_test(options, options_of_other_versions);

    TCase *schedules = add_case(suite, "schedules");
    tcase_add_test(schedules, the_type_of_the_device_decides);
    tcase_add_test(schedules, the_environment_and_the_program_override_it);

    return run_suite(suite);
}
