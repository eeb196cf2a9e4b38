/* Checkpoints: what is saved comes back, a load is all or nothing, and a file is old or new whoever is
 * killed. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "files.h"
#include "layer_rig.h"
#include "safetensors.h"
#include "tensor_text.h"

#include <clnorm/reference.h>
#include <dlfcn.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static char directory[FILES_PATH_SIZE], path[FILES_PATH_SIZE];

/* ---- A device that fails when told to ---- */

static int writes_left = -1, reads_left = -1; /* so many succeed, the next one fails; -1: all succeed */

static bool fails_now(int *left)
{
    if (*left < 0)
        return false;
    return (*left)-- == 0;
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                            size_t size, const void *from, cl_uint n_wait, const cl_event *wait_list,
                            cl_event *event)
{
    static cl_int (*next)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, const void *, cl_uint,
                          const cl_event *, cl_event *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clEnqueueWriteBuffer");
    if (fails_now(&writes_left)) {
        /* Half of it arrived. */
        next(queue, buffer, blocking, offset, size / 2, from, n_wait, wait_list, event);
        return CL_OUT_OF_RESOURCES;
    }
    return next(queue, buffer, blocking, offset, size, from, n_wait, wait_list, event);
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset,
                           size_t size, void *to, cl_uint n_wait, const cl_event *wait_list, cl_event *event)
{
    static cl_int (*next)(cl_command_queue, cl_mem, cl_bool, size_t, size_t, void *, cl_uint,
                          const cl_event *, cl_event *);
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "clEnqueueReadBuffer");
    if (fails_now(&reads_left))
        return CL_OUT_OF_RESOURCES;
    return next(queue, buffer, blocking, offset, size, to, n_wait, wait_list, event);
}

/* ---- Two layers ---- */

static void set_up(void)
{
    files_make_directory(directory);
    files_join(path, directory, "model.safetensors");
}

static void tear_down(void)
{
    files_remove(directory);
}

static rig open_model(unsigned long long seed)
{
    rig r = rig_open(seed);
    rig_layer(&r, "one", 3);
    rig_layer(&r, "net/two", 2);
    return r;
}

/* Every bit of a model. */
typedef struct image {
    float values[8][8];
} image;

static image take(const rig *r)
{
    image all;
    memset(&all, 0, sizeof all);
    for (size_t i = 0; i < clnorm_model_variable_count(r->model) && i < 8; i++) {
        const clnorm_variable *v = clnorm_model_variable(r->model, i);
        memcpy(all.values[i], rig_read(r, v->name), v->tensor.dims[0] * sizeof(float));
    }
    return all;
}

/* Values that tell every place from every other, special ones too. */
static void fill(const rig *r)
{
    float values[8] = {0};
    for (size_t i = 0; i < clnorm_model_variable_count(r->model); i++) {
        const clnorm_variable *v = clnorm_model_variable(r->model, i);
        for (size_t k = 0; k < v->tensor.dims[0]; k++)
            values[k] = (float)(10 * i + k) + 0.125F;
        values[0] = i == 0 ? NAN : i == 1 ? -INFINITY : i == 2 ? 1e-45F : i == 3 ? -0.0F : values[0];
        must(clnorm_variable_write(r->model, v, values, v->tensor.dims[0]));
    }
}

static void lists(const clnorm_names *names, size_t count, const char *first)
{
    ck_assert_uint_eq(names->count, count);
    if (count > 0)
        ck_assert_str_eq(names->names[0], first);
}

/* ---- Saving and loading ---- */

START_TEST(round_trip)
{
    rig a = open_model(1), b = open_model(2);
    clnorm_load_report *report = NULL;
    fill(&a);
    const image saved = take(&a);
    must(clnorm_model_save(a.model, path));
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
    must(clnorm_model_load(b.model, path, &report));
    const image loaded = take(&b);
    ck_assert_mem_eq(&loaded, &saved, sizeof saved);
    lists(&report->loaded, 8, "one/beta");
    lists(&report->missing, 0, NULL);
    lists(&report->unexpected, 0, NULL);
    lists(&report->wrong_shape, 0, NULL);
    clnorm_load_report_free(report);
    clnorm_load_report_free(NULL);
    must(clnorm_model_load(b.model, path, NULL));
    rig_close(&a);
    rig_close(&b);
}
END_TEST

/* The file itself, read by another program's eyes. */
START_TEST(format)
{
    unsigned char bytes[4096];
    safetensors_entry entry;
    rig r = open_model(1);
    fill(&r);
    must(clnorm_model_save(r.model, path));
    const size_t size = files_read(path, bytes, sizeof bytes);
    const size_t header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    ck_assert_uint_eq(header % 8, 0);
    ck_assert_uint_eq(size, 8 + header + 4 * 5 * sizeof(float));
    ck_assert_mem_eq(bytes + 8, "{\"__metadata__\":{\"format\":\"clnorm\"}", 35);
    ck_assert(bytes[8 + header - 1] == ' ' || bytes[8 + header - 1] == '}');
    safetensors *file = safetensors_open(path);
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
    must(clnorm_model_save(r.model, path));
    must(clnorm_model_load(r.model, path, &report));
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
            must(clnorm_model_save(a.model, path));
            must(clnorm_model_load(b.model, path, NULL));
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
    must(clnorm_model_save(writer->model, path));
    must(clnorm_model_load(reader->model, path, NULL));
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
    rig a = open_model(1), b = rig_open(2);
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
    must(clnorm_model_save(a.model, path));
    must(clnorm_model_load(b.model, path, &report));
    const image after = take(&b);
    ck_assert_mem_eq(after.values[0], source.values[0], sizeof after.values / 2);
    ck_assert_mem_eq(after.values[4], before.values[4], sizeof after.values / 2);
    lists(&report->loaded, 4, "one/beta");
    lists(&report->unexpected, 0, NULL); /* the model knows them */
    clnorm_load_report_free(report);
    must(clnorm_model_save(b.model, path));
    must(clnorm_model_load(a.model, path, NULL));
    const image returned = take(&a);
    ck_assert_mem_eq(&returned, &after, sizeof after);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

START_TEST(unexpected_names)
{
    rig a = open_model(1), b = rig_open(2);
    clnorm_load_report *report = NULL;
    rig_layer(&b, "net/two", 2);
    must(clnorm_model_save(a.model, path));
    must(clnorm_model_load(b.model, path, &report));
    lists(&report->loaded, 4, "net/two/beta");
    lists(&report->unexpected, 4, "one/beta");
    clnorm_load_report_free(report);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

/* ---- All or nothing ---- */

static void load_refused(const rig *r, clnorm_status status, const char *piece, clnorm_load_report **report)
{
    const image before = take(r);
    refused(clnorm_model_load(r->model, path, report), status, piece);
    const image after = take(r);
    ck_assert_mem_eq(&after, &before, sizeof after);
}

START_TEST(missing_names)
{
    rig a = rig_open(1), b = open_model(2);
    clnorm_load_report *report = NULL;
    rig_layer(&a, "one", 3);
    fill(&a);
    must(clnorm_model_save(a.model, path));
    load_refused(&b, CLNORM_INVALID_FILE,
                 "4 of the 8 tensors that are wanted are missing, first \"net/two/beta\"", &report);
    lists(&report->missing, 4, "net/two/beta");
    lists(&report->loaded, 0, NULL);
    clnorm_load_report_free(report);
    load_refused(&b, CLNORM_INVALID_FILE, "missing", NULL);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

START_TEST(wrong_shapes)
{
    rig a = rig_open(1), b = open_model(2);
    clnorm_load_report *report = NULL;
    rig_layer(&a, "one", 3);
    rig_layer(&a, "net/two", 4);
    must(clnorm_model_save(a.model, path));
    load_refused(&b, CLNORM_INVALID_FILE, "\"net/two/beta\" has the shape [4], not [2] as net/two/beta",
                 &report);
    lists(&report->wrong_shape, 4, "net/two/beta");
    lists(&report->missing, 0, NULL);
    clnorm_load_report_free(report);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

#define FOUR(dtype)                                                                                          \
    "{" TENSOR("one/beta", "F32", "[1]", 0, 4) "," TENSOR("one/gamma", "F32", "[1]", 4, 8) "," TENSOR(       \
        "one/moving_mean", "F32", "[1]", 8, 12) "," TENSOR("one/moving_variance", dtype, "[1]", 12, 16) "}"

/* As many elements in another rank are another shape. */
START_TEST(wrong_rank_and_type)
{
    const float data[4] = {1, 2, 3, 4};
    rig r = rig_open(1);
    rig_layer(&r, "one", 1);
    tensor_text_write(path, FOUR("I32"), data, sizeof data);
    load_refused(&r, CLNORM_UNSUPPORTED_TYPE, "\"one/moving_variance\" has dtype I32", NULL);
    char header[] = FOUR("F32");
    memcpy(strstr(header, "[1]"), "[ ]", 3);
    tensor_text_write(path, header, data, sizeof data);
    load_refused(&r, CLNORM_INVALID_FILE, "\"one/beta\" has the shape [], not [1] as", NULL);
    tensor_text_write(path, FOUR("F32"), data, sizeof data);
    must(clnorm_model_load(r.model, path, NULL));
    ck_assert(rig_is(&r, "one/beta", 1) && rig_is(&r, "one/moving_variance", 4));
    rig_close(&r);
}
END_TEST

START_TEST(damaged_file)
{
    unsigned char bytes[4096];
    rig r = open_model(1);
    clnorm_load_report *report = (clnorm_load_report *)&r;
    must(clnorm_model_save(r.model, path));
    const size_t size = files_read(path, bytes, sizeof bytes);
    fill(&r);
    for (size_t length = 0; length < size; length += 13) {
        files_write(path, bytes, length);
        load_refused(&r, CLNORM_INVALID_FILE, path, &report);
        ck_assert_ptr_null(report);
    }
    files_remove(path);
    load_refused(&r, CLNORM_IO_ERROR, "cannot be opened", &report);
    rig_close(&r);
}
END_TEST

/* The device fails at one variable, and what was written before it is put back. */
START_TEST(device_fails_while_loading)
{
    rig a = open_model(1), b = open_model(2);
    fill(&a);
    must(clnorm_model_save(a.model, path));
    const image before = take(&b);
    for (int good = 0; good < 8; good++) {
        clnorm_load_report *report = NULL;
        writes_left = good;
        refused(clnorm_model_load(b.model, path, &report), CLNORM_OPENCL_ERROR, "CL_OUT_OF_RESOURCES");
        ck_assert_ptr_nonnull(
            strstr(clnorm_last_error(), clnorm_model_variable(b.model, (size_t)good)->name));
        writes_left = -1;
        lists(&report->loaded, 0, NULL);
        clnorm_load_report_free(report);
        const image after = take(&b);
        ck_assert_mem_eq(&after, &before, sizeof after);
    }
    reads_left = 3;
    refused(clnorm_model_load(b.model, path, NULL), CLNORM_OPENCL_ERROR, "clEnqueueReadBuffer");
    reads_left = -1;
    const image after = take(&b);
    ck_assert_mem_eq(&after, &before, sizeof after);
    rig_close(&a);
    rig_close(&b);
}
END_TEST

START_TEST(device_fails_while_saving)
{
    char bytes[16];
    rig r = open_model(1);
    files_write(path, "old", 3);
    reads_left = 5;
    refused(clnorm_model_save(r.model, path), CLNORM_OPENCL_ERROR, "clEnqueueReadBuffer");
    reads_left = -1;
    ck_assert_uint_eq(files_read(path, bytes, sizeof bytes), 3);
    ck_assert_uint_eq(files_count(directory, "", NULL), 1);
    rig_close(&r);
}
END_TEST

START_TEST(bad_arguments)
{
    char absent[FILES_PATH_SIZE];
    rig r = open_model(1);
    files_join(absent, directory, "absent/model");
    refused(clnorm_model_save(NULL, path), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_model_save(r.model, NULL), CLNORM_INVALID_ARGUMENT, "path is NULL");
    refused(clnorm_model_save(r.model, ""), CLNORM_INVALID_ARGUMENT, "path is empty");
    refused(clnorm_model_save(r.model, absent), CLNORM_IO_ERROR, "absent/model: cannot be written");
    clnorm_load_report *report = (clnorm_load_report *)&r;
    refused(clnorm_model_load(NULL, path, &report), CLNORM_INVALID_ARGUMENT, "model is NULL");
    ck_assert_ptr_null(report);
    refused(clnorm_model_load(r.model, NULL, NULL), CLNORM_INVALID_ARGUMENT, "path is NULL");
    rig_close(&r);
}
END_TEST

/* ---- Killed at any moment ---- */

enum { KILLS = 30, LARGE = 1 << 16 };

static void set_large(const rig *r, float value)
{
    float *values = malloc(LARGE * sizeof *values);
    for (size_t i = 0; i < LARGE; i++)
        values[i] = value;
    for (size_t i = 0; i < 4; i++)
        must(clnorm_variable_write(r->model, clnorm_model_variable(r->model, i), values, LARGE));
    free(values);
}

/* Saves 1s, 2s, 1s, ... until it is killed; says on the pipe when the first is saved. */
static void save_for_ever(int ready)
{
    rig r = rig_open(1);
    rig_layer(&r, "large", LARGE);
    for (float value = 1;; value = 3 - value) {
        set_large(&r, value);
        for (int i = 0; i < 4; i++) {
            must(clnorm_model_save(r.model, path));
            if (write(ready, "", 1) != 1)
                _exit(1);
        }
    }
}

/* Whole, and all 1 or all 2. */
static void check_large(void)
{
    static const char *const names[] = {"large/beta", "large/gamma", "large/moving_mean",
                                        "large/moving_variance"};
    safetensors *file = safetensors_open(path);
    ck_assert_msg(file != NULL, "the file is no safetensors file");
    double first = 0;
    for (size_t v = 0; v < 4; v++) {
        safetensors_entry entry;
        ck_assert_msg(safetensors_find(file, names[v], &entry) && entry.count == LARGE, "no %s", names[v]);
        double *values = safetensors_values(&entry);
        first = v == 0 ? values[0] : first;
        ck_assert(first == 1 || first == 2);
        for (size_t i = 0; i < LARGE; i++)
            ck_assert_msg(values[i] == first, "%s has %g at %zu, not %g", names[v], values[i], i, first);
        free(values);
    }
    safetensors_close(file);
}

START_TEST(killed)
{
    size_t saves = 0;
    for (long kill_number = 0; kill_number < KILLS; kill_number++) {
        int ends[2];
        char byte;
        ck_assert_int_eq(pipe(ends), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            save_for_ever(ends[1]);
        }
        close(ends[1]);
        ck_assert_msg(read(ends[0], &byte, 1) == 1, "the child saved nothing");
        const struct timespec moment = {0, 7300000 * kill_number % 100000000 + 131000 * kill_number};
        nanosleep(&moment, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        while (read(ends[0], &byte, 1) == 1)
            saves++;
        close(ends[0]);
        check_large();
    }
    ck_assert_uint_gt(saves, KILLS); /* they were busy */
    rig r = rig_open(2);
    rig_layer(&r, "large", LARGE);
    must(clnorm_model_load(r.model, path, NULL));
    must(clnorm_model_save(r.model, path)); /* whatever the killed ones left beside it */
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *good = tcase_create("saving and loading");
    TCase *bad = tcase_create("all or nothing");
    TCase *dead = tcase_create("killed");
    TCase *const cases[] = {good, bad, dead};
    for (size_t i = 0; i < 3; i++) {
        tcase_add_checked_fixture(cases[i], set_up, tear_down);
        tcase_set_timeout(cases[i], 300);
        suite_add_tcase(suite, cases[i]);
    }
    tcase_add_test(good, round_trip);
    tcase_add_test(good, format);
    tcase_add_test(good, model_without_variables);
    tcase_add_test(good, training_goes_on);
    tcase_add_loop_test(good, other_schedule, 0, 2);
    tcase_add_test(good, other_devices);
    tcase_add_test(good, restore);
    tcase_add_test(good, unexpected_names);
    tcase_add_test(bad, missing_names);
    tcase_add_test(bad, wrong_shapes);
    tcase_add_test(bad, wrong_rank_and_type);
    tcase_add_test(bad, damaged_file);
    tcase_add_test(bad, device_fails_while_loading);
    tcase_add_test(bad, device_fails_while_saving);
    tcase_add_test(bad, bad_arguments);
    tcase_add_test(dead, killed);
    return run_suite(suite);
}
