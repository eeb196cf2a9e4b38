/* Models, layers and checkpoints. */
#include "flow.h"
#include <clnorm/layers.h>

#include <string.h>

enum { ROWS = 6, CHANNELS = 5, COUNT = ROWS * CHANNELS };

static clnorm_model *model;
static clnorm_layer *layer_of_model;
static cl_mem mem_x, mem_y, mem_dy, mem_dx;
static char path[FILES_PATH_SIZE], old_path[FILES_PATH_SIZE];

static clnorm_tensor shape(void)
{
    return clnorm_tensor_2d(CLNORM_F32, ROWS, CHANNELS);
}

/* ---- Making ---- */

static clnorm_status make_layers(clnorm_model *of)
{
    clnorm_layer *made = NULL;
    const clnorm_tensor weights = clnorm_tensor_2d(CLNORM_F32, 3, 4);
    clnorm_status status = clnorm_batch_normalization_layer(&made, of, CHANNELS, NULL);
    if (status == CLNORM_OK)
        status = clnorm_batch_normalization_layer(&made, of, CHANNELS, NULL);
    if (status == CLNORM_OK)
        status = clnorm_local_response_normalization_layer(&made, of, NULL);
    if (status == CLNORM_OK)
        status = clnorm_l2_normalize_layer(&made, of, -1, NULL);
    return status == CLNORM_OK ? clnorm_variable_create(NULL, of, "dense/W", &weights, NULL) : status;
}

static size_t variable_count;

/* A layer that was not made leaves no variables behind. */
static clnorm_status run_making(void)
{
    clnorm_model *made = NULL;
    clnorm_status status = clnorm_model_create(&made, context, 7);
    if (status == CLNORM_OK)
        status = make_layers(made);
    variable_count = clnorm_model_variable_count(made);
    clnorm_model_destroy(made);
    return status;
}

static void check_making(clnorm_status status)
{
    const size_t n = variable_count;
    ck_assert_msg(status == CLNORM_OK ? n == 9 : n == 0 || n == 4 || n == 8, "%zu variables after %s", n,
                  clnorm_status_name(status));
}

/* ---- Running ---- */

static void set(const char *name, float value)
{
    const clnorm_variable *variable = clnorm_model_find_variable(model, name);
    float values[CHANNELS];
    for (size_t i = 0; i < CHANNELS; i++)
        values[i] = value;
    ck_assert_int_eq(clnorm_variable_write(model, variable, values, CHANNELS), CLNORM_OK);
}

static void get(const char *name, float values[CHANNELS])
{
    const clnorm_variable *variable = clnorm_model_find_variable(model, name);
    ck_assert_int_eq(clnorm_variable_read(model, variable, values, CHANNELS), CLNORM_OK);
}

static void begin_model(void)
{
    float values[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (float)(i * 7 % 11) - 4.0f;
    ck_assert_int_eq(clnorm_model_create(&model, context, 7), CLNORM_OK);
    ck_assert_int_eq(clnorm_batch_normalization_layer(&layer_of_model, model, CHANNELS, NULL), CLNORM_OK);
    ck_assert_int_eq(clnorm_model_set_training(model, true), CLNORM_OK);
    mem_x = buffer_of(values, COUNT);
    mem_dy = buffer_of(values, COUNT);
    mem_y = buffer_of(NULL, COUNT);
    mem_dx = buffer_of(NULL, COUNT);
}

static void before_step(void)
{
    set("BatchNormalization/moving_mean", 5);
    set("BatchNormalization/moving_variance", 3);
}

/* A step of training, on plans that are there, and on those of a new layer. */
static clnorm_status run_step(void)
{
    const clnorm_tensor x = shape();
    clnorm_status status = clnorm_model_zero_gradients(model, NULL, 0, NULL, NULL);
    if (status == CLNORM_OK)
        status = clnorm_layer_forward(layer_of_model, &x, (clnorm_buffer){mem_x, 0},
                                      (clnorm_buffer){mem_y, 0}, NULL, 0, NULL, NULL);
    if (status == CLNORM_OK)
        status = clnorm_layer_backward(layer_of_model, (clnorm_buffer){mem_x, 0}, (clnorm_buffer){mem_dy, 0},
                                       (clnorm_buffer){mem_dx, 0}, NULL, 0, NULL, NULL);
    return status;
}

/* The mean is all as before, or all moved, and the variance with it. */
static void check_step(clnorm_status status)
{
    float mean[CHANNELS], variance[CHANNELS];
    get("BatchNormalization/moving_mean", mean);
    get("BatchNormalization/moving_variance", variance);
    const bool moved = mean[0] != 5;
    for (size_t i = 0; i < CHANNELS; i++)
        ck_assert_msg((mean[i] != 5) == moved && (variance[i] != 3) == moved,
                      "moving averages are half moved");
    ck_assert_msg(moved || status != CLNORM_OK, "moving averages did not move");
}

static void before_variables(void)
{
    set("BatchNormalization/beta", 3);
}

/* Reads and writes that wait. */
static clnorm_status run_variables(void)
{
    static const float fours[CHANNELS] = {4, 4, 4, 4, 4};
    float values[CHANNELS];
    const clnorm_variable *beta = clnorm_model_find_variable(model, "BatchNormalization/beta");
    clnorm_status status = clnorm_variable_read(model, beta, values, CHANNELS);
    if (status == CLNORM_OK)
        status = clnorm_variable_read_gradient(model, beta, values, CHANNELS);
    return status == CLNORM_OK ? clnorm_variable_write(model, beta, fours, CHANNELS) : status;
}

/* Nothing is written by half. */
static void check_variables(clnorm_status status)
{
    float beta[CHANNELS];
    get("BatchNormalization/beta", beta);
    for (size_t i = 0; i < CHANNELS; i++)
        ck_assert_msg(beta[i] == (status == CLNORM_OK ? 4.0F : 3.0F), "beta is %g after %s", (double)beta[i],
                      clnorm_status_name(status));
}

static void end_model(void)
{
    clnorm_model_destroy(model);
    cl_mem const all[] = {mem_x, mem_y, mem_dy, mem_dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        clReleaseMemObject(all[i]);
}

/* ---- Checkpoints ---- */

enum { FILE_SIZE = 4096 };

static size_t read_file(const char *name, unsigned char bytes[FILE_SIZE])
{
    return files_read(name, bytes, FILE_SIZE);
}

static bool same_files(const char *one, const char *other)
{
    unsigned char a[FILE_SIZE], b[FILE_SIZE];
    const size_t size = read_file(one, a);
    return read_file(other, b) == size && memcmp(a, b, size) == 0;
}

/* Two checkpoints of which one is there before, and the other is to be written. */
static void begin_save(void)
{
    char new_path[FILES_PATH_SIZE];
    begin_model();
    files_join(path, directory, "model.safetensors");
    files_join(old_path, directory, "old.safetensors");
    files_join(new_path, directory, "new.safetensors");
    set("BatchNormalization/beta", 1);
    ck_assert_int_eq(clnorm_model_save(model, old_path), CLNORM_OK);
    set("BatchNormalization/beta", 2);
    ck_assert_int_eq(clnorm_model_save(model, new_path), CLNORM_OK);
}

static void before_save(void)
{
    unsigned char bytes[FILE_SIZE];
    const size_t size = read_file(old_path, bytes);
    files_write(path, bytes, size);
}

static clnorm_status run_save(void)
{
    return clnorm_model_save(model, path);
}

/* The file is the old one or the new one. A failure that comes after the name was given leaves the new
 * one. */
static void check_save(clnorm_status status)
{
    char new_path[FILES_PATH_SIZE], name[FILES_PATH_SIZE] = "";
    files_join(new_path, directory, "new.safetensors");
    const bool is_new = same_files(path, new_path);
    ck_assert_msg(is_new || same_files(path, old_path), "the file is neither the old one nor the new one");
    ck_assert_msg(is_new || status != CLNORM_OK, "the file is the old one");
    ck_assert_msg(files_count(directory, ".tmp", name) == 0, "%s is left", name);
}

static void end_save(void)
{
    char new_path[FILES_PATH_SIZE];
    files_join(new_path, directory, "new.safetensors");
    files_remove(path);
    files_remove(old_path);
    files_remove(new_path);
    end_model();
}

static void before_load(void)
{
    set("BatchNormalization/beta", 9);
    set("BatchNormalization/gamma", 9);
    set("BatchNormalization/moving_mean", 9);
    set("BatchNormalization/moving_variance", 9);
}

static clnorm_status run_load(void)
{
    clnorm_load_report *report = NULL;
    const clnorm_status status = clnorm_model_load(model, old_path, &report);
    clnorm_load_report_free(report);
    return status;
}

static clnorm_status run_import(void)
{
    static const clnorm_import_name names[] = {{"BatchNormalization/beta", "BatchNormalization/gamma"},
                                               {"BatchNormalization/gamma", "BatchNormalization/beta"}};
    clnorm_load_report *report = NULL;
    const clnorm_status status = clnorm_model_import(model, old_path, names, 2, &report);
    clnorm_load_report_free(report);
    return status;
}

/* Under another library's names, all four of a layer. */
static void begin_keras(void)
{
    clnorm_model *keras = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    clnorm_layer *made = NULL;
    begin_save();
    options.scope = "bn";
    ck_assert_int_eq(clnorm_model_create(&keras, context, 7), CLNORM_OK);
    ck_assert_int_eq(clnorm_batch_normalization_layer(&made, keras, CHANNELS, &options), CLNORM_OK);
    ck_assert_int_eq(clnorm_model_save(keras, old_path), CLNORM_OK);
    clnorm_model_destroy(keras);
}

static clnorm_status run_keras(void)
{
    /* clnorm's own names but for one, moving_variance, are Keras's as well */
    return clnorm_model_import_batch_normalization(model, old_path, "bn/", CLNORM_KERAS, "BatchNormalization",
                                                   NULL);
}

/* None is new where it failed, and those that were asked for are where it did not. A device that is gone
 * cannot put back what it wrote. */
static void check_values(clnorm_status status, bool all)
{
    static const char *const names[] = {"BatchNormalization/beta", "BatchNormalization/gamma",
                                        "BatchNormalization/moving_mean",
                                        "BatchNormalization/moving_variance"};
    for (size_t i = 0; i < (all ? 4 : 2); i++) {
        float values[CHANNELS];
        get(names[i], values);
        for (size_t c = 0; c < CHANNELS && !(device_is_gone && status != CLNORM_OK); c++)
            ck_assert_msg((values[c] == 9) == (status != CLNORM_OK), "%s is %g after %s", names[i], values[c],
                          clnorm_status_name(status));
    }
}

static void check_load(clnorm_status status)
{
    check_values(status, true);
}

static void check_import(clnorm_status status)
{
    check_values(status, false);
}

const flow layer_flows[] = {
    {"a model and its layers", .run = run_making, .check = check_making},
    {"a step of training", .run = run_step, .begin = begin_model, .before = before_step, .check = check_step,
     .end = end_model},
    {"variables", .run = run_variables, .begin = begin_model, .before = before_variables,
     .check = check_variables, .end = end_model},
    {"saving", .run = run_save, .afterwards = " open64 close ", .begin = begin_save, .before = before_save,
     .check = check_save, .end = end_save},
    {"loading", .run = run_load, .optional = " close ", .begin = begin_save, .before = before_load,
     .check = check_load, .end = end_save},
    {"importing", .run = run_import, .optional = " close ", .begin = begin_save, .before = before_load,
     .check = check_import, .end = end_save},
    {"importing from Keras", .run = run_keras, .optional = " close ", .begin = begin_keras,
     .before = before_load, .check = check_load, .end = end_save},
};
const size_t layer_flow_count = sizeof layer_flows / sizeof *layer_flows;
