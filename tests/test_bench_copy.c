/* The copies that `clnorm bench` compares with: which is the limit, and whether each copies what it should.
 */
#include "bench_choice.h"
#include "bench_copy.h"
#include "command.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* ---- The choice, of invented times ---- */

START_TEST(the_two_fastest_are_chosen)
{
    static const struct {
        double us[4];
        size_t count, best[2];
    } cases[] = {
        {{40, 30, 20, 10}, 4, {3, 2}},
        {{10, 20, 30, 40}, 4, {0, 1}},
        {{30, 10, 40, 20}, 4, {1, 3}},
        {{20, 40, 10, 30}, 4, {2, 0}},
        {{20, 10}, 2, {1, 0}},
        {{10, 10, 10}, 3, {0, 1}},
        {{10}, 1, {0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t best[2];
        bench_two_best(cases[i].us, cases[i].count, best);
        ck_assert_msg(best[0] == cases[i].best[0] && best[1] == cases[i].best[1], "case %zu: %zu, %zu", i,
                      best[0], best[1]);
    }
}
END_TEST

START_TEST(ways_far_behind_are_left_out)
{
    ck_assert(bench_may_win(10, 10));
    ck_assert(bench_may_win(14, 10));
    ck_assert(!bench_may_win(17, 10));
}
END_TEST

START_TEST(a_limit_that_is_none_is_seen)
{
    ck_assert(bench_exceeds_limit(200000000, 1.6));
    ck_assert(bench_exceeds_limit(64000000, 1.04));
    ck_assert(!bench_exceeds_limit(200000000, 1.02)); /* noise */
    ck_assert(!bench_exceeds_limit(200000000, 0.62));
    ck_assert(!bench_exceeds_limit(6000000, 1.6)); /* perhaps in a cache */
}
END_TEST

/* ---- The ways ---- */

static bool has_way(const bench_ways_device *device, size_t bytes, const char *name)
{
    bench_way ways[BENCH_MOST_WAYS];
    size_t count = bench_ways_list(ways, device, bytes);
    ck_assert_uint_le(count, BENCH_MOST_WAYS);
    for (size_t i = 0; i < count; i++)
        if (strcmp(ways[i].name, name) == 0)
            return true;
    return false;
}

/* Whatever its size: that depends on what a device claims about its caches. */
START_TEST(a_cpu_tries_both_stores_at_every_size)
{
    const bench_ways_device cpu = {.compiles = true, .is_cpu = true, .streams = true, .units = 2};
    static const size_t sizes[] = {1 << 20, 1 << 24, 1 << 28};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ck_assert(has_way(&cpu, sizes[i], "plain, 4 pieces a unit"));
        ck_assert(has_way(&cpu, sizes[i], "streamed, 4 pieces a unit"));
        ck_assert(has_way(&cpu, sizes[i], "streamed, 1 piece a unit"));
        ck_assert(has_way(&cpu, sizes[i], "the driver's copy"));
    }
    ck_assert(has_way(&cpu, 1 << 28, "streamed, pieces of 256 KiB"));
    ck_assert(has_way(&cpu, 4, "plain, 1 piece"));
}
END_TEST

START_TEST(only_what_the_device_has_is_tried)
{
    bench_way ways[BENCH_MOST_WAYS];
    const bench_ways_device plain = {.compiles = true, .is_cpu = true, .units = 2};
    const bench_ways_device other = {.compiles = true, .units = 2}, image = {.is_cpu = true, .units = 2};
    ck_assert(has_way(&plain, 1 << 24, "plain, 4 pieces a unit"));
    ck_assert(!has_way(&plain, 1 << 24, "streamed, 4 pieces a unit"));
    ck_assert(has_way(&other, 1 << 24, "1 vector an item"));
    ck_assert(has_way(&other, 1 << 24, "4 vectors an item"));
    ck_assert_uint_eq(bench_ways_list(ways, &image, 1 << 24), 1);
    ck_assert_str_eq(ways[0].name, "the driver's copy");
}
END_TEST

START_TEST(no_two_ways_are_the_same)
{
    const bench_ways_device cpu = {.compiles = true, .is_cpu = true, .streams = true, .units = 2};
    for (size_t bytes = 4; bytes < 1 << 28; bytes += 4 + bytes / 16 / 4 * 4) {
        bench_way ways[BENCH_MOST_WAYS];
        size_t count = bench_ways_list(ways, &cpu, bytes);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (strcmp(ways[i].name, ways[j].name) == 0)
                    ck_abort_msg("%zu bytes: \"%s\" twice", bytes, ways[i].name);
    }
}
END_TEST

/* ---- On the device ---- */

enum { MOST = 300001 }; /* floats */

typedef struct rig {
    clnorm_context *context;
    cl_command_queue queue;
    cl_mem from, to;
    bench_copy copy;
    float source[MOST], target[MOST];
} rig;

static rig *open_rig(void)
{
    rig *r = calloc(1, sizeof *r);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(clnorm_context_create(&r->context, NULL), CLNORM_OK);
    r->queue = clnorm_context_cl_queue(r->context);
    ck_assert_int_eq(bench_copy_create(&r->copy, r->context), EXIT_DONE);
    for (size_t i = 0; i < MOST; i++)
        r->source[i] = (float)(i + 1);
    cl_context context = clnorm_context_cl_context(r->context);
    r->from = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof r->source, r->source, NULL);
    r->to = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof r->target, NULL, NULL);
    return r;
}

static void close_rig(rig *r)
{
    clReleaseMemObject(r->from);
    clReleaseMemObject(r->to);
    bench_copy_destroy(&r->copy);
    clnorm_context_destroy(r->context);
    free(r);
}

/* The floats asked for are there, and no other was written. */
static void check_way(rig *r, size_t way, size_t count)
{
    const float zero = 0;
    const char *name = r->copy.ways[way].name;
    cl_int error =
        clEnqueueFillBuffer(r->queue, r->to, &zero, sizeof zero, 0, sizeof r->target, 0, NULL, NULL);
    ck_assert_int_eq(error, CL_SUCCESS);
    ck_assert_int_eq(bench_copy_enqueue(&r->copy, way, r->queue, NULL), CL_SUCCESS);
    error = clEnqueueReadBuffer(r->queue, r->to, CL_TRUE, 0, sizeof r->target, r->target, 0, NULL, NULL);
    ck_assert_int_eq(error, CL_SUCCESS);
    size_t right = 0;
    while (right < MOST && r->target[right] == (right < count ? r->source[right] : 0))
        right++;
    ck_assert_msg(right == MOST, "%s, %zu floats: the one at %zu is wrong", name, count, right);
}

static void check_ways(rig *r)
{
    static const size_t counts[] = {1, 3, 63, 1025, 16384, 100003, 262144, MOST};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int status = bench_copy_bind(&r->copy, r->queue, r->from, r->to, counts[i] * sizeof(float));
        ck_assert_int_eq(status, EXIT_DONE);
        ck_assert_uint_ge(r->copy.way_count, 2);
        for (size_t way = 0; way < r->copy.way_count; way++)
            check_way(r, way, counts[i]);
    }
}

START_TEST(every_way_copies)
{
    rig *r = open_rig();
    check_ways(r);
    close_rig(r);
}
END_TEST

START_TEST(every_way_of_other_devices_copies)
{
    rig *r = open_rig();
    r->copy.device.is_cpu = !r->copy.device.is_cpu;
    check_ways(r);
    close_rig(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench copy");
    TCase *choice = tcase_create("choice"), *device = tcase_create("device");
    tcase_add_test(choice, the_two_fastest_are_chosen);
    tcase_add_test(choice, ways_far_behind_are_left_out);
    tcase_add_test(choice, a_limit_that_is_none_is_seen);
    tcase_add_test(choice, a_cpu_tries_both_stores_at_every_size);
    tcase_add_test(choice, only_what_the_device_has_is_tried);
    tcase_add_test(choice, no_two_ways_are_the_same);
    suite_add_tcase(suite, choice);
    tcase_set_timeout(device, 120);
    tcase_add_test(device, every_way_copies);
    tcase_add_test(device, every_way_of_other_devices_copies);
    suite_add_tcase(suite, device);
    return run_suite(suite);
}
