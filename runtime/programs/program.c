/* A list of programs by key; each is built at most once, under a lock of its own. */
#include "programs/program.h"

#include "base/log.h"
#include "devices/device_info.h"
#include "programs/image_file.h"
#include "programs/program_build.h"
#include "programs/slow_build.h"
#include "programs/source.h"
#include "programs/verdict.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The properties of a device and its platform that are part of a program's key. */
enum {
    DEVICE_NAME,
    DEVICE_VENDOR,
    DEVICE_VERSION,
    DRIVER_VERSION,
    PLATFORM_NAME,
    PLATFORM_VERSION,
    IDENTITY_COUNT
};

typedef struct entry {
    struct entry *next;
    cache_key key;
    pthread_mutex_t lock; /* guards what follows; held while building, so that others wait for the result */
    cl_program program;   /* NULL: not built, or the last attempt failed */
    bool proven;          /* it need not be verified (again) */
    bool to_save;         /* built from source, and not yet saved to disk */
} entry;

struct program_store {
    pthread_mutex_t lock; /* guards the list; entries are only added, and only at its head */
    entry *entries;
    cl_context context; /* of the store's owner, who outlives it */
    cl_device_id device;
    clnorm_verify verify;
    bool served;  /* from binary_directory: nothing is compiled */
    image *image; /* and its program, or NULL: not loaded, or the last attempt failed */
    cl_program image_program;
    const char *cache_directory, *kernel_directory, *binary_directory; /* the owner's, or NULL */
    char *identity[IDENTITY_COUNT];
};

static clnorm_status identify(program_store *store)
{
    static const cl_device_info of_device[] = {CL_DEVICE_NAME, CL_DEVICE_VENDOR, CL_DEVICE_VERSION,
                                               CL_DRIVER_VERSION};
    static const cl_platform_info of_platform[] = {CL_PLATFORM_NAME, CL_PLATFORM_VERSION};
    cl_platform_id platform = NULL;
    cl_bool compiler = CL_FALSE;
    cl_device_type type = 0;
    cl_int error = clGetDeviceInfo(store->device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL);
    if (error == CL_SUCCESS)
        error =
            clGetDeviceInfo(store->device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetDeviceInfo");
    error = clGetDeviceInfo(store->device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clGetDeviceInfo");
    const bool accelerator = device_class(type) == CL_DEVICE_TYPE_ACCELERATOR;
    store->served = compiler != CL_TRUE || (accelerator && store->binary_directory != NULL);

    clnorm_status status = CLNORM_OK;
    char **string = store->identity;
    for (size_t i = 0; i < sizeof of_device / sizeof *of_device && status == CLNORM_OK; i++)
        status = device_text(store->device, of_device[i], string++);
    for (size_t i = 0; i < sizeof of_platform / sizeof *of_platform && status == CLNORM_OK; i++)
        status = platform_text(platform, of_platform[i], string++);
    return status;
}

clnorm_status program_store_create(program_store **result, cl_context context, cl_device_id device,
                                   const program_directories *directories, clnorm_verify verify)
{
    program_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for the list of programs");
    store->context = context;
    store->device = device;
    store->verify = verify;
    store->cache_directory = directories->cache;
    store->kernel_directory = directories->kernels;
    store->binary_directory = directories->binaries;
    if (pthread_mutex_init(&store->lock, NULL) != 0) {
        free(store);
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a lock");
    }
    const clnorm_status status = identify(store);
    if (status != CLNORM_OK) {
        program_store_destroy(store);
        return status;
    }
    *result = store;
    return CLNORM_OK;
}

void program_store_destroy(program_store *store)
{
    if (store == NULL)
        return;
    while (store->entries != NULL) {
        entry *first = store->entries;
        store->entries = first->next;
        if (first->program != NULL)
            clReleaseProgram(first->program);
        pthread_mutex_destroy(&first->lock);
        free(first);
    }
    for (size_t i = 0; i < IDENTITY_COUNT; i++)
        free(store->identity[i]);
    if (store->image_program != NULL)
        clReleaseProgram(store->image_program);
    image_close(store->image);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

program_device program_store_device(const program_store *store)
{
    return (program_device){store->identity[DEVICE_NAME], store->identity[DEVICE_VENDOR],
                            store->identity[DRIVER_VERSION], store->identity[PLATFORM_NAME]};
}

/* The request's text, which the caller frees, and its key. */
static clnorm_status resolve(const program_store *store, const program_request *request, char **source,
                             cache_key *key)
{
    const clnorm_status status =
        source_expand(request->sources, request->source_count, store->kernel_directory, source);
    if (status != CLNORM_OK)
        return status;
    const char *fields[3 + IDENTITY_COUNT] = {*source, request->options,
                                              store->verify == CLNORM_VERIFY_OFF ? "not proven" : ""};
    for (size_t i = 0; i < IDENTITY_COUNT; i++)
        fields[3 + i] = store->identity[i];
    *key = cache_key_of(fields, sizeof fields / sizeof *fields);
    return CLNORM_OK;
}

/* The entry under `key`; the caller holds the store's lock. */
static entry *find_entry(const program_store *store, const cache_key *key)
{
    for (entry *at = store->entries; at != NULL; at = at->next)
        if (memcmp(at->key.bytes, key->bytes, sizeof key->bytes) == 0)
            return at;
    return NULL;
}

static entry *add_entry(program_store *store, const cache_key *key)
{
    entry *added = calloc(1, sizeof *added);
    if (added == NULL)
        return NULL;
    if (pthread_mutex_init(&added->lock, NULL) != 0) {
        free(added);
        return NULL;
    }
    added->key = *key;
    added->next = store->entries;
    store->entries = added;
    return added;
}

static void name_request(const program_request *request, program_handle *handle)
{
    const size_t size = sizeof handle->name;
    size_t used = 0;
    handle->name[0] = '\0';
    for (size_t i = 0; i < request->source_count && used < size; i++)
        used += (size_t)snprintf(handle->name + used, size - used, "%s%s", i > 0 ? " + " : "",
                                 request->sources[i]);
}

static cl_program load_program(const program_store *store, const cache_key *key, const char *options)
{
    size_t size = 0;
    unsigned char *binary = cache_load(store->cache_directory, key, &size);
    if (binary == NULL)
        return NULL;
    cl_program program = NULL;
    if (program_build_binary(store->context, store->device, binary, size, options, &program) ==
        CLNORM_BUILD_FAILED)
        cache_remove(store->cache_directory, key);
    free(binary);
    return program;
}

static double milliseconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) * 1e3 + (double)(now.tv_nsec - start->tv_nsec) * 1e-6;
}

/* The caller's own reference to a program of the store's. */
static clnorm_status share(cl_program of_store, cl_program *program)
{
    const cl_int error = clRetainProgram(of_store);
    if (error != CL_SUCCESS)
        return fail_opencl(error, "clRetainProgram");
    *program = of_store;
    return CLNORM_OK;
}

/* ---- From an image ---- */

/* Loads the image and its program; the caller holds the store's lock. */
static clnorm_status load_image(program_store *store)
{
    size_t size = 0;
    if (store->binary_directory == NULL)
        return fail(
            CLNORM_NO_COMPILER,
            "%s cannot compile, and CLNORM_BINARY_DIR, the directory of its image, is not set; `clnorm "
            "build --device fpga --out DIR` makes one",
            store->identity[DEVICE_NAME]);
    clnorm_status status = image_open(&store->image, store->binary_directory, store->identity[DEVICE_NAME],
                                      store->kernel_directory);
    if (status != CLNORM_OK)
        return status;
    const unsigned char *binary = image_binary(store->image, &size);
    status = program_build_binary(store->context, store->device, binary, size, "", &store->image_program);
    if (status == CLNORM_BUILD_FAILED)
        fail(status,
             "the driver refuses %s, which was built with driver %s, while this is %s; build it again "
             "with `clnorm build`",
             image_path(store->image), image_driver(store->image), store->identity[DRIVER_VERSION]);
    if (status != CLNORM_OK) {
        image_close(store->image);
        store->image = NULL;
        return status;
    }
    log_line(CLNORM_LOG_INFO, "image %s of %zu bytes", image_path(store->image), size);
    return CLNORM_OK;
}

static clnorm_status check_request(const program_store *store, const program_request *request)
{
    static const char *const names[IMAGE_SOURCES] = {IMAGE_SOURCE_NAMES};
    const char *last = request->sources[request->source_count - 1];
    if (strcmp(last, names[IMAGE_SOURCES - 1]) != 0)
        return fail(CLNORM_NOT_IN_IMAGE,
                    "%s is not in %s, which holds the fpga kernels; CLNORM_KERNELS=fpga asks for those", last,
                    image_path(store->image));
    if (request->kernel != NULL && !image_has_kernel(store->image, request->kernel))
        return fail(CLNORM_NOT_IN_IMAGE,
                    "%s does not hold the kernel %s; `clnorm build` makes an image with all of them",
                    image_path(store->image), request->kernel);
    return CLNORM_OK;
}

static clnorm_status get_from_image(program_store *store, const program_request *request,
                                    program_handle *handle)
{
    pthread_mutex_lock(&store->lock);
    handle->proven = true;
    handle->origin = store->image == NULL ? PROGRAM_FROM_IMAGE : PROGRAM_FROM_MEMORY;
    clnorm_status status = store->image == NULL ? load_image(store) : CLNORM_OK;
    if (status == CLNORM_OK)
        status = check_request(store, request);
    if (status == CLNORM_OK)
        status = share(store->image_program, &handle->program);
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* ---- From memory, disk or source ---- */

static clnorm_status find_or_add(program_store *store, const cache_key *key, entry **found)
{
    pthread_mutex_lock(&store->lock);
    *found = find_entry(store, key);
    if (*found == NULL)
        *found = add_entry(store, key);
    pthread_mutex_unlock(&store->lock);
    return *found != NULL ? CLNORM_OK : fail(CLNORM_OUT_OF_MEMORY, "no memory for the list of programs");
}

/* The program of `found`, whose lock the caller holds, if it is in memory or on disk. */
static void look_for(const program_store *store, entry *found, const char *options, program_handle *handle)
{
    handle->origin = PROGRAM_FROM_MEMORY;
    if (found->program != NULL)
        return;
    handle->origin = PROGRAM_FROM_DISK;
    found->program = load_program(store, &found->key, options);
    found->proven = found->program != NULL && store->verify != CLNORM_VERIFY_ALWAYS;
}

/* Logs, once for each process, that there is no place for verdicts. */
static void say_unwatched(const program_store *store)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (store->verify == CLNORM_VERIFY_OFF || store->cache_directory != NULL)
        return;
    if (!atomic_flag_test_and_set(&said))
        log_line(CLNORM_LOG_INFO, "there is no cache: if a compiler ends the process, nothing will remember "
                                  "at which program");
}

/* Builds a program from source; the caller holds its lock. If the process ends meanwhile, that is remembered
 * (verdict.h); if the build takes long, the log says so. */
static clnorm_status build_source(const program_store *store, entry *found, const char *source,
                                  const char *options, program_handle *handle)
{
    verdict_watch watch;
    slow_build slow;
    handle->origin = PROGRAM_FROM_SOURCE;
    say_unwatched(store);
    verdict_watch_begin(&watch, program_store_verdicts(store), &found->key, handle->name);
    slow_build_begin(&slow, handle->name, SLOW_BUILD_SECONDS);
    const clnorm_status status =
        program_build_source(store->context, store->device, source, options, handle->name, &found->program);
    slow_build_end(&slow);
    verdict_watch_end(&watch, false);
    found->to_save = status == CLNORM_OK;
    found->proven = store->verify == CLNORM_VERIFY_OFF;
    return status;
}

static void log_origin(const program_handle *handle, const struct timespec *start, const char *options)
{
    static const char *const names[] = {"memory", "disk", "source", "image"};
    if (handle->origin != PROGRAM_FROM_MEMORY)
        log_line(CLNORM_LOG_INFO, "program %s from %s in %.1f ms: %s", handle->name, names[handle->origin],
                 milliseconds_since(start), options);
}

static clnorm_status get(program_store *store, const program_request *request, bool builds,
                         program_handle *handle)
{
    struct timespec start;
    char *source = NULL;
    entry *found = NULL;
    memset(handle, 0, sizeof *handle);
    name_request(request, handle);
    if (store->served)
        return get_from_image(store, request, handle);
    clock_gettime(CLOCK_MONOTONIC, &start);
    clnorm_status status = resolve(store, request, &source, &handle->key);
    if (status == CLNORM_OK)
        status = find_or_add(store, &handle->key, &found);
    if (status != CLNORM_OK) {
        free(source);
        return status;
    }
    const char *options = request->options != NULL ? request->options : "";
    pthread_mutex_lock(&found->lock);
    look_for(store, found, options, handle);
    if (found->program == NULL && builds)
        status = build_source(store, found, source, options, handle);
    if (found->program != NULL)
        status = share(found->program, &handle->program);
    handle->proven = found->proven;
    pthread_mutex_unlock(&found->lock);
    free(source);
    if (handle->program != NULL)
        log_origin(handle, &start, options);
    return status;
}

clnorm_status program_find(program_store *store, const program_request *request, program_handle *handle)
{
    return get(store, request, false, handle);
}

clnorm_status program_build(program_store *store, const program_request *request, program_handle *handle)
{
    return get(store, request, true, handle);
}

void program_release(program_handle *handle)
{
    if (handle->program != NULL)
        clReleaseProgram(handle->program);
    handle->program = NULL;
}

static void save(const program_store *store, const entry *proven)
{
    if (store->cache_directory == NULL)
        return;
    size_t size = 0;
    unsigned char *binary = program_binary(proven->program, store->device, &size);
    if (binary != NULL)
        cache_store(store->cache_directory, &proven->key, binary, size);
    else
        log_line(CLNORM_LOG_INFO, "the driver gives no binary of a program");
    free(binary);
}

/* Saves the binary, still watched: when PoCL is asked for a binary, it compiles the kernel once more, for
 * work-groups of any size. After this nothing else could end the process, and the watch ends with success. */
static void save_watched(const program_store *store, const entry *proven, const char *name)
{
    verdict_watch watch;
    verdict_watch_begin(&watch, program_store_verdicts(store), &proven->key, name);
    save(store, proven);
    verdict_watch_end(&watch, true);
}

void program_prove(program_store *store, const program_handle *handle)
{
    if (store->served)
        return;
    pthread_mutex_lock(&store->lock);
    entry *found = find_entry(store, &handle->key);
    pthread_mutex_unlock(&store->lock);
    if (found == NULL)
        return;
    pthread_mutex_lock(&found->lock);
    found->proven = true;
    if (found->to_save)
        save_watched(store, found, handle->name);
    found->to_save = false; /* even if saving failed, so that not every plan tries it again */
    pthread_mutex_unlock(&found->lock);
}

void program_disprove(program_store *store, const program_handle *handle)
{
    if (!store->served)
        cache_remove(store->cache_directory, &handle->key);
}

bool program_store_is_edited(const program_store *store)
{
    return store->kernel_directory != NULL;
}

const char *program_store_verdicts(const program_store *store)
{
    return store->verify == CLNORM_VERIFY_OFF ? NULL : store->cache_directory;
}
