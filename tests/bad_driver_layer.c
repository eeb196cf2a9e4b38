/*
 * An OpenCL layer, for OPENCL_LAYERS, that makes a good driver a bad one. Variables are read at each call:
 *   LAYER_CORRUPT=KERNEL     after a launch of the kernel one value that it wrote is wrong: of those that
 *                            changed the largest that is no whole number, by the highest bit of its fraction
 *   LAYER_SPARE=INDEX        not in this argument of the kernel: what it keeps there is its own
 *   LAYER_ONLY_WITH=WORD     only where this is in the program's options
 *   LAYER_EXTENSIONS=TEXT    devices say that they have these, too
 *   LAYER_PLATFORM=NAME      platforms have this name, so that no fault is known of their driver
 *   LAYER_LEAVE_OUT=OPTION   the compiler is not told this one
 *   LAYER_END=KERNEL         the process ends, or hangs, at a program that was made for this kernel
 *   LAYER_END_AT=WHERE       build (from source), create (of the kernel), launch
 *   LAYER_END_BY=HOW         segv, abort, exit, kill, hang
 *   LAYER_REFUSE=KERNEL      programs that were made for this kernel do not build
 *   LAYER_SLOW=SECONDS       a build from source takes that long
 */
#define LAYER_NAME "a bad driver"
#include "layer.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_PROGRAMS = 4096, MOST_KERNELS = 4096, MOST_ARGUMENTS = 64, OPTIONS_SIZE = 512 };

typedef struct known_program {
    cl_program program;
    bool from_source;
    char options[OPTIONS_SIZE];
} known_program;

typedef struct known_kernel {
    cl_kernel kernel;
    bool chosen; /* by LAYER_ONLY_WITH */
    char name[64];
    cl_mem buffers[MOST_ARGUMENTS];
} known_kernel;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static known_program programs[MOST_PROGRAMS];
static known_kernel kernels[MOST_KERNELS];
static cl_mem memory[MOST_KERNELS];

/* ---- What there is; handles may come again ---- */

static known_program *program_of(cl_program program, bool add)
{
    known_program *empty = NULL;
    for (size_t i = 0; i < MOST_PROGRAMS; i++) {
        if (programs[i].program == program)
            return &programs[i];
        if (empty == NULL && programs[i].program == NULL)
            empty = &programs[i];
    }
    if (!add || empty == NULL)
        return NULL;
    empty->program = program;
    return empty;
}

static known_kernel *kernel_of(cl_kernel kernel, bool add)
{
    known_kernel *empty = NULL;
    for (size_t i = 0; i < MOST_KERNELS; i++) {
        if (kernels[i].kernel == kernel)
            return &kernels[i];
        if (empty == NULL && kernels[i].kernel == NULL)
            empty = &kernels[i];
    }
    if (!add || empty == NULL)
        return NULL;
    empty->kernel = kernel;
    return empty;
}

static bool is_memory(cl_mem mem, bool add)
{
    for (size_t i = 0; i < MOST_KERNELS; i++)
        if (memory[i] == mem)
            return true;
    for (size_t i = 0; add && i < MOST_KERNELS; i++) {
        if (memory[i] != NULL)
            continue;
        memory[i] = mem;
        return true;
    }
    return false;
}

/* ---- Ends ---- */

static bool is_set(const char *variable, const char *to)
{
    const char *value = getenv(variable);
    return value != NULL && strcmp(value, to) == 0;
}

/* Whether options are of a program that was made for the kernel in the variable. */
static bool is_for(const char *options, const char *variable)
{
    char word[128];
    const char *kernel = getenv(variable);
    if (kernel == NULL)
        return false;
    snprintf(word, sizeof word, "-DKERNEL_%s=1", kernel);
    return strstr(options, word) != NULL;
}

static void end_here(const char *where)
{
    if (!is_set("LAYER_END_AT", where))
        return;
    while (is_set("LAYER_END_BY", "segv"))
        raise(SIGSEGV); /* the driver may have a handler, which lets it happen again */
    if (is_set("LAYER_END_BY", "abort"))
        abort();
    if (is_set("LAYER_END_BY", "exit"))
        exit(1);
    if (is_set("LAYER_END_BY", "kill"))
        kill(getpid(), SIGKILL);
    if (is_set("LAYER_END_BY", "hang"))
        fprintf(stderr, "bad_driver_layer hangs\n");
    while (is_set("LAYER_END_BY", "hang"))
        pause();
}

/* ---- Programs ---- */

static cl_program CL_API_CALL create_with_source(cl_context context, cl_uint count, const char **strings,
                                                 const size_t *lengths, cl_int *error)
{
    cl_program program = below->clCreateProgramWithSource(context, count, strings, lengths, error);
    if (program == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    known_program *known = program_of(program, true);
    if (known != NULL)
        *known = (known_program){program, true, ""};
    pthread_mutex_unlock(&lock);
    return program;
}

static cl_program CL_API_CALL create_with_binary(cl_context context, cl_uint count,
                                                 const cl_device_id *devices, const size_t *lengths,
                                                 const unsigned char **binaries, cl_int *status,
                                                 cl_int *error)
{
    cl_program program =
        below->clCreateProgramWithBinary(context, count, devices, lengths, binaries, status, error);
    if (program == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    known_program *known = program_of(program, true);
    if (known != NULL)
        *known = (known_program){program, false, ""};
    pthread_mutex_unlock(&lock);
    return program;
}

/* The options without LAYER_LEAVE_OUT. */
static void leave_out(const char *options, char kept[OPTIONS_SIZE])
{
    const char *word = getenv("LAYER_LEAVE_OUT");
    snprintf(kept, OPTIONS_SIZE, "%s", options);
    char *at = word != NULL ? strstr(kept, word) : NULL;
    if (at != NULL)
        memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *devices,
                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                                void *user)
{
    bool source = false;
    pthread_mutex_lock(&lock);
    known_program *known = program_of(program, false);
    if (known != NULL) {
        snprintf(known->options, sizeof known->options, "%s", options != NULL ? options : "");
        source = known->from_source;
    }
    pthread_mutex_unlock(&lock);
    const char *seconds = getenv("LAYER_SLOW");
    if (source && seconds != NULL)
        sleep((unsigned)atoi(seconds));
    if (source && options != NULL && is_for(options, "LAYER_END"))
        end_here("build");
    if (source && options != NULL && is_for(options, "LAYER_REFUSE"))
        return CL_BUILD_PROGRAM_FAILURE;
    char kept[OPTIONS_SIZE];
    leave_out(options != NULL ? options : "", kept);
    return below->clBuildProgram(program, count, devices, kept, notify, user);
}

/* ---- Kernels ---- */

static cl_kernel CL_API_CALL create_kernel(cl_program program, const char *name, cl_int *error)
{
    const char *word = getenv("LAYER_ONLY_WITH");
    if (is_set("LAYER_END", name))
        end_here("create");
    cl_kernel kernel = below->clCreateKernel(program, name, error);
    if (kernel == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    const known_program *of = program_of(program, false);
    known_kernel *known = kernel_of(kernel, true);
    if (known != NULL) {
        *known = (known_kernel){.kernel = kernel};
        known->chosen = word == NULL || (of != NULL && strstr(of->options, word) != NULL);
        snprintf(known->name, sizeof known->name, "%s", name);
    }
    pthread_mutex_unlock(&lock);
    return kernel;
}

static cl_mem CL_API_CALL create_buffer(cl_context context, cl_mem_flags flags, size_t size, void *host,
                                        cl_int *error)
{
    cl_mem mem = below->clCreateBuffer(context, flags, size, host, error);
    pthread_mutex_lock(&lock);
    if (mem != NULL)
        is_memory(mem, true);
    pthread_mutex_unlock(&lock);
    return mem;
}

static cl_int CL_API_CALL set_argument(cl_kernel kernel, cl_uint index, size_t size, const void *value)
{
    cl_mem mem = NULL;
    if (size == sizeof mem && value != NULL)
        memcpy(&mem, value, sizeof mem);
    pthread_mutex_lock(&lock);
    known_kernel *known = kernel_of(kernel, false);
    if (known != NULL && index < MOST_ARGUMENTS)
        known->buffers[index] = mem != NULL && is_memory(mem, false) ? mem : NULL;
    pthread_mutex_unlock(&lock);
    return below->clSetKernelArg(kernel, index, size, value);
}

/* ---- One wrong value ---- */

typedef struct copy {
    size_t count;
    float *values; /* NULL: of no use */
} copy;

static copy read_buffer(cl_command_queue queue, cl_mem mem)
{
    copy made = {0, NULL};
    size_t bytes = 0;
    if (mem == NULL || below->clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof bytes, &bytes, NULL) != CL_SUCCESS)
        return made;
    made.count = bytes / sizeof *made.values;
    made.values = malloc(bytes + 1);
    if (made.values == NULL ||
        below->clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, made.count * sizeof *made.values, made.values, 0,
                                   NULL, NULL) != CL_SUCCESS) {
        free(made.values);
        made.values = NULL;
    }
    return made;
}

/* Where the largest value is that changed; the count, if none did. Whole numbers may be those of elements,
 * which nobody asks for in the end. */
static size_t largest_change(const copy *before, const copy *after)
{
    size_t found = after->count;
    for (size_t i = 0; before->values != NULL && after->values != NULL && i < after->count; i++) {
        if (memcmp(&before->values[i], &after->values[i], sizeof(float)) == 0 ||
            !isfinite(after->values[i]) || truncf(after->values[i]) == after->values[i])
            continue;
        if (found == after->count || fabsf(after->values[i]) > fabsf(after->values[found]))
            found = i;
    }
    return found;
}

/* In the buffer with the largest of these. */
static void corrupt(cl_command_queue queue, const known_kernel *known, const copy before[MOST_ARGUMENTS])
{
    cl_mem found = NULL;
    size_t found_at = 0;
    float found_value = 0;
    const char *spare = getenv("LAYER_SPARE");
    for (size_t i = 0; i < MOST_ARGUMENTS; i++) {
        if (spare != NULL && i == (size_t)atoi(spare))
            continue;
        copy after = read_buffer(queue, known->buffers[i]);
        const size_t at = largest_change(&before[i], &after);
        if (at < after.count && fabsf(after.values[at]) > fabsf(found_value)) {
            found = known->buffers[i];
            found_at = at;
            found_value = after.values[at];
        }
        free(after.values);
    }
    if (found == NULL)
        return;
    unsigned bits;
    memcpy(&bits, &found_value, sizeof bits);
    bits ^= 1U << 22;
    below->clEnqueueWriteBuffer(queue, found, CL_TRUE, found_at * sizeof bits, sizeof bits, &bits, 0, NULL,
                                NULL);
}

static bool find_kernel(cl_kernel kernel, known_kernel *found)
{
    pthread_mutex_lock(&lock);
    const known_kernel *known = kernel_of(kernel, false);
    if (known != NULL)
        *found = *known;
    pthread_mutex_unlock(&lock);
    return known != NULL;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                 const size_t *offset, const size_t *global, const size_t *local,
                                 cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    known_kernel known;
    copy before[MOST_ARGUMENTS];
    const bool found = find_kernel(kernel, &known);
    if (found && is_set("LAYER_END", known.name))
        end_here("launch");
    const bool wrong = found && known.chosen && is_set("LAYER_CORRUPT", known.name);
    if (wrong && wait_count > 0)
        below->clWaitForEvents(wait_count, wait_list);
    for (size_t i = 0; wrong && i < MOST_ARGUMENTS; i++)
        before[i] = read_buffer(queue, known.buffers[i]);
    const cl_int error = below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local,
                                                       wait_count, wait_list, event);
    if (wrong)
        below->clFinish(queue);
    if (wrong && error == CL_SUCCESS)
        corrupt(queue, &known, before);
    for (size_t i = 0; wrong && i < MOST_ARGUMENTS; i++)
        free(before[i].values);
    return error;
}

/* ---- The device ---- */

static cl_int CL_API_CALL get_platform_info(cl_platform_id platform, cl_platform_info name, size_t size,
                                            void *value, size_t *size_back)
{
    const char *other = name == CL_PLATFORM_NAME ? getenv("LAYER_PLATFORM") : NULL;
    if (other == NULL)
        return below->clGetPlatformInfo(platform, name, size, value, size_back);
    const size_t needed = strlen(other) + 1;
    if (value != NULL && size < needed)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, other, needed);
    if (size_back != NULL)
        *size_back = needed;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info name, size_t size, void *value,
                                          size_t *size_back)
{
    const char *more = name == CL_DEVICE_EXTENSIONS ? getenv("LAYER_EXTENSIONS") : NULL;
    size_t own = 0;
    if (more == NULL)
        return below->clGetDeviceInfo(device, name, size, value, size_back);
    cl_int error = below->clGetDeviceInfo(device, name, 0, NULL, &own);
    const size_t needed = own + 1 + strlen(more);
    if (error != CL_SUCCESS || (value != NULL && size < needed))
        return error != CL_SUCCESS ? error : CL_INVALID_VALUE;
    if (value != NULL) {
        error = below->clGetDeviceInfo(device, name, own, value, NULL);
        strcat(strcat(value, " "), more);
    }
    if (size_back != NULL)
        *size_back = needed;
    return error;
}

static void replace_calls(void)
{
    layer.clGetDeviceInfo = get_device_info;
    layer.clGetPlatformInfo = get_platform_info;
    layer.clCreateProgramWithSource = create_with_source;
    layer.clCreateProgramWithBinary = create_with_binary;
    layer.clBuildProgram = build;
    layer.clCreateKernel = create_kernel;
    layer.clCreateBuffer = create_buffer;
    layer.clSetKernelArg = set_argument;
    layer.clEnqueueNDRangeKernel = launch;
}
