/* Layers: tflearn's numbers, gradients, sharing and freezing. */
#include "layer_batch.h"
#include "vector_case.h"
#include <clnorm/ops.h>
#include <math.h>
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

/* ---- Numbers ---- */

static void forward_some(const rig *r, clnorm_layer *layer)
{
    float values[CELLS];
    memcpy(values, some_x, sizeof values);
    rig_forward(r, layer, some_shape(), values, CELLS);
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

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *numbers = tcase_create("numbers");
    tcase_set_timeout(numbers, 300);
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
    suite_add_tcase(suite, numbers);
    return run_suite(suite);
}
