/* Contexts: of our own, on the application's queue, and on devices that do not exist. */
#include "suite.h"

#include "context.h"
#include <stdio.h>
#include <string.h>

/* Set in the test's own process, before the log looks at it. */
static void clear_environment(void)
{
    unsetenv("CLNORM_DEVICE");
    unsetenv("CLNORM_KERNELS");
    unsetenv("CLNORM_VERBOSE");
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

/* ---- Creating ---- */

START_TEST(a_context_of_our_own)
{
    clnorm_context *context = NULL;
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    ck_assert_ptr_nonnull(clnorm_context_cl_context(context));
    ck_assert_ptr_nonnull(clnorm_context_cl_device(context));
    assert_usable(clnorm_context_cl_queue(context));
    assert_usable(context->warm_up_queue);
    ck_assert_ptr_ne(context->warm_up_queue, context->queue);
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
    ck_assert_uint_eq(queue_properties(context->warm_up_queue), 0);

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

/* ---- Schedules ---- */

static void assert_schedule(const clnorm_context *context, clnorm_kernels expected)
{
    clnorm_kernels schedule = CLNORM_KERNELS_AUTO;
    ck_assert_int_eq(context_schedule(context, &schedule), CLNORM_OK);
    ck_assert_int_eq(schedule, expected);
}

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

    TCase *schedules = add_case(suite, "schedules");
    tcase_add_test(schedules, the_type_of_the_device_decides);
    tcase_add_test(schedules, the_environment_and_the_program_override_it);

    return run_suite(suite);
}
