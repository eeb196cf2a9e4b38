/* Checkpoints that cannot be loaded or saved: a load is all or nothing, and the old file stays. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "checkpoint_rig.h"
#include "tensor_text.h"

#include <dlfcn.h>

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

/* ---- All or nothing ---- */

static void load_refused(const rig *r, clnorm_status status, const char *piece, clnorm_load_report **report)
{
    const image before = take(r);
    refused(clnorm_model_load(r->model, checkpoint_path, report), status, piece);
    const image after = take(r);
    ck_assert_mem_eq(&after, &before, sizeof after);
}

START_TEST(missing_names)
{
    rig a = rig_open(1), b = checkpoint_model(2);
    clnorm_load_report *report = NULL;
    rig_layer(&a, "one", 3);
    fill(&a);
    must(clnorm_model_save(a.model, checkpoint_path));
    load_refused(&b, CLNORM_INVALID_FILE,
                 "4 of the 8 tensors that are wanted are missing, first \"net/two/beta\"; like it there is "
                 "\"one/beta\"",
                 &report);
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
    rig a = rig_open(1), b = checkpoint_model(2);
    clnorm_load_report *report = NULL;
    rig_layer(&a, "one", 3);
    rig_layer(&a, "net/two", 4);
    must(clnorm_model_save(a.model, checkpoint_path));
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
    tensor_text_write(checkpoint_path, FOUR("I32"), data, sizeof data);
    load_refused(&r, CLNORM_UNSUPPORTED_TYPE, "\"one/moving_variance\" has dtype I32", NULL);
    char header[] = FOUR("F32");
    memcpy(strstr(header, "[1]"), "[ ]", 3);
    tensor_text_write(checkpoint_path, header, data, sizeof data);
    load_refused(&r, CLNORM_INVALID_FILE, "\"one/beta\" has the shape [], not [1] as", NULL);
    tensor_text_write(checkpoint_path, FOUR("F32"), data, sizeof data);
    must(clnorm_model_load(r.model, checkpoint_path, NULL));
    ck_assert(rig_is(&r, "one/beta", 1) && rig_is(&r, "one/moving_variance", 4));
    rig_close(&r);
}
END_TEST

START_TEST(damaged_file)
{
    unsigned char bytes[4096];
    rig r = checkpoint_model(1);
    clnorm_load_report *report = (clnorm_load_report *)&r;
    must(clnorm_model_save(r.model, checkpoint_path));
    const size_t size = files_read(checkpoint_path, bytes, sizeof bytes);
    fill(&r);
    for (size_t length = 0; length < size; length += 13) {
        files_write(checkpoint_path, bytes, length);
        load_refused(&r, CLNORM_INVALID_FILE, checkpoint_path, &report);
        ck_assert_ptr_null(report);
    }
    files_remove(checkpoint_path);
    load_refused(&r, CLNORM_IO_ERROR, "cannot be opened", &report);
    rig_close(&r);
}
END_TEST

/* The device fails at one variable, and what was written before it is put back. */
START_TEST(device_fails_while_loading)
{
    rig a = checkpoint_model(1), b = checkpoint_model(2);
    fill(&a);
    must(clnorm_model_save(a.model, checkpoint_path));
    const image before = take(&b);
    for (int good = 0; good < 8; good++) {
        clnorm_load_report *report = NULL;
        writes_left = good;
        refused(clnorm_model_load(b.model, checkpoint_path, &report), CLNORM_OPENCL_ERROR,
                "CL_OUT_OF_RESOURCES");
        ck_assert_ptr_nonnull(
            strstr(clnorm_last_error(), clnorm_model_variable(b.model, (size_t)good)->name));
        writes_left = -1;
        lists(&report->loaded, 0, NULL);
        clnorm_load_report_free(report);
        const image after = take(&b);
        ck_assert_mem_eq(&after, &before, sizeof after);
    }
    reads_left = 3;
    refused(clnorm_model_load(b.model, checkpoint_path, NULL), CLNORM_OPENCL_ERROR, "clEnqueueReadBuffer");
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
    rig r = checkpoint_model(1);
    files_write(checkpoint_path, "old", 3);
    reads_left = 5;
    refused(clnorm_model_save(r.model, checkpoint_path), CLNORM_OPENCL_ERROR, "clEnqueueReadBuffer");
    reads_left = -1;
    ck_assert_uint_eq(files_read(checkpoint_path, bytes, sizeof bytes), 3);
    ck_assert_uint_eq(files_count(checkpoint_directory, "", NULL), 1);
    rig_close(&r);
}
END_TEST

/* What is no file stays what it is; a file keeps its mode. */
START_TEST(saved_on_what_is_there)
{
    char place[FILES_PATH_SIZE];
    struct stat info;
    rig r = checkpoint_model(1);
    refused(clnorm_model_save(r.model, "/dev/null"), CLNORM_IO_ERROR,
            "/dev/null: cannot be written: it is no regular file");
    ck_assert(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    refused(clnorm_model_save(r.model, checkpoint_directory), CLNORM_IO_ERROR, "it is a directory");
    files_join(place, checkpoint_directory, "pipe");
    ck_assert_int_eq(mkfifo(place, 0600), 0);
    refused(clnorm_model_save(r.model, place), CLNORM_IO_ERROR, "it is no regular file");
    ck_assert(lstat(place, &info) == 0 && S_ISFIFO(info.st_mode));
    files_join(place, checkpoint_directory, "link");
    ck_assert_int_eq(symlink("/dev/null", place), 0);
    refused(clnorm_model_save(r.model, place), CLNORM_IO_ERROR, "it is no regular file");
    ck_assert(lstat(place, &info) == 0 && S_ISLNK(info.st_mode));
    files_write(checkpoint_path, "old", 3);
    ck_assert_int_eq(chmod(checkpoint_path, 0664), 0);
    must(clnorm_model_save(r.model, checkpoint_path));
    ck_assert_int_eq(stat(checkpoint_path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0664);
    must(clnorm_model_load(r.model, checkpoint_path, NULL));
    rig_close(&r);
}
END_TEST

START_TEST(bad_arguments)
{
    char absent[FILES_PATH_SIZE];
    rig r = checkpoint_model(1);
    files_join(absent, checkpoint_directory, "absent/model");
    refused(clnorm_model_save(NULL, checkpoint_path), CLNORM_INVALID_ARGUMENT, "model is NULL");
    refused(clnorm_model_save(r.model, NULL), CLNORM_INVALID_ARGUMENT, "path is NULL");
    refused(clnorm_model_save(r.model, ""), CLNORM_INVALID_ARGUMENT, "path is empty");
    refused(clnorm_model_save(r.model, absent), CLNORM_IO_ERROR, "absent/model: cannot be written");
    clnorm_load_report *report = (clnorm_load_report *)&r;
    refused(clnorm_model_load(NULL, checkpoint_path, &report), CLNORM_INVALID_ARGUMENT, "model is NULL");
    ck_assert_ptr_null(report);
    refused(clnorm_model_load(r.model, NULL, NULL), CLNORM_INVALID_ARGUMENT, "path is NULL");
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint_refused");
    TCase *tcase = tcase_create("all or nothing");
    tcase_add_checked_fixture(tcase, checkpoint_set_up, checkpoint_tear_down);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, missing_names);
    tcase_add_test(tcase, wrong_shapes);
    tcase_add_test(tcase, wrong_rank_and_type);
    tcase_add_test(tcase, damaged_file);
    tcase_add_test(tcase, device_fails_while_loading);
    tcase_add_test(tcase, device_fails_while_saving);
    tcase_add_test(tcase, saved_on_what_is_there);
    tcase_add_test(tcase, bad_arguments);
    return run_suite(suite);
}
