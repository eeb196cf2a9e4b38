/* Where a program comes from: memory, disk or source; and what happens when it comes from none. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "programs/program.h"

#include "files.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

enum { MAXIMUM_DEVICES = 8, GARBAGE_SIZE = 5000 };

static const char KERNEL[] = "#include \"factor.cl\"\n"
                             "kernel void scale(global float *x)\n"
                             "{\n"
                             "    x[get_global_id(0)] *= FACTOR;\n"
                             "}\n";

static char directory[FILES_PATH_SIZE], kernels[FILES_PATH_SIZE], cache[FILES_PATH_SIZE];
static program_directories directories;
static clnorm_verify verify; /* of new stores */
static cl_device_id devices[MAXIMUM_DEVICES];
static cl_uint device_count;
static cl_context context;
static cl_device_id device; /* the one that programs are built for */
static bool hide_compiler, is_accelerator;
static const char *fake_log;
static size_t fake_log_size;
static cl_int next_build; /* the error that the next clBuildProgram gives, once */

static const char *const source_names[] = {"scale.cl"};
static const program_request request = {source_names, 1, "-DUNUSED=1", NULL};

/* Stands before the loader's: a device without a compiler, or an accelerator, while these are set. */
cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t size, void *value, size_t *size_ret)
{
    static cl_int (*next)(cl_device_id, cl_device_info, size_t, void *, size_t *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clGetDeviceInfo");
    const cl_int error = next(id, what, size, value, size_ret);
    if (hide_compiler && what == CL_DEVICE_COMPILER_AVAILABLE && value != NULL)
        *(cl_bool *)value = CL_FALSE;
    if (is_accelerator && what == CL_DEVICE_TYPE && value != NULL)
        *(cl_device_type *)value = CL_DEVICE_TYPE_ACCELERATOR;
    return error;
}

/* And this one: next_build. */
cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *ids, const char *options,
                      void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    static cl_int (*next)(cl_program, cl_uint, const cl_device_id *, const char *,
                          void(CL_CALLBACK *)(cl_program, void *), void *);
    const cl_int error = next_build;
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clBuildProgram");
    if (error == CL_SUCCESS)
        return next(program, count, ids, options, notify, user);
    next_build = CL_SUCCESS;
    return error;
}

/* Stands before the loader's too: fake_log_size bytes of fake_log, when set, are what the compiler said. */
cl_int clGetProgramBuildInfo(cl_program program, cl_device_id id, cl_program_build_info what, size_t size,
                             void *value, size_t *size_ret)
{
    static cl_int (*next)(cl_program, cl_device_id, cl_program_build_info, size_t, void *, size_t *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clGetProgramBuildInfo");
    if (fake_log == NULL || what != CL_PROGRAM_BUILD_LOG)
        return next(program, id, what, size, value, size_ret);
    if (size_ret != NULL)
        *size_ret = fake_log_size;
    if (value != NULL)
        memcpy(value, fake_log, size < fake_log_size ? size : fake_log_size);
    return CL_SUCCESS;
}

/* The driver's own cache must not stand in for ours. */
static void set_up_files(void)
{
    char driver_cache[FILES_PATH_SIZE];
    files_make_directory(directory);
    files_join(kernels, directory, "kernels");
    files_join(cache, directory, "cache");
    files_join(driver_cache, directory, "driver");
    ck_assert_int_eq(mkdir(kernels, 0700), 0);
    ck_assert_int_eq(mkdir(driver_cache, 0700), 0);
    directories = (program_directories){cache, kernels, NULL};
    verify = CLNORM_VERIFY_NEW;
    setenv("POCL_CACHE_DIR", driver_cache, 1);
    files_write_text(kernels, "scale.cl", KERNEL);
    files_write_text(kernels, "factor.cl", "#define FACTOR 3.0f\n");
}

static void set_up_context(void)
{
    cl_platform_id platform = NULL;
    cl_int error = CL_SUCCESS;
    ck_assert_int_eq(clGetPlatformIDs(1, &platform, NULL), CL_SUCCESS);
    error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MAXIMUM_DEVICES, devices, &device_count);
    ck_assert_int_eq(error, CL_SUCCESS);
    context = clCreateContext(NULL, device_count, devices, NULL, NULL, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    device = devices[0];
}

static void set_up(void)
{
    set_up_files();
    set_up_context();
}

/* Two devices of the same driver. PoCL gives them when it is asked. */
static void set_up_two_devices(void)
{
    setenv("POCL_DEVICES", "pthread pthread", 1);
    set_up();
}

static void tear_down_files(void)
{
    files_remove(directory);
}

static void tear_down(void)
{
    clReleaseContext(context);
    tear_down_files();
}

static program_store *new_store(void)
{
    program_store *store = NULL;
    ck_assert_msg(program_store_create(&store, context, device, &directories, verify) == CLNORM_OK, "%s",
                  clnorm_last_error());
    return store;
}

/* What `scale` makes of 1. */
static float run(cl_program program)
{
    const size_t one = 1;
    float value = 1.0F;
    cl_int error = CL_SUCCESS;
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    cl_kernel kernel = clCreateKernel(program, "scale", &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    cl_mem buffer =
        clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof value, &value, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    ck_assert_int_eq(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), CL_SUCCESS);
    ck_assert_int_eq(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL), CL_SUCCESS);
    error = clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof value, &value, 0, NULL, NULL);
    ck_assert_int_eq(error, CL_SUCCESS);
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseCommandQueue(queue);
    return value;
}

static program_handle built(program_store *store, const program_request *wanted)
{
    program_handle handle;
    ck_assert_msg(program_build(store, wanted, &handle) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_ptr_nonnull(handle.program);
    return handle;
}

/* What is not there is not found, and nothing else is. */
static void use_request(program_store *store, const program_request *wanted, program_origin expected,
                        float result)
{
    program_handle found;
    ck_assert_msg(program_find(store, wanted, &found) == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert((found.program == NULL) == (expected == PROGRAM_FROM_SOURCE));
    if (found.program == NULL)
        found = built(store, wanted);
    ck_assert_int_eq(found.origin, expected);
    ck_assert_str_eq(found.name, "scale.cl");
    ck_assert_float_eq(run(found.program), result);
    program_prove(store, &found);
    program_release(&found);
    ck_assert_ptr_null(found.program);
    program_release(&found);
}

/* Finds or builds the program, runs it and proves it. */
static void use(program_store *store, program_origin expected, float result)
{
    use_request(store, &request, expected, result);
}

/* The same in a store that lives only for it, as a process would have it. */
static void use_afresh(program_origin expected, float result)
{
    program_store *store = new_store();
    use(store, expected, result);
    program_store_destroy(store);
}

/* Without the lock that is taken while programs are built. */
static size_t files_of_cache(void)
{
    return files_count(cache, "", NULL) - files_count(cache, "verdicts.lock", NULL);
}

/* The only file of the cache. */
static void find_file(char path[FILES_PATH_SIZE], cache_key *key)
{
    char name[FILES_PATH_SIZE];
    ck_assert_uint_eq(files_of_cache(), 1);
    ck_assert_uint_eq(files_count(cache, ".clbin", name), 1);
    files_join(path, cache, name);
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        const char digits[] = {name[2 * i], name[2 * i + 1], '\0'};
        key->bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

START_TEST(source_then_memory_then_disk)
{
    program_store *store = new_store();
    use(store, PROGRAM_FROM_SOURCE, 3.0F);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1);
    use(store, PROGRAM_FROM_MEMORY, 3.0F);
    program_store_destroy(store);

    store = new_store();
    use(store, PROGRAM_FROM_DISK, 3.0F);
    use(store, PROGRAM_FROM_MEMORY, 3.0F);
    program_store_destroy(store);
    ck_assert_uint_eq(files_of_cache(), 1);
}
END_TEST

START_TEST(a_program_outlives_its_store)
{
    program_store *store = new_store();
    program_handle handle = built(store, &request);
    program_store_destroy(store);
    ck_assert_float_eq(run(handle.program), 3.0F);
    program_release(&handle);
    program_store_destroy(NULL);
}
END_TEST

START_TEST(a_changed_source_misses)
{
    program_store *store = new_store();
    use(store, PROGRAM_FROM_SOURCE, 3.0F);
    files_write_text(kernels, "factor.cl", "#define FACTOR 5.0f\n"); /* included, of the same length */
    use(store, PROGRAM_FROM_SOURCE, 5.0F);
    program_store_destroy(store);
    use_afresh(PROGRAM_FROM_DISK, 5.0F);
    files_write_text(kernels, "factor.cl", "#define FACTOR 3.0f\n");
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 2);
}
END_TEST

START_TEST(changed_options_miss)
{
    const program_request without = {source_names, 1, NULL, NULL};
    program_store *store = new_store();
    use(store, PROGRAM_FROM_SOURCE, 3.0F);
    use_request(store, &without, PROGRAM_FROM_SOURCE, 3.0F);
    use_request(store, &without, PROGRAM_FROM_MEMORY, 3.0F);
    use(store, PROGRAM_FROM_MEMORY, 3.0F);
    program_store_destroy(store);
}
END_TEST

START_TEST(a_refused_binary_is_rebuilt)
{
    unsigned char garbage[GARBAGE_SIZE];
    char path[FILES_PATH_SIZE];
    cache_key key;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    find_file(path, &key);

    /* Whole by its hash, but nothing that a driver knows. */
    memset(garbage, 0xA5, sizeof garbage);
    ck_assert(cache_store(cache, &key, garbage, sizeof garbage));
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    use_afresh(PROGRAM_FROM_DISK, 3.0F);

    ck_assert(cache_store(cache, &key, garbage, sizeof garbage));
    program_store *store = new_store();
    program_handle handle = built(store, &request);
    ck_assert_int_eq(handle.origin, PROGRAM_FROM_SOURCE);
    ck_assert(!files_exists(path)); /* gone even before something better is saved */
    program_release(&handle);
    program_store_destroy(store);
}
END_TEST

/* Where the driver has too little of something for a moment, nothing is wrong with the file. */
START_TEST(a_binary_is_kept_while_the_driver_lacks_something)
{
    static const cl_int passing[] = {CL_OUT_OF_HOST_MEMORY, CL_OUT_OF_RESOURCES,
                                     CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_DEVICE_NOT_AVAILABLE};
    char path[FILES_PATH_SIZE];
    cache_key key;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    find_file(path, &key);
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        program_store *store = new_store();
        next_build = passing[i];
        program_handle handle = built(store, &request);
        ck_assert_int_eq(next_build, CL_SUCCESS);
        ck_assert_int_eq(handle.origin, PROGRAM_FROM_SOURCE);
        ck_assert(files_exists(path));
        program_release(&handle);
        program_store_destroy(store);
        use_afresh(PROGRAM_FROM_DISK, 3.0F);
    }
}
END_TEST

START_TEST(a_cut_file_is_rebuilt)
{
    char path[FILES_PATH_SIZE];
    cache_key key;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    find_file(path, &key);
    ck_assert_int_eq(truncate(path, 1000), 0);
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
}
END_TEST

START_TEST(no_cache_builds_each_time)
{
    char file[FILES_PATH_SIZE], below[FILES_PATH_SIZE];
    directories.cache = NULL;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);

    files_write_text(directory, "file", "in the way");
    files_join(file, directory, "file");
    files_join(below, file, "cache");
    directories.cache = below;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
}
END_TEST

static unsigned log_lines;

static void count_log_lines(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    log_lines += strstr(line, "build log:") != NULL;
}

static void assert_fails(program_store *store, const program_request *wanted, clnorm_status status,
                         const char *part)
{
    program_handle handle;
    ck_assert_int_eq(program_build(store, wanted, &handle), status);
    ck_assert_ptr_null(handle.program);
    ck_assert_msg(strstr(clnorm_last_error(), part) != NULL, "\"%s\" is not in \"%s\"", part,
                  clnorm_last_error());
    ck_assert_uint_lt(strlen(clnorm_last_error()), 600);
}

START_TEST(a_build_error_names_the_place)
{
    program_store *store = new_store();
    clnorm_set_log(count_log_lines, CLNORM_LOG_INFO, NULL);
    files_write_text(kernels, "factor.cl",
                     "\n#warning careful\n#define FACTOR nonsense\nint f(void) { oops; }\n");
    assert_fails(store, &request, CLNORM_BUILD_FAILED, "building scale.cl: CL_BUILD_PROGRAM_FAILURE: ");
    /* Mesa 26 heeds no #line */
    const bool counts_all = strstr(clnorm_last_error(), "input.cl:") != NULL;
    assert_fails(store, &request, CLNORM_BUILD_FAILED, counts_all ? "input.cl:" : "factor.cl:4:");
    ck_assert_uint_gt(log_lines, 3);

    /* The first failure does not stay. */
    files_write_text(kernels, "factor.cl", "#define FACTOR 3.0f\n");
    use(store, PROGRAM_FROM_SOURCE, 3.0F);
    program_store_destroy(store);
}
END_TEST

START_TEST(a_build_log_is_bounded)
{
    static const char start[] = "\n  \t\nwarning: careful\nk.cl:7: \x1b[31mError\x1b[0m: ";
    static char text[10 << 20];
    program_store *store = new_store();
    files_write_text(kernels, "factor.cl", "nonsense\n");
    memset(text, 'x', sizeof text); /* one line of 10 MiB, and no zero byte after it */
    memcpy(text, start, sizeof start - 1);
    fake_log = text;
    fake_log_size = sizeof text;
    assert_fails(store, &request, CLNORM_BUILD_FAILED, "FAILURE: k.cl:7:  [31mError [0m: xxx");
    fake_log_size = 24; /* no line speaks of an error: the first one that says something */
    assert_fails(store, &request, CLNORM_BUILD_FAILED, "FAILURE: warning: careful");
    fake_log_size = 5;
    assert_fails(store, &request, CLNORM_BUILD_FAILED, "FAILURE: the build log is empty");
    fake_log_size = 0;
    assert_fails(store, &request, CLNORM_BUILD_FAILED, "FAILURE: the build log is empty");
    program_store_destroy(store);
}
END_TEST

START_TEST(wrong_options_fail)
{
    const program_request wrong = {source_names, 1, "-such-an-option", NULL};
    program_store *store = new_store();
    assert_fails(store, &wrong, CLNORM_BUILD_FAILED, "building scale.cl: CL_");
    program_store_destroy(store);
}
END_TEST

START_TEST(a_missing_source_fails)
{
    const char *const names[] = {"scale.cl", "absent.cl"};
    const program_request absent = {names, 2, "", NULL};
    program_store *store = new_store();
    assert_fails(store, &absent, CLNORM_IO_ERROR, "\"absent.cl\"");
    program_store_destroy(store);
}
END_TEST

START_TEST(proving_what_was_never_built_does_nothing)
{
    program_store *store = new_store();
    program_handle handle;
    ck_assert_int_eq(program_find(store, &request, &handle), CLNORM_OK);
    ck_assert_ptr_null(handle.program);
    ck_assert(!handle.proven);
    program_prove(store, &handle);
    handle = (program_handle){.program = NULL};
    program_prove(store, &handle);
    program_store_destroy(store);
    ck_assert_uint_eq(files_count(cache, "", NULL), 0);
}
END_TEST

/* ---- Which programs are proven ---- */

static program_handle found(program_store *store, program_origin origin, bool proven)
{
    program_handle handle;
    ck_assert_int_eq(program_find(store, &request, &handle), CLNORM_OK);
    ck_assert_ptr_nonnull(handle.program);
    ck_assert_int_eq(handle.origin, origin);
    ck_assert_int_eq(handle.proven, proven);
    return handle;
}

/* Nothing is kept before, and one file after; what was saved once is not saved again. */
START_TEST(proving_saves_once)
{
    char path[FILES_PATH_SIZE];
    cache_key key;
    program_store *store = new_store();
    program_handle first = built(store, &request);
    ck_assert(!first.proven);
    ck_assert_float_eq(run(first.program), 3.0F);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 0);
    program_handle second = found(store, PROGRAM_FROM_MEMORY, false);
    ck_assert_ptr_eq(second.program, first.program);
    program_prove(store, &first);
    find_file(path, &key);
    ck_assert_mem_eq(key.bytes, first.key.bytes, sizeof key.bytes);
    ck_assert_int_eq(unlink(path), 0);
    program_prove(store, &second);
    ck_assert(!files_exists(path));
    program_handle third = found(store, PROGRAM_FROM_MEMORY, true);
    program_release(&first);
    program_release(&second);
    program_release(&third);
    program_store_destroy(store);
}
END_TEST

/* Built and used without a proof: of no use to those who want one. They may use each other's no more. */
START_TEST(what_was_not_verified_is_kept_apart)
{
    verify = CLNORM_VERIFY_OFF;
    program_store *store = new_store();
    program_handle handle = built(store, &request);
    ck_assert(handle.proven);
    ck_assert_ptr_null(program_store_verdicts(store));
    run(handle.program);
    program_prove(store, &handle);
    program_release(&handle);
    program_store_destroy(store);
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
    verify = CLNORM_VERIFY_NEW;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 2);
    verify = CLNORM_VERIFY_OFF;
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
}
END_TEST

START_TEST(programs_on_disk_are_proven_to_all_but_always)
{
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    program_store *store = new_store();
    program_handle handle = found(store, PROGRAM_FROM_DISK, true);
    ck_assert_str_eq(program_store_verdicts(store), cache);
    program_release(&handle);
    program_store_destroy(store);

    verify = CLNORM_VERIFY_ALWAYS;
    store = new_store();
    handle = found(store, PROGRAM_FROM_DISK, false);
    program_handle again = found(store, PROGRAM_FROM_MEMORY, false);
    program_prove(store, &handle);
    program_release(&again);
    again = found(store, PROGRAM_FROM_MEMORY, true);
    program_release(&handle);
    program_release(&again);
    program_store_destroy(store);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1);
}
END_TEST

/* It is served from CLNORM_BINARY_DIR, and with what was compiled somewhere else: not from the cache. */
START_TEST(a_device_without_compiler)
{
    program_store *store = NULL;
    hide_compiler = true;
    store = new_store();
    assert_fails(store, &request, CLNORM_NO_COMPILER,
                 "CLNORM_BINARY_DIR, the directory of its image, is not set");
    program_store_destroy(store);

    hide_compiler = false;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    hide_compiler = true;
    store = new_store();
    assert_fails(store, &request, CLNORM_NO_COMPILER, "clnorm build --device fpga --out DIR");
    program_store_destroy(store);
}
END_TEST

/* It compiles, if it can, until CLNORM_BINARY_DIR says where its image is; other devices ask nobody but their
 * compiler. A directory that vanished is missed when the image is wanted, one that never was at once. */
START_TEST(an_accelerator_with_a_directory_of_images)
{
    program_store *store = NULL;
    use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
    char images[] = "/tmp/clnorm-images-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(images));
    directories.binaries = images;
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
    is_accelerator = true;
    store = new_store();
    ck_assert_int_eq(rmdir(images), 0);
    assert_fails(store, &request, CLNORM_INVALID_ENVIRONMENT, "No such file or directory; it must name a");
    program_store_destroy(store);
    directories.binaries = NULL;
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
}
END_TEST

typedef struct asker {
    pthread_t thread;
    program_store *store;
    program_handle handle;
    clnorm_status status;
} asker;

static void *ask(void *argument)
{
    asker *self = argument;
    self->status = program_build(self->store, &request, &self->handle);
    program_prove(self->store, &self->handle);
    return NULL;
}

START_TEST(threads_share_one_build)
{
    enum { ASKERS = 8 };
    asker askers[ASKERS];
    unsigned builds = 0;
    program_store *store = new_store();
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (asker){.store = store};
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (size_t i = 0; i < ASKERS; i++)
        pthread_join(askers[i].thread, NULL);
    for (size_t i = 0; i < ASKERS; i++) {
        ck_assert_int_eq(askers[i].status, CLNORM_OK);
        ck_assert_ptr_eq(askers[i].handle.program, askers[0].handle.program);
        builds += askers[i].handle.origin == PROGRAM_FROM_SOURCE;
    }
    for (size_t i = 0; i < ASKERS; i++)
        program_release(&askers[i].handle);
    ck_assert_uint_eq(builds, 1);
    program_store_destroy(store);
    use_afresh(PROGRAM_FROM_DISK, 3.0F);
}
END_TEST

START_TEST(the_device_of_a_context_of_two)
{
    if (device_count < 2)
        return; /* another driver than PoCL */
    for (cl_uint i = device_count; i-- > 0;) {
        files_remove(cache);
        device = devices[i];
        use_afresh(PROGRAM_FROM_SOURCE, 3.0F);
        use_afresh(PROGRAM_FROM_DISK, 3.0F);
    }
}
END_TEST

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

/* The exit status of a process of its own that builds, runs and proves the program. */
static pid_t start_process(program_origin expected, bool any)
{
    const pid_t process = fork();
    if (process != 0)
        return process;
    set_up_context();
    const double start = milliseconds();
    program_store *store = new_store();
    program_handle handle;
    if (program_build(store, &request, &handle) != CLNORM_OK || (!any && handle.origin != expected))
        _exit(1);
    const float result = run(handle.program);
    printf("%s: %.1f ms\n", handle.origin == PROGRAM_FROM_DISK ? "from disk" : "from source",
           milliseconds() - start);
    fflush(stdout);
    program_prove(store, &handle);
    _exit(result == 3.0F ? 0 : 1);
}

static void await_process(pid_t process)
{
    int status = 0;
    ck_assert_int_gt(process, 0);
    ck_assert_int_eq(waitpid(process, &status, 0), process);
    ck_assert_int_eq(status, 0);
}

START_TEST(processes_start_at_once)
{
    enum { PROCESSES = 3 };
    pid_t processes[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        processes[i] = start_process(PROGRAM_FROM_SOURCE, true);
    for (int i = 0; i < PROCESSES; i++)
        await_process(processes[i]);
    ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1);
    ck_assert_uint_eq(files_of_cache(), 1);
    await_process(start_process(PROGRAM_FROM_DISK, false));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("program");
    TCase *test = tcase_create("program");
    tcase_add_checked_fixture(test, set_up, tear_down);
    tcase_set_timeout(test, 300);
    tcase_add_test(test, source_then_memory_then_disk);
    tcase_add_test(test, a_program_outlives_its_store);
    tcase_add_test(test, a_changed_source_misses);
    tcase_add_test(test, changed_options_miss);
    tcase_add_test(test, a_refused_binary_is_rebuilt);
    tcase_add_test(test, a_binary_is_kept_while_the_driver_lacks_something);
    tcase_add_test(test, a_cut_file_is_rebuilt);
    tcase_add_test(test, no_cache_builds_each_time);
    tcase_add_test(test, a_build_error_names_the_place);
    tcase_add_test(test, a_build_log_is_bounded);
    tcase_add_test(test, wrong_options_fail);
    tcase_add_test(test, a_missing_source_fails);
    tcase_add_test(test, proving_what_was_never_built_does_nothing);
    tcase_add_test(test, proving_saves_once);
    tcase_add_test(test, what_was_not_verified_is_kept_apart);
    tcase_add_test(test, programs_on_disk_are_proven_to_all_but_always);
    tcase_add_test(test, a_device_without_compiler);
    tcase_add_test(test, an_accelerator_with_a_directory_of_images);
    tcase_add_test(test, threads_share_one_build);
    suite_add_tcase(suite, test);

    TCase *two = tcase_create("two devices");
    tcase_add_checked_fixture(two, set_up_two_devices, tear_down);
    tcase_set_timeout(two, 300);
    tcase_add_test(two, the_device_of_a_context_of_two);
    suite_add_tcase(suite, two);

    TCase *processes = tcase_create("processes");
    tcase_add_checked_fixture(processes, set_up_files, tear_down_files);
    tcase_set_timeout(processes, 300);
    tcase_add_test(processes, processes_start_at_once);
    suite_add_tcase(suite, processes);
    return run_suite(suite);
}
