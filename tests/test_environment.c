/* The CLNORM_ variables: what is taken, what is refused, and what a refusal says. */
#include "suite.h"

#include "base/env.h"
#include <string.h>

static void set(const char *variable, const char *value)
{
    ck_assert_int_eq(value ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

static void assert_message(const char *part)
{
    ck_assert_msg(strstr(clnorm_last_error(), part), "\"%s\" is not in: %s", part, clnorm_last_error());
}

START_TEST(device)
{
    char choice[8];
    set("CLNORM_DEVICE", NULL);
    ck_assert_int_eq(env_device(choice, sizeof choice), CLNORM_OK);
    ck_assert_str_eq(choice, "");
    set("CLNORM_DEVICE", "");
    ck_assert_int_eq(env_device(choice, sizeof choice), CLNORM_OK);
    ck_assert_str_eq(choice, "");
    set("CLNORM_DEVICE", "1234567");
    ck_assert_int_eq(env_device(choice, sizeof choice), CLNORM_OK);
    ck_assert_str_eq(choice, "1234567");
    set("CLNORM_DEVICE", "12345678");
    ck_assert_int_eq(env_device(choice, sizeof choice), CLNORM_INVALID_ENVIRONMENT);
    assert_message("CLNORM_DEVICE");
    assert_message("8 characters long; at most 7");
}
END_TEST

START_TEST(kernels)
{
    static const struct {
        const char *value;
        clnorm_status status;
        clnorm_kernels kernels;
    } cases[] = {
        {NULL, CLNORM_OK, CLNORM_KERNELS_AUTO},   {"", CLNORM_OK, CLNORM_KERNELS_AUTO},
        {"cpu", CLNORM_OK, CLNORM_KERNELS_CPU},   {"gpu", CLNORM_OK, CLNORM_KERNELS_GPU},
        {"fpga", CLNORM_OK, CLNORM_KERNELS_FPGA}, {"CPU", CLNORM_INVALID_ENVIRONMENT, 0},
        {"cpu ", CLNORM_INVALID_ENVIRONMENT, 0},  {"cp", CLNORM_INVALID_ENVIRONMENT, 0},
        {"auto", CLNORM_INVALID_ENVIRONMENT, 0},  {"1", CLNORM_INVALID_ENVIRONMENT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clnorm_kernels found = (clnorm_kernels)-1;
        set("CLNORM_KERNELS", cases[i].value);
        ck_assert_int_eq(env_kernels(&found), cases[i].status);
        if (cases[i].status == CLNORM_OK) {
            ck_assert_int_eq(found, cases[i].kernels);
            continue;
        }
        assert_message("CLNORM_KERNELS is \"");
        assert_message(cases[i].value);
        assert_message("cpu, gpu and fpga");
    }
}
END_TEST

START_TEST(verify)
{
    static const struct {
        const char *value;
        clnorm_status status;
        clnorm_verify verify;
    } cases[] = {
        {NULL, CLNORM_OK, CLNORM_VERIFY_NEW},        {"", CLNORM_OK, CLNORM_VERIFY_NEW},
        {"new", CLNORM_OK, CLNORM_VERIFY_NEW},       {"off", CLNORM_OK, CLNORM_VERIFY_OFF},
        {"always", CLNORM_OK, CLNORM_VERIFY_ALWAYS}, {"Off", CLNORM_INVALID_ENVIRONMENT, 0},
        {"off ", CLNORM_INVALID_ENVIRONMENT, 0},     {"0", CLNORM_INVALID_ENVIRONMENT, 0},
        {"default", CLNORM_INVALID_ENVIRONMENT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clnorm_verify found = CLNORM_VERIFY_DEFAULT;
        set("CLNORM_VERIFY", cases[i].value);
        ck_assert_int_eq(env_verify(&found), cases[i].status);
        ck_assert_int_eq(found, cases[i].verify);
        if (cases[i].status == CLNORM_OK)
            continue;
        assert_message("CLNORM_VERIFY is \"");
        assert_message(cases[i].value);
        assert_message("off, new and always");
    }
}
END_TEST

START_TEST(verbose)
{
    static const struct {
        const char *value;
        clnorm_log_level level;
    } cases[] = {
        {NULL, CLNORM_LOG_NONE},          {"", CLNORM_LOG_NONE},     {"none", CLNORM_LOG_NONE},
        {"error", CLNORM_LOG_ERROR},      {"info", CLNORM_LOG_INFO}, {"dispatch", CLNORM_LOG_DISPATCH},
        {"profile", CLNORM_LOG_PROFILE},  {"1", CLNORM_LOG_NONE},    {"true", CLNORM_LOG_NONE},
        {"information", CLNORM_LOG_NONE}, {"Info", CLNORM_LOG_NONE}, {"debug", CLNORM_LOG_NONE},
        {"info ", CLNORM_LOG_NONE},
    };
    enum { GOOD_CASES = 7 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set("CLNORM_VERBOSE", cases[i].value);
        ck_assert_int_eq(env_verbose(), cases[i].level);
        if (i < GOOD_CASES) {
            ck_assert_int_eq(env_check_verbose(), CLNORM_OK);
            continue;
        }
        ck_assert_int_eq(env_check_verbose(), CLNORM_INVALID_ENVIRONMENT);
        assert_message("CLNORM_VERBOSE is \"");
        assert_message(cases[i].value);
        assert_message("allowed are none, error, info, dispatch and profile");
    }
}
END_TEST

START_TEST(directories)
{
    static const struct {
        const char *variable;
        clnorm_status (*ask)(char **directory);
        const char *meant;
    } cases[] = {{"CLNORM_KERNEL_DIR", env_kernel_directory, "a directory with the .cl files"},
                 {"CLNORM_BINARY_DIR", env_binary_directory, "`clnorm build --device fpga --out DIR` wrote"}};
    static const char *const bad[][2] = {{"no/such", "is \"no/such\": No such file or directory"},
                                         {"/dev/null", "is \"/dev/null\": not a directory"},
                                         {"/dev/null/x", "is \"/dev/null/x\": Not a directory"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const unset[] = {NULL, ""};
        char *directory;
        for (size_t k = 0; k < sizeof unset / sizeof *unset; k++) {
            set(cases[i].variable, unset[k]);
            ck_assert_int_eq(cases[i].ask(&directory), CLNORM_OK);
            ck_assert_ptr_null(directory);
        }
        set(cases[i].variable, "/usr/../");
        ck_assert_int_eq(cases[i].ask(&directory), CLNORM_OK);
        ck_assert_str_eq(directory, "/usr/../");
        free(directory);
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            set(cases[i].variable, bad[k][0]);
            ck_assert_int_eq(cases[i].ask(&directory), CLNORM_INVALID_ENVIRONMENT);
            ck_assert_ptr_null(directory);
            assert_message(cases[i].variable);
            assert_message(bad[k][1]);
            assert_message(cases[i].meant);
        }
        set(cases[i].variable, NULL);
    }
}
END_TEST

START_TEST(cache_directory)
{
    static const struct {
        const char *variable, *xdg, *home, *expected;
    } cases[] = {
        {"/c", "/x", "/h", "/c"},
        {"relative", "/x", "/h", "relative"},
        {"./off", "/x", "/h", "./off"},
        {"off", "/x", "/h", NULL},
        {NULL, "/x", "/h", "/x/clnorm"},
        {"", "/x", "/h", "/x/clnorm"},
        {NULL, NULL, "/h", "/h/.cache/clnorm"},
        {NULL, "", "/h", "/h/.cache/clnorm"},
        {NULL, "relative", "/h", "/h/.cache/clnorm"},
        {NULL, NULL, "relative", NULL},
        {NULL, NULL, "", NULL},
        {NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *directory;
        set("CLNORM_CACHE_DIR", cases[i].variable);
        set("XDG_CACHE_HOME", cases[i].xdg);
        set("HOME", cases[i].home);
        ck_assert_int_eq(env_cache_directory(&directory), CLNORM_OK);
        ck_assert_pstr_eq(directory, cases[i].expected);
        free(directory);
    }
}
END_TEST

START_TEST(cache_directory_is_no_file)
{
    char *directory;
    set("CLNORM_CACHE_DIR", "/dev/null");
    ck_assert_int_eq(env_cache_directory(&directory), CLNORM_INVALID_ENVIRONMENT);
    assert_message("CLNORM_CACHE_DIR is \"/dev/null\", which is not a directory; allowed are \"off\" and");
}
END_TEST

START_TEST(cache_directory_is_no_switch)
{
    static const char *const values[] = {"OFF", "Off", "on", "0", "1", "no", "yes", "none", "false", "TRUE"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *directory;
        set("CLNORM_CACHE_DIR", values[i]);
        ck_assert_int_eq(env_cache_directory(&directory), CLNORM_INVALID_ENVIRONMENT);
        assert_message("CLNORM_CACHE_DIR is \"");
        assert_message(values[i]);
        assert_message("allowed are \"off\" and a path");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("environment");
    TCase *variables = tcase_create("variables");
    tcase_add_test(variables, device);
    tcase_add_test(variables, kernels);
    tcase_add_test(variables, verify);
    tcase_add_test(variables, verbose);
    tcase_add_test(variables, directories);
    tcase_add_test(variables, cache_directory);
    tcase_add_test(variables, cache_directory_is_no_file);
    tcase_add_test(variables, cache_directory_is_no_switch);
    suite_add_tcase(suite, variables);
    return run_suite(suite);
}
