/* Processes that are forked: before OpenCL is used they are like any other, afterwards they are told, and
 * never wait for what is not there. */
#include "suite.h"

#include <clnorm/image.h>
#include <clnorm/layers.h>

#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 100, CHANNELS = 4, ELEMENTS = 8 };

/* ---- A process and its child ---- */

/* In the child, where Check counts nothing. */
static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "child: %s: %s\n", what, clnorm_last_error());
    _exit(EXIT_FAILURE);
}

static void require_refused(clnorm_status status, const char *what)
{
    require(status == CLNORM_INVALID_STATE, what);
    require(strstr(clnorm_last_error(), "this process was forked from one that already used OpenCL") != NULL,
            what);
}

typedef void child_body(void *user);

/* What hangs is ended by a signal. */
static void assert_child(child_body *body, void *user)
{
    int status = 0;
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGALRM, SIG_DFL); /* Check's handler ends the parent as well */
        alarm(SECONDS);
        body(user);
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS, "%s",
                  WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it failed");
}

static void set_up(void)
{
    setenv("CLNORM_DEVICE", "cpu", 1);
}

/* ---- What there is to inherit ---- */

static const float threes_and_fours[ELEMENTS] = {3, 4, 0, 0, 0, 3, 0, 4}; /* two vectors of length 5 */

typedef struct rig {
    clnorm_context *context;
    clnorm_plan *plan;
    clnorm_model *model;
    clnorm_layer *layer;
    const clnorm_variable *variable;
    clnorm_tensor tensor;
    clnorm_buffer x, y;
} rig;

static clnorm_status run(const rig *r)
{
    const clnorm_buffers buffers = CLNORM_BUFFERS(.x = r->x, .y = r->y);
    return clnorm_plan_execute(r->plan, &buffers, NULL, 0, NULL, NULL);
}

static void open_rig(rig *r)
{
    cl_int error;
    r->tensor = clnorm_tensor_2d(CLNORM_F32, ELEMENTS / CHANNELS, CHANNELS);
    const clnorm_op op = clnorm_l2_normalize(r->tensor, -1);
    require(clnorm_context_create(&r->context, NULL) == CLNORM_OK, "context");
    require(clnorm_plan_create(&r->plan, r->context, &op) == CLNORM_OK, "plan");
    require(clnorm_model_create(&r->model, r->context, 1) == CLNORM_OK, "model");
    require(clnorm_batch_normalization_layer(&r->layer, r->model, CHANNELS, NULL) == CLNORM_OK, "layer");
    r->variable = clnorm_model_variable(r->model, 0);
    union {
        const float *given;
        void *taken;
    } host = {.given = threes_and_fours};
    cl_context cl = clnorm_context_cl_context(r->context);
    r->x.mem = clCreateBuffer(cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof threes_and_fours,
                              host.taken, &error);
    r->y.mem = clCreateBuffer(cl, CL_MEM_READ_WRITE, sizeof threes_and_fours, NULL, &error);
    require(error == CL_SUCCESS, "buffers");
}

static void require_right(const rig *r)
{
    float y[ELEMENTS];
    require(run(r) == CLNORM_OK, "execute");
    require(clEnqueueReadBuffer(clnorm_context_cl_queue(r->context), r->y.mem, CL_TRUE, 0, sizeof y, y, 0,
                                NULL, NULL) == CL_SUCCESS,
            "read");
    for (size_t i = 0; i < ELEMENTS; i++)
        require(fabsf(y[i] - threes_and_fours[i] / 5) < 1e-6F, "values");
}

static void close_rig(rig *r)
{
    clReleaseMemObject(r->x.mem);
    clReleaseMemObject(r->y.mem);
    clnorm_plan_destroy(r->plan);
    clnorm_model_destroy(r->model);
    clnorm_context_destroy(r->context);
}

static void use_rig(void *user)
{
    rig r = {0};
    (void)user;
    open_rig(&r);
    require_right(&r);
    close_rig(&r);
}

/* ---- Tests ---- */

START_TEST(before_the_first_use)
{
    assert_child(use_rig, NULL);
    use_rig(NULL);
}
END_TEST

static void make_ones_own(void *user)
{
    clnorm_context *context = NULL;
    clnorm_device_list *list = NULL;
    clnorm_context_options options = clnorm_context_defaults();
    (void)user;
    require_refused(clnorm_context_create(&context, NULL), "context_create");
    require_refused(clnorm_context_create(&context, "cpu"), "context_create");
    options.ignore_environment = true;
    require_refused(clnorm_context_create_with(&context, &options), "context_create_with");
    require_refused(clnorm_device_list_create(&list, NULL), "device_list_create");
    require(context == NULL && list == NULL, "nothing is made");
}

START_TEST(after_a_look_at_the_devices)
{
    clnorm_device_list *list = NULL;
    ck_assert_int_eq(clnorm_device_list_create(&list, NULL), CLNORM_OK);
    assert_child(make_ones_own, NULL);
    clnorm_device_list_destroy(list);
    assert_child(make_ones_own, NULL);
}
END_TEST

static void use_layers(const rig *r)
{
    clnorm_model *model = NULL;
    clnorm_layer *layer = NULL;
    clnorm_load_report *report = NULL;
    float values[CHANNELS] = {0};
    const clnorm_import_name name = {"a", "BatchNormalization/beta"};
    require_refused(clnorm_layer_forward(r->layer, &r->tensor, r->x, r->y, NULL, 0, NULL, NULL), "forward");
    require_refused(clnorm_layer_backward(r->layer, r->x, r->y, r->y, NULL, 0, NULL, NULL), "backward");
    require_refused(clnorm_model_create(&model, r->context, 1), "model_create");
    require_refused(clnorm_batch_normalization_layer(&layer, r->model, CHANNELS, NULL), "batch norm layer");
    require_refused(clnorm_local_response_normalization_layer(&layer, r->model, NULL), "lrn layer");
    require_refused(clnorm_l2_normalize_layer(&layer, r->model, -1, NULL), "l2 layer");
    require_refused(clnorm_variable_create(NULL, r->model, "own", &r->tensor, NULL), "variable_create");
    require_refused(clnorm_variable_read(r->model, r->variable, values, CHANNELS), "read");
    require_refused(clnorm_variable_read_gradient(r->model, r->variable, values, CHANNELS), "read_gradient");
    require_refused(clnorm_variable_write(r->model, r->variable, values, CHANNELS), "write");
    require_refused(clnorm_model_zero_gradients(r->model, NULL, 0, NULL, NULL), "zero_gradients");
    require_refused(clnorm_model_save(r->model, "/nonexistent/file"), "save");
    require_refused(clnorm_model_load(r->model, "/nonexistent/file", &report), "load");
    require_refused(clnorm_model_import(r->model, "/nonexistent/file", &name, 1, &report), "import");
    require(clnorm_model_variable_count(r->model) == 0 && clnorm_model_variable(r->model, 0) == NULL &&
                clnorm_model_find_variable(r->model, "BatchNormalization/beta") == NULL,
            "variables");
}

static void use_what_is_inherited(void *user)
{
    rig *r = user;
    const clnorm_op op = clnorm_l2_normalize(r->tensor, -1);
    clnorm_plan *plan = NULL;
    clnorm_context *context = NULL;
    make_ones_own(NULL);
    require_refused(clnorm_context_from_queue(&context, clnorm_context_cl_queue(r->context)), "from_queue");
    require_refused(clnorm_plan_create(&plan, r->context, &op), "plan_create");
    require_refused(run(r), "plan_execute");
    require_refused(clnorm_image_build(r->context, "/nonexistent"), "image_build");
    require_refused(clnorm_image_import(r->context, "/nonexistent", "/nonexistent"), "image_import");
    use_layers(r);
    clnorm_plan_destroy(r->plan);
    clnorm_model_destroy(r->model);
    clnorm_context_destroy(r->context);
    require(clnorm_op_check(&op) == CLNORM_OK, "op_check needs no OpenCL");
}

/* A child's child, too. */
static void use_what_is_inherited_twice(void *user)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS);
        use_what_is_inherited(user);
        _exit(EXIT_SUCCESS);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "a child's child");
}

START_TEST(after_a_context_was_made)
{
    rig r = {0};
    open_rig(&r);
    assert_child(use_what_is_inherited, &r);
    assert_child(use_what_is_inherited_twice, &r);
    require_right(&r); /* the parent does not notice */
    close_rig(&r);
    assert_child(make_ones_own, NULL);
}
END_TEST

/* ---- Locks that a thread holds which the child does not have ---- */

static sem_t held, let_go;
static atomic_flag once = ATOMIC_FLAG_INIT;

/* Keeps the log's lock, and those of whoever logs, until the child has ended. */
static void hold(clnorm_log_level level, const char *line, void *user)
{
    (void)line;
    (void)user;
    if (level != CLNORM_LOG_DISPATCH || atomic_flag_test_and_set(&once))
        return;
    sem_post(&held);
    while (sem_wait(&let_go) != 0)
        continue;
}

static void *forward(void *user)
{
    const rig *r = user;
    clnorm_layer_forward(r->layer, &r->tensor, r->x, r->y, NULL, 0, NULL, NULL);
    return NULL;
}

static void use_the_log_and_what_is_inherited(void *user)
{
    clnorm_set_log(hold, CLNORM_LOG_PROFILE, NULL);
    use_what_is_inherited(user);
}

START_TEST(while_another_thread_holds_locks)
{
    rig r = {0};
    pthread_t thread;
    open_rig(&r);
    ck_assert_int_eq(sem_init(&held, 0, 0) | sem_init(&let_go, 0, 0), 0);
    clnorm_set_log(hold, CLNORM_LOG_PROFILE, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, forward, &r), 0);
    while (sem_wait(&held) != 0)
        continue;
    assert_child(use_what_is_inherited, &r);
    assert_child(use_the_log_and_what_is_inherited, &r);
    sem_post(&let_go);
    pthread_join(thread, NULL);
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    require_right(&r);
    close_rig(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fork");
    TCase *test = tcase_create("fork");
    tcase_add_checked_fixture(test, set_up, NULL);
    tcase_set_timeout(test, 300);
    tcase_add_test(test, before_the_first_use);
    tcase_add_test(test, after_a_look_at_the_devices);
    tcase_add_test(test, after_a_context_was_made);
    tcase_add_test(test, while_another_thread_holds_locks);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
