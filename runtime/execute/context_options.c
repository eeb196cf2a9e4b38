#include "execute/context_options.h"

#include "base/env.h"
#include "base/log.h"
#include "base/sized.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Checking ---- */

clnorm_status check_kernels(clnorm_kernels kernels)
{
    switch (kernels) {
    case CLNORM_KERNELS_AUTO:
    case CLNORM_KERNELS_CPU:
    case CLNORM_KERNELS_GPU:
    case CLNORM_KERNELS_FPGA:
        return CLNORM_OK;
    }
    return fail(CLNORM_INVALID_ARGUMENT, "kernels is %d; allowed are AUTO, CPU, GPU and FPGA (0 to 3)",
                (int)kernels);
}

static clnorm_status check_verify(clnorm_verify verify)
{
    switch (verify) {
    case CLNORM_VERIFY_DEFAULT:
    case CLNORM_VERIFY_OFF:
    case CLNORM_VERIFY_NEW:
    case CLNORM_VERIFY_ALWAYS:
        return CLNORM_OK;
    }
    return fail(CLNORM_INVALID_ARGUMENT, "verify is %d; allowed are DEFAULT, OFF, NEW and ALWAYS (0 to 3)",
                (int)verify);
}

static clnorm_status check_log(const clnorm_context_options *options)
{
    if ((int)options->log_level < CLNORM_LOG_NONE || (int)options->log_level > CLNORM_LOG_PROFILE)
        return fail(CLNORM_INVALID_ARGUMENT,
                    "log_level is %d; allowed are NONE, ERROR, INFO, DISPATCH and PROFILE (0 to 4)",
                    (int)options->log_level);
    if (options->log_callback == NULL && options->log_level != CLNORM_LOG_NONE)
        return fail(CLNORM_INVALID_ARGUMENT,
                    "log_level is %d, but log_callback is NULL; lines need a callback that takes them",
                    (int)options->log_level);
    return CLNORM_OK;
}

/* One that is to be read must be there. */
static clnorm_status check_directory(const char *field, const char *path, bool read)
{
    struct stat info;
    if (path == NULL || *path == '\0')
        return CLNORM_OK;
    const bool there = stat(path, &info) == 0;
    if (there ? S_ISDIR(info.st_mode) : !read)
        return CLNORM_OK;
    return fail(CLNORM_INVALID_ARGUMENT, "%s is \"%.1000s\": %s; allowed are %s directory, \"\" and NULL",
                field, path, there ? "not a directory" : strerror(errno), read ? "an existing" : "a");
}

static clnorm_status check(const clnorm_context_options *options)
{
    if (options->queue != NULL && options->device != NULL)
        return fail(CLNORM_INVALID_ARGUMENT,
                    "the queue and the device \"%.200s\" are both given; a queue has its device, so one of "
                    "them must be NULL",
                    options->device);
    clnorm_status status = check_kernels(options->kernels);
    if (status == CLNORM_OK)
        status = check_verify(options->verify);
    if (status == CLNORM_OK)
        status = check_directory("cache_directory", options->cache_directory, false);
    if (status == CLNORM_OK)
        status = check_directory("kernel_directory", options->kernel_directory, true);
    if (status == CLNORM_OK)
        status = check_directory("binary_directory", options->binary_directory, true);
    return status == CLNORM_OK ? check_log(options) : status;
}

clnorm_status context_options_import(clnorm_context_options *options, const clnorm_context_options *given)
{
    *options = clnorm_context_defaults();
    if (given == NULL)
        return CLNORM_OK;
    clnorm_status status =
        check_size(given->size, sizeof given->size + 1, "options", "clnorm_context_defaults");
    if (status != CLNORM_OK)
        return status;
    memcpy(options, given, given->size < sizeof *options ? given->size : sizeof *options);
    status = check(options);
    if (status != CLNORM_OK)
        return status;
    if (options->ignore_environment)
        log_without_environment();
    if (options->log_callback != NULL)
        clnorm_set_log(options->log_callback, options->log_level, options->log_user);
    return CLNORM_OK;
}

/* ---- Applying ---- */

static clnorm_status copy_path(const char *path, char **copy)
{
    const size_t size = strlen(path) + 1;
    *copy = malloc(size);
    if (*copy == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", size);
    memcpy(*copy, path, size);
    return CLNORM_OK;
}

/* A path that is given, "" being none; else what `ask` finds in the environment. */
static clnorm_status find_directory(const clnorm_context_options *options, const char *given,
                                    clnorm_status (*ask)(char **directory), char **directory)
{
    if (given != NULL && *given != '\0')
        return copy_path(given, directory);
    return given != NULL || options->ignore_environment ? CLNORM_OK : ask(directory);
}

clnorm_status context_options_apply(const clnorm_context_options *options, clnorm_context *context)
{
    program_directories *directories = &context->directories;
    context->ignores_environment = options->ignore_environment;
    atomic_store(&context->kernels, options->kernels);
    context->verify = options->verify;
    clnorm_status status = CLNORM_OK;
    if (!options->ignore_environment && options->log_callback == NULL)
        status = env_check_verbose();
    if (status == CLNORM_OK && options->verify == CLNORM_VERIFY_DEFAULT && options->ignore_environment)
        context->verify = CLNORM_VERIFY_NEW;
    else if (status == CLNORM_OK && options->verify == CLNORM_VERIFY_DEFAULT)
        status = env_verify(&context->verify);
    if (status == CLNORM_OK)
        status = find_directory(options, options->cache_directory, env_cache_directory, &directories->cache);
    if (status == CLNORM_OK)
        status =
            find_directory(options, options->kernel_directory, env_kernel_directory, &directories->kernels);
    if (status == CLNORM_OK)
        status =
            find_directory(options, options->binary_directory, env_binary_directory, &directories->binaries);
    return status;
}
