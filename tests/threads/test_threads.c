/*
 * Many threads and processes at once, on an OpenCL that computes nothing: what they launch is what one alone
 * launches, nothing is left, and ThreadSanitizer, which this is also built with, has nothing to say.
 */
#include "fake_opencl.h"

#include "../files.h"
#include "../layer_rig.h"
#include <clnorm/cache.h>
#include <clnorm/tuning.h>
#include <clnorm/ops.h>

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, PROCESSES = 16, ROUNDS = 60, CHANNELS = 5, ROWS = 60000 };

static char directory[FILES_PATH_SIZE];

/* A device that computes nothing cannot be verified. */
static void set_up(void)
{
    files_make_directory(directory);
    setenv("CLNORM_CACHE_DIR", directory, 1);
    setenv("CLNORM_VERIFY", "off", 1);
}

static void tear_down(void)
{
    files_remove(directory);
    ck_assert_int_eq(fake_alive(), 0);
}

/* ---- Threads ---- */

typedef struct worker {
    pthread_t thread;
    unsigned number;
    struct shared *shared;
    uint64_t chain;
} worker;

typedef struct shared {
    clnorm_context *context;
    clnorm_plan *plan;
    clnorm_model *model;
    clnorm_layer *layer;
    pthread_barrier_t start;
    void (*work)(worker *);
} shared;

static void *begin(void *of)
{
    worker *w = of;
    pthread_barrier_wait(&w->shared->start);
    w->shared->work(w);
    return NULL;
}

/* Runs `work` in THREADS threads; what each says of itself goes to `chains`. */
static void run(shared *s, void (*work)(worker *), uint64_t chains[THREADS])
{
    worker workers[THREADS];
    s->work = work;
    pthread_barrier_init(&s->start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){.number = i, .shared = s};
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, begin, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        if (chains != NULL)
            chains[i] = workers[i].chain;
    }
    pthread_barrier_destroy(&s->start);
}

/* ---- What a thread does ---- */

static clnorm_op training(size_t rows)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, rows, CHANNELS));
    op.mode = CLNORM_TRAIN;
    return op;
}

enum { X, Y, GAMMA, BETA, MOVING_MEAN, MOVING_VARIANCE, BATCH_MEAN, BATCH_VARIANCE, BUFFERS };

/* Whose they are shows in what is launched with them. */
static void make_buffers(clnorm_context *context, unsigned number, cl_mem buffers[BUFFERS])
{
    for (unsigned i = 0; i < BUFFERS; i++) {
        const size_t count = i <= Y ? (size_t)ROWS * CHANNELS : CHANNELS;
        buffers[i] = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE,
                                    count * sizeof(float), NULL, NULL);
        fake_tag(buffers[i], 1000 * (number + 1) + i);
    }
}

/* With buffers and a queue of the thread's own. */
static uint64_t execute(clnorm_context *context, clnorm_plan *plan, unsigned number, unsigned times)
{
    cl_mem buffers[BUFFERS];
    cl_command_queue queue =
        clCreateCommandQueue(clnorm_context_cl_context(context), clnorm_context_cl_device(context), 0, NULL);
    make_buffers(context, number, buffers);
    for (unsigned i = 0; i < times; i++)
        must(clnorm_plan_execute(plan,
                                 &CLNORM_BUFFERS(.x = {buffers[X], 0}, .y = {buffers[Y], 0},
                                                 .gamma = {buffers[GAMMA], 0}, .beta = {buffers[BETA], 0},
                                                 .moving_mean = {buffers[MOVING_MEAN], 0},
                                                 .moving_variance = {buffers[MOVING_VARIANCE], 0},
                                                 .batch_mean = {buffers[BATCH_MEAN], 0},
                                                 .batch_variance = {buffers[BATCH_VARIANCE], 0}),
                                 queue, 0, NULL, NULL));
    const uint64_t chain = fake_chain(queue);
    for (unsigned i = 0; i < BUFFERS; i++)
        clReleaseMemObject(buffers[i]);
    clReleaseCommandQueue(queue);
    return chain;
}

static void share_plan(worker *w)
{
    w->chain = execute(w->shared->context, w->shared->plan, w->number, ROUNDS);
}

/* What all rounds until now launched; 0 if not all launched the same. */
static uint64_t join_chains(unsigned round, uint64_t before, uint64_t now)
{
    return round == 0 || now == before ? now : 0;
}

static uint64_t make_and_execute(clnorm_context *context, unsigned number, unsigned times)
{
    uint64_t chain = 0;
    for (unsigned i = 0; i < times; i++) {
        clnorm_plan *plan = NULL;
        const clnorm_op op = training(ROWS);
        must(clnorm_tuning_set(context, "groups_per_unit", 1 + number)); /* is for other plans */
        must(clnorm_plan_create(&plan, context, &op));
        chain = join_chains(i, chain, execute(context, plan, number, 1));
        clnorm_plan_destroy(plan);
    }
    return chain;
}

static void make_plans(worker *w)
{
    w->chain = make_and_execute(w->shared->context, w->number, ROUNDS);
}

/* A context of its own, on the cache of all; the first thread clears that again and again. */
static void race_on_cache(worker *w)
{
    for (unsigned i = 0; i < 6; i++) {
        clnorm_context *context = NULL;
        clnorm_cache_summary summary = clnorm_cache_summary_none();
        if (w->number == 0)
            must(clnorm_cache_clear(NULL));
        must(clnorm_cache_info(&summary));
        clnorm_cache_summary_free(&summary);
        must(clnorm_context_create(&context, NULL));
        w->chain = join_chains(i, w->chain, make_and_execute(context, w->number, 1));
        must(clnorm_tuning_save(context));
        clnorm_context_destroy(context);
    }
}

START_TEST(threads)
{
    static void (*const works[])(worker *) = {share_plan, make_plans, race_on_cache};
    static const unsigned executions[] = {ROUNDS, 1, 1}; /* in a chain */
    shared s = {NULL};
    uint64_t alone[THREADS], chains[THREADS];
    const clnorm_op op = training(ROWS);
    must(clnorm_context_create(&s.context, NULL));
    must(clnorm_plan_create(&s.plan, s.context, &op));
    ck_assert_uint_gt(clnorm_plan_scratch_bytes(s.plan), 0);
    for (unsigned i = 0; i < THREADS; i++)
        alone[i] = execute(s.context, s.plan, i, executions[_i]);
    ck_assert(alone[0] != 0 && alone[0] != alone[1]);
    run(&s, works[_i], chains);
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_msg(chains[i] == alone[i], "thread %u launched something else than one alone", i);
    ck_assert_uint_eq(files_count(directory, "json", NULL), works[_i] == race_on_cache);
    clnorm_plan_destroy(s.plan);
    clnorm_context_destroy(s.context);
}
END_TEST

/* Eight threads that ask for the same program compile it once. */
START_TEST(one_build)
{
    shared s = {NULL};
    uint64_t chains[THREADS];
    clnorm_plan *plan = NULL;
    const clnorm_op op = training(ROWS);
    must(clnorm_context_create(&s.context, NULL));
    const unsigned before = fake_builds();
    run(&s, make_plans, chains);
    const unsigned built = fake_builds() - before;
    must(clnorm_plan_create(&plan, s.context, &op));
    ck_assert_uint_eq(fake_builds() - before, built);
    ck_assert_uint_ge(built, 1);
    ck_assert_uint_le(built, 3);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(s.context);
}
END_TEST

/* ---- Verification: nothing that is computed is right ---- */

static void make_no_plans(worker *w)
{
    for (unsigned i = 0; i < 6; i++) {
        clnorm_context *own = NULL;
        clnorm_plan *plan = NULL;
        const clnorm_op op =
            i % 2 == 0 ? training(ROWS) : clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, ROWS, 3), 1);
        if ((w->number + i) % 3 == 0)
            must(clnorm_context_create(&own, NULL));
        if (w->number == 0)
            must(clnorm_cache_clear(NULL));
        refused(clnorm_plan_create(&plan, own != NULL ? own : w->shared->context, &op),
                CLNORM_UNTRUSTED_DRIVER, "wrong: ");
        clnorm_context_destroy(own);
    }
}

/* All threads find it, and record it, at once. */
START_TEST(all_refuse)
{
    shared s = {NULL};
    setenv("CLNORM_VERIFY", "new", 1);
    must(clnorm_context_create(&s.context, NULL));
    run(&s, make_no_plans, NULL);
    clnorm_context_destroy(s.context);
    ck_assert_uint_eq(files_count(directory, ".clbin", NULL), 0);
    ck_assert_uint_eq(files_count(directory, ".building", NULL), 0);
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
}
END_TEST

/* ---- Layers ---- */

/* The same layer and model from all threads: forward, backward, new layers, saving and loading, reading. */
static void use_model(worker *w)
{
    clnorm_model *model = w->shared->model;
    cl_context context = clnorm_context_cl_context(w->shared->context);
    char path[FILES_PATH_SIZE], name[32];
    snprintf(name, sizeof name, "%u.safetensors", w->number % 2); /* two write the same file */
    files_join(path, directory, name);
    cl_mem mems[4];
    for (unsigned i = 0; i < 4; i++)
        mems[i] = clCreateBuffer(context, CL_MEM_READ_WRITE, 8 * CHANNELS * sizeof(float), NULL, NULL);
    const clnorm_buffer x = {mems[0], 0}, y = {mems[1], 0}, dy = {mems[2], 0}, dx = {mems[3], 0};
    for (unsigned i = 0; i < 20; i++) {
        float values[CHANNELS];
        clnorm_layer *mine = NULL;
        const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, 1 + (w->number + i) % 8, CHANNELS);
        must(clnorm_layer_forward(w->shared->layer, &shape, x, y, NULL, 0, NULL, NULL));
        must(clnorm_layer_backward(w->shared->layer, x, dy, dx, NULL, 0, NULL, NULL));
        must(clnorm_model_zero_gradients(model, NULL, 0, NULL, NULL));
        must(clnorm_variable_read(model, clnorm_model_variable(model, i % 4), values, CHANNELS));
        if (i % 5 == 0)
            must(clnorm_l2_normalize_layer(&mine, model, -1, NULL));
        if (i % 4 == w->number % 4)
            must(clnorm_model_save(model, path));
        if (i % 4 == w->number % 4)
            must(clnorm_model_load(model, path, NULL));
        must(clnorm_model_set_training(model, i % 3 != 0));
    }
    for (unsigned i = 0; i < 4; i++)
        clReleaseMemObject(mems[i]);
}

static void ignore_line(clnorm_log_level level, const char *line, void *user)
{
    (void)level, (void)line, (void)user;
}

/* One thread changes what is logged, and how, while the others log. */
static void use_model_and_log(worker *w)
{
    for (unsigned i = 0; w->number == 0 && i < 200; i++)
        clnorm_set_log(i % 2 == 0 ? ignore_line : NULL, i % 2 == 0 ? CLNORM_LOG_PROFILE : CLNORM_LOG_NONE,
                       NULL);
    if (w->number > 0)
        use_model(w);
}

START_TEST(layers)
{
    shared s = {NULL};
    must(clnorm_context_create(&s.context, NULL));
    must(clnorm_model_create(&s.model, s.context, 7));
    must(clnorm_batch_normalization_layer(&s.layer, s.model, CHANNELS, NULL));
    must(clnorm_model_set_training(s.model, true));
    run(&s, _i == 0 ? use_model : use_model_and_log, NULL);
    ck_assert_uint_eq(clnorm_model_variable_count(s.model), 4);
    clnorm_model_destroy(s.model);
    clnorm_context_destroy(s.context);
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
}
END_TEST

/* ---- Processes ---- */

/* Tells its parent what it launched. */
static void be_child(int told)
{
    clnorm_context *context = NULL;
    if (clnorm_context_create(&context, NULL) != CLNORM_OK)
        _exit(1);
    const uint64_t chain = make_and_execute(context, 0, 1);
    clnorm_context_destroy(context);
    _exit(write(told, &chain, sizeof chain) == sizeof chain ? 0 : 1);
}

/* Starts all, before this process uses OpenCL itself, and waits for what each of them launched. */
static void run_processes(uint64_t chains[PROCESSES])
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    for (unsigned i = 0; i < PROCESSES; i++) {
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0)
            be_child(ends[1]);
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status = 0;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process failed");
        ck_assert_int_eq(read(ends[0], &chains[i], sizeof chains[i]), sizeof chains[i]);
    }
    close(ends[0]);
    close(ends[1]);
}

/* Sixteen on an empty cache: all find the same, and what they leave are whole files. */
START_TEST(processes)
{
    clnorm_context *context = NULL;
    uint64_t chains[PROCESSES];
    run_processes(chains);
    ck_assert_uint_eq(files_count(directory, ".tmp", NULL), 0);
    ck_assert_uint_ge(files_count(directory, ".clbin", NULL), 1);

    setenv("CLNORM_CACHE_DIR", "off", 1);
    must(clnorm_context_create(&context, NULL));
    const uint64_t alone = make_and_execute(context, 0, 1);
    clnorm_context_destroy(context);
    for (unsigned i = 0; i < PROCESSES; i++)
        ck_assert(chains[i] == alone);

    setenv("CLNORM_CACHE_DIR", directory, 1);
    must(clnorm_context_create(&context, NULL));
    const unsigned before = fake_builds();
    ck_assert(make_and_execute(context, 0, 1) == alone);
    ck_assert_uint_eq(fake_builds(), before); /* all was on the disk, and good */
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tcase = tcase_create("threads");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, threads, 0, 3);
    tcase_add_test(tcase, one_build);
    tcase_add_test(tcase, all_refuse);
    tcase_add_loop_test(tcase, layers, 0, 2);
    tcase_add_test(tcase, processes);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
