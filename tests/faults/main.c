/*
 * Makes every call that can fail do so: for each public flow, the first call of OpenCL fails, then the
 * second, and so on until a run is through without a failure; with each error that the call may give. The
 * same for allocations, for calls on files, and for a device that is gone from some call on. After each: a
 * status with a sentence, or nothing that can be told from success; no object, memory or file is left open;
 * what the flow says of moving averages and files holds; and the next try works.
 *
 * Needs OPENCL_LAYERS to name the layer, which is found again by its path. FAULTS_HOST_ONLY leaves out what
 * calls OpenCL; FAULTS_FLOW all flows but the one of this name.
 */
#include "flow.h"

#include "find_layer.h"
#include "host.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

fault_control *layer;
clnorm_context *context;
char directory[FILES_PATH_SIZE];
bool device_is_gone;

/* ---- For flows ---- */

cl_mem buffer_of(const float *values, size_t count)
{
    cl_int error;
    cl_mem made = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE,
                                 count * sizeof *values, NULL, &error);
    ck_assert_ptr_nonnull(made);
    if (values != NULL)
        write_buffer(made, values, count);
    return made;
}

void read_buffer(cl_mem mem, float *values, size_t count)
{
    ck_assert_int_eq(clEnqueueReadBuffer(clnorm_context_cl_queue(context), mem, CL_TRUE, 0,
                                         count * sizeof *values, values, 0, NULL, NULL),
                     CL_SUCCESS);
}

void write_buffer(cl_mem mem, const float *values, size_t count)
{
    ck_assert_int_eq(clEnqueueWriteBuffer(clnorm_context_cl_queue(context), mem, CL_TRUE, 0,
                                          count * sizeof *values, values, 0, NULL, NULL),
                     CL_SUCCESS);
}

/* ---- What must not grow ---- */

typedef struct holdings {
    long objects[FAULT_OBJECTS], blocks;
    size_t files; /* of the stock that is taken beforehand */
} holdings;

/* Open files. A driver's own threads have one open now and then, such as Mesa's while it writes to its cache:
 * unless there are as many as expected, they are given some time. */
static size_t files_when_quiet(size_t expected, int tries)
{
    size_t files = files_count("/proc/self/fd", "", NULL);
    for (int i = 0; files != expected && i < tries; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        files = files_count("/proc/self/fd", "", NULL);
    }
    return files;
}

static holdings take_stock(void)
{
    holdings now = {.blocks = atomic_load(&host.blocks)};
    for (size_t i = 0; i < FAULT_OBJECTS; i++)
        now.objects[i] = atomic_load(&layer->alive[i]);
    return now;
}

/* As many files as the last time, if it is quiet. */
static holdings take_stock_with_files(void)
{
    static size_t files;
    holdings now = take_stock();
    now.files = files = files_when_quiet(files, 10);
    return now;
}

/* What failed may have given up what the next try makes again. */
static void assert_nothing_leaked(const holdings *before, bool failed, const char *what)
{
    static const char *const names[FAULT_OBJECTS] = {"contexts",        "queues",  "memory objects",
                                                     "OpenCL programs", "kernels", "events"};
    const holdings after = take_stock();
    for (size_t i = 0; i < FAULT_OBJECTS; i++)
        ck_assert_msg(after.objects[i] == before->objects[i] ||
                          (failed && after.objects[i] < before->objects[i]),
                      "%s: %ld %s too many", what, after.objects[i] - before->objects[i], names[i]);
    ck_assert_msg(after.blocks == before->blocks, "%s: %ld blocks of memory too many", what,
                  after.blocks - before->blocks);
    const size_t files = files_when_quiet(before->files, 200);
    ck_assert_msg(files == before->files, "%s: %zu open files instead of %zu", what, files, before->files);
}

/* ---- One fault ---- */

typedef enum fault_kind { OPENCL_CALL, HANG_UP, ALLOCATION, FILE_CALL, FAULT_KINDS } fault_kind;

static const char *const kind_names[FAULT_KINDS] = {"OpenCL", "hanging up", "memory", "files"};

typedef struct outcome {
    const char *failed; /* NULL: there was no such call */
    size_t code_count;
    bool may_pass; /* success is right all the same */
} outcome;

static void arm(fault_kind kind, size_t number, size_t code)
{
    atomic_store(&layer->calls, 0);
    layer->failed = NULL;
    layer->fail_at = number;
    layer->code = code;
    layer->hangs_up = device_is_gone = kind == HANG_UP;
    host.calls = 0;
    host.failed = NULL;
    host.harmless = host.vanished = host.renamed = false;
    host.fail_at = number;
    host.code = code;
    host.kind = kind == ALLOCATION ? HOST_ALLOCATION : HOST_FILE;
    host.armed = kind == ALLOCATION || kind == FILE_CALL;
    host.counting = true;
    atomic_store(&layer->armed, !host.armed);
}

static outcome disarm(fault_kind kind, const flow *f)
{
    const bool device = kind == OPENCL_CALL || kind == HANG_UP;
    atomic_store(&layer->armed, false);
    host.armed = host.counting = false;
    outcome found = {device ? layer->failed : host.failed, device ? layer->code_count : host.code_count,
                     false};
    char word[64];
    snprintf(word, sizeof word, " %s ", found.failed != NULL ? found.failed : "");
    /* What is released is released all the same; that there is no platform or device is an answer. */
    found.may_pass = found.failed == NULL || strncmp(found.failed, "clRelease", 9) == 0 || host.harmless ||
                     (device && (layer->error == -1001 || layer->error == CL_DEVICE_NOT_FOUND)) ||
                     (f->optional != NULL && strstr(f->optional, word) != NULL) ||
                     (host.renamed && f->afterwards != NULL && strstr(f->afterwards, word) != NULL);
    return found;
}

/* The thread's last message is this one, until something fails. */
static void forget_message(void)
{
    ck_assert_int_eq(clnorm_plan_execute(NULL, NULL, NULL, 0, NULL, NULL), CLNORM_INVALID_ARGUMENT);
}

static const char *message_of(const flow *f)
{
    return f->message != NULL ? f->message() : clnorm_last_error();
}

static void assert_explained(const flow *f, clnorm_status status, const char *what)
{
    ck_assert_msg(strcmp(clnorm_status_name(status), "UNKNOWN_STATUS") != 0, "%s: status %d", what,
                  (int)status);
    ck_assert_msg(strlen(message_of(f)) > 8 && strstr(message_of(f), "plan must not be NULL") == NULL,
                  "%s: %s without a message: %s", what, clnorm_status_name(status), message_of(f));
    ck_assert_msg(status != CLNORM_OUT_OF_MEMORY || strstr(message_of(f), "memory") != NULL ||
                      strstr(message_of(f), "MEM") != NULL,
                  "%s: OUT_OF_MEMORY, but: %s", what, message_of(f));
}

static clnorm_status run_once(const flow *f, fault_kind kind, size_t number, size_t code, outcome *found)
{
    if (f->before != NULL)
        f->before();
    forget_message();
    arm(kind, number, code);
    const clnorm_status status = f->run();
    *found = disarm(kind, f);
    return status;
}

/* Lets call `number` fail; false if there are not so many. */
static bool try_fault(const flow *f, fault_kind kind, size_t number, size_t code, outcome *found)
{
    char what[160];
    const holdings before = take_stock_with_files();
    clnorm_status status = run_once(f, kind, number, code, found);
    snprintf(what, sizeof what, "%s, %s call %zu (%s), error %zu", f->name, kind_names[kind], number,
             found->failed != NULL ? found->failed : "none", code);
    if (status != CLNORM_OK && found->failed == NULL)
        ck_abort_msg("%s: nothing failed, but %s: %s", what, clnorm_status_name(status), message_of(f));
    if (status != CLNORM_OK)
        assert_explained(f, status, what);
    else
        ck_assert_msg(found->may_pass, "%s: success, as if nothing had failed", what);
    if (f->check != NULL)
        f->check(status);
    assert_nothing_leaked(&before, found->failed != NULL, what);
    if (found->failed == NULL)
        return false;
    outcome none;
    status = run_once(f, kind, 0, 0, &none);
    ck_assert_msg(status == CLNORM_OK, "%s: the next try fails, too: %s", what, message_of(f));
    if (f->check != NULL)
        f->check(status);
    assert_nothing_leaked(&before, false, what);
    return true;
}

enum { SLOW_FIRST = 12, SLOW_STRIDE = 17, THIN_STRIDE = 5 };

/* Under valgrind each flow is slow. */
static bool is_thin(void)
{
    return getenv("FAULTS_THIN") != NULL && getenv("CLNORM_TEST_FULL") == NULL;
}

/* Every call with each of its errors. */
static bool tries_all(const flow *f)
{
    return (!f->slow && !is_thin()) || getenv("CLNORM_TEST_FULL") != NULL;
}

static size_t next_call(const flow *f, size_t call)
{
    if (tries_all(f) || call < SLOW_FIRST)
        return call + 1;
    return call + (f->slow ? SLOW_STRIDE : THIN_STRIDE);
}

/* Every call of a kind, with every error. */
static size_t try_all(const flow *f, fault_kind kind)
{
    size_t tried = 0;
    outcome found = {NULL, 0, false};
    for (size_t call = 1; try_fault(f, kind, call, tries_all(f) ? 0 : call, &found);
         call = next_call(f, call)) {
        tried++;
        for (size_t code = 1; kind != HANG_UP && tries_all(f) && code < found.code_count; code++, tried++)
            try_fault(f, kind, call, code, &found);
        ck_assert_msg(call < 100000, "%s does not come to an end", f->name);
    }
    return tried;
}

/* ---- All of them ---- */

static void try_flow(const flow *f)
{
    outcome none;
    const char *only = getenv("FAULTS_FLOW");
    if (getenv("FAULTS_HOST_ONLY") != NULL && !f->host_only)
        return;
    if (only != NULL && strcmp(only, f->name) != 0)
        return;
    layer = find_layer();
    files_make_directory(directory);
    ck_assert_int_eq(clnorm_context_create(&context, "cpu"), CLNORM_OK);
    if (f->begin != NULL)
        f->begin();
    for (int i = 0; i < 2; i++) { /* what is made once is there from now on, and nothing is left on queues */
        const clnorm_status status = run_once(f, OPENCL_CALL, 0, 0, &none);
        ck_assert_msg(status == CLNORM_OK, "%s: %s", f->name, message_of(f));
        if (f->check != NULL)
            f->check(status);
    }
    ck_assert_msg(f->host_only == (atomic_load(&layer->calls) == 0), "%s: %zu calls of OpenCL were seen",
                  f->name, atomic_load(&layer->calls));
    for (fault_kind kind = 0; kind < FAULT_KINDS; kind++) {
        const size_t tried = try_all(f, kind);
        if (tried > 0)
            printf("%s: %s: %zu failures\n", f->name, kind_names[kind], tried);
        fflush(stdout);
    }
    if (f->end != NULL)
        f->end();
    clnorm_context_destroy(context);
    files_remove(directory);
    assert_no_objects(layer, f->name);
}

START_TEST(device)
{
    try_flow(&device_flows[_i]);
}
END_TEST

START_TEST(layers)
{
    try_flow(&layer_flows[_i]);
}
END_TEST

START_TEST(files)
{
    try_flow(&file_flows[_i]);
}
END_TEST

START_TEST(command)
{
    try_flow(&command_flows[_i]);
}
END_TEST

int main(void)
{
    json_set_alloc_funcs(malloc, free); /* its memory is the library's, too */
    Suite *suite = suite_create("faults");
    const struct {
        const char *name;
        const TTest *test;
        size_t count;
    } cases[] = {{"device", device, device_flow_count},
                 {"layers", layers, layer_flow_count},
                 {"files", files, file_flow_count},
                 {"command", command, command_flow_count}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TCase *tcase = tcase_create(cases[i].name);
        tcase_set_timeout(tcase, getenv("CLNORM_TEST_FULL") != NULL ? 0 : 1200);
        tcase_add_loop_test(tcase, cases[i].test, 0, (int)cases[i].count);
        suite_add_tcase(suite, tcase);
    }
    return run_suite(suite);
}
