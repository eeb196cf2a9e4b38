/* How tensors collapse to the canonical problem. */
#include "suite.h"

#include "operations/op.h"
#include "operations/problem.h"
#include "execute/shared_elements.h"
#include "base/tensor.h"

#include <stdint.h>

static problem collapse(clnorm_tensor x, clnorm_tensor y, unsigned kept_axis)
{
    problem p = {0};
    bool reduced[CLNORM_MAX_RANK];
    for (unsigned axis = 0; axis < CLNORM_MAX_RANK; axis++)
        reduced[axis] = axis != kept_axis;
    clnorm_op op = clnorm_batch_normalization(x);
    op.y = y;
    problem_collapse(&p, &op, reduced);
    return p;
}

static problem collapse_one(clnorm_tensor x, unsigned reduced_axis)
{
    problem p = {0};
    bool reduced[CLNORM_MAX_RANK] = {false};
    reduced[reduced_axis] = true;
    clnorm_op op = clnorm_batch_normalization(x);
    op.y = x;
    problem_collapse(&p, &op, reduced);
    return p;
}

static void assert_extents(const problem *p, size_t batch, size_t outer, size_t kept, size_t inner)
{
    ck_assert(p->dense);
    ck_assert_uint_eq(p->batch, batch);
    ck_assert_uint_eq(p->outer, outer);
    ck_assert_uint_eq(p->kept, kept);
    ck_assert_uint_eq(p->inner, inner);
    ck_assert_uint_eq(p->groups, batch * kept);
    ck_assert_uint_eq(p->group_size, outer * inner);
}

START_TEST(channels_first_is_a_plane)
{
    const clnorm_tensor x = clnorm_tensor_4d(CLNORM_F32, 32, 64, 7, 5);
    const problem p = collapse(x, x, 1);
    assert_extents(&p, 1, 32, 64, 35);
}
END_TEST

START_TEST(channels_last_is_a_column)
{
    const clnorm_tensor x = clnorm_tensor_4d(CLNORM_F32, 32, 7, 5, 64);
    const problem p = collapse(x, x, 3);
    assert_extents(&p, 1, 32 * 35, 64, 1);
}
END_TEST

START_TEST(axes_of_one_element_vanish)
{
    const size_t dims[] = {1, 4, 1, 3, 1, 5};
    const clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 6, dims);
    problem p = collapse(x, x, 3);
    assert_extents(&p, 1, 4, 3, 5);
    p = collapse(x, x, 2); /* one channel: everything is reduced */
    assert_extents(&p, 1, 1, 1, 60);
}
END_TEST

START_TEST(a_reduced_axis_in_the_middle_has_a_batch)
{
    const clnorm_tensor x = clnorm_tensor_4d(CLNORM_F32, 2, 3, 7, 5);
    problem p = collapse_one(x, 2);
    assert_extents(&p, 6, 7, 5, 1);
    p = collapse_one(x, 3);
    assert_extents(&p, 1, 1, 42, 5);
    p = collapse_one(x, 0);
    assert_extents(&p, 1, 2, 105, 1);
}
END_TEST

START_TEST(permuted_memory_is_taken_as_it_lies)
{
    /* N C H W by its dims, N H W C in memory */
    const size_t dims[] = {2, 3, 4, 5}, strides[] = {60, 1, 15, 3};
    const clnorm_tensor x = clnorm_tensor_strided(CLNORM_F32, 4, dims, strides);
    const problem p = collapse(x, x, 1);
    assert_extents(&p, 1, 40, 3, 1);
}
END_TEST

START_TEST(unlike_strides_and_gaps_are_not_dense)
{
    const size_t dims[] = {2, 3, 4, 5}, last[] = {60, 1, 15, 3}, gaps[] = {60, 20, 6, 1};
    const clnorm_tensor dense = clnorm_tensor_dense(CLNORM_F32, 4, dims);
    const clnorm_tensor transposed = clnorm_tensor_strided(CLNORM_F32, 4, dims, last);
    const clnorm_tensor padded = clnorm_tensor_strided(CLNORM_F32, 4, dims, gaps);
    problem p = collapse(dense, transposed, 1);
    ck_assert(!p.dense);
    ck_assert_uint_eq(p.groups, 3);
    ck_assert_uint_eq(p.group_size, 40);
    ck_assert_uint_eq(p.kept_axes, 1);
    ck_assert_uint_eq(p.sizes[0], 3);
    ck_assert_uint_eq(p.x_strides[0], 20);
    ck_assert_uint_eq(p.y_strides[0], 1);
    p = collapse(padded, padded, 1);
    ck_assert(!p.dense);
}
END_TEST

START_TEST(a_broadcast_input_is_not_dense)
{
    const size_t dims[] = {4, 3, 5}, strides[] = {0, 5, 1};
    const clnorm_tensor x = clnorm_tensor_strided(CLNORM_F32, 3, dims, strides);
    const problem p = collapse(x, clnorm_tensor_dense(CLNORM_F32, 3, dims), 1);
    ck_assert(!p.dense);
    ck_assert_uint_eq(p.group_size, 20);
}
END_TEST

START_TEST(large_tensors_get_wide_indices)
{
    const clnorm_tensor just = clnorm_tensor_2d(CLNORM_F32, ((size_t)1 << 31) - 1, 1);
    const clnorm_tensor over = clnorm_tensor_2d(CLNORM_F32, (size_t)1 << 31, 1);
    const size_t dims[] = {2, 2}, far[] = {(size_t)1 << 33, 1};
    const clnorm_tensor apart = clnorm_tensor_strided(CLNORM_F32, 2, dims, far);
    ck_assert_uint_eq(collapse(just, just, 1).index_bits, 32);
    ck_assert_uint_eq(collapse(over, over, 1).index_bits, 64);
    ck_assert_uint_eq(collapse(apart, apart, 1).index_bits, 64);
    ck_assert_uint_eq(collapse(clnorm_tensor_2d(CLNORM_F32, 2, 2), apart, 1).index_bits, 64);
}
END_TEST

START_TEST(sizes_are_checked_before_they_overflow)
{
    size_t product;
    ck_assert(!checked_multiply(SIZE_MAX / 2 + 1, 2, &product));
    ck_assert(checked_multiply(SIZE_MAX / 2, 2, &product));
    ck_assert(!checked_add(SIZE_MAX, 1, &product));
    const clnorm_tensor huge = clnorm_tensor_3d(CLNORM_F32, (size_t)1 << 31, (size_t)1 << 31, 2);
    ck_assert_int_eq(tensor_check(&huge, "x"), CLNORM_INVALID_SHAPE);
    const clnorm_tensor bytes = clnorm_tensor_2d(CLNORM_F32, SIZE_MAX / 4, 2);
    ck_assert_int_eq(tensor_check(&bytes, "x"), CLNORM_INVALID_SHAPE);
}
END_TEST

START_TEST(overlap_within_a_tensor_is_seen)
{
    const size_t dims[] = {3, 4}, dense[] = {4, 1}, broadcast[] = {0, 1}, close[] = {3, 1}, column[] = {1, 3};
    const size_t tight[] = {2, 1};
    clnorm_tensor t = clnorm_tensor_strided(CLNORM_F32, 2, dims, dense);
    ck_assert(!tensor_overlaps_itself(&t));
    t = clnorm_tensor_strided(CLNORM_F32, 2, dims, column);
    ck_assert(!tensor_overlaps_itself(&t));
    t = clnorm_tensor_strided(CLNORM_F32, 2, dims, broadcast);
    ck_assert(tensor_overlaps_itself(&t));
    t = clnorm_tensor_strided(CLNORM_F32, 2, dims, close);
    ck_assert(tensor_overlaps_itself(&t));
    t = clnorm_tensor_strided(CLNORM_F32, 2, dims, tight);
    ck_assert(tensor_overlaps_itself(&t));
}
END_TEST

START_TEST(doubles_become_two_floats)
{
    argument_list list = {.count = 0};
    add_real_and_rest(&list, 1e-3);
    ck_assert_uint_eq(list.count, 2);
    const double sum = (double)list.items[0].real + (double)list.items[1].real;
    ck_assert_double_eq_tol(sum, 1e-3, 1e-18);
    ck_assert(list.items[1].real != 0);
}
END_TEST

START_TEST(operations_lower_to_their_work)
{
    problem p = {0};
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, 2, 3, 4, 5));
    op.y = op.x;
    batch_normalization_op.lower(&op, 0, &p);
    ck_assert_int_eq(p.work, WORK_MAP);
    op.mode = CLNORM_TRAIN;
    p = (problem){0};
    batch_normalization_op.lower(&op, 0, &p);
    ck_assert_int_eq(p.work, WORK_REDUCE_MAP);
    op = clnorm_local_response_normalization(op.x);
    op.y = op.x;
    op.depth_radius = 200;
    p = (problem){0};
    local_response_normalization_op.lower(&op, 0, &p);
    ck_assert_int_eq(p.work, WORK_WINDOW);
    ck_assert_uint_eq(p.window_before, 200);
    ck_assert_uint_eq(p.window_after, 200);
}
END_TEST

/* ---- Elements in common ---- */

/* By looking at each element. */
static bool share_an_element(const clnorm_tensor *a, size_t a_first, const clnorm_tensor *b, size_t b_first)
{
    const size_t a_count = tensor_elements(a), b_count = tensor_elements(b);
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            if (a_first + tensor_offset(a, i) == b_first + tensor_offset(b, j))
                return true;
    return false;
}

static size_t draw(uint64_t *state, size_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (size_t)(*state >> 33) % below;
}

static clnorm_tensor draw_tensor(uint64_t *state)
{
    clnorm_tensor tensor = {.dtype = CLNORM_F32, .rank = 1 + (unsigned)draw(state, 3)};
    for (unsigned axis = 0; axis < tensor.rank; axis++) {
        tensor.dims[axis] = draw(state, 20) == 0 ? 0 : 1 + draw(state, 4);
        tensor.strides[axis] = draw(state, 13);
    }
    return tensor;
}

START_TEST(common_elements_are_found)
{
    uint64_t state = 1;
    size_t shared = 0, between = 0;
    for (int i = 0; i < 30000; i++) {
        const clnorm_tensor a = draw_tensor(&state), b = draw_tensor(&state);
        const size_t a_first = draw(&state, 30), b_first = draw(&state, 30);
        const bool expected = share_an_element(&a, a_first, &b, b_first);
        ck_assert_msg(share_elements(&a, a_first, &b, b_first) == expected, "pair %d", i);
        shared += expected;
        between += !expected && a_first < b_first + clnorm_tensor_span(&b) &&
                   b_first < a_first + clnorm_tensor_span(&a);
    }
    ck_assert(shared > 3000 && between > 3000);
}
END_TEST

/* Sizes of which nobody could look at each element; what would take long is no reason to wait. */
START_TEST(common_elements_of_large_tensors)
{
    const size_t half = SIZE_MAX / 16;
    const clnorm_tensor even = {CLNORM_F32, 1, {half}, {2}};
    ck_assert(!share_elements(&even, 0, &even, 1));
    ck_assert(share_elements(&even, 0, &even, 2 * half - 2));
    ck_assert(!share_elements(&even, 0, &even, 2 * half));
    const clnorm_tensor channels = {CLNORM_F32, 4, {1024, 64, 512, 512}, {256 << 18, 1 << 18, 512, 1}};
    ck_assert(!share_elements(&channels, 0, &channels, (size_t)64 << 18));
    ck_assert(share_elements(&channels, 0, &channels, (size_t)63 << 18));
    const clnorm_tensor rows = {CLNORM_F32, 2, {1 << 20, 1000}, {1040, 1}};
    const clnorm_tensor others = {CLNORM_F32, 2, {1 << 20, 40}, {1040, 1}};
    ck_assert(!share_elements(&rows, 0, &others, 1000));
    ck_assert(share_elements(&rows, 0, &others, 1001));
    const clnorm_tensor slow = {CLNORM_F32, 4, {9, 9, 9, 9}, {1000003, 1000033, 1000037, 1000039}};
    const clnorm_tensor slower = {CLNORM_F32, 4, {9, 9, 9, 9}, {1000081, 1000099, 1000117, 1000121}};
    ck_assert(share_elements(&slow, 0, &slower, 1)); /* which they do not */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problem");
    TCase *cases = tcase_create("collapse");
    tcase_add_test(cases, channels_first_is_a_plane);
    tcase_add_test(cases, channels_last_is_a_column);
    tcase_add_test(cases, axes_of_one_element_vanish);
    tcase_add_test(cases, a_reduced_axis_in_the_middle_has_a_batch);
    tcase_add_test(cases, permuted_memory_is_taken_as_it_lies);
    tcase_add_test(cases, unlike_strides_and_gaps_are_not_dense);
    tcase_add_test(cases, a_broadcast_input_is_not_dense);
    tcase_add_test(cases, large_tensors_get_wide_indices);
    tcase_add_test(cases, sizes_are_checked_before_they_overflow);
    tcase_add_test(cases, overlap_within_a_tensor_is_seen);
    tcase_add_test(cases, common_elements_are_found);
    tcase_add_test(cases, common_elements_of_large_tensors);
    tcase_add_test(cases, doubles_become_two_floats);
    tcase_add_test(cases, operations_lower_to_their_work);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
