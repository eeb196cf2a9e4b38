/* Layers: tflearn's numbers, names, sharing and freezing; gradients; every refusal. */
#include "layer_rig.h"
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

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *numbers = tcase_create("numbers");
    tcase_set_timeout(numbers, 300);
    tcase_add_test(numbers, tflearns_steps);
    suite_add_tcase(suite, numbers);
    return run_suite(suite);
}
