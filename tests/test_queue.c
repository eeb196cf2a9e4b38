/* Waiting for a queue, reading and writing through it: in calls of OpenCL, and where a driver does not bear
 * that. */
#include "suite.h"

#include "execute/context.h"
#include "execute/queue.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* What a caller has set says nothing here. */
static void clear_environment(void)
{
    unsetenv("CLNORM_DEVICE");
    unsetenv("CLNORM_KERNELS");
    unsetenv("CLNORM_VERBOSE");
    setenv("CLNORM_CACHE_DIR", "off", 1);
}

/* An event that another thread completes after a while. */
typedef struct gate {
    cl_event event;
    atomic_bool open;
} gate;

static void *open_gate(void *argument)
{
    gate *g = argument;
    nanosleep(&(struct timespec){0, 30000000}, NULL);
    atomic_store(&g->open, true);
    clSetUserEventStatus(g->event, CL_COMPLETE);
    return NULL;
}

/* In calls of OpenCL, and by asking again and again: what is before it in the queue is done. */
START_TEST(waits_for_the_queue)
{
    static const float first[4] = {1, 2, 3, 4}, second[4] = {5, 6, 7, 8};
    clnorm_context *context = NULL;
    float found[4] = {0};
    pthread_t thread;
    ck_assert_int_eq(clnorm_context_create(&context, NULL), CLNORM_OK);
    context->caps.no_waiting_threads = _i != 0;
    cl_mem mem = clCreateBuffer(context->context, CL_MEM_READ_WRITE, sizeof first, NULL, NULL);
    gate g = {.event = clCreateUserEvent(context->context, NULL)};
    ck_assert_int_eq(
        clEnqueueWriteBuffer(context->own_queue, mem, CL_FALSE, 0, sizeof first, first, 1, &g.event, NULL),
        CL_SUCCESS);
    ck_assert_int_eq(pthread_create(&thread, NULL, open_gate, &g), 0);
    ck_assert_int_eq(queue_finish(context, context->own_queue), CLNORM_OK);
    ck_assert(atomic_load(&g.open));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    clReleaseEvent(g.event);
    ck_assert_int_eq(queue_read(context, context->own_queue, mem, sizeof found, found, "test"), CLNORM_OK);
    ck_assert_mem_eq(found, first, sizeof found);
    ck_assert_int_eq(queue_write(context, context->own_queue, mem, sizeof second, second, "test"), CLNORM_OK);
    ck_assert_int_eq(queue_read(context, context->own_queue, mem, sizeof found, found, "test"), CLNORM_OK);
    ck_assert_mem_eq(found, second, sizeof found);
    ck_assert_int_eq(queue_read(context, context->own_queue, mem, sizeof found + 1, found, "test"),
                     CLNORM_OPENCL_ERROR);
    ck_assert_str_eq(clnorm_last_error(), "clEnqueueReadBuffer (test): CL_INVALID_VALUE");
    clReleaseMemObject(mem);
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *waiting = tcase_create("waiting");
    tcase_set_timeout(waiting, 60);
    tcase_add_checked_fixture(waiting, clear_environment, NULL);
    tcase_add_loop_test(waiting, waits_for_the_queue, 0, 2);
    suite_add_tcase(suite, waiting);
    return run_suite(suite);
}
