/* Layers on queues and with events of the application's, without their context, and in many threads. */
#include "layer_batch.h"
#include <pthread.h>
#include <time.h>

/* Events and a queue of the application's; then one of another context. */
START_TEST(queues)
{
    rig r = rig_open(1);
    cl_context cl = clnorm_context_cl_context(r.context);
    cl_device_id device = clnorm_context_cl_device(r.context);
    cl_command_queue queue = clCreateCommandQueue(cl, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    cl_mem x = rig_buffer(&r, some_x, CELLS), y = rig_buffer(&r, NULL, CELLS);
    cl_mem dy = rig_buffer(&r, some_dy, CELLS);
    cl_event gate = clCreateUserEvent(cl, NULL), zeroed, forward, done;
    const double ones[] = {1, 1, 1};
    const gradients g = expect(ones, NULL, NULL, 1e-5);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    rig_set(&r, "bn/gamma", 1);
    must(clnorm_model_set_training(r.model, true));
    must(clnorm_model_zero_gradients(r.model, queue, 1, &gate, &zeroed));
    must(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, queue, 1,
                              &zeroed, &forward));
    must(clnorm_layer_backward(layer, (clnorm_buffer){x, 0}, (clnorm_buffer){dy, 0}, (clnorm_buffer){dy, 0},
                               queue, 1, &forward, &done));
    clFlush(queue);
    cl_int state = CL_COMPLETE;
    clGetEventInfo(zeroed, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    ck_assert_int_ne(state, CL_COMPLETE);
    clSetUserEventStatus(gate, CL_COMPLETE);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    check_gradients(&r, "bn", &g, 1);
    float dx[CELLS];
    rig_fetch(&r, dy, dx, CELLS);
    near("dx", dx, g.dx, 1, CELLS);

    cl_context other = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    cl_command_queue foreign = clCreateCommandQueue(other, device, 0, NULL);
    refused(clnorm_model_zero_gradients(r.model, foreign, 0, NULL, NULL), CLNORM_INVALID_QUEUE, "another");
    refused(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, foreign,
                                 0, NULL, NULL),
            CLNORM_INVALID_QUEUE, "another");
    cl_event events[] = {gate, zeroed, forward, done};
    for (size_t i = 0; i < 4; i++)
        clReleaseEvent(events[i]);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseMemObject(dy);
    clReleaseCommandQueue(foreign);
    clReleaseContext(other);
    clReleaseCommandQueue(queue);
    rig_close(&r);
}
END_TEST

/* The model works on without its context, and goes while its layer is still at work. */
START_TEST(lifetimes)
{
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    cl_context cl = clnorm_context_cl_context(r.context);
    cl_command_queue queue = clnorm_context_cl_queue(r.context);
    cl_mem x = rig_buffer(&r, some_x, CELLS), y = rig_buffer(&r, NULL, CELLS);
    clRetainContext(cl);
    clRetainCommandQueue(queue);
    clnorm_context_destroy(r.context);
    cl_event gate = clCreateUserEvent(cl, NULL), done;
    must(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, NULL, 1,
                              &gate, &done));
    clnorm_model_destroy(r.model);
    clSetUserEventStatus(gate, CL_COMPLETE);
    ck_assert_int_eq(clWaitForEvents(1, &done), CL_SUCCESS);
    clReleaseEvent(gate);
    clReleaseEvent(done);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseCommandQueue(queue);
    clReleaseContext(cl);
}
END_TEST

static void *open_later(void *gate)
{
    const struct timespec pause = {0, 200000000};
    nanosleep(&pause, NULL);
    clSetUserEventStatus(gate, CL_COMPLETE);
    return NULL;
}

/* What a queue that runs commands in any order still has to do is done before a variable is read. */
START_TEST(read_from_a_queue_in_any_order)
{
    rig usual = rig_open(1), r = {NULL, NULL};
    cl_context cl = clnorm_context_cl_context(usual.context);
    cl_command_queue queue = clCreateCommandQueue(cl, clnorm_context_cl_device(usual.context),
                                                  CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    pthread_t opener;
    cl_mem x = rig_buffer(&usual, some_x, CELLS), y = rig_buffer(&usual, NULL, CELLS);
    cl_event gate = clCreateUserEvent(cl, NULL);
    must(clnorm_context_from_queue(&r.context, queue));
    must(clnorm_model_create(&r.model, r.context, 1));
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    must(clnorm_model_set_training(r.model, true));
    must(clnorm_layer_forward(layer, some_shape(), (clnorm_buffer){x, 0}, (clnorm_buffer){y, 0}, NULL, 1,
                              &gate, NULL));
    ck_assert_int_eq(pthread_create(&opener, NULL, open_later, gate), 0);
    ck_assert(!rig_is(&r, "bn/moving_mean", 0));
    pthread_join(opener, NULL);
    rig_close(&r);
    clReleaseEvent(gate);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseCommandQueue(queue);
    rig_close(&usual);
}
END_TEST

enum { WORKERS = 4, ROUNDS = 200 };

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *together;
    const rig *r;
    clnorm_layer *layer;
    cl_mem x, y;
    const char *failure;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    clnorm_layer *mine = NULL;
    const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, ROWS, COLUMNS);
    for (int i = 0; i < ROUNDS && w->failure == NULL; i++) {
        if (clnorm_layer_forward(w->layer, &shape, (clnorm_buffer){w->x, 0}, (clnorm_buffer){w->y, 0}, NULL,
                                 0, NULL, NULL) != CLNORM_OK)
            w->failure = "clnorm_layer_forward";
    }
    pthread_barrier_wait(w->together);
    for (int i = 0; i < ROUNDS && w->failure == NULL; i++) {
        if (clnorm_batch_normalization_layer(&mine, w->r->model, 2, NULL) != CLNORM_OK)
            w->failure = "clnorm_batch_normalization_layer";
    }
    return NULL;
}

/* Threads that run one layer and make others. */
START_TEST(threads)
{
    worker workers[WORKERS];
    pthread_barrier_t together;
    float values[WORKERS][CELLS];
    rig r = rig_open(1);
    clnorm_layer *layer = rig_layer(&r, "bn", COLUMNS);
    ck_assert_int_eq(pthread_barrier_init(&together, NULL, WORKERS), 0);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.r = &r, .layer = layer, .together = &together};
        workers[i].x = rig_buffer(&r, some_x, CELLS);
        workers[i].y = rig_buffer(&r, NULL, CELLS);
    }
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        ck_assert_msg(workers[i].failure == NULL, "%s: thread %d", workers[i].failure, i);
        rig_fetch(&r, workers[i].y, values[i], CELLS);
        ck_assert_mem_eq(values[i], values[0], sizeof values[i]);
        clReleaseMemObject(workers[i].x);
        clReleaseMemObject(workers[i].y);
    }
    ck_assert_uint_eq(clnorm_model_variable_count(r.model), 4 + WORKERS * ROUNDS * 4);
    rig_variable(&r, "BatchNormalization_799/gamma");
    pthread_barrier_destroy(&together);
    rig_close(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layer lives");
    TCase *lives = tcase_create("queues and lifetimes");
    tcase_set_timeout(lives, 120);
    tcase_add_test(lives, queues);
    tcase_add_test(lives, lifetimes);
    tcase_add_test(lives, read_from_a_queue_in_any_order);
    tcase_add_test(lives, threads);
    suite_add_tcase(suite, lives);
    return run_suite(suite);
}
