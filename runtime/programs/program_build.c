/* Builds programs and reads what the compiler had to say. */
#include "programs/program_build.h"

#include "base/log.h"
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAXIMUM_LOG = 64 << 20,
    MAXIMUM_EXCERPT = 300, /* of a log, in a message */
};

/* The build log, which the caller frees. NULL if there is none. */
static char *build_log(cl_program program, cl_device_id device)
{
    size_t size = 0;
    cl_int error = clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    if (error != CL_SUCCESS || size == 0 || size > MAXIMUM_LOG)
        return NULL;
    char *text = malloc(size + 1);
    if (text == NULL)
        return NULL;
    error = clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, text, NULL);
    if (error != CL_SUCCESS) {
        free(text);
        return NULL;
    }
    text[size] = '\0'; /* not every driver ends it */
    return text;
}

/* "error" at `at`, in any case. */
static bool is_error_word(const char *at)
{
    static const char word[] = "error";
    for (size_t i = 0; i < sizeof word - 1; i++)
        if (tolower((unsigned char)at[i]) != word[i])
            return false;
    return true;
}

static bool line_has_error(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_error_word(line + i))
            return true;
    return false;
}

/* Copies the log's first line that speaks of an error, else its first line that is not blank. */
static void log_excerpt(const char *text, char excerpt[MAXIMUM_EXCERPT + 1])
{
    const char *found = NULL;
    size_t found_length = 0;
    for (const char *line = text; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        const bool blank = strspn(line, " \t\r") >= length;
        const bool error = line_has_error(line, length);
        if (error || (found == NULL && !blank)) {
            found = line;
            found_length = length;
        }
        if (error)
            break;
        line += length + (line[length] != '\0');
    }

    const size_t length = found_length < MAXIMUM_EXCERPT ? found_length : MAXIMUM_EXCERPT;
    for (size_t i = 0; i < length; i++)
        excerpt[i] = iscntrl((unsigned char)found[i]) ? ' ' : found[i];
    excerpt[length] = '\0';
}

static void log_whole(char *text)
{
    if (!log_wants(CLNORM_LOG_INFO))
        return;
    for (char *line = text; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        const bool last = line[length] == '\0';
        line[length] = '\0';
        log_line(CLNORM_LOG_INFO, "build log: %s", line);
        line += length + !last;
    }
}

static clnorm_status fail_build(cl_int error, cl_program program, cl_device_id device, const char *name)
{
    if (error == CL_OUT_OF_HOST_MEMORY)
        return fail_opencl(error, "clBuildProgram");
    if (error == CL_COMPILER_NOT_AVAILABLE)
        return fail(CLNORM_NO_COMPILER, "the device has no compiler for %s", name);

    char excerpt[MAXIMUM_EXCERPT + 1] = "";
    char *text = build_log(program, device);
    if (text != NULL) {
        log_excerpt(text, excerpt);
        log_whole(text);
        free(text);
    }
    return fail(CLNORM_BUILD_FAILED, "building %s: %s: %s", name, opencl_error_name(error),
                excerpt[0] != '\0' ? excerpt : "the build log is empty");
}

clnorm_status program_build_source(cl_context context, cl_device_id device, const char *source,
                                   const char *options, const char *name, cl_program *program)
{
    cl_int error = CL_SUCCESS;
    cl_program built = clCreateProgramWithSource(context, 1, &source, NULL, &error);
    if (built == NULL)
        return fail_opencl(error, "clCreateProgramWithSource");
    error = clBuildProgram(built, 1, &device, options, NULL, NULL);
    if (error != CL_SUCCESS) {
        const clnorm_status status = fail_build(error, built, device, name);
        clReleaseProgram(built);
        return status;
    }
    *program = built;
    return CLNORM_OK;
}

/* Whether the error is a passing lack of resources, which does not mean that the binary is bad. */
static bool is_passing(cl_int error)
{
    return error == CL_OUT_OF_HOST_MEMORY || error == CL_OUT_OF_RESOURCES ||
           error == CL_MEM_OBJECT_ALLOCATION_FAILURE || error == CL_DEVICE_NOT_AVAILABLE;
}

clnorm_status program_build_binary(cl_context context, cl_device_id device, const unsigned char *binary,
                                   size_t size, const char *options, cl_program *program)
{
    cl_int error = CL_SUCCESS;
    cl_int binary_status = CL_SUCCESS;
    cl_program built = clCreateProgramWithBinary(context, 1, &device, &size, &binary, &binary_status, &error);
    if (error == CL_SUCCESS && built != NULL) {
        error = binary_status != CL_SUCCESS ? binary_status
                                            : clBuildProgram(built, 1, &device, options, NULL, NULL);
        if (error == CL_SUCCESS) {
            *program = built;
            return CLNORM_OK;
        }
    }
    if (built != NULL)
        clReleaseProgram(built);
    if (is_passing(error))
        return fail_opencl(error, "clBuildProgram (binary)");
    log_line(CLNORM_LOG_INFO, "the driver refuses a binary of %zu bytes: %s", size, opencl_error_name(error));
    return fail(CLNORM_BUILD_FAILED, "the driver refuses a binary of %zu bytes: %s", size,
                opencl_error_name(error));
}

/* Which of the program's devices `device` is; SIZE_MAX where the driver does not say. */
static size_t device_index(cl_program program, cl_device_id device)
{
    size_t bytes = 0, index = SIZE_MAX;
    if (clGetProgramInfo(program, CL_PROGRAM_DEVICES, 0, NULL, &bytes) != CL_SUCCESS || bytes == 0)
        return SIZE_MAX;
    cl_device_id *devices = malloc(bytes);
    if (devices == NULL)
        return SIZE_MAX;
    if (clGetProgramInfo(program, CL_PROGRAM_DEVICES, bytes, devices, NULL) == CL_SUCCESS)
        for (size_t i = 0; i < bytes / sizeof *devices && index == SIZE_MAX; i++)
            index = devices[i] == device ? i : SIZE_MAX;
    free(devices);
    return index;
}

unsigned char *program_binary(cl_program program, cl_device_id device, size_t *size)
{
    size_t bytes = 0;
    cl_int error = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, 0, NULL, &bytes);
    const size_t count = bytes / sizeof(size_t);
    if (error != CL_SUCCESS || count == 0)
        return NULL;
    /* A program has a slot for each device of its context; with PoCL only for devices that it was built for,
     * which is one. */
    const size_t slot = count == 1 ? 0 : device_index(program, device);
    if (slot >= count)
        return NULL;

    unsigned char *binary = NULL;
    size_t *sizes = calloc(count, sizeof *sizes);
    unsigned char **binaries = calloc(count, sizeof *binaries);
    if (sizes == NULL || binaries == NULL)
        goto cleanup;
    error = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, count * sizeof *sizes, sizes, NULL);
    if (error != CL_SUCCESS || sizes[slot] == 0)
        goto cleanup;
    binary = malloc(sizes[slot]);
    if (binary == NULL)
        goto cleanup;
    binaries[slot] = binary; /* NULL asks for no binary of the other devices */
    error = clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof *binaries, binaries, NULL);
    if (error != CL_SUCCESS) {
        free(binary);
        binary = NULL;
        goto cleanup;
    }
    *size = sizes[slot];

cleanup:
    free(sizes);
    free(binaries);
    return binary;
}
