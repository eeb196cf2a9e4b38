/* secure_getenv, which ignores the environment in programs that run with another user's rights. */
#if defined(__linux__) && !defined(__ANDROID__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "base/env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* The value of a variable; NULL if unset or empty. */
static const char *get(const char *variable)
{
#if defined(__linux__) && !defined(__ANDROID__)
    const char *value = secure_getenv(variable);
#else
    const char *value = getenv(variable);
#endif
    return value && *value ? value : NULL;
}

/* A copy of `first` followed by `second`, which the caller frees. */
static clnorm_status join(const char *first, const char *second, char **joined)
{
    size_t size = strlen(first) + strlen(second) + 1;
    *joined = malloc(size);
    if (!*joined)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", size);
    snprintf(*joined, size, "%s%s", first, second);
    return CLNORM_OK;
}

clnorm_status env_device(char *choice, size_t size)
{
    const char *value = get("CLNORM_DEVICE");
    if (!value)
        value = "";
    size_t length = strlen(value);
    if (length >= size)
        return fail(CLNORM_INVALID_ENVIRONMENT,
                    "CLNORM_DEVICE is \"%.40s...\", %zu characters long; at most %zu are allowed", value,
                    length, size - 1);
    memcpy(choice, value, length + 1);
    return CLNORM_OK;
}

clnorm_status env_kernels(clnorm_kernels *kernels)
{
    static const struct {
        const char *name;
        clnorm_kernels kernels;
    } words[] = {{"cpu", CLNORM_KERNELS_CPU}, {"gpu", CLNORM_KERNELS_GPU}, {"fpga", CLNORM_KERNELS_FPGA}};

    const char *value = get("CLNORM_KERNELS");
    if (!value) {
        *kernels = CLNORM_KERNELS_AUTO;
        return CLNORM_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i].name) == 0) {
            *kernels = words[i].kernels;
            return CLNORM_OK;
        }
    }
    return fail(CLNORM_INVALID_ENVIRONMENT, "CLNORM_KERNELS is \"%.100s\"; allowed are cpu, gpu and fpga",
                value);
}

clnorm_status env_verify(clnorm_verify *verify)
{
    static const struct {
        const char *name;
        clnorm_verify verify;
    } words[] = {{"off", CLNORM_VERIFY_OFF}, {"new", CLNORM_VERIFY_NEW}, {"always", CLNORM_VERIFY_ALWAYS}};

    const char *value = get("CLNORM_VERIFY");
    if (!value) {
        *verify = CLNORM_VERIFY_NEW;
        return CLNORM_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i].name) == 0) {
            *verify = words[i].verify;
            return CLNORM_OK;
        }
    }
    return fail(CLNORM_INVALID_ENVIRONMENT, "CLNORM_VERIFY is \"%.100s\"; allowed are off, new and always",
                value);
}

/* False where the variable holds none of the words. */
static bool find_verbose(const char *value, clnorm_log_level *level)
{
    static const char *const words[] = {"none", "error", "info", "dispatch", "profile"};

    *level = CLNORM_LOG_NONE;
    for (unsigned i = 0; value && i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) != 0)
            continue;
        *level = (clnorm_log_level)i;
        return true;
    }
    return value == NULL;
}

clnorm_log_level env_verbose(void)
{
    clnorm_log_level level;
    find_verbose(get("CLNORM_VERBOSE"), &level);
    return level;
}

clnorm_status env_check_verbose(void)
{
    clnorm_log_level level;
    const char *value = get("CLNORM_VERBOSE");
    if (find_verbose(value, &level))
        return CLNORM_OK;
    return fail(CLNORM_INVALID_ENVIRONMENT,
                "CLNORM_VERBOSE is \"%.100s\"; allowed are none, error, info, dispatch and profile", value);
}

/* NULL if it is one, else what it is instead. */
static const char *no_directory(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return strerror(errno);
    return S_ISDIR(info.st_mode) ? NULL : "not a directory";
}

/* A directory that is there, or NULL; `meant` says which one the variable is for. */
static clnorm_status present_directory(const char *variable, const char *meant, char **directory)
{
    const char *value = get(variable);
    const char *fault = value ? no_directory(value) : NULL;
    *directory = NULL;
    if (fault)
        return fail(CLNORM_INVALID_ENVIRONMENT, "%s is \"%.1000s\": %s; it must name %s", variable, value,
                    fault, meant);
    return value ? join(value, "", directory) : CLNORM_OK;
}

clnorm_status env_kernel_directory(char **directory)
{
    return present_directory("CLNORM_KERNEL_DIR", "a directory with the .cl files, laid out as kernels-cl/",
                             directory);
}

clnorm_status env_binary_directory(char **directory)
{
    return present_directory("CLNORM_BINARY_DIR",
                             "a directory that `clnorm build --device fpga --out DIR` wrote", directory);
}

/* Whether the value is a word such as those that other variables take to turn something on or off: it is then
 * a mistake, not the name of a directory. */
static bool is_switch(const char *value)
{
    static const char *const words[] = {"off", "on", "0", "1", "no", "yes", "none", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(value, words[i]) == 0)
            return true;
    }
    return false;
}

/* The XDG rules: a path that is not absolute is ignored. */
static clnorm_status default_cache_directory(char **directory)
{
    const char *cache = get("XDG_CACHE_HOME");
    if (cache && *cache == '/')
        return join(cache, "/clnorm", directory);
    const char *home = get("HOME");
    if (home && *home == '/')
        return join(home, "/.cache/clnorm", directory);
    *directory = NULL;
    return CLNORM_OK;
}

clnorm_status env_cache_directory(char **directory)
{
    const char *value = get("CLNORM_CACHE_DIR");
    if (!value)
        return default_cache_directory(directory);
    if (strcmp(value, "off") == 0) {
        *directory = NULL;
        return CLNORM_OK;
    }
    if (is_switch(value))
        return fail(CLNORM_INVALID_ENVIRONMENT,
                    "CLNORM_CACHE_DIR is \"%s\"; allowed are \"off\" and a path (\"./%s\" for a directory of "
                    "that name)",
                    value, value);
    struct stat info;
    if (stat(value, &info) == 0 && !S_ISDIR(info.st_mode))
        return fail(CLNORM_INVALID_ENVIRONMENT,
                    "CLNORM_CACHE_DIR is \"%.1000s\", which is not a directory; allowed are \"off\" and a "
                    "directory, which is made where it is needed",
                    value);
    return join(value, "", directory);
}
