/* Variables that an application adds to a model: names, first values, files, every refusal. */
#include "files.h"
#include "layer_rig.h"

#include <math.h>

enum { ROWS = 3, COLUMNS = 5, COUNT = ROWS * COLUMNS };

static clnorm_tensor matrix(void)
{
    return clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
}

static const clnorm_variable *add(const rig *r, const char *name, double mean, double stddev)
{
    const clnorm_variable *variable = NULL;
    clnorm_variable_options options = clnorm_variable_defaults();
    const clnorm_tensor tensor = matrix();
    options.mean = mean;
    options.stddev = stddev;
    must(clnorm_variable_create(&variable, r->model, name, &tensor, &options));
    ck_assert_ptr_eq(variable, clnorm_model_find_variable(r->model, name));
    return variable;
}

static void values_of(const rig *r, const clnorm_variable *variable, float values[COUNT])
{
    must(clnorm_variable_read(r->model, variable, values, COUNT));
}

/* ---- Making ---- */

START_TEST(defaults)
{
    rig r = rig_open(1);
    float values[COUNT];
    const clnorm_tensor tensor = matrix();
    must(clnorm_variable_create(NULL, r.model, "dense/W", &tensor, NULL));
    const clnorm_variable *variable = rig_variable(&r, "dense/W");
    ck_assert(variable->trainable && variable->restore && variable->gradient != NULL);
    ck_assert_uint_eq(variable->tensor.rank, 2);
    ck_assert_uint_eq(variable->tensor.dims[1], COLUMNS);
    values_of(&r, variable, values);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(values[i] == 0);
    must(clnorm_variable_read_gradient(r.model, variable, values, COUNT));
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(values[i] == 0);
    rig_close(&r);
}
END_TEST

/* The same bits wherever a variable stands; others under another name or seed; mean and stddev scale them. */
START_TEST(first_values)
{
    rig r = rig_open(7), other = rig_open(8);
    float unit[COUNT], scaled[COUNT], values[COUNT];
    values_of(&r, add(&r, "W", 0, 1), unit);
    values_of(&r, add(&r, "V", 0, 1), values);
    ck_assert_mem_ne(values, unit, sizeof unit);
    values_of(&other, add(&other, "W", 0, 1), values);
    ck_assert_mem_ne(values, unit, sizeof unit);
    rig_close(&other);
    other = rig_open(7);
    add(&other, "first", 3, 0);
    values_of(&other, add(&other, "W", 0, 1), values);
    ck_assert_mem_eq(values, unit, sizeof unit);
    rig_close(&other);
    other = rig_open(7);
    values_of(&other, add(&other, "W", 10, 0.5), scaled);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(fabsf(scaled[i] - (10 + 0.5F * unit[i])) < 1e-5F);
    rig_close(&other);
    rig_close(&r);
}
END_TEST

/* One optimizer goes over all variables: the gradients of the application's own are zeroed with the rest. */
START_TEST(gradients_are_zeroed)
{
    rig r = rig_open(1);
    const clnorm_variable *variable = add(&r, "W", 0, 1);
    const float one = 1;
    float values[COUNT];
    cl_command_queue queue = clnorm_context_cl_queue(r.context);
    ck_assert_int_eq(clEnqueueFillBuffer(queue, variable->gradient, &one, sizeof one, 0, COUNT * sizeof one,
                                         0, NULL, NULL),
                     CL_SUCCESS);
    must(clnorm_variable_read_gradient(r.model, variable, values, COUNT));
    ck_assert(values[COUNT - 1] == 1);
    must(clnorm_model_zero_gradients(r.model, NULL, 0, NULL, NULL));
    must(clnorm_variable_read_gradient(r.model, variable, values, COUNT));
    ck_assert(values[0] == 0 && values[COUNT - 1] == 0);
    rig_close(&r);
}
END_TEST

START_TEST(frozen)
{
    rig r = rig_open(1);
    clnorm_variable_options options = clnorm_variable_defaults();
    const clnorm_variable *variable = NULL;
    const clnorm_tensor tensor = matrix();
    float values[COUNT];
    options.trainable = false;
    must(clnorm_variable_create(&variable, r.model, "W", &tensor, &options));
    ck_assert_ptr_null(variable->gradient);
    refused(clnorm_variable_read_gradient(r.model, variable, values, COUNT), CLNORM_MISSING_BUFFER, "W");
    rig_close(&r);
}
END_TEST

/* A layer's scope is taken by any variable that its own would be, and only by such. */
START_TEST(names_beside_layers)
{
    rig r = rig_open(1);
    clnorm_layer *layer = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    add(&r, "dense/W", 0, 1);
    add(&r, "BatchNormalization/gamma", 0, 1);
    options.scope = "dense";
    must(clnorm_batch_normalization_layer(&layer, r.model, 2, &options));
    must(clnorm_batch_normalization_layer(&layer, r.model, 2, NULL));
    ck_assert_str_eq(clnorm_layer_name(layer), "BatchNormalization_1");
    options.scope = "BatchNormalization";
    refused(clnorm_batch_normalization_layer(&layer, r.model, 2, &options), CLNORM_INVALID_NAME,
            "is taken by a variable of the application's own");
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 2 + 4 + 4);
    rig_close(&r);
}
END_TEST

/* ---- Files ---- */

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];

static void set_up(void)
{
    files_make_directory(directory);
    files_join(path, directory, "model.safetensors");
}

static void tear_down(void)
{
    files_remove(directory);
}

START_TEST(round_trip)
{
    rig a = rig_open(1), b = rig_open(2);
    float saved[COUNT], loaded[COUNT];
    values_of(&a, add(&a, "dense/W", 0, 1), saved);
    rig_layer(&a, "bn", 3);
    rig_layer(&b, "bn", 3);
    const clnorm_variable *variable = add(&b, "dense/W", 0, 1);
    must(clnorm_model_save(a.model, path));
    must(clnorm_model_load(b.model, path, NULL));
    values_of(&b, variable, loaded);
    ck_assert_mem_eq(loaded, saved, sizeof saved);
    rig_close(&b);
    rig_close(&a);
}
END_TEST

/* As many elements in another shape are another shape. */
START_TEST(other_shape)
{
    rig a = rig_open(1), b = rig_open(2);
    float before[COUNT], after[COUNT];
    const clnorm_tensor transposed = clnorm_tensor_2d(CLNORM_F32, COLUMNS, ROWS);
    must(clnorm_variable_create(NULL, a.model, "W", &transposed, NULL));
    const clnorm_variable *variable = add(&b, "W", 0, 1);
    values_of(&b, variable, before);
    must(clnorm_model_save(a.model, path));
    refused(clnorm_model_load(b.model, path, NULL), CLNORM_INVALID_FILE,
            "\"W\" has the shape [5,3], not [3, 5] as W");
    values_of(&b, variable, after);
    ck_assert_mem_eq(after, before, sizeof before);
    rig_close(&b);
    rig_close(&a);
}
END_TEST

START_TEST(not_restored)
{
    rig a = rig_open(1), b = rig_open(2);
    clnorm_variable_options options = clnorm_variable_defaults();
    const clnorm_tensor tensor = matrix();
    float values[COUNT];
    add(&a, "W", 5, 0);
    options.restore = false;
    must(clnorm_variable_create(NULL, b.model, "W", &tensor, &options));
    must(clnorm_model_save(a.model, path));
    must(clnorm_model_load(b.model, path, NULL));
    values_of(&b, rig_variable(&b, "W"), values);
    ck_assert(values[0] == 0);
    rig_close(&b);
    rig_close(&a);
}
END_TEST

/* ---- Refusals ---- */

static const struct {
    clnorm_status status;
    const char *piece, *name;
    clnorm_tensor tensor;
    double mean, stddev;
} bad[] = {
    {CLNORM_INVALID_NAME, "name is NULL", NULL, {CLNORM_F32, 1, {2}, {1}}, 0, 0},
    {CLNORM_INVALID_NAME, "name is \"a b\"", "a b", {CLNORM_F32, 1, {2}, {1}}, 0, 0},
    {CLNORM_INVALID_NAME, "name is \"taken\", which is taken", "taken", {CLNORM_F32, 1, {2}, {1}}, 0, 0},
    {CLNORM_INVALID_NAME, "\"bn/beta\", which is taken", "bn/beta", {CLNORM_F32, 1, {2}, {1}}, 0, 0},
    {CLNORM_INVALID_RANK, "rank", "n", {CLNORM_F32, 0, {0}, {0}}, 0, 0},
    {CLNORM_INVALID_SHAPE, "tensor.dims[0] is 0", "n", {CLNORM_F32, 1, {0}, {1}}, 0, 0},
    {CLNORM_INVALID_STRIDES,
     "tensor.strides[0] is 7; a variable is dense, which is 5",
     "n",
     {CLNORM_F32, 2, {3, 5}, {7, 1}},
     0,
     0},
    {CLNORM_UNSUPPORTED_TYPE, "f16", "n", {CLNORM_F16, 1, {2}, {1}}, 0, 0},
    {CLNORM_INVALID_ATTRIBUTE, "mean is nan", "n", {CLNORM_F32, 1, {2}, {1}}, NAN, 0},
    {CLNORM_INVALID_ATTRIBUTE, "stddev is -1; 0 to", "n", {CLNORM_F32, 1, {2}, {1}}, 0, -1},
};
enum { BAD = sizeof bad / sizeof *bad };

START_TEST(refusals)
{
    rig r = rig_open(1);
    clnorm_variable_options options = clnorm_variable_defaults();
    const clnorm_variable *variable = NULL;
    add(&r, "taken", 0, 1);
    rig_layer(&r, "bn", 2);
    options.mean = bad[_i].mean;
    options.stddev = bad[_i].stddev;
    refused(clnorm_variable_create(&variable, r.model, bad[_i].name, &bad[_i].tensor, &options),
            bad[_i].status, bad[_i].piece);
    ck_assert_ptr_null(variable);
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 5);
    rig_close(&r);
}
END_TEST

START_TEST(null_arguments)
{
    rig r = rig_open(1);
    const clnorm_tensor tensor = matrix();
    refused(clnorm_variable_create(NULL, NULL, "n", &tensor, NULL), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_variable_create(NULL, r.model, "n", NULL, NULL), CLNORM_INVALID_ARGUMENT,
            "tensor is NULL");
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own variables");
    TCase *making = tcase_create("making"), *files = tcase_create("files"),
          *refused_ = tcase_create("refusals");
    tcase_add_test(making, defaults);
    tcase_add_test(making, first_values);
    tcase_add_test(making, gradients_are_zeroed);
    tcase_add_test(making, frozen);
    tcase_add_test(making, names_beside_layers);
    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_add_test(files, round_trip);
    tcase_add_test(files, other_shape);
    tcase_add_test(files, not_restored);
    tcase_add_loop_test(refused_, refusals, 0, BAD);
    tcase_add_test(refused_, null_arguments);
    suite_add_tcase(suite, making);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, refused_);
    tcase_set_timeout(making, 60);
    tcase_set_timeout(files, 60);
    tcase_set_timeout(refused_, 60);
    return run_suite(suite);
}
