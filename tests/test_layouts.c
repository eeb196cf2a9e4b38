/*
 * Where tensors lie: strides, gaps, repeated elements, permuted axes, in place, offsets, nothing at all;
 * which buffers are given; and that none of it changes a bit that it should not.
 */
#include "harness.h"
#include "random_op.h"
#include "walk.h"
#include <stdio.h>
#include <string.h>

/* A case is an operation that gives y, with its axis last or second, on a dense [6,5,7,4], by one schedule.
 */
enum { RANK = 4 };
static const size_t base_dims[RANK] = {6, 5, 7, 4};
static const clnorm_mode modes_of_y[] = {CLNORM_INFER, CLNORM_TRAIN};
static const int axes_of_cases[] = {-1, 1};

/* The number `which` of such operations; false beyond the last. */
static bool find_subject(int which, const test_operation **operation, clnorm_mode *mode, int *axis)
{
    for (size_t i = 0; i < test_operation_count(); i++) {
        for (int m = 0; m < 2; m++) {
            if (!test_operation_has(test_operation_get(i), modes_of_y[m]))
                continue;
            if (which < 2) {
                *operation = test_operation_get(i);
                *mode = modes_of_y[m];
                *axis = axes_of_cases[which];
                return true;
            }
            which -= 2;
        }
    }
    return false;
}

static int case_count(void)
{
    const test_operation *operation;
    clnorm_mode mode;
    int count = 0, axis;
    while (find_subject(count, &operation, &mode, &axis))
        count++;
    return count * HARNESS_SCHEDULES;
}

static clnorm_op subject_of_case(int test, clnorm_tensor x)
{
    const test_operation *operation = NULL;
    clnorm_mode mode = CLNORM_INFER;
    int axis = 0;
    ck_assert(find_subject(test / HARNESS_SCHEDULES, &operation, &mode, &axis));
    clnorm_op op = test_operation_op(operation, x, axis);
    op.mode = mode;
    test_op_set(&op, "alpha", 0.1); /* of a window: its neighbours tell */
    return op;
}

static clnorm_context *context_of_case(int test)
{
    return harness_context(harness_schedules[test % HARNESS_SCHEDULES]);
}

static clnorm_tensor base(void)
{
    return clnorm_tensor_dense(CLNORM_F32, RANK, base_dims);
}

/* Rows of `gap` more elements than are used, and one row more a plane than is used. */
static clnorm_tensor gapped(clnorm_tensor tensor, size_t gap)
{
    size_t stride = 1;
    for (unsigned axis = tensor.rank; axis-- > 0;) {
        tensor.strides[axis] = stride;
        stride *= tensor.dims[axis] + (axis + 1 == tensor.rank ? gap : 1);
    }
    return tensor;
}

/* As many elements as `tensor` has, its axes lying in memory in the order given, the last contiguous. */
static clnorm_tensor permuted(clnorm_tensor tensor, const unsigned *order)
{
    size_t stride = 1;
    for (unsigned i = tensor.rank; i-- > 0;) {
        tensor.strides[order[i]] = stride;
        stride *= tensor.dims[order[i]];
    }
    return tensor;
}

static void run(const clnorm_op *op, bool in_place, size_t shift, clnorm_context *context)
{
    trial t;
    trial_begin(&t, op);
    t.in_place = in_place;
    t.shift = shift;
    t.one_buffer = shift % 2;
    trial_fill(&t, DATA_NORMAL, 11 + shift);
    trial_check(&t, context);
    trial_end(&t);
}

START_TEST(gaps)
{
    clnorm_context *context = context_of_case(_i);
    for (size_t gap = 0; gap < 20; gap += gap ? 4 : 1) {
        clnorm_op op = subject_of_case(_i, gapped(base(), gap));
        op.y = base();
        run(&op, false, 0, context); /* x strided */
        op.y = gapped(base(), 3);
        run(&op, false, 1, context); /* both */
        op.x = base();
        run(&op, false, 2, context); /* y strided */
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Every element apart from its neighbours. */
START_TEST(scattered)
{
    clnorm_context *context = context_of_case(_i);
    clnorm_tensor x = base();
    for (unsigned axis = 0; axis < RANK; axis++)
        x.strides[axis] *= 3;
    clnorm_op op = subject_of_case(_i, x);
    run(&op, false, 0, context);
    op.y = base();
    run(&op, false, 5, context);
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(repeated)
{
    clnorm_context *context = context_of_case(_i);
    for (unsigned axes = 1; axes < 1u << RANK; axes++) {
        clnorm_tensor x = base();
        for (unsigned axis = 0; axis < RANK; axis++)
            x.strides[axis] = axes >> axis & 1 ? 0 : x.strides[axis];
        clnorm_op op = subject_of_case(_i, x);
        op.y = base();
        run(&op, false, axes % 3, context);
    }
    /* Windows of a sequence: rows that overlap. */
    clnorm_tensor x = base();
    x.strides[2] = 2;
    clnorm_op op = subject_of_case(_i, x);
    op.y = base();
    run(&op, false, 0, context);
    clnorm_context_destroy(context);
}
END_TEST

/* All orders of four axes for x; y alike, dense, or in another order. */
START_TEST(permutations)
{
    clnorm_context *context = context_of_case(_i);
    static const unsigned reversed[RANK] = {3, 2, 1, 0};
    for (unsigned code = 0; code < 256; code++) {
        unsigned order[RANK] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
        unsigned seen = 1u << order[0] | 1u << order[1] | 1u << order[2] | 1u << order[3];
        if (seen != 15)
            continue;
        clnorm_op op = subject_of_case(_i, permuted(base(), order));
        run(&op, false, 0, context);
        op.y = base();
        run(&op, false, 0, context);
        op.y = permuted(base(), reversed);
        run(&op, false, 0, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(in_place)
{
    static const unsigned order[RANK] = {2, 0, 3, 1};
    clnorm_context *context = context_of_case(_i);
    clnorm_op op = subject_of_case(_i, base());
    if (test_operation_of(op.kind)->in_place) {
        run(&op, true, 0, context);
        run(&op, true, 7, context);
        op.x = gapped(base(), 5);
        run(&op, true, 1, context);
        op.y = op.x;
        run(&op, true, 0, context);
        op.y = (clnorm_tensor){.rank = 0};
        op.x = permuted(base(), order);
        run(&op, true, 2, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* An axis without elements: nothing is written but sums over nothing, and nothing is wrong. */
START_TEST(empty)
{
    clnorm_context *context = context_of_case(_i);
    for (unsigned axis = 0; axis < RANK; axis++) {
        size_t dims[RANK];
        trial t;
        memcpy(dims, base_dims, sizeof dims);
        dims[axis] = 0;
        clnorm_op op = subject_of_case(_i, clnorm_tensor_dense(CLNORM_F32, RANK, dims));
        trial_begin(&t, &op);
        trial_fill(&t, DATA_NORMAL, axis);
        trial_check(&t, context);
        trial_end(&t);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Every rank with all sizes 1, and then with one axis of 19. */
START_TEST(ranks)
{
    clnorm_context *context = context_of_case(_i);
    const clnorm_op usual = subject_of_case(_i, base());
    for (unsigned rank = test_operation_of(usual.kind)->minimum_rank; rank <= CLNORM_MAX_RANK; rank++)
        for (unsigned axis = 0; axis <= rank; axis++) {
            size_t dims[CLNORM_MAX_RANK + 1] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
            clnorm_op op = usual;
            dims[axis] = axis < rank ? 19 : 1;
            op.x = clnorm_tensor_dense(CLNORM_F32, rank, dims);
            if (rank == 1)
                test_op_set_axis(&op, 0);
            run(&op, false, axis, context);
        }
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(rank_eight)
{
    static const size_t dims[8] = {2, 3, 1, 2, 3, 2, 1, 3};
    static const unsigned order[8] = {3, 1, 6, 0, 7, 2, 5, 4};
    clnorm_context *context = context_of_case(_i);
    clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 8, dims);
    clnorm_op op = subject_of_case(_i, x);
    for (int axis = -8; axis < 8; axis++) {
        test_op_set_axis(&op, axis);
        op.x = x;
        run(&op, false, 0, context);
        op.x = permuted(x, order);
        run(&op, false, 1, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

static void fill_and_run(trial *t, const clnorm_op *op, size_t shift, clnorm_context *context)
{
    trial_begin(t, op);
    t->shift = shift;
    trial_fill(t, DATA_NORMAL, 5);
    trial_check(t, context);
}

/* The same bits again, and at every offset that a vector could mind. */
START_TEST(same_bits)
{
    static const size_t dims[][RANK] = {{3, 5, 13, 17}, {2, 67, 3, 70}};
    clnorm_context *context = context_of_case(_i);
    for (size_t i = 0; i < 2; i++) {
        clnorm_op op = subject_of_case(_i, clnorm_tensor_dense(CLNORM_F32, RANK, dims[i]));
        trial first;
        fill_and_run(&first, &op, 0, context);
        for (size_t shift = 0; shift < 18; shift++) {
            trial again;
            fill_and_run(&again, &op, shift, context);
            for (size_t k = 0; k < first.count; k++)
                ck_assert_msg(first.operands[k].info->role == CLNORM_ROLE_INPUT ||
                                  trial_same_bits(&first, &again, first.operands[k].info->name),
                              "%s is not the same at an offset of %zu", first.operands[k].info->name, shift);
            trial_end(&again);
        }
        trial_end(&first);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* What the first sample gives alone is what it gives among many: not where the samples are summed over. */
START_TEST(alone)
{
    static const size_t counts[] = {1, 2, 3, 16, 257};
    clnorm_context *context = context_of_case(_i);
    trial first;
    for (size_t i = 0; i < 5; i++) {
        size_t dims[RANK] = {counts[i], 5, 7, 37};
        clnorm_op op = subject_of_case(_i, clnorm_tensor_dense(CLNORM_F32, RANK, dims));
        trial t;
        if (op.mode == CLNORM_TRAIN)
            break;
        fill_and_run(&t, &op, 0, context);
        if (i == 0) {
            first = t;
            continue;
        }
        ck_assert_msg(trial_same_bits(&first, &t, "y"), "the first of %zu samples differs", counts[i]);
        trial_end(&t);
        if (i == 4)
            trial_end(&first);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Rows, runs and rows of columns of every length around one vector and a few. */
START_TEST(every_width)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t width = 1; width <= 70; width++) {
        clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 37, width), -1);
        run(&op, false, width % 2, context);
        op.x = clnorm_tensor_2d(CLNORM_F32, 1301, width);
        op.dim = 0;
        run(&op, false, 0, context);
        op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 3, 18, width));
        op.mode = CLNORM_TRAIN;
        run(&op, false, width % 3, context);
        op.axis = 1;
        run(&op, false, width % 2, context);
        op = clnorm_local_response_normalization(op.x);
        op.depth_radius = 2;
        op.axis = 1;
        run(&op, false, width % 2, context);
    }
    for (size_t width = 71; width <= 140; width += 3) {
        const clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 37, width), -1);
        run(&op, false, width % 2, context);
    }
    /* enough rows of few columns to be folded, with every tail */
    for (size_t rows = 5000; rows < 5017; rows++) {
        clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, rows, 19));
        op.mode = CLNORM_TRAIN;
        run(&op, false, 0, context);
    }
    clnorm_context_destroy(context);
}
END_TEST

START_TEST(window_sizes)
{
    static const int windows[][2] = {{0, 0},  {1, 0},  {0, 1},       {2, 5},
                                     {5, 2},  {4, 4},  {5, 5},       {0, 9},
                                     {30, 0}, {99, 3}, {1000, 1000}, {2147483647, 2147483647}};
    clnorm_context *context = harness_context(harness_schedules[_i]);
    static const size_t channels[] = {1, 2, 5, 16, 17, 70};
    for (size_t c = 0; c < 6; c++)
        for (size_t i = 0; i < 12; i++)
            for (int axis = 1; axis < 3; axis++) {
                size_t dims[] = {2, axis == 1 ? channels[c] : 21, axis == 2 ? channels[c] : 19};
                clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_dense(CLNORM_F32, 3, dims));
                op.axis = axis;
                op.window_before = windows[i][0];
                op.window_after = windows[i][1];
                op.alpha = 0.2;
                run(&op, false, i % 2, context);
                op.alpha_scaled_by_size = true;
                run(&op, false, i % 3, context);
            }
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 9, 11));
    for (op.depth_radius = 0; op.depth_radius < 14; op.depth_radius += test_is_full() ? 1 : 3)
        run(&op, false, 0, context);
    clnorm_context_destroy(context);
}
END_TEST

static void check_train(const test_operation *operation, clnorm_context *context)
{
    trial infer;
    trial train;
    clnorm_op op = test_operation_op(operation, base(), -1);
    fill_and_run(&infer, &op, 0, context);
    op.mode = CLNORM_TRAIN;
    fill_and_run(&train, &op, 0, context);
    ck_assert(trial_same_bits(&infer, &train, "y"));
    trial_end(&infer);
    trial_end(&train);
}

/* Operations that do not train take `train` and mean `infer`. */
START_TEST(train_is_infer)
{
    size_t checked = 0;
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (size_t i = 0; i < test_operation_count(); i++) {
        if (test_operation_has(test_operation_get(i), CLNORM_TRAIN))
            continue;
        check_train(test_operation_get(i), context);
        checked++;
    }
    ck_assert_uint_gt(checked, 0);
    clnorm_context_destroy(context);
}
END_TEST

/* The optional buffers of batch normalization, the moving averages as one. */
static const char *const optional[] = {"gamma",
                                       "beta",
                                       "moving_mean",
                                       "batch_mean",
                                       "batch_variance",
                                       "batch_mean_residual",
                                       "inverse_deviation"};
enum { OPTIONAL = 7 };

static void omit_subset(trial *t, unsigned subset)
{
    for (unsigned i = 0; i < OPTIONAL; i++) {
        operand *o = trial_operand(t, optional[i]);
        if (!o || o->info->required || !(subset >> i & 1))
            continue;
        trial_omit(t, optional[i]);
        if (strcmp(optional[i], "moving_mean") == 0)
            trial_omit(t, "moving_variance");
    }
}

START_TEST(subsets)
{
    static const clnorm_mode modes[] = {CLNORM_TRAIN, CLNORM_INFER, CLNORM_STATISTICS, CLNORM_APPLY};
    clnorm_context *context = harness_context(harness_schedules[_i % HARNESS_SCHEDULES]);
    for (int axis = 1; axis < 3; axis++) {
        clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 9, 5, 18));
        op.mode = modes[_i / HARNESS_SCHEDULES];
        op.axis = axis;
        for (unsigned subset = 0; subset < 1u << OPTIONAL; subset++) {
            trial t;
            trial_begin(&t, &op);
            omit_subset(&t, subset);
            trial_fill(&t, DATA_NORMAL, subset);
            trial_check(&t, context);
            trial_end(&t);
        }
    }
    clnorm_context_destroy(context);
}
END_TEST

static void copy_input(trial *to, const char *name, const trial *from)
{
    const operand *o = trial_operand(to, name);
    memcpy(trial_input(to, name), trial_result(from, name), o->span * sizeof(float));
}

/* The variance passed on is rounded and up to 4 ulp off, which is 2 ulp of y, beside the 4 of apply
 * itself. */
static void expect_alike(trial *apply, trial *train)
{
    const operand *expected = trial_operand(train, "y");
    operand *got = trial_operand(apply, "y");
    memcpy(got->expected, expected->expected, expected->span * sizeof *got->expected);
    deviation worst = trial_compare(apply);
    ck_assert_msg(worst.ratio <= 1.5, "%.9g at %zu, in one go %.9g", worst.got, worst.place, worst.expected);
}

/* The two halves of training, one after the other, give what training gives. */
START_TEST(two_halves)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    for (int axis = 0; axis < 3; axis++) {
        clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 33, 21, 50));
        trial train;
        trial halves;
        op.axis = axis;
        op.mode = CLNORM_TRAIN;
        trial_begin(&train, &op);
        trial_fill(&train, DATA_LARGE_MEAN, 3);
        trial_check(&train, context);
        op.mode = CLNORM_STATISTICS;
        trial_begin(&halves, &op);
        trial_fill(&halves, DATA_LARGE_MEAN, 3);
        trial_check(&halves, context);
        ck_assert_float_eq(trial_result(&halves, "count")[0], (float)(33 * 21 * 50 / op.x.dims[axis]));
        trial apply;
        op.mode = CLNORM_APPLY;
        trial_begin(&apply, &op);
        trial_fill(&apply, DATA_LARGE_MEAN, 3);
        copy_input(&apply, "gamma", &train);
        copy_input(&apply, "beta", &train);
        copy_input(&apply, "batch_mean", &halves);
        copy_input(&apply, "batch_variance", &halves);
        copy_input(&apply, "batch_mean_residual", &halves);
        trial_check(&apply, context);
        expect_alike(&apply, &train);
        trial_end(&train);
        trial_end(&halves);
        trial_end(&apply);
    }
    clnorm_context_destroy(context);
}
END_TEST

static TCase *layout_tests(void)
{
    TCase *layouts = tcase_create("layouts");
    tcase_set_timeout(layouts, 1200);
    tcase_add_loop_test(layouts, gaps, 0, case_count());
    tcase_add_loop_test(layouts, scattered, 0, case_count());
    tcase_add_loop_test(layouts, repeated, 0, case_count());
    tcase_add_loop_test(layouts, permutations, 0, case_count());
    tcase_add_loop_test(layouts, in_place, 0, case_count());
    tcase_add_loop_test(layouts, empty, 0, case_count());
    tcase_add_loop_test(layouts, ranks, 0, case_count());
    tcase_add_loop_test(layouts, rank_eight, 0, case_count());
    return layouts;
}

int main(void)
{
    Suite *suite = suite_create("layouts");
    TCase *buffers = tcase_create("buffers");
    tcase_set_timeout(buffers, 1200);
    tcase_add_loop_test(buffers, same_bits, 0, case_count());
    tcase_add_loop_test(buffers, alone, 0, case_count());
    tcase_add_loop_test(buffers, every_width, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(buffers, window_sizes, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(buffers, train_is_infer, 0, HARNESS_SCHEDULES);
    tcase_add_loop_test(buffers, subsets, 0, 4 * HARNESS_SCHEDULES);
    tcase_add_loop_test(buffers, two_halves, 0, HARNESS_SCHEDULES);
    suite_add_tcase(suite, layout_tests());
    suite_add_tcase(suite, buffers);
    return run_suite(suite);
}
