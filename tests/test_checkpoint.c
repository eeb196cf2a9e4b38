/* Checkpoints: what is saved comes back, on other devices and in other models too. */
#include "checkpoint_rig.h"
#include "safetensors.h"

#include <clnorm/reference.h>
#include <math.h>

START_TEST(round_trip)
{
    rig a = checkpoint_model(1), b = checkpoint_model(2);
    clnorm_load_report *report = NULL;
    fill(&a);
    const image saved = take(&a);
    must(clnorm_model_save(a.model, checkpoint_path));
    ck_assert_uint_eq(files_count(checkpoint_directory, "", NULL), 1);
    must(clnorm_model_load(b.model, checkpoint_path, &report));
    const image loaded = take(&b);
    ck_assert_mem_eq(&loaded, &saved, sizeof saved);
    lists(&report->loaded, 8, "one/beta");
    lists(&report->missing, 0, NULL);
    lists(&report->unexpected, 0, NULL);
    lists(&report->wrong_shape, 0, NULL);
    clnorm_load_report_free(report);
    clnorm_load_report_free(NULL);
    must(clnorm_model_load(b.model, checkpoint_path, NULL));
    rig_close(&a);
    rig_close(&b);
}
END_TEST

/* The file itself, read by another program's eyes. */
START_TEST(format)
{
    unsigned char bytes[4096];
    safetensors_entry entry;
    rig r = checkpoint_model(1);
    fill(&r);
    must(clnorm_model_save(r.model, checkpoint_path));
    const size_t size = files_read(checkpoint_path, bytes, sizeof bytes);
    const size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(size, 8 + header + 4 * 5 * sizeof(float));
    ck_assert_mem_eq(bytes + 8, "{\"__metadata__\":{\"format\":\"clnorm\"}", 35);
    ck_assert(bytes[8 + header - 1] == ' ' || bytes[8 + header - 1] == '}');
    safetensors *file = safetensors_open(checkpoint_path);
    ck_assert_ptr_nonnull(file);
    ck_assert(safetensors_find(file, "net/two/moving_variance", &entry));
    ck_assert_str_eq(entry.dtype, "F32");
    ck_assert(entry.rank == 1 && entry.dims[0] == 2);
    double *values = safetensors_values(&entry);
    ck_assert(values[0] == 70.125 && values[1] == 71.125);
    free(values);
    safetensors_close(file);
    rig_close(&r);
}
END_TEST

START_TEST(model_without_variables)
{
    rig r = rig_open(1);
    clnorm_load_report *report = NULL;
    must(clnorm_model_save(r.model, checkpoint_path));
    must(clnorm_model_load(r.model, checkpoint_path, &report));
    lists(&report->loaded, 0, NULL);
    clnorm_load_report_free(report);
    rig_close(&r);
}
END_TEST

/* A training that is interrupted goes on with the same bits. */
START_TEST(training_goes_on)
{
    float x[6] = {1, -2, 3, 4, 0.5F, 9}, y[6];
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, 3, 2);
    rig a = rig_open(1), b = rig_open(2);
    clnorm_layer *first = rig_layer(&a, "bn", 2), *second = rig_layer(&b, "bn", 2);
    must(clnorm_model_set_training(a.model, true));
    must(clnorm_model_set_training(b.model, true));
    for (int step = 0; step < 3; step++) {
        for (size_t i = 0; i < 6; i++)
            y[i] = x[i] * (float)(step + 1);
        rig_forward(&a, first, &shape, y, 6);
        if (step == 0) {
            must(clnorm_model_save(a.model, checkpoint_path));
            must(clnorm_model_load(b.model, checkpoint_path, NULL));
            continue;
        }
        float other[6];
        for (size_t i = 0; i < 6; i++)
            other[i] = x[i] * (float)(step + 1);
        rig_forward(&b, second, &shape, other, 6);
        ck_assert_mem_eq(other, y, sizeof y);
    }
    const image one = take(&a), two = take(&b);
    ck_assert_mem_eq(&one, &two, sizeof one);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

enum { ROWS = 37, CHANNELS = 19, CELLS = ROWS * CHANNELS };

/* Inference of a layer from its own variables: each value within what docs/ops.md allows it. */
static void check_inference(const rig *r, clnorm_layer *layer, const float *x)
{
    static const char *const names[] = {"bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance"};
    static double variables[4][CHANNELS], exact_x[CELLS], y[CELLS], bound[CELLS];
    static float got[CELLS];
    const clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, ROWS, CHANNELS));
    for (size_t i = 0; i < 4; i++) {
        const float *values = rig_read(r, names[i]);
        for (size_t c = 0; c < CHANNELS; c++)
            variables[i][c] = (double)values[c];
    }
    for (size_t i = 0; i < CELLS; i++)
        exact_x[i] = (double)x[i];
    must(clnorm_reference(&op, &(clnorm_reference_arrays){.size = sizeof(clnorm_reference_arrays),
                                                          .x.values = exact_x,
                                                          .gamma.values = variables[0],
                                                          .beta.values = variables[1],
                                                          .moving_mean.values = variables[2],
                                                          .moving_variance.values = variables[3],
                                                          .y = {y, bound}}));
    memcpy(got, x, sizeof got);
    rig_forward(r, layer, &op.x, got, CELLS);
    for (size_t i = 0; i < CELLS; i++)
        ck_assert_msg(fabs((double)got[i] - y[i]) <= bound[i], "element %zu is %.9g, not %.9g", i,
                      (double)got[i], y[i]);
}

/* What one model has learned and written, the other reads, bit by bit, and infers from. */
static void check_handover(const rig *writer, const rig *reader)
{
    clnorm_layer *from = rig_layer(writer, "bn", CHANNELS), *to = rig_layer(reader, "bn", CHANNELS);
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, ROWS, CHANNELS);
    float x[CELLS], y[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        x[i] = (float)(i * 7919 % 1009) / 64 - (float)(i % CHANNELS);
    must(clnorm_model_set_training(writer->model, true));
    memcpy(y, x, sizeof y);
    rig_forward(writer, from, &shape, y, CELLS);
    must(clnorm_model_set_training(writer->model, false));
    must(clnorm_model_save(writer->model, checkpoint_path));
    must(clnorm_model_load(reader->model, checkpoint_path, NULL));
    for (size_t i = 0; i < 4; i++) {
        const char *name = clnorm_model_variable(writer->model, i)->name;
        float written[CHANNELS];
        memcpy(written, rig_read(writer, name), sizeof written);
        ck_assert_mem_eq(rig_read(reader, name), written, sizeof written);
    }
    check_inference(writer, from, x);
    check_inference(reader, to, x);
}

START_TEST(other_schedule)
{
    static const clnorm_kernels kernels[] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU};
    rig writer = rig_open(1), reader = rig_open(2);
    must(clnorm_context_set_kernels(writer.context, kernels[_i]));
    must(clnorm_context_set_kernels(reader.context, kernels[1 - _i]));
    check_handover(&writer, &reader);
    rig_close(&reader);
    rig_close(&writer);
}
END_TEST

/* From the chosen device to each one that can compile, and back. */
START_TEST(other_devices)
{
    clnorm_device_list *devices = NULL;
    must(clnorm_device_list_create(&devices, NULL));
    for (size_t i = 0; i < clnorm_device_list_count(devices); i++) {
        const clnorm_device *device = clnorm_device_list_get(devices, i);
        if (!device->compiler)
            continue;
        rig here = rig_open(1), there = rig_open_on(device, 2);
        check_handover(&here, &there);
        rig_close(&there);
        rig_close(&here);
        here = rig_open(3), there = rig_open_on(device, 4);
        check_handover(&there, &here);
        rig_close(&there);
        rig_close(&here);
    }
    clnorm_device_list_destroy(devices);
}
END_TEST

/* Saving writes what loading leaves alone; a layer that shares a scope speaks for all of it. */
START_TEST(restore)
{
    rig a = checkpoint_model(1), b = rig_open(2);
    clnorm_layer *layer;
    clnorm_load_report *report = NULL;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    fill(&a);
    rig_layer(&b, "one", 3);
    options.scope = "net/two";
    must(clnorm_batch_normalization_layer(&layer, b.model, 2, &options));
    options.reuse = true;
    options.restore = false;
    must(clnorm_batch_normalization_layer(&layer, b.model, 2, &options));
    const image before = take(&b), source = take(&a);
    must(clnorm_model_save(a.model, checkpoint_path));
    must(clnorm_model_load(b.model, checkpoint_path, &report));
    const image after = take(&b);
    ck_assert_mem_eq(after.values[0], source.values[0], sizeof after.values / 2);
    ck_assert_mem_eq(after.values[4], before.values[4], sizeof after.values / 2);
    lists(&report->loaded, 4, "one/beta");
    lists(&report->unexpected, 0, NULL); /* the model knows them */
    clnorm_load_report_free(report);
    must(clnorm_model_save(b.model, checkpoint_path));
    must(clnorm_model_load(a.model, checkpoint_path, NULL));
    const image returned = take(&a);
    ck_assert_mem_eq(&returned, &after, sizeof after);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

START_TEST(unexpected_names)
{
    rig a = checkpoint_model(1), b = rig_open(2);
    clnorm_load_report *report = NULL;
    rig_layer(&b, "net/two", 2);
    must(clnorm_model_save(a.model, checkpoint_path));
    must(clnorm_model_load(b.model, checkpoint_path, &report));
    lists(&report->loaded, 4, "net/two/beta");
    lists(&report->unexpected, 4, "one/beta");
    clnorm_load_report_free(report);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tcase = tcase_create("saving and loading");
    tcase_add_checked_fixture(tcase, checkpoint_set_up, checkpoint_tear_down);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, round_trip);
    tcase_add_test(tcase, format);
    tcase_add_test(tcase, model_without_variables);
    tcase_add_test(tcase, training_goes_on);
    tcase_add_loop_test(tcase, other_schedule, 0, 2);
    tcase_add_test(tcase, other_devices);
    tcase_add_test(tcase, restore);
    tcase_add_test(tcase, unexpected_names);
    return run_suite(suite);
}
