/* Layers: tflearn's numbers, names, sharing and freezing; gradients; every refusal. */
#include "layer_rig.h"
#include "vector_case.h"
#include <clnorm/ops.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

/* ---- tflearn's own steps ---- */

typedef struct steps {
    rig r;
    vector_file file;
    const json_t *vector;
    clnorm_op op;
    clnorm_layer *layer;
    size_t count; /* elements of x */
} steps;

static double *vector_values(const steps *s, const char *group, const char *key, size_t count)
{
    safetensors_entry entry;
    ck_assert_msg(key != NULL && vector_case_entry(&s->file, s->vector, group, key, &entry), "no %s", key);
    ck_assert_uint_eq(entry.count, count);
    return safetensors_values(&entry);
}

static void compare(const steps *s, const char *key, const float *got, size_t count)
{
    double *expected = vector_values(s, "outputs", key, count);
    const double rtol = json_number_value(json_object_get(s->vector, "rtol"));
    const double atol =
        json_number_value(json_object_get(json_object_get(s->vector, "atol_per_output"), key));
    ck_assert_double_gt(atol, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)got[i] - expected[i]) <= atol + rtol * fabs(expected[i]),
                      "%s at %zu is %.9g, not %.9g", key, i, (double)got[i], expected[i]);
    free(expected);
}

static void set_from_vector(const steps *s, const char *variable)
{
    char name[64];
    float values[RIG_MOST];
    snprintf(name, sizeof name, "bn/%s", variable);
    const size_t count = rig_variable(&s->r, name)->tensor.dims[0];
    double *given = vector_values(s, "inputs", variable, count);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)given[i];
    free(given);
    rig_write(&s->r, name, values);
}

static void run_step(const steps *s, const char *x_key, const char *y_key)
{
    float *values = calloc(s->count, sizeof *values);
    double *x = vector_values(s, "inputs", x_key, s->count);
    for (size_t i = 0; i < s->count; i++)
        values[i] = (float)x[i];
    rig_forward(&s->r, s->layer, &s->op.x, values, s->count);
    compare(s, y_key, values, s->count);
    free(values);
    free(x);
}

static void open_steps(steps *s, const json_t *vector)
{
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    s->vector = vector;
    ck_assert_int_eq(vector_case_op(&s->file, vector, &s->op), VECTOR_RUNS);
    options.scope = "bn";
    options.epsilon = s->op.epsilon;
    options.decay = s->op.decay;
    const size_t channels = s->op.x.dims[s->op.x.rank - 1];
    must(clnorm_batch_normalization_layer(&s->layer, s->r.model, channels, &options));
    s->count = clnorm_tensor_span(&s->op.x);
    set_from_vector(s, "gamma");
    set_from_vector(s, "beta");
    set_from_vector(s, "moving_mean");
    set_from_vector(s, "moving_variance");
}

static void run_steps(steps *s)
{
    char x_key[32], y_key[32], key[64];
    const size_t channels = s->op.x.dims[s->op.x.rank - 1];
    const size_t count =
        (size_t)json_integer_value(json_object_get(json_object_get(s->vector, "attrs"), "steps"));
    must(clnorm_model_set_training(s->r.model, true));
    for (size_t i = 0; i < count; i++) {
        snprintf(x_key, sizeof x_key, "x_%zu", i);
        snprintf(y_key, sizeof y_key, "y_%zu", i);
        run_step(s, x_key, y_key);
        snprintf(key, sizeof key, "new_moving_mean_%zu", i);
        compare(s, key, rig_read(&s->r, "bn/moving_mean"), channels);
        snprintf(key, sizeof key, "new_moving_variance_%zu", i);
        compare(s, key, rig_read(&s->r, "bn/moving_variance"), channels);
    }
    must(clnorm_model_set_training(s->r.model, false));
    run_step(s, "x_0", "y_infer");
    snprintf(key, sizeof key, "new_moving_mean_%zu", count - 1);
    compare(s, key, rig_read(&s->r, "bn/moving_mean"), channels);
}

START_TEST(tflearns_steps)
{
    size_t run = 0;
    steps s = {.count = 0};
    ck_assert(vector_file_open(&s.file, "tflearn"));
    const json_t *cases = json_object_get(s.file.json, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *vector = json_array_get(cases, i);
        if (strcmp(json_string_value(json_object_get(vector, "op")), "batch_normalization_steps") != 0)
            continue;
        s.r = rig_open(i);
        open_steps(&s, vector);
        run_steps(&s);
        rig_close(&s.r);
        run++;
    }
    ck_assert_uint_eq(run, 2);
    vector_file_close(&s.file);
}
END_TEST

/* ---- Variables ---- */

static clnorm_layer *default_layer(const rig *r, size_t channels)
{
    clnorm_layer *layer = NULL;
    must(clnorm_batch_normalization_layer(&layer, r->model, channels, NULL));
    return layer;
}

START_TEST(defaults)
{
    const clnorm_batch_normalization_options bn = clnorm_batch_normalization_defaults();
    ck_assert(bn.beta == 0.0 && bn.gamma == 1.0 && bn.epsilon == 1e-5 && bn.decay == 0.9 &&
              bn.stddev == 0.002);
    ck_assert(bn.trainable && bn.restore && !bn.reuse && bn.scope == NULL && bn.axis == -1);
    ck_assert_str_eq(bn.name, "BatchNormalization");
    const clnorm_local_response_normalization_options lrn = clnorm_local_response_normalization_defaults();
    ck_assert(lrn.depth_radius == 5 && lrn.bias == 1.0 && lrn.alpha == 1e-4 && lrn.beta == 0.75);
    ck_assert_str_eq(lrn.name, "LocalResponseNormalization");
    const clnorm_l2_normalize_options l2 = clnorm_l2_normalize_defaults();
    ck_assert(l2.epsilon == 1e-12);
    ck_assert_str_eq(l2.name, "l2_normalize");
}
END_TEST

START_TEST(variables_of_a_layer)
{
    static const char *const names[] = {"BatchNormalization/beta", "BatchNormalization/gamma",
                                        "BatchNormalization/moving_mean",
                                        "BatchNormalization/moving_variance"};
    rig r = rig_open(1);
    ck_assert(!clnorm_model_is_training(r.model));
    ck_assert_str_eq(clnorm_layer_name(default_layer(&r, 7)), "BatchNormalization");
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 4);
    for (size_t i = 0; i < 4; i++) {
        const clnorm_variable *v = clnorm_model_variable(r.model, i);
        ck_assert_str_eq(v->name, names[i]);
        ck_assert_ptr_eq(clnorm_model_find_variable(r.model, names[i]), v);
        ck_assert(v->tensor.dtype == CLNORM_F32 && v->tensor.rank == 1 && v->tensor.dims[0] == 7);
        ck_assert(v->restore && v->trainable == (i < 2));
        ck_assert((v->gradient != NULL) == v->trainable);
        ck_assert_ptr_nonnull(v->value);
    }
    ck_assert_ptr_null(clnorm_model_variable(r.model, 4));
    ck_assert_ptr_null(clnorm_model_find_variable(r.model, "BatchNormalization"));
    ck_assert(rig_is(&r, names[0], 0) && rig_is(&r, names[2], 0) && rig_is(&r, names[3], 1));
    const float *gamma = rig_read(&r, names[1]);
    for (size_t i = 0; i < 7; i++)
        ck_assert(gamma[i] != 1 && fabs((double)gamma[i] - 1) < 7 * 0.002);
    rig_close(&r);
}
END_TEST

START_TEST(initial_values)
{
    rig r = rig_open(1);
    clnorm_layer *layer;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.scope = "a/b.c-d_0";
    options.name = NULL; /* overridden */
    options.beta = -0.5;
    options.gamma = 3;
    options.stddev = 0;
    options.restore = false;
    must(clnorm_batch_normalization_layer(&layer, r.model, 5, &options));
    ck_assert_str_eq(clnorm_layer_name(layer), "a/b.c-d_0");
    ck_assert(rig_is(&r, "a/b.c-d_0/gamma", 3) && rig_is(&r, "a/b.c-d_0/beta", -0.5F));
    for (size_t i = 0; i < 4; i++)
        ck_assert(!clnorm_model_variable(r.model, i)->restore);
    rig_close(&r);
}
END_TEST

static void gamma_of(unsigned long long seed, bool reverse, const char *name, float *gamma)
{
    rig r = rig_open(seed);
    rig_layer(&r, reverse ? "two" : "one", 9);
    rig_layer(&r, reverse ? "one" : "two", 9);
    memcpy(gamma, rig_read(&r, name), 9 * sizeof *gamma);
    rig_close(&r);
}

START_TEST(same_seed_same_gamma)
{
    float first[9], second[9];
    gamma_of(5, false, "one/gamma", first);
    gamma_of(5, true, "one/gamma", second);
    ck_assert_mem_eq(first, second, sizeof first);
    gamma_of(6, false, "one/gamma", second);
    ck_assert_mem_ne(first, second, sizeof first);
    gamma_of(5, false, "two/gamma", second);
    ck_assert_mem_ne(first, second, sizeof first);
}
END_TEST

START_TEST(repeated_names)
{
    rig r = rig_open(1);
    clnorm_layer *plain[4];
    ck_assert_str_eq(clnorm_layer_name(default_layer(&r, 2)), "BatchNormalization");
    ck_assert_str_eq(clnorm_layer_name(default_layer(&r, 3)), "BatchNormalization_1");
    ck_assert_str_eq(clnorm_layer_name(rig_layer(&r, "BatchNormalization_2", 2)), "BatchNormalization_2");
    ck_assert_str_eq(clnorm_layer_name(default_layer(&r, 2)), "BatchNormalization_3");
    rig_variable(&r, "BatchNormalization_3/moving_mean");
    for (int i = 0; i < 2; i++) {
        must(clnorm_local_response_normalization_layer(&plain[i], r.model, NULL));
        must(clnorm_l2_normalize_layer(&plain[2 + i], r.model, -1, NULL));
    }
    ck_assert_str_eq(clnorm_layer_name(plain[0]), "LocalResponseNormalization");
    ck_assert_str_eq(clnorm_layer_name(plain[1]), "LocalResponseNormalization_1");
    ck_assert_str_eq(clnorm_layer_name(plain[2]), "l2_normalize");
    ck_assert_str_eq(clnorm_layer_name(plain[3]), "l2_normalize_1");
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 16);
    /* Variables are what has names that last: a layer without any leaves them alone. */
    ck_assert_str_eq(clnorm_layer_name(rig_layer(&r, "l2_normalize", 2)), "l2_normalize");
    rig_close(&r);
}
END_TEST

/* ---- Numbers ---- */

enum { ROWS = 5, COLUMNS = 3, CELLS = ROWS * COLUMNS };

static const float some_x[CELLS] = {1, -2, 30, 4, 0.5F, 31, -3, 2, 29, 2, 2, 33, 0, -1, 30.5F};
static const float some_dy[CELLS] = {0.5F, 1, -1, 2, -0.25F, 0, 1, 1, 3, -1, 0.125F, 1, 0, 2, -2};

/* The gradients of y = (x - mean) * inv * gamma + beta in double, over the columns of some_x and some_dy. */
typedef struct gradients {
    double dx[CELLS], dgamma[COLUMNS], dbeta[COLUMNS];
} gradients;

static gradients expect(const double *gamma, const double *mean, const double *variance, double epsilon)
{
    gradients g = {{0}, {0}, {0}};
    for (size_t c = 0; c < COLUMNS; c++) {
        double m = 0, v = 0;
        for (size_t i = c; i < CELLS; i += COLUMNS)
            m += (double)some_x[i] / ROWS;
        for (size_t i = c; i < CELLS; i += COLUMNS)
            v += ((double)some_x[i] - m) * ((double)some_x[i] - m) / ROWS;
        m = mean ? mean[c] : m;
        const double inv = 1 / sqrt((mean ? variance[c] : v) + epsilon);
        for (size_t i = c; i < CELLS; i += COLUMNS) {
            g.dbeta[c] += (double)some_dy[i];
            g.dgamma[c] += (double)some_dy[i] * ((double)some_x[i] - m) * inv;
        }
        for (size_t i = c; i < CELLS; i += COLUMNS) {
            const double through = (g.dbeta[c] + ((double)some_x[i] - m) * inv * g.dgamma[c]) / ROWS;
            g.dx[i] = gamma[c] * inv * ((double)some_dy[i] - (mean ? 0 : through));
        }
    }
    return g;
}

static void near(const char *what, const float *got, const double *expected, double times, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)got[i] - times * expected[i]) <= 4e-6 * (1 + fabs(times * expected[i])),
                      "%s at %zu is %.9g, not %.9g", what, i, (double)got[i], times * expected[i]);
}

static const clnorm_tensor *some_shape(void)
{
    static clnorm_tensor shape;
    shape = clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
    return &shape;
}

static clnorm_status backward(const rig *r, clnorm_layer *layer, const float *x_values,
                              const float *dy_values, float *dx_values, size_t count)
{
    cl_mem x = rig_buffer(r, x_values, count), dy = rig_buffer(r, dy_values, count);
    cl_mem dx = dx_values ? rig_buffer(r, NULL, count) : NULL;
    const clnorm_status status = clnorm_layer_backward(layer, (clnorm_buffer){x, 0}, (clnorm_buffer){dy, 0},
                                                       (clnorm_buffer){dx, 0}, NULL, 0, NULL, NULL);
    if (dx && status == CLNORM_OK)
        rig_fetch(r, dx, dx_values, count);
    clFinish(clnorm_context_cl_queue(r->context));
    clReleaseMemObject(x);
    clReleaseMemObject(dy);
    if (dx)
        clReleaseMemObject(dx);
    return status;
}

static void forward_some(const rig *r, clnorm_layer *layer)
{
    float values[CELLS];
    memcpy(values, some_x, sizeof values);
    rig_forward(r, layer, some_shape(), values, CELLS);
}

static void read_gradient(const rig *r, const char *name, float *values)
{
    must(clnorm_variable_read_gradient(r->model, rig_variable(r, name), values, COLUMNS));
}

static void check_gradients(const rig *r, const char *scope, const gradients *g, double times)
{
    char name[64];
    float values[COLUMNS];
    snprintf(name, sizeof name, "%s/gamma", scope);
    read_gradient(r, name, values);
    near(name, values, g->dgamma, times, COLUMNS);
    snprintf(name, sizeof name, "%s/beta", scope);
    read_gradient(r, name, values);
    near(name, values, g->dbeta, times, COLUMNS);
}

START_TEST(gradients_of_training)
{
    const float gamma[] = {2, -1, 0.5F};
    const double wide[] = {2, -1, 0.5};
    const gradients g = expect(wide, NULL, NULL, 1e-5);
    float dx[CELLS];
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    rig_write(&r, "bn/gamma", gamma);
    must(clnorm_model_set_training(r.model, true));
    ck_assert(clnorm_model_is_training(r.model));
    check_gradients(&r, "bn", &g, 0);
    forward_some(&r, layer);
    must(backward(&r, layer, some_x, some_dy, dx, CELLS));
    near("dx", dx, g.dx, 1, CELLS);
    check_gradients(&r, "bn", &g, 1);
    must(backward(&r, layer, some_x, some_dy, NULL, CELLS)); /* without dx, and on top */
    check_gradients(&r, "bn", &g, 2);
    cl_event event = NULL;
    must(clnorm_model_zero_gradients(r.model, NULL, 0, NULL, &event));
    ck_assert_int_eq(clWaitForEvents(1, &event), CL_SUCCESS);
    clReleaseEvent(event);
    check_gradients(&r, "bn", &g, 0);
    must(backward(&r, layer, some_x, some_dy, dx, CELLS));
    check_gradients(&r, "bn", &g, 1);
    rig_close(&r);
}
END_TEST

START_TEST(gradients_of_inference)
{
    const float mean[] = {1, 0, 28}, variance[] = {4, 0.25F, 9};
    const double wide_mean[] = {1, 0, 28}, wide_variance[] = {4, 0.25, 9}, ones[] = {1, 1, 1};
    const gradients g = expect(ones, wide_mean, wide_variance, 1e-5);
    float dx[CELLS];
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    must(clnorm_model_set_training(r.model, true));
    forward_some(&r, layer); /* of no importance for the backward below */
    rig_set(&r, "bn/gamma", 1);
    rig_write(&r, "bn/moving_mean", mean);
    rig_write(&r, "bn/moving_variance", variance);
    must(clnorm_model_set_training(r.model, false));
    forward_some(&r, layer);
    must(clnorm_model_set_training(r.model, true)); /* what counts is how the last forward was */
    must(backward(&r, layer, some_x, some_dy, dx, CELLS));
    near("dx", dx, g.dx, 1, CELLS);
    check_gradients(&r, "bn", &g, 1);
    rig_close(&r);
}
END_TEST

START_TEST(inference_changes_nothing)
{
    rig r = rig_open(3);
    float before[4][COLUMNS];
    clnorm_layer *layer = default_layer(&r, COLUMNS);
    for (size_t i = 0; i < 4; i++)
        must(clnorm_variable_read(r.model, clnorm_model_variable(r.model, i), before[i], COLUMNS));
    forward_some(&r, layer);
    for (size_t i = 0; i < 4; i++) {
        const clnorm_variable *v = clnorm_model_variable(r.model, i);
        ck_assert_mem_eq(rig_read(&r, v->name), before[i], sizeof before[i]);
    }
    rig_close(&r);
}
END_TEST

/* Two layers of one scope: four variables, both move the statistics, gradients add. */
START_TEST(sharing)
{
    const double ones[] = {1, 1, 1};
    const gradients g = expect(ones, NULL, NULL, 1e-5);
    double mean[COLUMNS] = {0};
    rig r = rig_open(3);
    clnorm_layer *first = rig_layer(&r, "shared", COLUMNS), *second = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.scope = "shared";
    options.reuse = true;
    options.decay = 0.5;
    options.gamma = 77; /* of no effect */
    must(clnorm_batch_normalization_layer(&second, r.model, COLUMNS, &options));
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 4);
    ck_assert_str_eq(clnorm_layer_name(second), "shared");
    ck_assert(rig_read(&r, "shared/gamma")[0] < 2);
    rig_set(&r, "shared/gamma", 1);
    must(clnorm_model_set_training(r.model, true));
    forward_some(&r, first);
    forward_some(&r, second);
    for (size_t i = 0; i < CELLS; i++)
        mean[i % COLUMNS] += (double)some_x[i] / ROWS;
    near("moving_mean", rig_read(&r, "shared/moving_mean"), mean, 0.1 * 0.5 + 0.5, COLUMNS);
    must(backward(&r, first, some_x, some_dy, NULL, CELLS));
    must(backward(&r, second, some_x, some_dy, NULL, CELLS));
    check_gradients(&r, "shared", &g, 2);
    rig_close(&r);
}
END_TEST

/* What a layer keeps for backward is its own, not its scope's. */
START_TEST(sharing_keeps_statistics_apart)
{
    const double ones[] = {1, 1, 1};
    const gradients g = expect(ones, NULL, NULL, 1e-5);
    float dx[CELLS], other[CELLS];
    rig r = rig_open(3);
    clnorm_layer *first = rig_layer(&r, "shared", COLUMNS), *second = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.scope = "shared";
    options.reuse = true;
    must(clnorm_batch_normalization_layer(&second, r.model, COLUMNS, &options));
    rig_set(&r, "shared/gamma", 1);
    must(clnorm_model_set_training(r.model, true));
    forward_some(&r, first);
    for (size_t i = 0; i < CELLS; i++)
        other[i] = 100 * some_x[CELLS - 1 - i];
    rig_forward(&r, second, some_shape(), other, CELLS);
    must(backward(&r, first, some_x, some_dy, dx, CELLS));
    near("dx", dx, g.dx, 1, CELLS);
    rig_close(&r);
}
END_TEST

/* Only gamma and beta are frozen. */
START_TEST(freezing)
{
    const double ones[] = {1, 1, 1};
    const gradients g = expect(ones, NULL, NULL, 1e-5);
    float dx[CELLS];
    rig r = rig_open(3);
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.trainable = false;
    options.stddev = 0;
    must(clnorm_batch_normalization_layer(&layer, r.model, COLUMNS, &options));
    for (size_t i = 0; i < 4; i++) {
        ck_assert(!clnorm_model_variable(r.model, i)->trainable);
        ck_assert_ptr_null(clnorm_model_variable(r.model, i)->gradient);
    }
    must(clnorm_model_set_training(r.model, true));
    forward_some(&r, layer);
    ck_assert(!rig_is(&r, "BatchNormalization/moving_mean", 0));
    ck_assert(!rig_is(&r, "BatchNormalization/moving_variance", 1));
    must(backward(&r, layer, some_x, some_dy, dx, CELLS));
    near("dx", dx, g.dx, 1, CELLS);
    refused(backward(&r, layer, some_x, some_dy, NULL, CELLS), CLNORM_MISSING_BUFFER, "dx is missing");
    refused(clnorm_variable_read_gradient(r.model, rig_variable(&r, "BatchNormalization/gamma"), dx, COLUMNS),
            CLNORM_MISSING_BUFFER, "BatchNormalization/gamma has no gradient");
    must(clnorm_model_zero_gradients(r.model, NULL, 0, NULL, NULL)); /* none of them */
    rig_close(&r);
}
END_TEST

/* More shapes than a layer keeps plans for, twice, so that each plan that was given up comes again. */
START_TEST(many_batch_sizes)
{
    rig r = rig_open(3);
    float values[40];
    clnorm_layer *layer = rig_layer(&r, "bn", 2);
    rig_set(&r, "bn/gamma", 2);
    rig_set(&r, "bn/moving_variance", 1 - 1e-5F);
    for (size_t round = 0; round < 2; round++) {
        for (size_t batch = 1; batch <= 20; batch++) {
            const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, batch, 2);
            for (size_t i = 0; i < 2 * batch; i++)
                values[i] = (float)i + 0.5F;
            rig_forward(&r, layer, &shape, values, 2 * batch);
            for (size_t i = 0; i < 2 * batch; i++)
                ck_assert_msg(fabs((double)values[i] - 2 * ((double)i + 0.5)) < 1e-4, "%zu of %zu: %g", i,
                              batch, (double)values[i]);
        }
    }
    rig_close(&r);
}
END_TEST

/* Channels first; strides; offsets. */
START_TEST(other_axis)
{
    rig r = rig_open(3);
    float values[] = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
    const float mean[] = {0, 1};
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    const clnorm_tensor shape = clnorm_tensor_3d(CLNORM_F32, 2, 2, 3);
    options.axis = 1;
    options.stddev = 0;
    options.epsilon = 0;
    must(clnorm_batch_normalization_layer(&layer, r.model, 2, &options));
    rig_write(&r, "BatchNormalization/moving_mean", mean);
    rig_forward(&r, layer, &shape, values, 12);
    const double expected[] = {1, 2, 3, 3, 4, 5, 10, 20, 30, 39, 49, 59};
    near("y", values, expected, 1, 12);
    rig_close(&r);
}
END_TEST

/* The layers without variables do what their operations do, bit for bit. */
static void check_plain(const rig *r, clnorm_layer *layer, clnorm_op op)
{
    float x[48], dy[48], y[48], dx[48], expected[48];
    clnorm_plan *plan = NULL;
    for (size_t i = 0; i < 48; i++) {
        x[i] = y[i] = (float)((i * 7) % 11) - 4;
        dy[i] = (float)((i * 5) % 7) - 3;
    }
    cl_mem a = rig_buffer(r, x, 48), b = rig_buffer(r, NULL, 48), c = rig_buffer(r, dy, 48);
    refused(backward(r, layer, x, dy, dx, 48), CLNORM_INVALID_STATE, "has not run forward");
    rig_forward(r, layer, &op.x, y, 48);
    must(backward(r, layer, x, dy, dx, 48));
    refused(backward(r, layer, x, dy, NULL, 48), CLNORM_MISSING_BUFFER, "dx is missing");

    must(clnorm_plan_create(&plan, r->context, &op));
    must(clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {a, 0}, .y = {b, 0}), NULL, 0, NULL, NULL));
    rig_fetch(r, b, expected, 48);
    ck_assert_mem_eq(y, expected, sizeof y);
    clnorm_plan_destroy(plan);
    op.mode = CLNORM_BACKWARD;
    must(clnorm_plan_create(&plan, r->context, &op));
    must(clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {a, 0}, .dy = {c, 0}, .dx = {b, 0}), NULL, 0, NULL,
                             NULL));
    rig_fetch(r, b, expected, 48);
    ck_assert_mem_eq(dx, expected, sizeof dx);
    clnorm_plan_destroy(plan);
    clReleaseMemObject(a);
    clReleaseMemObject(b);
    clReleaseMemObject(c);
}

START_TEST(layers_without_variables)
{
    rig r = rig_open(1);
    clnorm_layer *layer;
    clnorm_local_response_normalization_options lrn = clnorm_local_response_normalization_defaults();
    clnorm_l2_normalize_options l2 = clnorm_l2_normalize_defaults();
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_4d(CLNORM_F32, 2, 2, 3, 4));
    must(clnorm_model_set_training(r.model, true));
    op.depth_radius = lrn.depth_radius = 1;
    op.bias = lrn.bias = 2;
    op.alpha = lrn.alpha = 0.5;
    op.beta = lrn.beta = 0.5;
    op.axis = lrn.axis = 1;
    must(clnorm_local_response_normalization_layer(&layer, r.model, &lrn));
    check_plain(&r, layer, op);
    op = clnorm_l2_normalize(clnorm_tensor_3d(CLNORM_F32, 4, 4, 3), 1);
    op.epsilon = l2.epsilon = 0.25;
    must(clnorm_l2_normalize_layer(&layer, r.model, 1, &l2));
    check_plain(&r, layer, op);
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 0);
    rig_close(&r);
}
END_TEST

/* ---- Refusals ---- */

typedef struct bad_name {
    clnorm_status status;
    const char *piece;
    size_t channels;
    const char *scope, *name;
    bool reuse;
} bad_name;

#define X_64  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X_513 X_64 X_64 X_64 X_64 X_64 X_64 X_64 X_64 "x"

static const bad_name bad_names[] = {
    {CLNORM_INVALID_NAME, "scope \"taken\" is taken; set reuse", 3, "taken", "n", false},
    {CLNORM_INVALID_NAME, "reuse is true, but scope is NULL", 3, NULL, "n", true},
    {CLNORM_INVALID_NAME, "there is no scope \"absent\"", 3, "absent", "n", true},
    {CLNORM_INVALID_SHAPE, "channels is 2; scope \"taken\", which is reused, has 3", 2, "taken", "n", true},
    {CLNORM_INVALID_SHAPE, "channels is 0", 0, NULL, "n", false},
    {CLNORM_INVALID_SHAPE, "allowed", (size_t)-1, NULL, "n", false},
    {CLNORM_INVALID_NAME, "name is NULL", 3, NULL, NULL, false},
    {CLNORM_INVALID_NAME, "name is 513 bytes long; 512 are allowed", 3, NULL, X_513, false},
    {CLNORM_INVALID_NAME, "name is empty", 3, NULL, "", false},
    {CLNORM_INVALID_NAME, "scope is empty", 3, "", "n", false},
    {CLNORM_INVALID_NAME, "scope is \"a b\"", 3, "a b", "n", false},
    {CLNORM_INVALID_NAME, "scope is \"_a\"", 3, "_a", "n", false},
    {CLNORM_INVALID_NAME, "name is \"/a\"", 3, NULL, "/a", false},
    {CLNORM_INVALID_NAME, "between slashes", 3, NULL, "a//b", false},
    {CLNORM_INVALID_NAME, "between slashes", 3, NULL, "a/", false},
    {CLNORM_INVALID_NAME, "name is \"caf\xc3\xa9\"", 3, NULL, "caf\xc3\xa9", false},
};
enum { BAD_NAMES = sizeof bad_names / sizeof *bad_names };

/* Nothing was made, and the names are as free as before. */
static void check_untouched(const rig *r, const clnorm_layer *layer)
{
    clnorm_layer *good = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    ck_assert_ptr_null(layer);
    ck_assert_uint_eq(clnorm_model_variable_count(r->model), 4);
    options.name = "n";
    must(clnorm_batch_normalization_layer(&good, r->model, 3, &options));
    ck_assert_str_eq(clnorm_layer_name(good), "n");
}

START_TEST(names_refused)
{
    const bad_name *bad = &bad_names[_i];
    rig r = rig_open(1);
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    rig_layer(&r, "taken", 3);
    options.scope = bad->scope;
    options.name = bad->name;
    options.reuse = bad->reuse;
    refused(clnorm_batch_normalization_layer(&layer, r.model, bad->channels, &options), bad->status,
            bad->piece);
    check_untouched(&r, layer);
    rig_close(&r);
}
END_TEST

#define OPTION(field) offsetof(clnorm_batch_normalization_options, field)
static const struct {
    const char *piece;
    size_t offset;
    double value;
} bad_attributes[] = {
    {"gamma is nan", OPTION(gamma), NAN},         {"gamma is 1e+39", OPTION(gamma), 1e39},
    {"beta is -inf", OPTION(beta), -INFINITY},    {"stddev is -1; 0 to", OPTION(stddev), -1},
    {"epsilon is -1", OPTION(epsilon), -1},       {"epsilon is nan", OPTION(epsilon), NAN},
    {"decay is 1.5; 0 to 1", OPTION(decay), 1.5},
};
enum { BAD_ATTRIBUTES = sizeof bad_attributes / sizeof *bad_attributes };

START_TEST(attributes_refused)
{
    rig r = rig_open(1);
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    rig_layer(&r, "taken", 3);
    options.name = "n";
    memcpy((char *)&options + bad_attributes[_i].offset, &bad_attributes[_i].value, sizeof(double));
    refused(clnorm_batch_normalization_layer(&layer, r.model, 3, &options), CLNORM_INVALID_ATTRIBUTE,
            bad_attributes[_i].piece);
    options = clnorm_batch_normalization_defaults();
    options.axis = -9;
    refused(clnorm_batch_normalization_layer(&layer, r.model, 3, &options), CLNORM_INVALID_AXIS,
            "axis is -9");
    check_untouched(&r, layer);
    rig_close(&r);
}
END_TEST

START_TEST(plain_layers_refused)
{
    rig r = rig_open(1);
    clnorm_layer *layer = NULL;
    clnorm_local_response_normalization_options lrn = clnorm_local_response_normalization_defaults();
    clnorm_l2_normalize_options l2 = clnorm_l2_normalize_defaults();
    lrn.depth_radius = -1;
    refused(clnorm_local_response_normalization_layer(&layer, r.model, &lrn), CLNORM_INVALID_ATTRIBUTE,
            "depth_radius is -1");
    lrn = clnorm_local_response_normalization_defaults();
    lrn.axis = 4;
    refused(clnorm_local_response_normalization_layer(&layer, r.model, &lrn), CLNORM_INVALID_AXIS,
            "axis is 4");
    lrn.axis = 0;
    lrn.name = "no name";
    refused(clnorm_local_response_normalization_layer(&layer, r.model, &lrn), CLNORM_INVALID_NAME, "no name");
    refused(clnorm_l2_normalize_layer(&layer, r.model, -9, &l2), CLNORM_INVALID_AXIS, "dim is -9");
    l2.epsilon = -1;
    refused(clnorm_l2_normalize_layer(&layer, r.model, 0, &l2), CLNORM_INVALID_ATTRIBUTE, "epsilon is -1");
    l2.size = 0;
    refused(clnorm_l2_normalize_layer(&layer, r.model, 0, &l2), CLNORM_INVALID_ARGUMENT, "options.size is 0");
    lrn.size = 0;
    refused(clnorm_local_response_normalization_layer(&layer, r.model, &lrn), CLNORM_INVALID_ARGUMENT,
            "options.size is 0");
    clnorm_batch_normalization_options bn = {.size = 0};
    refused(clnorm_batch_normalization_layer(&layer, r.model, 3, &bn), CLNORM_INVALID_ARGUMENT,
            "options.size is 0");
    ck_assert_ptr_null(layer);
    rig_close(&r);
}
END_TEST

/* A program that was built when the options ended after `scope` gets today's defaults for the rest. */
START_TEST(options_of_an_older_program)
{
    rig r = rig_open(1);
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.size = offsetof(clnorm_batch_normalization_options, name);
    options.name = "not there";
    options.axis = 99;
    must(clnorm_batch_normalization_layer(&layer, r.model, 3, &options));
    ck_assert_str_eq(clnorm_layer_name(layer), "BatchNormalization");
    rig_close(&r);
}
END_TEST

START_TEST(null_arguments)
{
    rig r = rig_open(1);
    clnorm_layer *layer = NULL, *good = default_layer(&r, 3);
    clnorm_model *model = NULL;
    float values[3];
    const clnorm_buffer none = {NULL, 0};
    const clnorm_variable *variable = clnorm_model_variable(r.model, 0);
    refused(clnorm_model_create(NULL, r.context, 1), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_model_create(&model, NULL, 1), CLNORM_INVALID_ARGUMENT, "context is NULL");
    refused(clnorm_model_set_training(NULL, true), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_batch_normalization_layer(NULL, r.model, 3, NULL), CLNORM_INVALID_ARGUMENT,
            "layer is NULL");
    refused(clnorm_batch_normalization_layer(&layer, NULL, 3, NULL), CLNORM_INVALID_ARGUMENT,
            "model is NULL");
    refused(clnorm_local_response_normalization_layer(&layer, NULL, NULL), CLNORM_INVALID_ARGUMENT, "model");
    refused(clnorm_l2_normalize_layer(NULL, r.model, 0, NULL), CLNORM_INVALID_ARGUMENT, "layer is NULL");
    refused(clnorm_layer_forward(NULL, some_shape(), none, none, NULL, 0, NULL, NULL),
            CLNORM_INVALID_ARGUMENT, "layer is NULL");
    refused(clnorm_layer_forward(good, NULL, none, none, NULL, 0, NULL, NULL), CLNORM_INVALID_ARGUMENT,
            "shape is NULL");
    refused(clnorm_layer_backward(NULL, none, none, none, NULL, 0, NULL, NULL), CLNORM_INVALID_ARGUMENT,
            "layer is NULL");
    refused(clnorm_model_zero_gradients(NULL, NULL, 0, NULL, NULL), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_model_zero_gradients(r.model, NULL, 1, NULL, NULL), CLNORM_INVALID_ARGUMENT,
            "n_wait is 1");
    refused(clnorm_variable_read(NULL, variable, values, 3), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_variable_read(r.model, NULL, values, 3), CLNORM_INVALID_ARGUMENT, "variable is NULL");
    refused(clnorm_variable_write(r.model, variable, NULL, 3), CLNORM_INVALID_ARGUMENT, "values is NULL");
    refused(clnorm_variable_write(r.model, variable, values, 2), CLNORM_INVALID_SHAPE, "count is 2");
    const clnorm_variable copy = *variable;
    refused(clnorm_variable_read(r.model, &copy, values, 3), CLNORM_INVALID_NAME, "not one of this model's");
    ck_assert_str_eq(clnorm_layer_name(NULL), "");
    ck_assert_uint_eq(clnorm_model_variable_count(NULL), 0);
    ck_assert(clnorm_model_variable(NULL, 0) == NULL && clnorm_model_find_variable(r.model, NULL) == NULL);
    ck_assert(!clnorm_model_is_training(NULL));
    clnorm_model_destroy(NULL);
    rig_close(&r);
}
END_TEST

static clnorm_status forward_shape(const rig *r, clnorm_layer *layer, clnorm_tensor shape)
{
    cl_mem memory = rig_buffer(r, NULL, 256);
    const clnorm_status status = clnorm_layer_forward(layer, &shape, (clnorm_buffer){memory, 0},
                                                      (clnorm_buffer){memory, 512}, NULL, 0, NULL, NULL);
    clFinish(clnorm_context_cl_queue(r->context));
    clReleaseMemObject(memory);
    return status;
}

/* A forward that failed was none. */
START_TEST(forward_refused)
{
    rig r = rig_open(1);
    clnorm_layer *bn = rig_layer(&r, "bn", 3), *lrn = NULL, *l2 = NULL;
    clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, 2, 3);
    must(clnorm_local_response_normalization_layer(&lrn, r.model, NULL));
    must(clnorm_l2_normalize_layer(&l2, r.model, 2, NULL));
    refused(backward(&r, bn, some_x, some_dy, NULL, 6), CLNORM_INVALID_STATE, "layer bn has not run forward");
    refused(forward_shape(&r, bn, clnorm_tensor_2d(CLNORM_F32, 3, 4)), CLNORM_INVALID_SHAPE,
            "x has 4 channels along axis -1; layer bn has 3");
    refused(forward_shape(&r, bn, clnorm_tensor_1d(CLNORM_F32, 3)), CLNORM_INVALID_RANK, "rank 1");
    refused(forward_shape(&r, lrn, clnorm_tensor_3d(CLNORM_F32, 2, 2, 2)), CLNORM_INVALID_RANK,
            "layer LocalResponseNormalization takes rank 4 only");
    refused(forward_shape(&r, l2, shape), CLNORM_INVALID_AXIS, "dim is 2");
    shape.rank = 9;
    refused(forward_shape(&r, bn, shape), CLNORM_INVALID_RANK, "rank 9");
    shape = clnorm_tensor_2d(CLNORM_F16, 2, 3);
    refused(forward_shape(&r, bn, shape), CLNORM_UNSUPPORTED_TYPE, "f16");
    refused(forward_shape(&r, bn, clnorm_tensor_2d(CLNORM_F32, 100, 3)), CLNORM_BUFFER_TOO_SMALL, "bytes");
    shape = clnorm_tensor_2d(CLNORM_F32, 2, 3);
    refused(clnorm_layer_forward(bn, &shape, (clnorm_buffer){NULL, 0}, (clnorm_buffer){NULL, 0}, NULL, 0,
                                 NULL, NULL),
            CLNORM_MISSING_BUFFER, "x is missing");
    refused(backward(&r, bn, some_x, some_dy, NULL, 6), CLNORM_INVALID_STATE, "layer bn has not run forward");
    must(forward_shape(&r, bn, shape));
    must(backward(&r, bn, some_x, some_dy, NULL, 6));
    rig_close(&r);
}
END_TEST

static void count_line(clnorm_log_level level, const char *line, void *user)
{
    ck_assert_int_eq(level, CLNORM_LOG_ERROR);
    ck_assert_ptr_nonnull(line);
    ++*(int *)user;
}

/* A failure is one line in the log, from wherever within the library it came. */
START_TEST(a_failure_is_logged_once)
{
    rig r = rig_open(1);
    int lines = 0;
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, 2, 3);
    const clnorm_buffer none = {NULL, 0};
    clnorm_layer *layer = default_layer(&r, 3);
    clnorm_set_log(count_line, CLNORM_LOG_ERROR, &lines);
    clnorm_layer_forward(layer, &shape, none, none, NULL, 0, NULL, NULL);
    ck_assert_int_eq(lines, 1);
    clnorm_layer_backward(layer, none, none, none, NULL, 0, NULL, NULL);
    ck_assert_int_eq(lines, 2);
    clnorm_batch_normalization_layer(&layer, r.model, 0, NULL);
    ck_assert_int_eq(lines, 3);
    clnorm_set_log(NULL, CLNORM_LOG_NONE, NULL);
    rig_close(&r);
}
END_TEST

/* ---- Queues and lifetimes ---- */

/* Events and a queue of the application's; then one of another context. */
START_TEST(queues)
{
    rig r = rig_open(1);
    cl_context cl = clnorm_context_cl_context(r.context);
    cl_device_id device = clnorm_context_cl_device(r.context);
    cl_command_queue queue = clCreateCommandQueue(cl, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    cl_mem x = rig_buffer(&r, some_x, CELLS), y = rig_buffer(&r, NULL, CELLS);
    cl_mem dy = rig_buffer(&r, some_dy, CELLS);
    cl_event gate = clCreateUserEvent(cl, NULL), zeroed, forward, done;
    const double ones[] = {1, 1, 1};
    const gradients g = expect(ones, NULL, NULL, 1e-5);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    rig_set(&r, "bn/gamma", 1);
    must(clnorm_model_set_training(r.model, true));
    must(clnorm_model_zero_gradients(r.model, queue, 1, &gate, &zeroed));
    must(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, queue, 1,
                              &zeroed, &forward));
    must(clnorm_layer_backward(layer, (clnorm_buffer){x, 0}, (clnorm_buffer){dy, 0}, (clnorm_buffer){dy, 0},
                               queue, 1, &forward, &done));
    clFlush(queue);
    cl_int state = CL_COMPLETE;
    clGetEventInfo(zeroed, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    ck_assert_int_ne(state, CL_COMPLETE);
    clSetUserEventStatus(gate, CL_COMPLETE);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    check_gradients(&r, "bn", &g, 1);
    float dx[CELLS];
    rig_fetch(&r, dy, dx, CELLS);
    near("dx", dx, g.dx, 1, CELLS);

    cl_context other = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    cl_command_queue foreign = clCreateCommandQueue(other, device, 0, NULL);
    refused(clnorm_model_zero_gradients(r.model, foreign, 0, NULL, NULL), CLNORM_INVALID_QUEUE, "another");
    refused(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, foreign,
                                 0, NULL, NULL),
            CLNORM_INVALID_QUEUE, "another");
    cl_event events[] = {gate, zeroed, forward, done};
    for (size_t i = 0; i < 4; i++)
        clReleaseEvent(events[i]);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseMemObject(dy);
    clReleaseCommandQueue(foreign);
    clReleaseContext(other);
    clReleaseCommandQueue(queue);
    rig_close(&r);
}
END_TEST

/* The model works on without its context, and goes while its layer is still at work. */
START_TEST(lifetimes)
{
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    cl_context cl = clnorm_context_cl_context(r.context);
    cl_command_queue queue = clnorm_context_cl_queue(r.context);
    cl_mem x = rig_buffer(&r, some_x, CELLS), y = rig_buffer(&r, NULL, CELLS);
    clRetainContext(cl);
    clRetainCommandQueue(queue);
    clnorm_context_destroy(r.context);
    cl_event gate = clCreateUserEvent(cl, NULL), done;
    must(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, NULL, 1,
                              &gate, &done));
    clnorm_model_destroy(r.model);
    clSetUserEventStatus(gate, CL_COMPLETE);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    clReleaseEvent(gate);
    clReleaseEvent(done);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseCommandQueue(queue);
    clReleaseContext(cl);
}
END_TEST

enum { WORKERS = 4, ROUNDS = 200 };

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *together;
    const rig *r;
    clnorm_layer *layer;
    cl_mem x, y;
    const char *failure;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    clnorm_layer *mine = NULL;
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
    for (int i = 0; i < ROUNDS && w->failure == NULL; i++) {
        if (clnorm_layer_forward(w->layer, &shape, (clnorm_buffer){w->x, 0}, (clnorm_buffer){w->y, 0}, NULL,
                                 0, NULL, NULL) != CLNORM_OK)
            w->failure = "clnorm_layer_forward";
    }
    pthread_barrier_wait(w->together);
    for (int i = 0; i < ROUNDS && w->failure == NULL; i++) {
        if (clnorm_batch_normalization_layer(&mine, w->r->model, 2, NULL) != CLNORM_OK)
            w->failure = "clnorm_batch_normalization_layer";
    }
    return NULL;
}

/* Threads that run one layer and make others. */
START_TEST(threads)
{
    worker workers[WORKERS];
    pthread_barrier_t together;
    float values[WORKERS][CELLS];
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    ck_assert_int_eq(pthread_barrier_init(&together, NULL, WORKERS), 0);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.r = &r, .layer = layer, .together = &together};
        workers[i].x = rig_buffer(&r, some_x, CELLS);
        workers[i].y = rig_buffer(&r, NULL, CELLS);
    }
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        ck_assert_msg(workers[i].failure == NULL, "%s: thread %d", workers[i].failure, i);
        rig_fetch(&r, workers[i].y, values[i], CELLS);
        ck_assert_mem_eq(values[i], values[0], sizeof values[i]);
        clReleaseMemObject(workers[i].x);
        clReleaseMemObject(workers[i].y);
    }
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 4 + WORKERS * ROUNDS * 4);
    rig_variable(&r, "BatchNormalization_799/gamma");
    pthread_barrier_destroy(&together);
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *names = tcase_create("variables and names");
    TCase *numbers = tcase_create("numbers");
    TCase *refusals = tcase_create("refusals");
    TCase *lives = tcase_create("queues and lifetimes");
    tcase_set_timeout(names, 60);
    tcase_set_timeout(numbers, 300);
    tcase_set_timeout(refusals, 60);
    tcase_set_timeout(lives, 120);
    tcase_add_test(names, defaults);
    tcase_add_test(names, variables_of_a_layer);
    tcase_add_test(names, initial_values);
    tcase_add_test(names, same_seed_same_gamma);
    tcase_add_test(names, repeated_names);
    tcase_add_test(numbers, tflearns_steps);
    tcase_add_test(numbers, gradients_of_training);
    tcase_add_test(numbers, gradients_of_inference);
    tcase_add_test(numbers, inference_changes_nothing);
    tcase_add_test(numbers, sharing);
    tcase_add_test(numbers, sharing_keeps_statistics_apart);
    tcase_add_test(numbers, freezing);
    tcase_add_test(numbers, many_batch_sizes);
    tcase_add_test(numbers, other_axis);
    tcase_add_test(numbers, layers_without_variables);
    tcase_add_loop_test(refusals, names_refused, 0, BAD_NAMES);
    tcase_add_loop_test(refusals, attributes_refused, 0, BAD_ATTRIBUTES);
    tcase_add_test(refusals, plain_layers_refused);
    tcase_add_test(refusals, options_of_an_older_program);
    tcase_add_test(refusals, null_arguments);
    tcase_add_test(refusals, forward_refused);
    tcase_add_test(refusals, a_failure_is_logged_once);
    tcase_add_test(lives, queues);
    tcase_add_test(lives, lifetimes);
    tcase_add_test(lives, threads);
    suite_add_tcase(suite, names);
    suite_add_tcase(suite, numbers);
    suite_add_tcase(suite, refusals);
    suite_add_tcase(suite, lives);
    return run_suite(suite);
}
