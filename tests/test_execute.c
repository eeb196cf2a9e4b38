/* Execution: queues of either kind, wait lists, events, scratch, lifetimes, threads. */
#include "harness.h"
#include <pthread.h>
#include <string.h>
#include <time.h>

/* Operations of several kernels, with partial results in scratch, and one of a single kernel. */
enum { SUBJECTS = 3, CASES = SUBJECTS * HARNESS_SCHEDULES };

static clnorm_op subject(int test)
{
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 2, 2, 70021));
    switch (test / HARNESS_SCHEDULES) {
    case 0:
        op.mode = CLNORM_TRAIN;
        op.axis = 1;
        return op;
    case 1:
        op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, 60013, 5));
        op.mode = CLNORM_TRAIN;
        return op;
    default:
        return clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 300, 301), -1);
    }
}

/* The application's own OpenCL objects, and clnorm's on top of them. */
typedef struct bench {
    clnorm_context *context;
    cl_context cl;
    cl_device_id device;
    cl_command_queue in_order, other, out_of_order;
    clnorm_plan *plan;
    clnorm_op op;
} bench;

static cl_command_queue make_queue(cl_context context, cl_device_id device,
                                   cl_command_queue_properties properties)
{
    cl_int error = CL_SUCCESS;
    cl_command_queue queue = clCreateCommandQueue(context, device, properties, &error);
    ck_assert_msg(error == CL_SUCCESS, "clCreateCommandQueue: %d", error);
    return queue;
}

static void must(clnorm_status status)
{
    ck_assert_msg(status == CLNORM_OK, "%s: %s", clnorm_status_name(status), clnorm_last_error());
}

static void open_bench(bench *b, int test)
{
    clnorm_context *chooser = harness_context(CLNORM_KERNELS_AUTO);
    cl_int error = CL_SUCCESS;
    b->device = clnorm_context_cl_device(chooser);
    b->cl = clCreateContext(NULL, 1, &b->device, NULL, NULL, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    clnorm_context_destroy(chooser);
    b->in_order = make_queue(b->cl, b->device, 0);
    b->other = make_queue(b->cl, b->device, 0);
    b->out_of_order = make_queue(b->cl, b->device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
    must(clnorm_context_from_queue(&b->context, b->in_order));
    must(clnorm_context_set_kernels(b->context, harness_schedules[test % HARNESS_SCHEDULES]));
    b->op = subject(test);
    must(clnorm_plan_create(&b->plan, b->context, &b->op));
}

static void close_bench(bench *b)
{
    clnorm_plan_destroy(b->plan);
    clnorm_context_destroy(b->context);
    clReleaseCommandQueue(b->in_order);
    clReleaseCommandQueue(b->other);
    clReleaseCommandQueue(b->out_of_order);
    clReleaseContext(b->cl);
}

static void prepare(trial *t, const bench *b, uint64_t seed, clnorm_buffers *buffers)
{
    trial_begin(t, &b->op);
    trial_fill(t, DATA_NORMAL, seed);
    trial_upload(t, b->cl, buffers);
}

/* Reads through a queue that has nothing else to do: only what the event promised is there. */
static void finish(trial *t, const bench *b, cl_event event)
{
    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(clWaitForEvents(1, &event), CL_SUCCESS);
    clReleaseEvent(event);
    trial_download(t, b->other);
    trial_judge(t);
    trial_end(t);
}

static cl_event gate_of(cl_context context)
{
    cl_int error = CL_SUCCESS;
    cl_event gate = clCreateUserEvent(context, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    return gate;
}

static void open_gate(cl_event gate)
{
    ck_assert_int_eq(clSetUserEventStatus(gate, CL_COMPLETE), CL_SUCCESS);
    clReleaseEvent(gate);
}

static void pause_for(long milliseconds)
{
    struct timespec span = {0, milliseconds * 1000000};
    nanosleep(&span, NULL);
}

static cl_int status_of(cl_event event)
{
    cl_int status = CL_COMPLETE;
    clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    return status;
}

/* Nothing is as much as begun before its wait list is done, and execute returns without waiting for it. */
static void check_gated(bench *b, cl_command_queue queue)
{
    trial t;
    clnorm_buffers buffers;
    cl_event event = NULL;
    prepare(&t, b, 1, &buffers);
    cl_event gate = gate_of(b->cl);
    must(clnorm_plan_execute(b->plan, &buffers, queue, 1, &gate, &event));
    clFlush(queue);
    pause_for(30);
    ck_assert_int_ne(status_of(event), CL_COMPLETE);
    for (size_t i = 0; i < t.count; i++) {
        const operand *o = &t.operands[i];
        ck_assert_int_eq(clEnqueueReadBuffer(b->other, o->mem, CL_TRUE, o->offset, o->span * sizeof(float),
                                             t.after + o->start, 0, NULL, NULL),
                         CL_SUCCESS);
        ck_assert_msg(memcmp(t.after + o->start, t.before + o->start, o->span * sizeof(float)) == 0,
                      "%s was written before the wait list was done", o->info->name);
    }
    open_gate(gate);
    finish(&t, b, event);
}

START_TEST(wait_list)
{
    bench b;
    open_bench(&b, _i);
    check_gated(&b, b.in_order);
    check_gated(&b, b.out_of_order);
    close_bench(&b);
}
END_TEST

/* Every event of the list counts, not only the first. */
START_TEST(wait_list_of_several)
{
    bench b;
    trial t;
    clnorm_buffers buffers;
    cl_event event = NULL;
    open_bench(&b, _i);
    prepare(&t, &b, 2, &buffers);
    cl_event gates[3] = {gate_of(b.cl), gate_of(b.cl), gate_of(b.cl)};
    must(clnorm_plan_execute(b.plan, &buffers, b.out_of_order, 3, gates, &event));
    for (int i = 0; i < 3; i++) {
        pause_for(10);
        ck_assert_int_ne(status_of(event), CL_COMPLETE);
        open_gate(gates[i]);
    }
    finish(&t, &b, event);
    close_bench(&b);
}
END_TEST

/* On either kind of queue the event is the last kernel's: what is read after it is complete. */
START_TEST(event_is_the_last)
{
    bench b;
    open_bench(&b, _i);
    for (uint64_t round = 0; round < 20; round++) {
        trial t;
        clnorm_buffers buffers;
        cl_event event = NULL;
        prepare(&t, &b, round, &buffers);
        must(clnorm_plan_execute(b.plan, &buffers, round % 2 ? b.out_of_order : b.in_order, 0, NULL, &event));
        finish(&t, &b, event);
    }
    close_bench(&b);
}
END_TEST

/* Many executions in flight of one plan with one scratch, on three queues, none waiting for another. */
START_TEST(queues_share_a_plan)
{
    enum { FLIGHT = 10 };
    static trial trials[FLIGHT];
    cl_event events[FLIGHT];
    bench b;
    open_bench(&b, _i);
    const cl_command_queue queues[] = {b.in_order, b.out_of_order, b.other, b.out_of_order, NULL};
    for (size_t round = 0; round < 4; round++) {
        clnorm_buffers buffers[FLIGHT];
        for (size_t i = 0; i < FLIGHT; i++)
            prepare(&trials[i], &b, i, &buffers[i]);
        for (size_t i = 0; i < FLIGHT; i++)
            must(
                clnorm_plan_execute(b.plan, &buffers[i], queues[(i * (round + 1)) % 5], 0, NULL, &events[i]));
        for (size_t i = 0; i < FLIGHT; i++)
            finish(&trials[i], &b, events[i]);
    }
    close_bench(&b);
}
END_TEST

/* Executions that wait for each other update the moving averages one after the other. */
START_TEST(chain)
{
    enum { LINKS = 12 };
    bench b;
    trial t;
    clnorm_buffers buffers;
    cl_event before = NULL;
    cl_event event = NULL;
    open_bench(&b, _i);
    prepare(&t, &b, 3, &buffers);
    for (int i = 0; i < LINKS; i++) {
        must(clnorm_plan_execute(b.plan, &buffers, i % 3 ? b.out_of_order : b.other, before ? 1 : 0,
                                 before ? &before : NULL, &event));
        if (before)
            clReleaseEvent(before);
        before = event;
    }
    ck_assert_int_eq(clWaitForEvents(1, &event), CL_SUCCESS);
    clReleaseEvent(event);
    trial_download(&t, b.other);
    trial_verify_memory(&t);
    for (int i = 0; i < LINKS; i++) {
        const operand *mean = trial_operand(&t, "moving_mean");
        const operand *variance = trial_operand(&t, "moving_variance");
        trial_reference(&t);
        for (size_t c = 0; mean && i + 1 < LINKS && c < mean->span; c++) {
            t.before[mean->start + c] = (float)mean->expected[c];
            t.before[variance->start + c] = (float)variance->expected[c];
        }
    }
    /* Each step forgets a tenth of what the steps before rounded away: ten times the bound at most. */
    ck_assert_double_le(trial_compare(&t).ratio, 10.0);
    trial_end(&t);
    close_bench(&b);
}
END_TEST

/* Scratch of the caller's: exactly as large as asked for, canaries around it, two executions at once. */
START_TEST(own_scratch)
{
    enum { EDGE = 256 };
    bench b;
    open_bench(&b, _i);
    size_t bytes = clnorm_plan_scratch_bytes(b.plan);
    size_t size = bytes + 2 * EDGE;
    unsigned char *image = malloc(size);
    ck_assert_ptr_nonnull(image);
    memset(image, 0x5a, size);
    for (uint64_t round = 0; round < 4; round++) {
        trial t[2];
        clnorm_buffers buffers[2];
        cl_event events[2];
        cl_mem scratch[2];
        for (size_t i = 0; i < 2; i++) {
            prepare(&t[i], &b, 2 * round + i, &buffers[i]);
            scratch[i] = clCreateBuffer(b.cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size, image, NULL);
            buffers[i].scratch = (clnorm_buffer){scratch[i], EDGE};
        }
        for (size_t i = 0; i < 2; i++)
            must(clnorm_plan_execute(b.plan, &buffers[i], i ? b.in_order : b.out_of_order, 0, NULL,
                                     &events[i]));
        for (size_t i = 0; i < 2; i++) {
            finish(&t[i], &b, events[i]);
            unsigned char edges[2 * EDGE];
            clEnqueueReadBuffer(b.other, scratch[i], CL_TRUE, 0, EDGE, edges, 0, NULL, NULL);
            clEnqueueReadBuffer(b.other, scratch[i], CL_TRUE, EDGE + bytes, EDGE, edges + EDGE, 0, NULL,
                                NULL);
            ck_assert_msg(memcmp(edges, image, sizeof edges) == 0, "written outside the scratch");
            clReleaseMemObject(scratch[i]);
        }
    }
    free(image);
    close_bench(&b);
}
END_TEST

/* A sum over few channels is split, and its parts need a place: else these tests would test nothing. */
START_TEST(scratch_is_needed)
{
    bench b;
    open_bench(&b, _i);
    ck_assert_uint_gt(clnorm_plan_scratch_bytes(b.plan), 0);
    close_bench(&b);
}
END_TEST

/* Plan and context go while the execution has not even begun. */
START_TEST(destroyed_in_flight)
{
    bench b;
    trial t;
    clnorm_buffers buffers;
    cl_event event = NULL;
    open_bench(&b, _i);
    prepare(&t, &b, 4, &buffers);
    cl_event gate = gate_of(b.cl);
    must(clnorm_plan_execute(b.plan, &buffers, b.out_of_order, 1, &gate, &event));
    clnorm_context_destroy(b.context);
    clnorm_plan_destroy(b.plan);
    b.context = NULL;
    b.plan = NULL;
    open_gate(gate);
    finish(&t, &b, event);
    close_bench(&b);
}
END_TEST

/* A plan works on when its context, and the application's references to the queue, are gone. */
START_TEST(context_goes_first)
{
    bench b;
    trial t;
    clnorm_buffers buffers;
    cl_event event = NULL;
    open_bench(&b, _i);
    prepare(&t, &b, 5, &buffers);
    clnorm_context_destroy(b.context);
    b.context = NULL;
    clReleaseCommandQueue(b.in_order);
    must(clnorm_plan_execute(b.plan, &buffers, NULL, 0, NULL, &event));
    finish(&t, &b, event);
    b.in_order = make_queue(b.cl, b.device, 0);
    close_bench(&b);
}
END_TEST

/* A queue of another context is refused, and nothing is written. */
START_TEST(foreign_queue)
{
    bench b;
    trial t;
    clnorm_buffers buffers;
    cl_event event = NULL;
    open_bench(&b, _i);
    prepare(&t, &b, 6, &buffers);
    cl_context context = clCreateContext(NULL, 1, &b.device, NULL, NULL, NULL);
    cl_command_queue queue = make_queue(context, b.device, 0);
    ck_assert_int_eq(clnorm_plan_execute(b.plan, &buffers, queue, 0, NULL, &event), CLNORM_INVALID_QUEUE);
    ck_assert_msg(strstr(clnorm_last_error(), "queue") != NULL, "%s", clnorm_last_error());
    ck_assert_ptr_null(event);
    clFinish(queue);
    clFinish(b.in_order);
    must(clnorm_plan_execute(b.plan, &buffers, b.in_order, 0, NULL, &event));
    finish(&t, &b, event);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    close_bench(&b);
}
END_TEST

/* Without an element there is no kernel, but the event still follows the wait list. */
START_TEST(event_of_nothing)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 0, 8), -1);
    clnorm_plan *plan = NULL;
    cl_event event = NULL;
    must(clnorm_plan_create(&plan, context, &op));
    cl_context cl = clnorm_context_cl_context(context);
    cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE, 64, NULL, NULL);
    cl_event gate = gate_of(cl);
    must(clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {mem, 0}, .y = {mem, 32}), NULL, 1, &gate, &event));
    ck_assert_ptr_nonnull(event);
    pause_for(10);
    ck_assert_int_ne(status_of(event), CL_COMPLETE);
    open_gate(gate);
    ck_assert_int_eq(clWaitForEvents(1, &event), CL_SUCCESS);
    clReleaseEvent(event);
    clReleaseMemObject(mem);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* Only one queue is waited for inside of OpenCL: see tests/systems/reproducers/waiting_threads.c. */
static bool wait_in_thread(const bench *b, cl_command_queue queue, cl_event event)
{
    clFlush(queue != NULL ? queue : b->in_order);
    while (queue != b->out_of_order && status_of(event) > CL_COMPLETE)
        pause_for(1);
    return clWaitForEvents(1, &event) == CL_SUCCESS && clReleaseEvent(event) == CL_SUCCESS;
}

/* What a thread of the tests below found wrong, for the main thread to report. */
typedef struct worker {
    pthread_t thread;
    const bench *bench;
    unsigned number;
    bool own_plan;
    trial trials[4];
    clnorm_buffers buffers[4];
    const char *failure;
} worker;

enum { WORKERS = 4, ROUNDS = 4 };

static void *work(void *argument)
{
    worker *w = argument;
    const bench *b = w->bench;
    clnorm_plan *plan = b->plan;
    clnorm_op op = b->op;
    if (w->own_plan && clnorm_plan_create(&plan, b->context, &op) != CLNORM_OK)
        w->failure = "clnorm_plan_create";
    for (unsigned i = 0; i < ROUNDS && !w->failure; i++) {
        cl_command_queue queue = (w->number + i) % 2 ? b->out_of_order : NULL;
        cl_event event = NULL;
        if (clnorm_plan_execute(plan, &w->buffers[i], queue, 0, NULL, &event) != CLNORM_OK)
            w->failure = "clnorm_plan_execute";
        else if (!wait_in_thread(b, queue, event))
            w->failure = "clWaitForEvents";
    }
    if (plan != b->plan)
        clnorm_plan_destroy(plan);
    return NULL;
}

/* Threads that share a context; and a plan, or make one each at the same time. */
static void run_workers(int test, bool own_plans)
{
    static worker workers[WORKERS];
    bench b;
    open_bench(&b, test);
    for (unsigned n = 0; n < WORKERS; n++) {
        workers[n] = (worker){.bench = &b, .number = n, .own_plan = own_plans};
        for (unsigned i = 0; i < ROUNDS; i++)
            prepare(&workers[n].trials[i], &b, n * ROUNDS + i, &workers[n].buffers[i]);
    }
    for (unsigned n = 0; n < WORKERS; n++)
        ck_assert_int_eq(pthread_create(&workers[n].thread, NULL, work, &workers[n]), 0);
    for (unsigned n = 0; n < WORKERS; n++)
        ck_assert_int_eq(pthread_join(workers[n].thread, NULL), 0);
    for (unsigned n = 0; n < WORKERS; n++) {
        ck_assert_msg(!workers[n].failure, "thread %u: %s", n, workers[n].failure);
        for (unsigned i = 0; i < ROUNDS; i++) {
            trial_download(&workers[n].trials[i], b.other);
            trial_judge(&workers[n].trials[i]);
            trial_end(&workers[n].trials[i]);
        }
    }
    close_bench(&b);
}

START_TEST(threads_share_a_plan)
{
    run_workers(_i, false);
}
END_TEST

START_TEST(threads_make_plans)
{
    run_workers(_i, true);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("execute");
    TCase *queues = tcase_create("queues");
    TCase *lifetimes = tcase_create("lifetimes and threads");
    tcase_set_timeout(queues, 300);
    tcase_set_timeout(lifetimes, 300);
    tcase_add_loop_test(queues, wait_list, 0, CASES);
    tcase_add_loop_test(queues, wait_list_of_several, 0, CASES);
    tcase_add_loop_test(queues, event_is_the_last, 0, CASES);
    tcase_add_loop_test(queues, queues_share_a_plan, 0, CASES);
    tcase_add_loop_test(queues, chain, 0, CASES);
    tcase_add_loop_test(queues, own_scratch, 0, CASES);
    tcase_add_loop_test(queues, scratch_is_needed, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(queues, foreign_queue, 0, CASES);
    tcase_add_loop_test(queues, event_of_nothing, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(lifetimes, destroyed_in_flight, 0, CASES);
    tcase_add_loop_test(lifetimes, context_goes_first, 0, CASES);
    tcase_add_loop_test(lifetimes, threads_share_a_plan, 0, CASES);
    tcase_add_loop_test(lifetimes, threads_make_plans, 0, CASES);
    suite_add_tcase(suite, queues);
    suite_add_tcase(suite, lifetimes);
    return run_suite(suite);
}
