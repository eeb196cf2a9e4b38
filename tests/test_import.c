/* Batch normalizations that PyTorch or Keras trained. */
#include "files.h"
#include "layer_rig.h"
#include "tensor_text.h"

#include <math.h>

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];

/* Two channels each: 1 2 | 3 4 | 5 6 | 7 8, and eight bytes of something else. */
static const float data[10] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 0};

#define PYTORCH(prefix)                                                                                      \
    "{\"__metadata__\":{\"format\":\"pt\"}," TENSOR(prefix "weight", "F32", "[2]", 0, 8) "," TENSOR(         \
        prefix "bias", "F32", "[2]", 8,                                                                      \
        16) "," TENSOR(prefix "running_mean", "F32", "[2]", 16,                                              \
                       24) "," TENSOR(prefix "running_var", "F32", "[2]", 24,                                \
                                      32) "," TENSOR(prefix "num_batches_tracked", "I64", "[]", 32, 40) "}"

#define KERAS(prefix)                                                                                        \
    "{" TENSOR(prefix "gamma", "F32", "[2]", 0, 8) "," TENSOR(                                               \
        prefix "beta", "F32", "[2]", 8,                                                                      \
        16) "," TENSOR(prefix "moving_mean", "F32", "[2]", 16,                                               \
                       24) "," TENSOR(prefix "moving_variance", "F32", "[2]", 24,                            \
                                      32) "," TENSOR("dense/kernel", "F16", "[2,2]", 32, 40) "}"

static void set_up(void)
{
    files_make_directory(directory);
    files_join(path, directory, "theirs.safetensors");
}

static void tear_down(void)
{
    files_remove(directory);
}

static rig open_model(void)
{
    rig r = rig_open(1);
    rig_layer(&r, "net/bn", 2);
    return r;
}

static void holds(const rig *r, const char *name, float first, float second)
{
    const float *values = rig_read(r, name);
    ck_assert_msg(values[0] == first && values[1] == second, "%s is %g %g, not %g %g", name,
                  (double)values[0], (double)values[1], (double)first, (double)second);
}

static void holds_all(const rig *r)
{
    holds(r, "net/bn/gamma", 1, 2);
    holds(r, "net/bn/beta", 3, 4);
    holds(r, "net/bn/moving_mean", 5, 6);
    holds(r, "net/bn/moving_variance", 7, 8);
}

/* Its numbers too: y = (x - running_mean) / sqrt(running_var + eps) * weight + bias. */
START_TEST(pytorch)
{
    rig r = open_model();
    clnorm_load_report *report = NULL;
    clnorm_layer *layer = NULL;
    float values[2] = {10, 20};
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, 1, 2);
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    tensor_text_write(path, PYTORCH("features.1."), data, sizeof data);
    must(clnorm_model_import_batch_normalization(r.model, path, "features.1.", CLNORM_PYTORCH, "net/bn",
                                                 &report));
    holds_all(&r);
    ck_assert_uint_eq(report->loaded.count, 4);
    ck_assert_str_eq(report->loaded.names[0], "net/bn/gamma");
    ck_assert_uint_eq(report->missing.count + report->unexpected.count + report->wrong_shape.count, 0);
    clnorm_load_report_free(report);
    options.scope = "net/bn";
    options.reuse = true;
    must(clnorm_batch_normalization_layer(&layer, r.model, 2, &options));
    rig_forward(&r, layer, &shape, values, 2);
    for (size_t i = 0; i < 2; i++) {
        const double exact = (10.0 * (double)(i + 1) - (double)data[4 + i]) /
                                 sqrt((double)data[6 + i] + 1e-5) * (double)data[i] +
                             (double)data[2 + i];
        ck_assert_double_eq_tol((double)values[i], exact, 1e-5);
    }
    rig_close(&r);
}
END_TEST

START_TEST(pytorch_without_prefix)
{
    rig r = open_model();
    tensor_text_write(path, PYTORCH(""), data, sizeof data);
    must(clnorm_model_import_batch_normalization(r.model, path, "", CLNORM_PYTORCH, "net/bn", NULL));
    holds_all(&r);
    rig_close(&r);
}
END_TEST

START_TEST(keras)
{
    rig r = open_model();
    tensor_text_write(path, KERAS("batch_normalization/"), data, sizeof data);
    must(clnorm_model_import_batch_normalization(r.model, path, "batch_normalization/", CLNORM_KERAS,
                                                 "net/bn", NULL));
    holds_all(&r);
    rig_close(&r);
}
END_TEST

/* Only what the map names, whatever its restore says. */
START_TEST(by_map)
{
    rig r = rig_open(1);
    clnorm_layer *layer;
    clnorm_load_report *report = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    const clnorm_import_name names[] = {{"m.running_var", "bn/moving_variance"}, {"m.bias", "bn/beta"}};
    options.scope = "bn";
    options.restore = false;
    options.stddev = 0;
    must(clnorm_batch_normalization_layer(&layer, r.model, 2, &options));
    tensor_text_write(path, PYTORCH("m."), data, sizeof data);
    must(clnorm_model_import(r.model, path, names, 2, &report));
    holds(&r, "bn/beta", 3, 4);
    holds(&r, "bn/moving_variance", 7, 8);
    holds(&r, "bn/gamma", 1, 1);
    holds(&r, "bn/moving_mean", 0, 0);
    ck_assert_uint_eq(report->loaded.count, 2);
    ck_assert_str_eq(report->loaded.names[1], "bn/beta");
    clnorm_load_report_free(report);
    must(clnorm_model_import(r.model, path, NULL, 0, NULL)); /* nothing */
    rig_close(&r);
}
END_TEST

/* ---- Refusals: the variables are as before ---- */

static void import_refused(const clnorm_import_name *names, size_t count, clnorm_status status,
                           const char *piece, clnorm_load_report **report)
{
    rig r = open_model();
    rig_set(&r, "net/bn/gamma", 77);
    rig_set(&r, "net/bn/beta", 78);
    refused(clnorm_model_import(r.model, path, names, count, report), status, piece);
    ck_assert(rig_is(&r, "net/bn/gamma", 77) && rig_is(&r, "net/bn/beta", 78));
    rig_close(&r);
}

START_TEST(missing)
{
    clnorm_load_report *report = NULL;
    const clnorm_import_name names[] = {
        {"weight", "net/bn/gamma"}, {"absent", "net/bn/beta"}, {"gone", "net/bn/moving_mean"}};
    tensor_text_write(path, PYTORCH(""), data, sizeof data);
    import_refused(names, 3, CLNORM_INVALID_FILE,
                   "2 of the 3 tensors that are wanted are missing, first \"absent\"", &report);
    ck_assert_uint_eq(report->missing.count, 2);
    ck_assert_str_eq(report->missing.names[0], "absent");
    ck_assert_str_eq(report->missing.names[1], "gone");
    clnorm_load_report_free(report);
}
END_TEST

/* What is there under another prefix is named, with whatever separates its parts. */
START_TEST(missing_prefix)
{
    static const struct {
        const char *prefix;
        clnorm_convention convention;
        const char *piece;
    } cases[] = {
        {"bn1.", CLNORM_PYTORCH, "first \"bn1.weight\"; like it there is \"module.bn1.weight\""},
        {"module/BN1/", CLNORM_PYTORCH, "like it there is \"module.bn1.weight\""},
        {"module.bn2.", CLNORM_PYTORCH, "like it there is \"module.bn1.weight\""},
        {"", CLNORM_PYTORCH, "first \"weight\"; like it there is \"module.bn1.weight\""},
        {"", CLNORM_KERAS, "first \"gamma\"; none of the 5 there is like it, such as \"module.bn1.weight\""},
    };
    rig r = open_model();
    tensor_text_write(path, PYTORCH("module.bn1."), data, sizeof data);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(clnorm_model_import_batch_normalization(r.model, path, cases[i].prefix, cases[i].convention,
                                                        "net/bn", NULL),
                CLNORM_INVALID_FILE, cases[i].piece);
    tensor_text_write(path, "{}", NULL, 0);
    refused(clnorm_model_import_batch_normalization(r.model, path, "", CLNORM_KERAS, "net/bn", NULL),
            CLNORM_INVALID_FILE, "first \"gamma\"; the file has none");
    rig_close(&r);
}
END_TEST

START_TEST(other_convention)
{
    rig r = open_model();
    clnorm_load_report *report = NULL;
    tensor_text_write(path, KERAS("x/"), data, sizeof data);
    refused(clnorm_model_import_batch_normalization(r.model, path, "x/", CLNORM_PYTORCH, "net/bn", &report),
            CLNORM_INVALID_FILE, "first \"x/weight\"");
    ck_assert_uint_eq(report->missing.count, 4);
    clnorm_load_report_free(report);
    rig_close(&r);
}
END_TEST

START_TEST(wrong_tensors)
{
    const clnorm_import_name kernel[] = {{"dense/kernel", "net/bn/gamma"}};
    const clnorm_import_name half[] = {{"gamma", "net/bn/gamma"}, {"half", "net/bn/beta"}};
    tensor_text_write(path, KERAS(""), data, sizeof data);
    import_refused(kernel, 1, CLNORM_INVALID_FILE,
                   "\"dense/kernel\" has the shape [2,2], not [2] as net/bn/gamma", NULL);
    tensor_text_write(
        path, "{" TENSOR("gamma", "F32", "[2]", 0, 8) "," TENSOR("half", "F16", "[2]", 8, 12) "}", data, 12);
    import_refused(half, 2, CLNORM_UNSUPPORTED_TYPE, "\"half\" has dtype F16", NULL);
}
END_TEST

START_TEST(bad_maps)
{
    const clnorm_import_name unknown[] = {{"weight", "net/bn/gamma"}, {"bias", "net/bn/delta"}};
    const clnorm_import_name twice[] = {{"weight", "net/bn/gamma"}, {"bias", "net/bn/gamma"}};
    const clnorm_import_name no_tensor[] = {{NULL, "net/bn/gamma"}};
    const clnorm_import_name no_variable[] = {{"weight", NULL}};
    tensor_text_write(path, PYTORCH(""), data, sizeof data);
    import_refused(unknown, 2, CLNORM_INVALID_NAME,
                   "\"net/bn/delta\"; the model has no such variable; like it there is \"net/bn/beta\"",
                   NULL);
    import_refused(twice, 2, CLNORM_INVALID_NAME, "names[1].variable is \"net/bn/gamma\", and so is names[0]",
                   NULL);
    import_refused(no_tensor, 1, CLNORM_INVALID_ARGUMENT, "names[0].tensor is NULL", NULL);
    import_refused(no_variable, 1, CLNORM_INVALID_ARGUMENT, "names[0].variable is NULL", NULL);
    import_refused(NULL, 1, CLNORM_INVALID_ARGUMENT, "names is NULL", NULL);
}
END_TEST

START_TEST(bad_arguments)
{
    rig r = open_model();
    const clnorm_import_name names[] = {{"weight", "net/bn/gamma"}};
    refused(clnorm_model_import(NULL, path, names, 1, NULL), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_model_import(r.model, NULL, names, 1, NULL), CLNORM_INVALID_ARGUMENT, "path is NULL");
    refused(clnorm_model_import(r.model, path, names, 1, NULL), CLNORM_IO_ERROR, "cannot be opened");
    tensor_text_write(path, PYTORCH(""), data, sizeof data);
    refused(clnorm_model_import_batch_normalization(r.model, path, NULL, CLNORM_KERAS, "net/bn", NULL),
            CLNORM_INVALID_ARGUMENT, "prefix is NULL");
    refused(clnorm_model_import_batch_normalization(r.model, path, "", CLNORM_KERAS, NULL, NULL),
            CLNORM_INVALID_ARGUMENT, "scope is NULL");
    refused(clnorm_model_import_batch_normalization(r.model, path, "", (clnorm_convention)0, "net/bn", NULL),
            CLNORM_INVALID_ARGUMENT, "convention is 0");
    refused(clnorm_model_import_batch_normalization(r.model, path, "", CLNORM_PYTORCH, "absent", NULL),
            CLNORM_INVALID_NAME, "absent/gamma");
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *good = tcase_create("conventions");
    TCase *bad = tcase_create("refusals");
    tcase_add_checked_fixture(good, set_up, tear_down);
    tcase_add_checked_fixture(bad, set_up, tear_down);
    tcase_set_timeout(good, 120);
    tcase_set_timeout(bad, 60);
    tcase_add_test(good, pytorch);
    tcase_add_test(good, pytorch_without_prefix);
    tcase_add_test(good, keras);
    tcase_add_test(good, by_map);
    tcase_add_test(bad, missing);
    tcase_add_test(bad, missing_prefix);
    tcase_add_test(bad, other_convention);
    tcase_add_test(bad, wrong_tensors);
    tcase_add_test(bad, bad_maps);
    tcase_add_test(bad, bad_arguments);
    suite_add_tcase(suite, good);
    suite_add_tcase(suite, bad);
    return run_suite(suite);
}
