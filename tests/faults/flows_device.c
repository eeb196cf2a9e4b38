/* Contexts, plans and executions. */
#include "flow.h"

#include <clnorm/cache.h>
#include <string.h>

/* ---- Contexts ---- */

static size_t listed;

static clnorm_status run_devices(void)
{
    clnorm_device_list *list = NULL;
    const clnorm_status status = clnorm_device_list_create(&list, NULL);
    listed = clnorm_device_list_count(list);
    clnorm_device_list_destroy(list);
    return status;
}

/* A driver that fails is left out, with all that it has. */
static void check_devices(clnorm_status status)
{
    ck_assert_uint_le(listed, status == CLNORM_OK ? 1 : 0);
}

static clnorm_status run_context(void)
{
    clnorm_context *made = NULL;
    const clnorm_status status = clnorm_context_create(&made, "cpu");
    clnorm_context_destroy(made);
    return status;
}

static clnorm_status run_queue(void)
{
    clnorm_context *made = NULL;
    const clnorm_status status = clnorm_context_from_queue(&made, clnorm_context_cl_queue(context));
    clnorm_context_destroy(made);
    return status;
}

/* With texts of its own. */
static clnorm_status run_options(void)
{
    clnorm_context *made = NULL;
    clnorm_context_options options = clnorm_context_defaults();
    options.ignore_environment = true;
    options.device = "cpu";
    options.cache_directory = options.kernel_directory = options.binary_directory = directory;
    const clnorm_status status = clnorm_context_create_with(&made, &options);
    clnorm_context_destroy(made);
    return status;
}

/* ---- Plans ---- */

/* Batch normalization whose sums need a scratch. */
enum { ROWS = 60000, CHANNELS = 5, COUNT = ROWS * CHANNELS };

static clnorm_op split_op(void)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, ROWS, CHANNELS));
    op.mode = CLNORM_TRAIN;
    return op;
}

/* Batch normalization of several problems: gradients of parameters with tensors of their own. */
static clnorm_op parameters_op(void)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 7, 5));
    op.mode = CLNORM_BACKWARD;
    op.gamma_tensor = op.beta_tensor = op.x;
    return op;
}

static clnorm_status make_plans(clnorm_context *of)
{
    const clnorm_op ops[] = {
        split_op(),
        clnorm_local_response_normalization(clnorm_tensor_4d(CLNORM_F32, 2, 3, 5, 7)),
        clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 3, 5), 1),
    };
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < sizeof ops / sizeof *ops; i++) {
        clnorm_plan *plan = NULL;
        status = clnorm_plan_create(&plan, of, &ops[i]);
        clnorm_plan_destroy(plan);
    }
    return status;
}

static clnorm_status run_plans(void)
{
    return make_plans(context);
}

static clnorm_status run_parts(void)
{
    const clnorm_op op = parameters_op();
    clnorm_plan *plan = NULL;
    const clnorm_status status = clnorm_plan_create(&plan, context, &op);
    clnorm_plan_destroy(plan);
    return status;
}

/* Compiles the programs, so that runs find them. */
static void begin_parts(void)
{
    ck_assert_int_eq(run_parts(), CLNORM_OK);
}

/* ---- Programs: from source, and from the cache's files ---- */

static char cache[FILES_PATH_SIZE];

static void begin_cache(void)
{
    files_join(cache, directory, "cache");
    setenv("CLNORM_CACHE_DIR", cache, 1);
}

static void empty_cache(void)
{
    files_remove(cache);
}

static clnorm_status run_fresh(void)
{
    clnorm_context *made = NULL;
    clnorm_status status = clnorm_context_create(&made, "cpu");
    if (status == CLNORM_OK)
        status = make_plans(made);
    clnorm_context_destroy(made);
    return status;
}

/* Nothing half written is left, whatever failed. */
static void check_cache(clnorm_status status)
{
    (void)status;
    char name[FILES_PATH_SIZE] = "";
    ck_assert_msg(files_count(cache, ".tmp", name) == 0, "%s is left", name);
}

/* ---- Verification: programs come from the cache and have to prove themselves again ---- */

static size_t verified; /* plans, as the log says */

static void count_verified(clnorm_log_level level, const char *line, void *user)
{
    (void)level;
    (void)user;
    verified += strncmp(line, "verified ", 9) == 0;
}

static void begin_verified(void)
{
    begin_cache();
    clnorm_set_log(count_verified, CLNORM_LOG_INFO, NULL);
}

static clnorm_status run_verified(void)
{
    clnorm_context *made = NULL;
    verified = 0;
    clnorm_context_options options = clnorm_context_defaults();
    options.device = "cpu";
    options.verify = CLNORM_VERIFY_ALWAYS;
    clnorm_status status = clnorm_context_create_with(&made, &options);
    if (status == CLNORM_OK)
        status = make_plans(made);
    clnorm_context_destroy(made);
    return status;
}

/* What failed says nothing of the programs. */
static void check_verified(clnorm_status status)
{
    clnorm_verdict_list *list = NULL;
    check_cache(status);
    if (status == CLNORM_OK)
        ck_assert_uint_eq(verified, 3);
    ck_assert_int_eq(clnorm_verdict_list_create(&list), CLNORM_OK);
    ck_assert_uint_eq(clnorm_verdict_list_count(list), 0);
    clnorm_verdict_list_destroy(list);
}

static void end_cache(void)
{
    files_remove(cache);
    unsetenv("CLNORM_CACHE_DIR");
}

static void end_verified(void)
{
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    end_cache();
}

/* ---- Executions ---- */

enum { X, Y, GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE, BATCH_MEAN, BATCH_VARIANCE, BUFFERS };

static clnorm_plan *plan;
static cl_mem buffers[BUFFERS];
static cl_command_queue queues[2]; /* the second one runs commands in any order */
static float first[2][CHANNELS];   /* moving averages before an execution */
static float moved[2][CHANNELS];   /* and after it */
static float *x, *y, *expected;
static cl_mem own_scratch; /* of the application; NULL: the plan's own is used */

static clnorm_status execute(cl_command_queue queue, cl_uint n_wait, const cl_event *waits, cl_event *event)
{
    return clnorm_plan_execute(
        plan,
        &CLNORM_BUFFERS(.x = {buffers[X], 0}, .y = {buffers[Y], 0}, .gamma = {buffers[GAMMA], 0},
                        .beta = {buffers[BETA], 0}, .moving_mean = {buffers[MOVING_MEAN], 0},
                        .moving_variance = {buffers[MOVING_VARIANCE], 0},
                        .batch_mean = {buffers[BATCH_MEAN], 0},
                        .batch_variance = {buffers[BATCH_VARIANCE], 0}, .scratch = {own_scratch, 0}),
        queue, n_wait, waits, event);
}

static void finish_queues(void)
{
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(clFinish(queues[i]), CL_SUCCESS);
}

static void set_moving_averages(void)
{
    for (size_t i = 0; i < 2; i++)
        write_buffer(buffers[MOVING_MEAN + i], first[i], CHANNELS);
}

static void begin_execution(void)
{
    static const float ones[CHANNELS] = {1, 1, 1, 1, 1};
    const clnorm_op op = split_op();
    cl_int error;
    queues[0] = clnorm_context_cl_queue(context);
    queues[1] = clCreateCommandQueue(clnorm_context_cl_context(context), clnorm_context_cl_device(context),
                                     CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &error);
    ck_assert_ptr_nonnull(queues[1]);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    /* a driver that can be trusted with strided kernels alone has none to share */
    ck_assert(clnorm_plan_scratch_bytes(plan) > 0 ||
              strcmp(clnorm_plan_variant(plan), "strided/groups") == 0);
    x = malloc(COUNT * sizeof *x);
    y = malloc(COUNT * sizeof *y);
    expected = malloc(COUNT * sizeof *expected);
    for (size_t i = 0; i < COUNT; i++)
        x[i] = (float)(i % 101) * 0.25f - 7.0f;
    buffers[X] = buffer_of(x, COUNT);
    buffers[Y] = buffer_of(NULL, COUNT);
    for (size_t i = GAMMA; i < BUFFERS; i++)
        buffers[i] = buffer_of(ones, CHANNELS);
    for (size_t i = 0; i < CHANNELS; i++) {
        first[0][i] = (float)i;
        first[1][i] = (float)(2 * i + 1);
    }
    set_moving_averages();
    ck_assert_int_eq(execute(queues[0], 0, NULL, NULL), CLNORM_OK);
    read_buffer(buffers[Y], expected, COUNT);
    for (size_t i = 0; i < 2; i++)
        read_buffer(buffers[MOVING_MEAN + i], moved[i], CHANNELS);
    ck_assert_mem_ne(first, moved, sizeof first);
}

static void begin_own_scratch(void)
{
    begin_execution();
    own_scratch = buffer_of(NULL, clnorm_plan_scratch_bytes(plan) / sizeof(float) + 1);
}

static void before_execution(void)
{
    set_moving_averages();
    memset(y, 0, COUNT * sizeof *y);
    write_buffer(buffers[Y], y, COUNT);
}

static clnorm_status run_in_order(void)
{
    return execute(queues[0], 0, NULL, NULL);
}

/* On two queues, the second after the first one's event: the moving averages are updated twice. */
static clnorm_status run_out_of_order(void)
{
    cl_event done = NULL, last = NULL;
    clnorm_status status = execute(queues[0], 0, NULL, &done);
    if (status == CLNORM_OK)
        status = execute(queues[1], 1, &done, &last);
    if (done != NULL)
        clReleaseEvent(done);
    if (last != NULL)
        clReleaseEvent(last);
    return status;
}

/* Moving averages are as before, or as after an execution that succeeded: never something between. */
static void check_in_order(clnorm_status status)
{
    float found[2][CHANNELS];
    finish_queues();
    for (size_t i = 0; i < 2; i++)
        read_buffer(buffers[MOVING_MEAN + i], found[i], CHANNELS);
    if (status != CLNORM_OK) {
        ck_assert_msg(memcmp(found, first, sizeof found) == 0, "moving averages moved in a failed execution");
        return;
    }
    ck_assert_msg(memcmp(found, moved, sizeof found) == 0, "moving averages are not what they must be");
    read_buffer(buffers[Y], y, COUNT);
    ck_assert_msg(memcmp(y, expected, COUNT * sizeof *y) == 0, "y is not what it must be");
}

/* After a failure they are those after no execution, or after the first. */
static void check_out_of_order(clnorm_status status)
{
    float found[2][CHANNELS];
    finish_queues();
    for (size_t i = 0; i < 2; i++)
        read_buffer(buffers[MOVING_MEAN + i], found[i], CHANNELS);
    const bool none = memcmp(found, first, sizeof found) == 0, once = memcmp(found, moved, sizeof found) == 0;
    if (status != CLNORM_OK) {
        ck_assert_msg(none || once,
                      "moving averages are half moved: %g and %g of channel 1, which were %g and %g, and "
                      "once %g and %g",
                      (double)found[0][1], (double)found[1][1], (double)first[0][1], (double)first[1][1],
                      (double)moved[0][1], (double)moved[1][1]);
        return;
    }
    ck_assert_msg(!none && !once, "moving averages moved less than twice");
    read_buffer(buffers[Y], y, COUNT);
    ck_assert_msg(memcmp(y, expected, COUNT * sizeof *y) == 0, "y is not what it must be");
}

static void end_execution(void)
{
    clnorm_plan_destroy(plan);
    for (size_t i = 0; i < BUFFERS; i++)
        clReleaseMemObject(buffers[i]);
    if (own_scratch != NULL)
        clReleaseMemObject(own_scratch);
    own_scratch = NULL;
    clReleaseCommandQueue(queues[1]);
    free(x);
    free(y);
    free(expected);
}

const flow device_flows[] = {
    {"devices", .run = run_devices, .check = check_devices, .optional = DEVICE_LIST_CALLS},
    {"a context", .run = run_context, .optional = " stat64 " CPU_CACHE_CALLS TUNING_CALLS},
    {"a context from a queue", .run = run_queue, .optional = " stat64 " CPU_CACHE_CALLS TUNING_CALLS},
    {"a context from options", .run = run_options, .optional = " stat64 " CPU_CACHE_CALLS TUNING_CALLS},
    {"plans", .run = run_plans},
    /* Where a program does not build, another variant is taken. */
    {"a plan of several problems", .run = run_parts, .begin = begin_parts},
    {"plans from source", .run = run_fresh,
     .optional = CPU_CACHE_CALLS CACHE_CALLS VERDICT_CALLS " clBuildProgram ", .begin = begin_cache,
     .before = empty_cache, .check = check_cache, .end = end_cache, .slow = true},
    {"plans from the cache", .run = run_fresh, .optional = CPU_CACHE_CALLS CACHE_CALLS BINARY_CALLS,
     .begin = begin_cache, .check = check_cache, .end = end_cache},
    {"plans that are verified", .run = run_verified,
     .optional = CPU_CACHE_CALLS CACHE_CALLS VERDICT_CALLS BINARY_CALLS, .begin = begin_verified,
     .check = check_verified, .end = end_verified, .slow = true},
    {"an execution", .run = run_in_order, .optional = " clRetainEvent clRetainCommandQueue ",
     .begin = begin_execution, .before = before_execution, .check = check_in_order, .end = end_execution},
    {"an execution with scratch of the application's", .run = run_in_order, .begin = begin_own_scratch,
     .before = before_execution, .check = check_in_order, .end = end_execution},
    {"executions on two queues", .run = run_out_of_order, .optional = " clRetainEvent clRetainCommandQueue ",
     .begin = begin_execution, .before = before_execution, .check = check_out_of_order, .end = end_execution},
};
const size_t device_flow_count = sizeof device_flows / sizeof *device_flows;
