/*
 * Random operations on one context for SOAK_SECONDS (20): plans made, kept and destroyed, models saved and
 * loaded, the cache emptied, descriptors that are refused. Every result is compared with the reference, and
 * memory, files and threads stay what they were after the first round. SOAK_SEED (1) draws another run.
 *
 * Each operation of the pool runs once before anything is measured, so that its programs are there: a context
 * keeps them by promise. SOAK_REPORT=FILE receives a line a sample, for a picture.
 */
#include "files.h"
#include "harness.h"
#include "layer_rig.h"
#include "random_op.h"
#include "soak_process.h"
#include <clnorm/cache.h>
#include <time.h>

enum { POOL = 96, KEPT = 24, ELEMENTS = 3000, SAMPLES = 64, MODEL_CHANNELS = 7, MODEL_ROWS = 30 };

typedef struct kept_plan {
    clnorm_plan *plan;
    clnorm_op op;
} kept_plan;

typedef struct soak {
    clnorm_context *context;
    generator random;
    kept_plan kept[KEPT];
    char directory[FILES_PATH_SIZE];
    size_t steps, results, refusals, models;
} soak;

static unsigned long long number_in(const char *name, unsigned long long usual)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : usual;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- Operations ---- */

/* The same for a number, whenever it is asked for; every second is for the other schedule. */
static clnorm_op op_of_pool(soak *s, size_t number)
{
    generator random = generator_seeded(number + 31337);
    const test_subject subject = test_subject_get(number / HARNESS_SCHEDULES % test_subject_count());
    must(clnorm_context_set_kernels(s->context, harness_schedules[number % HARNESS_SCHEDULES]));
    return random_op(&random, subject.operation->kind, subject.mode, random_tensor(&random, 2, ELEMENTS));
}

/* With the plan given, or one that lives for this run only. */
static void run_op(soak *s, const clnorm_op *op, clnorm_plan *plan)
{
    static const data_kind kinds[] = {DATA_NORMAL, DATA_IMAGE, DATA_RELU, DATA_TWO_VALUED, DATA_LARGE_MEAN};
    trial t;
    trial_begin(&t, op);
    t.shift = generator_below(&s->random, 4) * generator_below(&s->random, 17);
    t.one_buffer = generator_below(&s->random, 4) == 0;
    trial_fill(&t, kinds[generator_below(&s->random, sizeof kinds / sizeof *kinds)],
               generator_next(&s->random));
    trial_run(&t, s->context, plan);
    trial_judge(&t);
    trial_end(&t);
    s->results++;
}

static void run_new_plan(soak *s)
{
    const clnorm_op op = op_of_pool(s, generator_below(&s->random, POOL));
    run_op(s, &op, NULL);
}

static void run_kept_plan(soak *s)
{
    kept_plan *k = &s->kept[generator_below(&s->random, KEPT)];
    if (k->plan == NULL || generator_below(&s->random, 8) == 0) {
        clnorm_plan_destroy(k->plan);
        k->op = op_of_pool(s, generator_below(&s->random, POOL));
        must(clnorm_plan_create(&k->plan, s->context, &k->op));
    }
    run_op(s, &k->op, k->plan);
}

static void run_refused(soak *s)
{
    clnorm_op op = op_of_pool(s, generator_below(&s->random, POOL));
    clnorm_plan *plan = NULL;
    const size_t fault = generator_below(&s->random, 4);
    if (fault == 0)
        op.axis = op.dim = 99;
    else if (fault == 1)
        op.x.rank = 9;
    else if (fault == 2)
        op.kind = (clnorm_op_kind)77;
    if (fault < 3) {
        ck_assert_int_ne(clnorm_plan_create(&plan, s->context, &op), CLNORM_OK);
        ck_assert_ptr_null(plan);
    } else {
        must(clnorm_plan_create(&plan, s->context, &op));
        const clnorm_buffers none = clnorm_buffers_none();
        ck_assert_int_eq(clnorm_plan_execute(plan, &none, NULL, 0, NULL, NULL), CLNORM_MISSING_BUFFER);
        clnorm_plan_destroy(plan);
    }
    ck_assert_int_ne(clnorm_last_error()[0], '\0');
    s->refusals++;
}

/* ---- Models ---- */

/* y of a layer, from x. */
static void forward(const soak *s, clnorm_layer *layer, float *x, float *y)
{
    enum { COUNT = MODEL_ROWS * MODEL_CHANNELS };
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, MODEL_ROWS, MODEL_CHANNELS);
    const rig r = {s->context, NULL};
    const clnorm_buffer from = {rig_buffer(&r, x, COUNT), 0}, to = {rig_buffer(&r, y, COUNT), 0};
    must(clnorm_layer_forward(layer, &shape, from, to, NULL, 0, NULL, NULL));
    must(clnorm_layer_backward(layer, from, to, (clnorm_buffer){NULL, 0}, NULL, 0, NULL, NULL));
    rig_fetch(&r, to.mem, y, COUNT);
    clReleaseMemObject(from.mem);
    clReleaseMemObject(to.mem);
}

static clnorm_layer *open_model(const soak *s, clnorm_model **model, unsigned long long seed)
{
    clnorm_layer *layer = NULL;
    must(clnorm_model_create(model, s->context, seed));
    must(clnorm_batch_normalization_layer(&layer, *model, MODEL_CHANNELS, NULL));
    return layer;
}

/* What a model learned is in its file: another one that loads it gives the same bits. */
static void run_models(soak *s)
{
    float x[MODEL_ROWS * MODEL_CHANNELS], y[2][MODEL_ROWS * MODEL_CHANNELS] = {{0}};
    char path[FILES_PATH_SIZE];
    clnorm_model *model = NULL, *other = NULL;
    clnorm_load_report *report = NULL;
    must(clnorm_context_set_kernels(s->context, CLNORM_KERNELS_AUTO));
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (float)generator_normal(&s->random);
    files_join(path, s->directory, "model.safetensors");
    clnorm_layer *layer = open_model(s, &model, generator_next(&s->random));
    clnorm_layer *other_layer = open_model(s, &other, generator_next(&s->random));
    must(clnorm_model_set_training(model, true));
    forward(s, layer, x, y[0]);
    must(clnorm_model_set_training(model, false));
    forward(s, layer, x, y[0]);
    must(clnorm_model_save(model, path));
    must(clnorm_model_load(other, path, &report));
    ck_assert_uint_eq(report->loaded.count, 4);
    clnorm_load_report_free(report);
    forward(s, other_layer, x, y[1]);
    ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
    clnorm_model_destroy(model);
    clnorm_model_destroy(other);
    s->models++;
}

/* ---- The run ---- */

static void step(soak *s)
{
    const size_t drawn = generator_below(&s->random, 100);
    if (drawn < 40)
        run_new_plan(s);
    else if (drawn < 85)
        run_kept_plan(s);
    else if (drawn < 95)
        run_refused(s);
    else if (drawn < 99)
        run_models(s);
    else
        must(clnorm_cache_clear(NULL));
    s->steps++;
}

/* Every program and every way through once; then as often again, until the driver's own pools have their
 * size. */
static void warm_up(soak *s)
{
    for (size_t i = 0; i < POOL; i++) {
        const clnorm_op op = op_of_pool(s, i);
        run_op(s, &op, NULL);
    }
    for (size_t i = 0; i < 2 * POOL; i++)
        step(s);
}

static void close_soak(soak *s)
{
    for (size_t i = 0; i < KEPT; i++)
        clnorm_plan_destroy(s->kept[i].plan);
    clnorm_context_destroy(s->context);
    files_remove(s->directory);
}

START_TEST(soaked)
{
    static soak s;
    process_sample samples[SAMPLES];
    const double seconds = (double)number_in("SOAK_SECONDS", 20);
    s.random = generator_seeded(number_in("SOAK_SEED", 1));
    files_make_directory(s.directory);
    setenv("CLNORM_CACHE_DIR", s.directory, 1); /* it is cleared now and then, and others' must not be */
    s.context = harness_context(CLNORM_KERNELS_AUTO);
    warm_up(&s);
    const double start = now();
    for (size_t i = 0; i < SAMPLES; i++) {
        while (now() - start < seconds * (double)(i + 1) / SAMPLES)
            step(&s);
        samples[i] = process_look(s.steps);
    }
    close_soak(&s);
    printf("soak: %zu steps, %zu results compared, worst %.2f of the bound, %zu refusals, %zu models\n",
           s.steps, s.results, harness_worst(), s.refusals, s.models);
    process_judge(samples, SAMPLES, getenv("SOAK_REPORT"));
    exit(EXIT_SUCCESS); /* Check 0.15 cannot say how long a test took that took over 35 minutes, and fails
                           with it */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("soak");
    TCase *test = tcase_create("soak");
    tcase_set_timeout(test, 900 + 2 * (double)number_in("SOAK_SECONDS", 20));
    tcase_add_exit_test(test, soaked, EXIT_SUCCESS);
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
