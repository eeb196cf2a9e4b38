/* Layers: which variables they make, under which names, and every refusal. */
#include "layer_batch.h"
#include <math.h>

/* ---- Variables ---- */

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

int main(void)
{
    Suite *suite = suite_create("layer names");
    TCase *names = tcase_create("variables and names");
    TCase *refusals = tcase_create("refusals");
    tcase_set_timeout(names, 60);
    tcase_add_test(names, defaults);
    tcase_add_test(names, variables_of_a_layer);
    tcase_add_test(names, initial_values);
    tcase_add_test(names, same_seed_same_gamma);
    tcase_add_test(names, repeated_names);
    suite_add_tcase(suite, names);
    tcase_set_timeout(refusals, 60);
    tcase_add_loop_test(refusals, names_refused, 0, BAD_NAMES);
    tcase_add_loop_test(refusals, attributes_refused, 0, BAD_ATTRIBUTES);
    tcase_add_test(refusals, plain_layers_refused);
    tcase_add_test(refusals, options_of_an_older_program);
    tcase_add_test(refusals, null_arguments);
    tcase_add_test(refusals, forward_refused);
    tcase_add_test(refusals, a_failure_is_logged_once);
    suite_add_tcase(suite, refusals);
    return run_suite(suite);
}
