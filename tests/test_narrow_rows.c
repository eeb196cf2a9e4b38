/*
 * Rows of 1 to 17 values, and enough of them: those up to 16 have programs for their length alone, which take
 * 16 rows at once. Their number is never a multiple of 16.
 */
#include "harness.h"
#include <math.h>
#include <string.h>

enum { MANY = 16384, LONGEST = 17, FEW = 90 }; /* values that are worth such a program; rows that are not */

typedef enum subject { L2, L2_BACKWARD, TRAIN, STATISTICS, BACKWARD, BACKWARD_INFER, SUBJECTS } subject;

static clnorm_op op_of(subject what, size_t rows, size_t length)
{
    static const clnorm_mode modes[SUBJECTS] = {CLNORM_INFER,      CLNORM_BACKWARD, CLNORM_TRAIN,
                                                CLNORM_STATISTICS, CLNORM_BACKWARD, CLNORM_BACKWARD_INFER};
    const clnorm_tensor x = clnorm_tensor_2d(CLNORM_F32, rows, length);
    clnorm_op op = what <= L2_BACKWARD ? clnorm_l2_normalize(x, -1) : clnorm_batch_normalization(x);
    op.mode = modes[what];
    if (what > L2_BACKWARD)
        op.axis = 0;
    return op;
}

/* Leaves a remainder, another one for each length, when divided by 16. */
static size_t many_rows(size_t length)
{
    return MANY / length / 16 * 16 + 32 + 1 + length * 7 % 15;
}

static void check(subject what, size_t rows, size_t length, data_kind kind, clnorm_context *context)
{
    clnorm_op op = op_of(what, rows, length);
    trial t;
    op.accumulate_dx = length % 4 == 1;
    trial_begin(&t, &op);
    t.in_place = length % 4 == 2 && what != STATISTICS;
    t.shift = length % 3;
    if (length % 5 == 0 && (what == TRAIN || what == BACKWARD))
        trial_omit(&t, "gamma");
    trial_fill(&t, kind, length);
    trial_check(&t, context);
    trial_end(&t);
}

/* All that sums and results go through: with the shortest rows, and others that are shuffled or transposed.
 */
static bool is_typical(size_t length)
{
    return length == 2 || length == 3 || length == 9 || length == 10 || length == 16;
}

START_TEST(every_length)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t length = 1; length <= LONGEST; length++)
        if (_i == L2 || is_typical(length))
            check((subject)_i, many_rows(length), length, DATA_NORMAL, context);
    clnorm_context_destroy(context);
}
END_TEST

/* Sums that are scaled, and values that are alike. */
START_TEST(every_kind_of_data)
{
    static const size_t lengths[] = {3, 10};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int kind = 0; kind < DATA_KINDS + (_i <= L2_BACKWARD); kind++)
            check((subject)_i, many_rows(lengths[i]), lengths[i], (data_kind)kind, context);
    clnorm_context_destroy(context);
}
END_TEST

/* Results that are written past the cache. */
START_TEST(large_tensors)
{
    static const size_t lengths[] = {3, 10, 24, 100};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t shift = 0; shift < 2; shift++) {
            const clnorm_op op = op_of(L2, 2000003 / lengths[i], lengths[i]);
            trial t;
            trial_begin(&t, &op);
            t.shift = shift;
            trial_fill(&t, DATA_NORMAL, shift);
            trial_check(&t, context);
            trial_end(&t);
        }
    clnorm_context_destroy(context);
}
END_TEST

/* Rows with values of any size: the neighbours of those that need a scale need none. */
static void fill_with_any_size(trial *t, const char *name)
{
    generator random = generator_seeded(5);
    const operand *o = trial_operand(t, name);
    const size_t length = t->op.x.dims[1];
    for (size_t row = 0; o && row < t->op.x.dims[0]; row++) {
        const int exponent = row % 3 == 0 ? (int)generator_below(&random, 270) - 145 : 0;
        for (size_t i = 0; i < length; i++)
            trial_input(t, name)[row * length + i] =
                ldexpf((float)generator_uniform(&random) - 0.5f, exponent - (int)generator_below(&random, 9));
    }
}

START_TEST(any_size)
{
    static const double epsilons[] = {1e-12, 0, 1e-80, 1e60, 1e-90};
    static const size_t lengths[] = {3, 10};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t e = 0; e < sizeof epsilons / sizeof *epsilons; e++) {
            clnorm_op op = op_of((subject)_i, many_rows(lengths[i]), lengths[i]);
            trial t;
            op.epsilon = epsilons[e];
            trial_begin(&t, &op);
            trial_fill(&t, DATA_NORMAL, e);
            fill_with_any_size(&t, "x");
            trial_check(&t, context);
            trial_end(&t);
        }
    clnorm_context_destroy(context);
}
END_TEST

/* Few rows are not worth a program; each of their results has the same bits. */
START_TEST(bits_of_few_rows)
{
    static const size_t lengths[] = {2, 3, 9, 10, 16};
    static const char *const results[] = {"y",     "dx", "batch_mean", "batch_variance", "inverse_deviation",
                                          "dgamma"};
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t rows[] = {many_rows(lengths[i]), FEW};
        trial t[2];
        for (size_t k = 0; k < 2; k++) {
            const clnorm_op op = op_of((subject)_i, rows[k], lengths[i]);
            trial_begin(&t[k], &op);
            trial_fill(&t[k], DATA_NORMAL, 1);
            if (_i <= L2_BACKWARD)
                fill_with_any_size(&t[k], "x");
            for (size_t o = 0; k == 1 && o < t[0].count; o++) {
                const operand *from = &t[0].operands[o], *to = &t[1].operands[o];
                if (to->given && clnorm_op_reads(&op, to->info))
                    memcpy(t[1].before + to->start, t[0].before + from->start, to->span * sizeof(float));
            }
            trial_check(&t[k], context);
        }
        for (size_t r = 0; r < sizeof results / sizeof *results; r++) {
            const operand *o = trial_operand(&t[1], results[r]);
            if (o && o->given && !clnorm_op_reads(&t[1].op, o->info))
                ck_assert_msg(memcmp(trial_result(&t[0], results[r]), trial_result(&t[1], results[r]),
                                     o->span * sizeof(float)) == 0,
                              "rows of %zu: %s differs", lengths[i], results[r]);
        }
        trial_end(&t[0]);
        trial_end(&t[1]);
    }
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("narrow_rows");
    TCase *cases = tcase_create("rows");
    tcase_set_timeout(cases, 0);
    tcase_add_loop_test(cases, every_length, 0, SUBJECTS);
    tcase_add_loop_test(cases, every_kind_of_data, 0, SUBJECTS);
    tcase_add_loop_test(cases, any_size, L2, L2_BACKWARD + 1);
    tcase_add_loop_test(cases, bits_of_few_rows, 0, SUBJECTS);
    tcase_add_test(cases, large_tensors);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
