/*
 * The same bits whatever the number of compute units: it decides who computes what, never what is added to
 * what. PoCL takes the number from the environment, and so does the layer in tests/drivers, for drivers that
 * do not; each is asked in a process of its own.
 */
#include "harness.h"
#include "random_op.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) /* FNV-1a */
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_of_op(const clnorm_op *op, uint64_t seed, clnorm_context *context)
{
    trial t;
    uint64_t hash = 0xcbf29ce484222325u;
    trial_begin(&t, op);
    trial_fill(&t, DATA_NORMAL, seed);
    trial_run(&t, context, NULL);
    hash = hash_bytes(hash, t.after, t.size * sizeof(float));
    trial_end(&t);
    return hash;
}

/* Shapes that are split among work-items one way or another: few long groups, many short ones. */
enum { FIXED = 7, FORWARD = 60, BACKWARD = 30, HASHES = FIXED + FORWARD + BACKWARD };

static clnorm_op op_number(size_t number)
{
    static const struct {
        size_t dims[3];
        int axis;
    } shapes[FIXED] = {
        {{1, 1, 500009}, 1}, {{3, 2, 70001}, 1}, {{2, 64, 56}, 1},   {{90001, 1, 3}, -1},
        {{200, 7, 17}, 1},   {{64, 1, 600}, -1}, {{5, 4099, 33}, 1},
    };
    static const clnorm_op_kind kinds[] = {CLNORM_BATCH_NORMALIZATION, CLNORM_L2_NORMALIZE,
                                           CLNORM_LOCAL_RESPONSE_NORMALIZATION};
    generator random = generator_seeded(number + 9000);
    if (number >= FIXED) {
        clnorm_op_kind kind = kinds[number % 3];
        clnorm_mode mode = kind == CLNORM_BATCH_NORMALIZATION ? CLNORM_TRAIN : CLNORM_INFER;
        if (number >= FIXED + FORWARD)
            mode = CLNORM_BACKWARD;
        return random_op(&random, kind, mode, random_tensor(&random, 2, 60000));
    }
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_dense(CLNORM_F32, 3, shapes[number].dims));
    op.mode = CLNORM_TRAIN;
    op.axis = shapes[number].axis;
    return op;
}

/* In a process of its own: all hashes into the pipe. */
static void compute(const char *threads, clnorm_kernels schedule, int pipe)
{
    setenv("POCL_MAX_PTHREAD_COUNT", threads, 1);
    setenv("CL_CONFIG_CPU_TBB_NUM_WORKERS", threads, 1); /* Intel's, which say the same number of units */
    setenv("LAYER_COMPUTE_UNITS", threads, 1);
    clnorm_context *context = harness_context(schedule);
    uint64_t hashes[HASHES];
    for (size_t i = 0; i < HASHES; i++) {
        clnorm_op op = op_number(i);
        hashes[i] = hash_of_op(&op, i, context);
    }
    clnorm_context_destroy(context);
    _exit(write(pipe, hashes, sizeof hashes) == (ssize_t)sizeof hashes ? 0 : 1);
}

static void hashes_with(const char *threads, clnorm_kernels schedule, uint64_t *hashes)
{
    int ends[2];
    int status = 0;
    size_t filled = 0;
    ssize_t count = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        compute(threads, schedule, ends[1]);
    close(ends[1]);
    while (filled < HASHES * sizeof *hashes &&
           (count = read(ends[0], (char *)hashes + filled, HASHES * sizeof *hashes - filled)) > 0)
        filled += (size_t)count;
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process with %s threads failed",
                  threads);
    ck_assert_uint_eq(filled, HASHES * sizeof *hashes);
}

START_TEST(compute_units)
{
    static const char *const threads[] = {"2", "3", "8"};
    uint64_t expected[HASHES];
    uint64_t hashes[HASHES];
    hashes_with("1", harness_schedules[_i], expected);
    for (size_t k = 0; k < 3; k++) {
        hashes_with(threads[k], harness_schedules[_i], hashes);
        for (size_t i = 0; i < HASHES; i++)
            ck_assert_msg(hashes[i] == expected[i], "case %zu differs with %s threads", i, threads[k]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("determinism");
    TCase *units = tcase_create("compute units");
    tcase_set_timeout(units, 600);
    tcase_add_loop_test(units, compute_units, 0, HARNESS_SCHEDULES);
    suite_add_tcase(suite, units);
    return run_suite(suite);
}
