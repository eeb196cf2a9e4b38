/*
 * The same bits every time: however often, whatever else the machine does, however many compute units,
 * wherever buffers lie, whatever lies beside a group, and with whatever values that were measured. Units
 * decide who computes what, never what is added to what. PoCL takes their number from the environment, and so
 * does the layer in tests/drivers, for drivers that do not; each is asked in a process of its own.
 * CLNORM_TEST_REPEAT says how often a case is repeated.
 */
#include "determinism_cases.h"
#include "harness.h"
#include "random_op.h"
#include "walk.h"
#include <clnorm/tuning.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Compute units ---- */

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
enum { FIXED = 10, FORWARD = 60, BACKWARD = 30, DRAWN = FIXED + FORWARD + BACKWARD, MOST_HASHES = 256 };

static size_t hash_count(void)
{
    const size_t count = DRAWN + determinism_count();
    ck_assert_uint_le(count, MOST_HASHES);
    return count;
}

static clnorm_op op_number(size_t number)
{
    static const struct {
        size_t dims[3];
        int axis;
    } shapes[FIXED] = {
        {{1, 1, 500009}, 1},
        {{3, 2, 70001}, 1},
        {{2, 64, 56}, 1},
        {{90001, 1, 3}, -1},
        {{200, 7, 17}, 1},
        {{64, 1, 600}, -1},
        {{5, 4099, 33}, 1},
        /* fused by few cores, else in parts: columns that are folded, or not, and planes */
        {{1, 2000, 200}, -1},
        {{1, 2000, 208}, -1},
        {{3, 16, 9001}, 1},
    };
    if (number >= DRAWN)
        return determinism_op(number - DRAWN);
    generator random = generator_seeded(number + 9000);
    if (number >= FIXED) {
        const test_operation *operation = test_operation_get(number % test_operation_count());
        clnorm_mode mode = test_operation_has(operation, CLNORM_TRAIN) ? CLNORM_TRAIN : CLNORM_INFER;
        if (number >= FIXED + FORWARD)
            mode = CLNORM_BACKWARD;
        return random_op(&random, operation->kind, mode,
                         random_tensor(&random, 2, number % 2 ? 60000 : 400000));
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
    uint64_t hashes[MOST_HASHES];
    const size_t count = hash_count();
    for (size_t i = 0; i < count; i++) {
        clnorm_op op = op_number(i);
        hashes[i] = hash_of_op(&op, i, context);
    }
    clnorm_context_destroy(context);
    const size_t size = count * sizeof *hashes;
    _exit(write(pipe, hashes, size) == (ssize_t)size ? 0 : 1);
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
    const size_t size = hash_count() * sizeof *hashes;
    while (filled < size && (count = read(ends[0], (char *)hashes + filled, size - filled)) > 0)
        filled += (size_t)count;
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process with %s threads failed",
                  threads);
    ck_assert_uint_eq(filled, size);
}

START_TEST(compute_units)
{
    static const char *const threads[] = {"2", "3", "8"};
    uint64_t expected[MOST_HASHES];
    uint64_t hashes[MOST_HASHES];
    hashes_with("1", harness_schedules[_i], expected);
    for (size_t k = 0; k < 3; k++) {
        hashes_with(threads[k], harness_schedules[_i], hashes);
        for (size_t i = 0; i < hash_count(); i++)
            ck_assert_msg(hashes[i] == expected[i], "case %zu differs with %s threads", i, threads[k]);
    }
}
END_TEST

/* ---- Tuning ---- */

/* All values at one end of their range. */
static void tune(clnorm_context *context, bool most)
{
    for (size_t i = 0; i < clnorm_tuning_count(); i++) {
        const clnorm_tuning_info *info = clnorm_tuning_info_get(i);
        ck_assert_int_eq(clnorm_tuning_set(context, info->name, most ? info->most : info->least), CLNORM_OK);
    }
}

START_TEST(tuning)
{
    clnorm_context *usual = harness_context(harness_schedules[_i]);
    clnorm_context *tuned[2] = {harness_context(harness_schedules[_i]),
                                harness_context(harness_schedules[_i])};
    for (size_t k = 0; k < 2; k++)
        tune(tuned[k], k == 1);
    for (size_t i = 0; i < hash_count(); i++) {
        const clnorm_op op = op_number(i);
        const uint64_t expected = hash_of_op(&op, i, usual);
        for (size_t k = 0; k < 2; k++)
            ck_assert_msg(hash_of_op(&op, i, tuned[k]) == expected, "case %zu differs with %s values", i,
                          k == 0 ? "the least" : "the greatest");
    }
    for (size_t k = 0; k < 2; k++)
        clnorm_context_destroy(tuned[k]);
    clnorm_context_destroy(usual);
}
END_TEST

/* ---- Repetitions ---- */

static size_t repetitions(void)
{
    const char *given = getenv("CLNORM_TEST_REPEAT");
    const size_t usual = getenv("CLNORM_TEST_QUICK") != NULL ? 3 : 8;
    return given != NULL && *given != '\0' ? strtoull(given, NULL, 10) : usual;
}

/* Takes a core, and the caches that cores share, until it is told to stop. */
static void *load_a_core(void *stop)
{
    enum { VALUES = 1 << 20 };
    static float values[VALUES];
    float sum = 1;
    while (!atomic_load((atomic_bool *)stop)) {
        for (size_t i = 0; i < VALUES; i++)
            sum = values[i] = sum * 0.5F + (float)i;
    }
    return NULL;
}

static void repeat(const clnorm_op *op, clnorm_context *context, size_t times)
{
    char text[512];
    trial t;
    clnorm_plan *plan = NULL;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, op), CLNORM_OK);
    trial_begin(&t, op);
    trial_fill(&t, DATA_NORMAL, 77);
    trial_run(&t, context, plan);
    const size_t size = t.size * sizeof(float);
    float *first = malloc(size);
    ck_assert_ptr_nonnull(first);
    memcpy(first, t.after, size);
    for (size_t i = 1; i < times; i++) {
        trial_run(&t, context, plan);
        ck_assert_msg(memcmp(first, t.after, size) == 0, "repetition %zu differs: %s", i,
                      trial_describe(&t, text, sizeof text));
    }
    free(first);
    trial_end(&t);
    clnorm_plan_destroy(plan);
}

START_TEST(repeated)
{
    atomic_bool stop = false;
    pthread_t thread;
    clnorm_context *context = harness_context(harness_schedules[_i]);
    ck_assert_int_eq(pthread_create(&thread, NULL, load_a_core, &stop), 0);
    for (size_t i = 0; i < determinism_count(); i++) {
        const clnorm_op op = determinism_op(i);
        repeat(&op, context, repetitions());
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    clnorm_context_destroy(context);
    printf("%zu repetitions of %zu cases\n", repetitions(), determinism_count());
}
END_TEST

/* ---- Offsets ---- */

static void check_same(const trial *expected, const trial *got, const char *what)
{
    char text[512];
    for (size_t i = 0; i < got->count; i++)
        ck_assert_msg(got->operands[i].info->role == CLNORM_ROLE_INPUT ||
                          trial_same_bits(expected, got, got->operands[i].info->name),
                      "%s differs %s: %s", got->operands[i].info->name, what,
                      trial_describe(got, text, sizeof text));
}

START_TEST(offsets)
{
    static const size_t shifts[] = {1, 2, 3, 4, 5, 8, 16, 17, 63};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < determinism_count(); i++) {
        const clnorm_op op = determinism_op(i);
        trial aligned, t;
        trial_begin(&aligned, &op);
        trial_fill(&aligned, DATA_NORMAL, 5);
        trial_run(&aligned, context, NULL);
        for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
            trial_begin(&t, &op);
            t.shift = shifts[k];
            t.one_buffer = k % 2;
            trial_fill(&t, DATA_NORMAL, 5);
            trial_run(&t, context, NULL);
            check_same(&aligned, &t, "where buffers lie elsewhere");
            trial_end(&t);
        }
        trial_end(&aligned);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Neighbours ---- */

/* One index of the axis whose indices do not know of each other. */
typedef struct slice {
    trial *of;
    size_t index;
} slice;

static bool is_in_slice(const slice *s, const operand *o, const walk *w)
{
    const unsigned axis = o->tensor.rank < s->of->op.x.rank ? 0 : determinism_apart(&s->of->op);
    return o->info->shape == CLNORM_SHAPE_SCALAR || w->index[axis] == s->index;
}

static void skip_others(const slice *s, const operand *o, walk *w)
{
    while (w->left && !is_in_slice(s, o, w))
        walk_next(w);
}

/* Inputs of one slice become those of the other; or false if results of the two differ. */
static bool join_slices(const slice *from, const slice *to, bool copy)
{
    for (size_t i = 0; i < to->of->count; i++) {
        const operand *a = &from->of->operands[i], *b = &to->of->operands[i];
        walk v = walk_begin(&a->tensor), w = walk_begin(&b->tensor);
        if (!copy && a->info->role == CLNORM_ROLE_INPUT)
            continue;
        for (skip_others(from, a, &v), skip_others(to, b, &w); v.left && w.left;
             walk_next(&v), walk_next(&w), skip_others(from, a, &v), skip_others(to, b, &w)) {
            if (copy)
                to->of->before[b->start + w.place] = from->of->before[a->start + v.place];
            else if (memcmp(&to->of->after[b->start + w.place], &from->of->after[a->start + v.place],
                            sizeof(float)) != 0)
                return false;
        }
        ck_assert(!v.left && !w.left);
    }
    return true;
}

static void compare_slice(const slice *among, const clnorm_op *op, size_t index, data_kind kind,
                          const char *what, clnorm_context *context)
{
    char text[512];
    trial t;
    const slice other = {&t, index};
    trial_begin(&t, op);
    trial_fill(&t, kind, 1234);
    join_slices(among, &other, true);
    trial_run(&t, context, NULL);
    ck_assert_msg(join_slices(among, &other, false), "index %zu differs %s: %s", among->index, what,
                  trial_describe(&t, text, sizeof text));
    trial_end(&t);
}

/* What is beside a group has other values, of which some overflow or are no numbers. */
START_TEST(neighbours_values)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < determinism_count(); i++) {
        const clnorm_op op = determinism_op(i);
        const size_t count = op.x.dims[determinism_apart(&op)], indices[] = {0, count / 2, count - 1};
        trial t;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, 6);
        trial_run(&t, context, NULL);
        for (size_t k = 0; k < sizeof indices / sizeof *indices; k++) {
            const slice among = {&t, indices[k]};
            compare_slice(&among, &op, indices[k], DATA_TINY, "beside tiny values", context);
            if (test_operation_of(op.kind)->bears_huge)
                compare_slice(&among, &op, indices[k], DATA_HUGE, "beside huge values", context);
        }
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* A row or an image alone. Of channels two: the axes around a single one merge, so that it is another
 * problem, whose values are added in another order. As dense or strided as before: strides choose other
 * kernels. */
static clnorm_op narrowed(const clnorm_op *op)
{
    clnorm_op narrow = *op;
    narrow.x.dims[determinism_apart(op)] = test_op_groups(op).along ? 1 : 2;
    const clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, op->x.rank, op->x.dims);
    if (memcmp(dense.strides, op->x.strides, sizeof dense.strides) == 0)
        narrow.x = clnorm_tensor_dense(CLNORM_F32, op->x.rank, narrow.x.dims);
    return narrow;
}

/* How the gpu and fpga schedules sum columns depends on how many lie side by side, as docs/design.md says. */
static bool depends_on_width(const clnorm_op *op, clnorm_kernels schedule)
{
    return schedule != CLNORM_KERNELS_CPU && !test_op_groups(op).along &&
           determinism_apart(op) + 1 == op->x.rank && op->mode != CLNORM_INFER && op->mode != CLNORM_APPLY;
}

START_TEST(neighbours_number)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < determinism_count(); i++) {
        const clnorm_op op = determinism_op(i), narrow = narrowed(&op);
        const unsigned axis = determinism_apart(&op);
        const size_t count = op.x.dims[axis], indices[] = {0, count / 2, count - 1};
        trial t;
        if (depends_on_width(&op, harness_schedules[_i]))
            continue;
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, 6);
        trial_run(&t, context, NULL);
        for (size_t k = 0; k < sizeof indices / sizeof *indices; k++) {
            const slice among = {&t, indices[k]};
            compare_slice(&among, &narrow, indices[k] == 0 ? 0 : narrow.x.dims[axis] - 1, DATA_NORMAL,
                          "beside fewer", context);
        }
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

static void add_case(Suite *suite, const char *name, const TTest *test)
{
    TCase *added = tcase_create(name);
    tcase_set_timeout(added, 600 + (double)repetitions() * 5);
    tcase_add_loop_test(added, test, 0, HARNESS_SCHEDULES);
    suite_add_tcase(suite, added);
}

int main(void)
{
    Suite *suite = suite_create("determinism");
    add_case(suite, "compute units", compute_units);
    add_case(suite, "tuning", tuning);
    add_case(suite, "repetitions", repeated);
    add_case(suite, "offsets", offsets);
    add_case(suite, "values of neighbours", neighbours_values);
    add_case(suite, "number of neighbours", neighbours_number);
    return run_suite(suite);
}
