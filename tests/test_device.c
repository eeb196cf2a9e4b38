/* Which device a string names: among invented devices, and among those of this machine. */
#include "suite.h"

#include "devices/device_list.h"
#include "devices/device_string.h"
#include "devices/device_info.h"
#include <stdio.h>
#include <string.h>

#define DEVICE(p, d, kind, text, on)                                                                         \
    (&(const clnorm_device){.platform = p, .device = d, .type = kind, .name = text, .platform_name = on})

/* An accelerator and a CPU come before the GPUs; platform 2 has no devices. */
static const clnorm_device *const workstation[] = {
    DEVICE(0, 0, "accelerator", "Intel(R) FPGA Emulation Device", "Intel(R) FPGA Emulation Platform"),
    DEVICE(0, 1, "accelerator", "pac_a10 : Intel PAC Platform", "Intel(R) FPGA SDK"),
    DEVICE(1, 0, "cpu", "Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "Intel(R) OpenCL"),
    DEVICE(3, 0, "gpu", "NVIDIA GeForce RTX 3090", "NVIDIA CUDA"),
    DEVICE(3, 1, "gpu", "Tesla T4", "NVIDIA CUDA"),
    DEVICE(4, 0, "cpu", "AMD EPYC 7763", "Portable Computing Language"),
};

static const clnorm_device *const cpu_only[] = {
    DEVICE(0, 0, "cpu", "pthread-skylake-avx512", "Portable Computing Language"),
};

static const clnorm_device *const accelerator_only[] = {
    DEVICE(0, 0, "accelerator", "Intel(R) FPGA Emulation Device", "Intel(R) FPGA Emulation Platform"),
};

/* Names that hold the words for types. */
static const clnorm_device *const misleading[] = {
    DEVICE(0, 0, "cpu", "gpu simulator", "accelerator platform"),
    DEVICE(1, 0, "gpu", "cpu fpga", "Intel(R) CPU Runtime"),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct choice_case {
    const char *choice;
    int index;           /* of the device that is expected; -1: an error */
    clnorm_status error; /* of that error */
    const char *message; /* a part of its message */
} choice_case;

static void check_cases(const clnorm_device *const *devices, size_t count, const choice_case *cases,
                        size_t case_count)
{
    for (size_t i = 0; i < case_count; i++) {
        const choice_case *c = &cases[i];
        const clnorm_device *chosen = NULL;
        clnorm_status status = device_choose(devices, count, c->choice, &chosen);
        if (c->index >= 0) {
            ck_assert_msg(status == CLNORM_OK, "\"%s\": %s", c->choice, clnorm_last_error());
            ck_assert_msg(chosen == devices[c->index], "\"%s\" gave %s", c->choice, chosen->name);
        } else {
            ck_assert_msg(status == c->error, "\"%s\" gave %s", c->choice, clnorm_status_name(status));
            ck_assert_msg(strstr(clnorm_last_error(), c->message), "\"%s\" is not in: %s", c->message,
                          clnorm_last_error());
            ck_assert_ptr_null(chosen);
        }
        ck_assert_ptr_eq(device_find(devices, count, c->choice), chosen);
    }
}

#define CHECK_CASES(devices, cases) check_cases(devices, COUNT(devices), cases, COUNT(cases))

#define MALFORMED(choice, message)                                                                           \
    {                                                                                                        \
        choice, -1, CLNORM_INVALID_DEVICE, message                                                           \
    }
#define NOT_FOUND(choice, message)                                                                           \
    {                                                                                                        \
        choice, -1, CLNORM_DEVICE_NOT_FOUND, message                                                         \
    }
#define FOUND(choice, index)                                                                                 \
    {                                                                                                        \
        choice, index, CLNORM_OK, NULL                                                                       \
    }

START_TEST(the_best_device)
{
    static const choice_case best_gpu[] = {FOUND("", 3)};
    static const choice_case best_cpu[] = {FOUND("", 0)};
    static const choice_case no_accelerator[] = {
        NOT_FOUND("", "neither a GPU nor a CPU"),
        NOT_FOUND("", "0:0 accelerator Intel(R) FPGA Emulation Device"),
        FOUND("fpga", 0),
    };
    CHECK_CASES(workstation, best_gpu);
    CHECK_CASES(cpu_only, best_cpu);
    CHECK_CASES(accelerator_only, no_accelerator);
}
END_TEST

START_TEST(types)
{
    static const choice_case cases[] = {
        FOUND("cpu", 2), FOUND("gpu", 3), FOUND("fpga", 0), FOUND("accelerator", 0),
        FOUND("CPU", 2), FOUND("Gpu", 3), FOUND("FPGA", 0), FOUND("Accelerator", 0),
    };
    static const choice_case never_a_name[] = {
        FOUND("cpu", 0),
        FOUND("gpu", 1),
        NOT_FOUND("fpga",
                  "no device matches \"fpga\"; the devices are 0:0 cpu gpu simulator, 1:0 gpu cpu fpga"),
        NOT_FOUND("accelerator", "no device matches"),
        FOUND("cpu fpga", 1),
        FOUND("simulator", 0),
    };
    CHECK_CASES(workstation, cases);
    CHECK_CASES(misleading, never_a_name);
}
END_TEST

START_TEST(platform_and_device)
{
    static const choice_case cases[] = {
        FOUND("0:0", 0),
        FOUND("0:1", 1),
        FOUND("1:0", 2),
        FOUND("3:1", 4),
        FOUND("03:01", 4),
        NOT_FOUND("2:0", "no device matches \"2:0\"; the devices are 0:0 accelerator Intel(R) FPGA Emu"),
        NOT_FOUND("1:1", "1:0 cpu Intel(R) Core(TM) i7-1165G7 @ 2.80GHz, 3:0 gpu NVIDIA GeForce RTX 3090"),
        NOT_FOUND("4294967296:0", "no device matches"),
        NOT_FOUND("18446744073709551616:0", "no device matches"),
        NOT_FOUND("0:99999999999999999999999999999999999999999", "no device matches"),
    };
    CHECK_CASES(workstation, cases);
}
END_TEST

START_TEST(names)
{
    static const choice_case cases[] = {
        FOUND("nvidia", 3),
        FOUND("TESLA", 4),
        FOUND("t4", 4),
        FOUND("RTX 3090", 3),
        FOUND("portable", 5),
        FOUND("epyc 7763", 5),
        FOUND("intel", 2), /* the accelerators come last */
        FOUND("emulation device", 0),
        FOUND("pac", 1),
        FOUND("Intel PAC", 1),
        NOT_FOUND("radeon", "no device matches \"radeon\"; the devices are 0:0 "),
        NOT_FOUND("NVIDIA GeForce RTX 3090 Ti", "4:0 cpu AMD EPYC 7763"),
        NOT_FOUND("\xc3\xa9", "no device matches"),
    };
    CHECK_CASES(workstation, cases);
}
END_TEST

START_TEST(three_fields)
{
    static const choice_case cases[] = {
        FOUND("0::0", 0),
        FOUND("0::1", 1),
        FOUND("0::", 0),
        FOUND("3::", 3),
        FOUND("::1", 4), /* device 1 of any platform; the accelerator comes last */
        FOUND("intel::", 2),
        FOUND("intel:fpga:", 0),
        FOUND("intel:accelerator:pac", 1),
        FOUND("INTEL:CPU:", 2),
        FOUND(":cpu:epyc", 5),
        FOUND(":cpu:", 2),
        FOUND(":gpu:1", 4),
        FOUND("nvidia:gpu:1", 4),
        FOUND("nvidia::tesla", 4),
        FOUND("3:gpu:geforce", 3),
        FOUND("::geforce", 3),
        NOT_FOUND("::nvidia cuda", "no device matches"), /* the platform's name, in the device's place */
        NOT_FOUND("geforce::", "no device matches"),
        NOT_FOUND("nvidia:cpu:", "no device matches"),
        NOT_FOUND("0:gpu:0", "no device matches"),
        NOT_FOUND("::3090", "no device matches"), /* an index */
    };
    CHECK_CASES(workstation, cases);
}
END_TEST

START_TEST(malformed)
{
    static const choice_case cases[] = {
        MALFORMED("0", "the device \"0\" cannot be read: a number alone could be a platform or a device"),
        MALFORMED("3090", "a number alone"),
        MALFORMED("::", "nothing stands around the colons"),
        MALFORMED(":", "with one colon both sides must be numbers"),
        MALFORMED("1:", "with one colon both sides must be numbers"),
        MALFORMED(":0", "with one colon both sides must be numbers"),
        MALFORMED("intel:0", "with one colon both sides must be numbers"),
        MALFORMED("0:cpu", "with one colon both sides must be numbers"),
        MALFORMED("intel:fpga", "with one colon both sides must be numbers"),
        MALFORMED("pac_a10 : Intel", "a name contains a letter, and no blank"),
        MALFORMED(":::", "more than two colons"),
        MALFORMED("0:cpu:0:", "more than two colons"),
        MALFORMED("a:b:c:d:e:f", "more than two colons"),
        MALFORMED("intel:core:0", "between the two colons a type must stand"),
        MALFORMED("0:0:0", "between the two colons a type must stand"),
        MALFORMED("cpu::", "a type stands between the two colons"),
        MALFORMED("::gpu", "a type stands between the two colons"),
        MALFORMED("fpga::0", "a type stands between the two colons"),
        MALFORMED("-1", "a name contains a letter"),
        MALFORMED("0.0", "a name contains a letter"),
        MALFORMED("2.80", "a name contains a letter"),
        MALFORMED("-1:0", "a name contains a letter"),
        MALFORMED("+1:0", "a name contains a letter"),
        MALFORMED(" ", "a name contains a letter"),
        MALFORMED("cpu ", "no blank at its beginning or end"),
        MALFORMED(" cpu", "no blank at its beginning or end"),
        MALFORMED("cpu\n", "no blank at its beginning or end"),
        MALFORMED("1: 0", "no blank"),
        MALFORMED("?", "the devices are 0:0 accelerator Intel(R) FPGA Emulation Device, 0:1 accelerator "
                       "pac_a10 : Intel PAC Platform, 1:0 cpu Intel(R) Core"),
        MALFORMED("?", "allowed are cpu, gpu, fpga, platform:device as in 0:0, a part of a name, and "
                       "platform:type:device"),
    };
    CHECK_CASES(workstation, cases);
}
END_TEST

START_TEST(no_device_at_all)
{
    static const choice_case cases[] = {
        NOT_FOUND("", "pocl-opencl-icd"),
        NOT_FOUND("cpu", "pocl-opencl-icd"),
        NOT_FOUND("0:0", "no device matches"),
        MALFORMED("0", "pocl-opencl-icd"),
    };
    check_cases(NULL, 0, cases, COUNT(cases));
}
END_TEST

START_TEST(very_long_strings)
{
    enum { DEVICES = 200, LENGTH = 5000 };
    static char name[LENGTH], choice[LENGTH];
    static clnorm_device devices[DEVICES];
    const clnorm_device *list[DEVICES], *chosen = NULL;
    memset(choice, 'c', sizeof choice - 1);
    memset(name, 'n', sizeof name - 1);
    for (unsigned i = 0; i < DEVICES; i++) {
        devices[i] = *DEVICE(0, i, "cpu", name, name);
        list[i] = &devices[i];
    }
    ck_assert_int_eq(device_choose(list, DEVICES, name, &chosen), CLNORM_OK);
    ck_assert_ptr_eq(chosen, list[0]);

    /* Wherever the list is cut, it says so. */
    for (size_t length = LENGTH - 1; length > 0; length = length > 200 ? 200 : length - 1) {
        name[length] = '\0';
        ck_assert_int_eq(device_choose(list, DEVICES, choice, &chosen), CLNORM_DEVICE_NOT_FOUND);
        const char *message = clnorm_last_error();
        ck_assert_ptr_nonnull(strstr(message, "0:1 cpu n"));
        if (!strstr(message, "0:199 cpu"))
            ck_assert_str_eq(message + strlen(message) - 6, "n, ...");
    }
}
END_TEST

START_TEST(classes)
{
    const cl_device_type all = CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_ACCELERATOR;
    ck_assert_uint_eq(device_class(all | CL_DEVICE_TYPE_DEFAULT), CL_DEVICE_TYPE_GPU);
    ck_assert_uint_eq(device_class(CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_ACCELERATOR), CL_DEVICE_TYPE_CPU);
    ck_assert_uint_eq(device_class(CL_DEVICE_TYPE_ACCELERATOR), CL_DEVICE_TYPE_ACCELERATOR);
    ck_assert_uint_eq(device_class(CL_DEVICE_TYPE_CUSTOM), CL_DEVICE_TYPE_ACCELERATOR);
}
END_TEST

/* ---- The devices of this machine ---- */

/* The index of the default of the listing, or -1. */
static int default_of(const char *choice)
{
    clnorm_device_list *list = NULL;
    int found = -1;
    ck_assert_int_eq(clnorm_device_list_create(&list, choice), CLNORM_OK);
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        if (!clnorm_device_list_get(list, i)->is_default)
            continue;
        ck_assert_int_eq(found, -1);
        found = (int)i;
    }
    clnorm_device_list_destroy(list);
    return found;
}

START_TEST(real_devices)
{
    clnorm_device_list *list = NULL;
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    size_t count = clnorm_device_list_count(list);
    ck_assert_uint_ge(count, 1);
    for (size_t i = 0; i < count; i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        char indices[40];
        const clnorm_device *chosen = NULL;
        ck_assert_str_ne(device->name, "");
        ck_assert_str_ne(device->platform_name, "");
        ck_assert_ptr_nonnull(device->vendor);
        ck_assert_ptr_nonnull(device->driver);
        ck_assert_int_eq(strncmp(device->version, "OpenCL ", 7), 0);
        ck_assert_ptr_nonnull(device->device_id);
        ck_assert_ptr_nonnull(device->platform_id);
        snprintf(indices, sizeof indices, "%u:%u", device->platform, device->device);
        ck_assert_int_eq(device_list_choose(list, indices, &chosen), CLNORM_OK);
        ck_assert_ptr_eq(chosen, device);
        ck_assert_int_eq(default_of(indices), (int)i);
    }
    ck_assert_ptr_null(clnorm_device_list_get(list, count));
    clnorm_device_list_destroy(list);
}
END_TEST

START_TEST(the_default_is_marked)
{
    setenv("CLNORM_DEVICE", "no such device", 1);
    ck_assert_int_eq(default_of(NULL), -1);
    ck_assert_int_ge(default_of(""), 0);
    ck_assert_int_eq(default_of("another that does not exist"), -1);
    ck_assert_int_eq(default_of("::"), -1);
    ck_assert_str_eq(clnorm_last_error(), "");
    setenv("CLNORM_DEVICE", "0::", 1);
    ck_assert_int_ge(default_of(NULL), 0);
    unsetenv("CLNORM_DEVICE");
    ck_assert_int_eq(default_of(NULL), default_of(""));
}
END_TEST

START_TEST(a_machine_without_drivers)
{
    clnorm_device_list *list = NULL;
    const clnorm_device *chosen = NULL;
    setenv("OCL_ICD_VENDORS", "/nonexistent/", 1);
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    ck_assert_uint_eq(clnorm_device_list_count(list), 0);
    ck_assert_ptr_null(clnorm_device_list_get(list, 0));
    ck_assert_int_eq(device_list_choose(list, "", &chosen), CLNORM_DEVICE_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "pocl-opencl-icd"));
    clnorm_device_list_destroy(list);
}
END_TEST

/* A choice that cannot be read leaves the list without a default. */
START_TEST(a_choice_beyond_all_measure)
{
    clnorm_device_list *list = NULL;
    char *choice = calloc(5000, 1);
    ck_assert_ptr_nonnull(choice);
    memset(choice, 'x', 4999);
    setenv("CLNORM_DEVICE", choice, 1);
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    for (size_t i = 0; i < clnorm_device_list_count(list); i++)
        ck_assert(!clnorm_device_list_get(list, i)->is_default);
    clnorm_device_list_destroy(list);
    unsetenv("CLNORM_DEVICE");
    free(choice);
}
END_TEST

START_TEST(null_lists)
{
    ck_assert_int_eq(clnorm_device_list_create(NULL, NULL), CLNORM_INVALID_ARGUMENT);
    ck_assert_uint_eq(clnorm_device_list_count(NULL), 0);
    ck_assert_ptr_null(clnorm_device_list_get(NULL, 0));
    clnorm_device_list_destroy(NULL);
}
END_TEST

START_TEST(real_caps)
{
    clnorm_device_list *list = NULL;
    caps limits;
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    for (size_t i = 0; i < clnorm_device_list_count(list); i++) {
        const clnorm_device *device = clnorm_device_list_get(list, i);
        ck_assert_int_eq(device_caps(device->device_id, &limits), CLNORM_OK);
        ck_assert_uint_ge(limits.compute_units, 1);
        ck_assert_uint_ge(limits.max_work_group_size, 1);
        ck_assert_uint_ge(limits.max_work_item_size, 1);
        ck_assert_uint_ge(limits.local_memory, 1024);
        ck_assert(limits.address_bits == 32 || limits.address_bits == 64);
        ck_assert_int_eq(limits.compiler, device->compiler);
        ck_assert_uint_ne(limits.type, 0);
    }
    clnorm_device_list_destroy(list);
}
END_TEST

/* What is used of a device, for programs with a longer, a shorter and no struct. */
START_TEST(what_is_used)
{
    clnorm_device_list *list = NULL;
    struct longer {
        clnorm_device_use known;
        int later;
    } use = {clnorm_device_use_none(), 77};
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    const clnorm_device *device = clnorm_device_list_get(list, 0);
    use.known.size = sizeof use;
    ck_assert_int_eq(clnorm_device_use_get(device, &use.known), CLNORM_OK);
    ck_assert_uint_eq(use.known.size, sizeof use);
    ck_assert_uint_gt(use.known.work_group_size, 0);
    ck_assert_ptr_nonnull(use.known.sub_groups);
    ck_assert_int_eq(use.later, 77);
    use.known.size = sizeof use.known.size;
    ck_assert_int_eq(clnorm_device_use_get(device, &use.known), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "make the struct by clnorm_device_use_none"));
    ck_assert_int_eq(clnorm_device_use_get(NULL, &use.known), CLNORM_INVALID_ARGUMENT);
    clnorm_device_list_destroy(list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device");

    TCase *invented = tcase_create("invented");
    tcase_add_test(invented, the_best_device);
    tcase_add_test(invented, types);
    tcase_add_test(invented, platform_and_device);
    tcase_add_test(invented, names);
    tcase_add_test(invented, three_fields);
    tcase_add_test(invented, malformed);
    tcase_add_test(invented, no_device_at_all);
    tcase_add_test(invented, very_long_strings);
    tcase_add_test(invented, classes);
    suite_add_tcase(suite, invented);

    TCase *real = tcase_create("real");
    tcase_set_timeout(real, 60);
    tcase_add_test(real, real_devices);
    tcase_add_test(real, the_default_is_marked);
    tcase_add_test(real, a_machine_without_drivers);
    tcase_add_test(real, null_lists);
    tcase_add_test(real, a_choice_beyond_all_measure);
    tcase_add_test(real, real_caps);
    tcase_add_test(real, what_is_used);
    suite_add_tcase(suite, real);

    return run_suite(suite);
}
