/*
 * Drivers that say what no driver should: no devices, limits of nothing or of everything, binaries that are
 * none, a build log of ten megabytes. Needs OPENCL_LAYERS to name the layer.
 */
#include "../files.h"
#include "../suite.h"
#include <clnorm/ops.h>

#include "execute/context.h"
#include "find_layer.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static fault_control *layer;
static char directory[FILES_PATH_SIZE];

static void set_up(void)
{
    layer = find_layer();
    files_make_directory(directory);
}

static void tear_down(void)
{
    files_remove(directory);
    assert_no_objects(layer, "odd drivers");
}

static void assert_says(const char *piece)
{
    ck_assert_msg(strstr(clnorm_last_error(), piece) != NULL, "no \"%s\" in: %s", piece, clnorm_last_error());
}

/* ---- Devices ---- */

START_TEST(no_devices)
{
    clnorm_device_list *list = NULL;
    clnorm_context *context = NULL;
    layer->no_devices = true;
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    ck_assert_uint_eq(clnorm_device_list_count(list), 0);
    clnorm_device_list_destroy(list);
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_DEVICE_NOT_FOUND);
    assert_says("there is no OpenCL device");
    ck_assert_int_eq(clnorm_context_create(&context, "cpu"), CLNORM_DEVICE_NOT_FOUND);
    assert_says("there is no OpenCL device");
    ck_assert_ptr_null(context);
}
END_TEST

/* The driver that fails is what the message ends with, not only that nothing is there. */
START_TEST(left_out)
{
    clnorm_context *context = NULL;
    layer->fail_at = 3; /* clGetDeviceIDs, after two of clGetPlatformIDs */
    atomic_store(&layer->calls, 0);
    atomic_store(&layer->armed, true);
    layer->code = (size_t)_i; /* some say the second one where there is just no device */
    const clnorm_status status = clnorm_context_create(&context, "cpu");
    atomic_store(&layer->armed, false);
    ck_assert_str_eq(layer->failed, "clGetDeviceIDs");
    ck_assert_int_eq(status, CLNORM_DEVICE_NOT_FOUND);
    assert_says("platform 0 is left out: clGetDeviceIDs: ");
    assert_says(_i == 0 ? "CL_OUT_OF_RESOURCES" : "CL_OUT_OF_HOST_MEMORY");
}
END_TEST

/* Sub-groups are used where items can exchange values in them; an extension is its whole name. */
START_TEST(extensions)
{
    static const struct {
        const char *list;
        sub_groups found;
    } cases[] = {
        {"", SUB_GROUPS_NONE},
        {"cl_khr_subgroups", SUB_GROUPS_NONE},
        {"cl_khr_subgroups cl_khr_subgroup_shuffle_relative", SUB_GROUPS_NONE},
        {"my_cl_khr_subgroups cl_khr_subgroup_shuffle", SUB_GROUPS_NONE},
        {"cl_khr_fp64 cl_khr_subgroup_shuffle cl_khr_subgroups", SUB_GROUPS_KHR},
        {"cl_intel_subgroups_short cl_khr_fp64", SUB_GROUPS_NONE},
        {"cl_intel_subgroups_short cl_intel_subgroups", SUB_GROUPS_INTEL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(sub_groups_of(cases[i].list) == cases[i].found, "\"%s\"", cases[i].list);
}
END_TEST

/* The embedded profile allows it; sums and quotients would then be off by more than their bounds. */
START_TEST(rounds_to_zero)
{
    clnorm_context *context = NULL, *none = NULL;
    ck_assert_int_eq(clnorm_context_create(&context, "cpu"), CLNORM_OK);
    ck_assert(context->caps.nearest && context->caps.subnormals);
    layer->rounds_to_zero = true;
    ck_assert_int_eq(clnorm_context_create(&none, "cpu"), CLNORM_UNSUPPORTED_DEVICE);
    assert_says(" cannot round to nearest (CL_DEVICE_SINGLE_FP_CONFIG lacks CL_FP_ROUND_TO_NEAREST");
    ck_assert_int_eq(clnorm_context_from_queue(&none, clnorm_context_cl_queue(context)),
                     CLNORM_UNSUPPORTED_DEVICE);
    ck_assert_ptr_null(none);
    layer->rounds_to_zero = false;
    ck_assert_int_eq(clnorm_context_from_queue(&none, clnorm_context_cl_queue(context)), CLNORM_OK);
    clnorm_context_destroy(none);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Limits ---- */

/* Plans of every mode, long and short: each is made, or refused with a sentence. Returns how many were
 * made. */
static size_t make_plans(clnorm_context *context)
{
    static const size_t dims[][4] = {{2, 3, 5, 7}, {40000, 1, 1, 5}, {2, 30, 5, 7}, {2, 3, 5, 7}};
    enum { SHAPES = sizeof dims / sizeof *dims, ACROSS = 2, STRIDED = 3 };
    size_t made = 0;
    const clnorm_op_info *info;
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
        for (size_t m = 0; m < info->mode_count * SHAPES; m++) {
            clnorm_op op;
            clnorm_plan *plan = NULL;
            clnorm_op_initialize(&op, sizeof op, info->kind);
            op.mode = info->modes[m / SHAPES]->mode;
            op.x = clnorm_tensor_dense(CLNORM_F32, 4, dims[m % SHAPES]);
            op.dim = op.axis = m % SHAPES >= ACROSS ? 1 : -1;
            for (size_t axis = 0; m % SHAPES == STRIDED && axis < 4; axis++)
                op.x.strides[axis] *= 2 + axis % 2; /* no two of them as one */
            const clnorm_status status = clnorm_plan_create(&plan, context, &op);
            ck_assert_msg(status == CLNORM_OK || strlen(clnorm_last_error()) > 8, "%s without a message",
                          clnorm_status_name(status));
            made += status == CLNORM_OK;
            clnorm_plan_destroy(plan);
        }
    }
    return made;
}

START_TEST(limits)
{
    static const cl_ulong values[] = {0, 1, (cl_ulong)-1};
    static const size_t least[] = {90, 60, 90}; /* a limit that is nonsense refuses few */
    size_t made = 0;
    layer->limit = values[_i];
    layer->has_limit = true;
    for (clnorm_kernels kernels = CLNORM_KERNELS_CPU; kernels <= CLNORM_KERNELS_FPGA; kernels++) {
        clnorm_context *context = NULL;
        const clnorm_status status = clnorm_context_create(&context, "cpu");
        ck_assert_msg(status == CLNORM_OK || strlen(clnorm_last_error()) > 8, "%s without a message",
                      clnorm_status_name(status));
        if (status != CLNORM_OK)
            continue;
        ck_assert_int_eq(clnorm_context_set_kernels(context, kernels), CLNORM_OK);
        made += make_plans(context);
        clnorm_context_destroy(context);
    }
    ck_assert_uint_ge(made, least[_i]);
    printf("limits of %llu: %zu plans made\n", (unsigned long long)values[_i], made);
}
END_TEST

/* ---- Queues ---- */

/* A plan with scratch of its own, two queues, and a buffer for it to work in. */
typedef struct bench {
    clnorm_context *context;
    clnorm_plan *plan;
    cl_command_queue first, second;
    clnorm_buffers in_place;
} bench;

static bench open_bench(void)
{
    const size_t dims[] = {3, 100003};
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_dense(CLNORM_F32, 2, dims), 1);
    bench b = {0};
    cl_int error;
    ck_assert_int_eq(clnorm_context_create(&b.context, "cpu"), CLNORM_OK);
    ck_assert_int_eq(clnorm_plan_create(&b.plan, b.context, &op), CLNORM_OK);
    ck_assert_uint_gt(clnorm_plan_scratch_bytes(b.plan), 0);
    cl_context cl = clnorm_context_cl_context(b.context);
    b.first = clnorm_context_cl_queue(b.context);
    b.second = clCreateCommandQueue(cl, clnorm_context_cl_device(b.context), 0, &error);
    cl_mem x = clCreateBuffer(cl, CL_MEM_READ_WRITE, dims[0] * dims[1] * sizeof(float), NULL, &error);
    b.in_place = CLNORM_BUFFERS(.x = {x, 0}, .y = {x, 0});
    return b;
}

static void close_bench(bench *b)
{
    clReleaseMemObject(b->in_place.x.mem);
    clReleaseCommandQueue(b->second);
    clnorm_plan_destroy(b->plan);
    clnorm_context_destroy(b->context);
}

/* A driver may keep commands until their queue is flushed: what a command on one queue waits for on another
 * is on its way, though the application does not know that there is anything to wait for. */
START_TEST(lazy_queues)
{
    bench b = open_bench();
    cl_int error;
    cl_event gate = clCreateUserEvent(clnorm_context_cl_context(b.context), &error), done = NULL;
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &b.in_place, b.first, 1, &gate, NULL), CLNORM_OK);
    layer->flushed = NULL;
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &b.in_place, b.second, 0, NULL, &done), CLNORM_OK);
    ck_assert_ptr_eq(layer->flushed, b.first);
    clSetUserEventStatus(gate, CL_COMPLETE);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    clReleaseEvent(gate);
    clReleaseEvent(done);
    close_bench(&b);
}
END_TEST

/* An execution that failed on the device is no matter of the next one, which would fail with it. PoCL 3.1
 * itself aborts where a user event is given an error: the layer says so of what went well. */
START_TEST(failed_commands)
{
    bench b = open_bench();
    cl_event done = NULL;
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &b.in_place, b.first, 0, NULL, NULL), CLNORM_OK);
    layer->commands_fail = true;
    layer->waits = 0;
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &b.in_place, b.second, 0, NULL, &done), CLNORM_OK);
    ck_assert_uint_eq(layer->waits, 0);
    layer->commands_fail = false;
    ck_assert_int_eq(clFinish(b.first), CL_SUCCESS);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    clReleaseEvent(done);
    close_bench(&b);
}
END_TEST

/* ---- Forks ---- */

/* The child's copy of the layer sees no call of OpenCL: whichever it is, a driver may wait in it for ever. */
static bool leaves_opencl_alone(bench *b, clnorm_context *unused)
{
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_1d(CLNORM_F32, 4), 0);
    clnorm_context *context = NULL;
    clnorm_plan *plan = NULL;
    long alive[FAULT_OBJECTS];
    for (size_t i = 0; i < FAULT_OBJECTS; i++)
        alive[i] = atomic_load(&layer->alive[i]);
    layer->fail_at = 0;
    atomic_store(&layer->calls, 0);
    atomic_store(&layer->armed, true);
    bool refused = clnorm_context_create(&context, "cpu") == CLNORM_INVALID_STATE &&
                   clnorm_context_from_queue(&context, b->first) == CLNORM_INVALID_STATE &&
                   clnorm_plan_create(&plan, b->context, &op) == CLNORM_INVALID_STATE &&
                   clnorm_plan_execute(b->plan, &b->in_place, NULL, 0, NULL, NULL) == CLNORM_INVALID_STATE;
    clnorm_context_destroy(unused);
    clnorm_plan_destroy(b->plan);
    clnorm_context_destroy(b->context);
    for (size_t i = 0; i < FAULT_OBJECTS; i++)
        refused = refused && alive[i] == atomic_load(&layer->alive[i]);
    return refused && atomic_load(&layer->calls) == 0;
}

START_TEST(forks)
{
    int status = 0;
    bench b = open_bench();
    clnorm_context *unused = NULL;
    ck_assert_int_eq(clnorm_context_from_queue(&unused, b.first), CLNORM_OK);
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &b.in_place, b.first, 0, NULL, NULL), CLNORM_OK);
    const pid_t child = fork();
    if (child == 0)
        _exit(leaves_opencl_alone(&b, unused) ? EXIT_SUCCESS : EXIT_FAILURE);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, EXIT_SUCCESS);
    ck_assert_int_eq(clFinish(b.first), CL_SUCCESS);
    clnorm_context_destroy(unused);
    close_bench(&b);
}
END_TEST

/* ---- Binaries and logs ---- */

static clnorm_status make_plan(clnorm_context **context)
{
    const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 3, 5), 1);
    clnorm_plan *plan = NULL;
    ck_assert_int_eq(clnorm_context_create(context, "cpu"), CLNORM_OK);
    const clnorm_status status = clnorm_plan_create(&plan, *context, &op);
    clnorm_plan_destroy(plan);
    return status;
}

static void find_disk(clnorm_log_level level, const char *line, void *found)
{
    (void)level;
    if (strstr(line, " from disk in ") != NULL)
        *(bool *)found = true;
}

/* They are kept; the driver refuses them the next time, and they are made anew, whole, for the third. */
START_TEST(corrupt_binaries)
{
    char cache[FILES_PATH_SIZE];
    bool from_disk = false;
    clnorm_context *context = NULL;
    files_join(cache, directory, "cache");
    setenv("CLNORM_CACHE_DIR", cache, 1);
    clnorm_set_log(find_disk, CLNORM_LOG_INFO, &from_disk);
    for (int whole = 0; whole < 3; whole++) {
        layer->corrupts_binaries = whole == 0;
        ck_assert_msg(make_plan(&context) == CLNORM_OK, "%s", clnorm_last_error());
        ck_assert_uint_eq(files_count(cache, ".clbin", NULL), 1);
        ck_assert_int_eq(from_disk, whole == 2);
        clnorm_context_destroy(context);
    }
}
END_TEST

/* The device's own binary is kept, not the first. */
START_TEST(two_slots)
{
    char cache[FILES_PATH_SIZE];
    bool from_disk = false;
    clnorm_context *context = NULL;
    files_join(cache, directory, "cache");
    setenv("CLNORM_CACHE_DIR", cache, 1);
    clnorm_set_log(find_disk, CLNORM_LOG_INFO, &from_disk);
    for (int i = 0; i < 2; i++) {
        ck_assert(!from_disk);
        layer->two_slots = i == 0;
        ck_assert_msg(make_plan(&context) == CLNORM_OK, "%s", clnorm_last_error());
        clnorm_context_destroy(context);
    }
    ck_assert(from_disk);
}
END_TEST

static size_t logged;

static void count_bytes(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    logged += strlen(line);
}

START_TEST(long_build_log)
{
    enum { LOG_BYTES = 10 << 20 };
    clnorm_context *context = NULL;
    setenv("CLNORM_CACHE_DIR", "off", 1);
    layer->log_bytes = LOG_BYTES;
    clnorm_set_log(count_bytes, CLNORM_LOG_INFO, NULL);
    ck_assert_int_eq(make_plan(&context), CLNORM_BUILD_FAILED);
    assert_says("xxxx");
    ck_assert_uint_lt(strlen(clnorm_last_error()), 1000);
    ck_assert_uint_gt(logged, 1000);
    layer->log_bytes = 0;
    clnorm_context_destroy(context);
    ck_assert_int_eq(make_plan(&context), CLNORM_OK);
    clnorm_context_destroy(context);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 600);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("odd drivers");

    TCase *devices = add_case(suite, "devices");
    tcase_add_test(devices, no_devices);
    tcase_add_loop_test(devices, left_out, 0, 2);
    tcase_add_test(devices, extensions);
    tcase_add_test(devices, rounds_to_zero);

    TCase *limited = add_case(suite, "limits");
    tcase_add_loop_test(limited, limits, 0, 3);

    TCase *queues = add_case(suite, "queues");
    tcase_add_test(queues, lazy_queues);
    tcase_add_test(queues, failed_commands);
    tcase_add_test(queues, forks);

    TCase *programs = add_case(suite, "programs");
    tcase_add_test(programs, corrupt_binaries);
    tcase_add_test(programs, two_slots);
    tcase_add_test(programs, long_build_log);

    return run_suite(suite);
}
