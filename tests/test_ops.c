/* Operations as data: their names, attributes, defaults, modes and buffers; structs of other versions. */
#include "operations/operation.h"
#include "suite.h"
#include <clnorm/ops.h>
#include <clnorm/reference.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void check_attributes(const clnorm_op_info *info, const expected_attribute *expected)
{
    clnorm_op op;
    size_t count = 0;
    clnorm_op_initialize(&op, sizeof op, info->kind);
    for (; expected[count].name; count++) {
        const clnorm_attribute_info *found = NULL;
        for (size_t i = 0; i < info->attribute_count; i++)
            if (strcmp(info->attributes[i]->name, expected[count].name) == 0)
                found = info->attributes[i];
        ck_assert_msg(found != NULL, "%s has no %s", info->name, expected[count].name);
        ck_assert_msg(found->required == (isnan(expected[count].value) != 0), "%s: required", found->name);
        ck_assert_msg(found->help && found->help[0], "%s has no help", found->name);
        if (!found->required) {
            ck_assert_double_eq(found->default_value, expected[count].value);
            ck_assert_double_eq(clnorm_op_get(&op, found), expected[count].value);
        }
        double other = found->type == CLNORM_ATTRIBUTE_SWITCH ? 1 : 2;
        ck_assert_int_eq(clnorm_op_set(&op, found, other), CLNORM_OK);
        ck_assert_double_eq(clnorm_op_get(&op, found), other);
    }
    ck_assert_uint_eq(info->attribute_count, count);
}

static void spell(const clnorm_buffer_info *buffer, char *text, size_t size)
{
    static const char *const marks[] = {[CLNORM_ROLE_INPUT] = "",
                                        [CLNORM_ROLE_OUTPUT] = "!",
                                        [CLNORM_ROLE_UPDATED] = "~",
                                        [CLNORM_ROLE_GRADIENT] = "+"};
    snprintf(text, size, " %s%s%s ", buffer->name, marks[buffer->role], buffer->required ? "" : "?");
}

static void check_mode(const clnorm_op_info *info, const expected_mode *expected)
{
    char list[512];
    char name[64];
    size_t words = 1;
    clnorm_mode mode;
    ck_assert(clnorm_mode_find(expected->name, &mode));
    const clnorm_mode_info *found = clnorm_op_info_mode(info, mode);
    ck_assert_msg(found != NULL, "%s has no mode %s", info->name, expected->name);
    ck_assert_str_eq(found->name, expected->name);
    snprintf(list, sizeof list, " %s ", expected->buffers);
    for (const char *at = expected->buffers; *at; at++)
        words += *at == ' ';
    for (size_t i = 0; i < found->buffer_count; i++) {
        spell(found->buffers[i], name, sizeof name);
        ck_assert_msg(strstr(list, name) != NULL, "%s %s:%sis not in:%s", info->name, found->name, name,
                      list);
    }
    ck_assert_uint_eq(found->buffer_count, words);
}

START_TEST(table)
{
    const test_operation *expected = test_operation_get((size_t)_i);
    const clnorm_op_info *info = clnorm_op_info_get((size_t)_i);
    size_t modes = 0;
    ck_assert_ptr_nonnull(info);
    ck_assert_int_eq(info->kind, expected->kind);
    ck_assert_str_eq(info->name, expected->name);
    ck_assert_ptr_eq(clnorm_op_info_find(expected->name), info);
    ck_assert_uint_eq(info->minimum_rank, expected->minimum_rank);
    ck_assert_uint_eq(info->maximum_rank, 8);
    ck_assert(info->in_place == expected->in_place);
    check_attributes(info, expected->attributes);
    for (; expected->modes[modes].name; modes++)
        check_mode(info, &expected->modes[modes]);
    ck_assert_uint_eq(info->mode_count, modes);
}
END_TEST

START_TEST(lookups)
{
    clnorm_mode mode = CLNORM_APPLY;
    const clnorm_op_info *l2 = clnorm_op_info_find("l2_normalize");
    ck_assert_ptr_null(clnorm_op_info_get(test_operation_count()));
    ck_assert_ptr_null(clnorm_op_info_get((size_t)-1));
    ck_assert_ptr_null(clnorm_op_info_find("l2"));
    ck_assert_ptr_null(clnorm_op_info_find(""));
    ck_assert_ptr_null(clnorm_op_info_find(NULL));
    ck_assert(!clnorm_mode_find("inference", &mode));
    ck_assert_int_eq(mode, CLNORM_APPLY);
    ck_assert_ptr_eq(clnorm_op_info_mode(l2, CLNORM_TRAIN), clnorm_op_info_mode(l2, CLNORM_INFER));
    ck_assert_ptr_null(clnorm_op_info_mode(l2, CLNORM_STATISTICS));
    ck_assert_ptr_null(clnorm_op_info_mode(l2, CLNORM_BACKWARD_INFER));
}
END_TEST

START_TEST(nothing_given)
{
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 2, 3), 1);
    const clnorm_op_info *l2 = clnorm_op_info_find("l2_normalize");
    ck_assert_int_eq(clnorm_op_set(NULL, l2->attributes[0], 1), CLNORM_INVALID_ARGUMENT);
    ck_assert_int_eq(clnorm_op_set(&op, NULL, 1), CLNORM_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(clnorm_last_error(), "op and attribute must not be NULL"));
    clnorm_op_initialize(NULL, sizeof op, CLNORM_L2_NORMALIZE);
}
END_TEST

/* The tensors that buffers hold, and what memory they take. */
START_TEST(tensors)
{
    const size_t dims[] = {2, 3, 4};
    const size_t strides[] = {100, 10, 2};
    clnorm_tensor x = clnorm_tensor_strided(CLNORM_F32, 3, dims, strides);
    clnorm_op op = clnorm_batch_normalization(x);
    op.axis = -2;
    op.y = clnorm_tensor_dense(CLNORM_F32, 3, dims);
    const clnorm_mode_info *mode = clnorm_op_info_mode(clnorm_op_info_get(0), CLNORM_TRAIN);
    for (size_t i = 0; i < mode->buffer_count; i++) {
        clnorm_tensor tensor = clnorm_op_buffer_tensor(&op, mode->buffers[i]);
        bool is_x = strcmp(mode->buffers[i]->name, "x") == 0;
        bool is_y = strcmp(mode->buffers[i]->name, "y") == 0;
        ck_assert_uint_eq(clnorm_tensor_span(&tensor), is_x ? 100 + 20 + 6 + 1 : is_y ? 24 : 3);
    }
    x.dims[1] = 0;
    ck_assert_uint_eq(clnorm_tensor_span(&x), 0);
    ck_assert_uint_eq(clnorm_tensor_dense(CLNORM_F32, 3, (size_t[]){2, 0, 4}).strides[0], 4);
}
END_TEST

/* A program built with a shorter struct: the rest of its memory is not touched, and means the defaults. */
START_TEST(older_program)
{
    clnorm_op op;
    clnorm_op unknown;
    memset(&op, 0x77, sizeof op);
    memset(&unknown, 0x77, sizeof unknown);
    size_t size = offsetof(clnorm_op, decay);
    clnorm_op_initialize(&op, size, CLNORM_BATCH_NORMALIZATION);
    ck_assert_uint_eq(op.size, size);
    ck_assert_double_eq(op.epsilon, 1e-5);
    ck_assert_mem_eq((char *)&op + size, (char *)&unknown + size, sizeof op - size);
    op.x = clnorm_tensor_2d(CLNORM_F32, 3, 1);
    op.mode = CLNORM_TRAIN;
    double x[] = {1, 2, 6};
    double y[3];
    double mean = 10;
    double variance = 1;
    clnorm_reference_arrays arrays = {.size = sizeof arrays,
                                      .x = {x, NULL},
                                      .y = {y, NULL},
                                      .moving_mean = {&mean, NULL},
                                      .moving_variance = {&variance, NULL}};
    clnorm_status status = clnorm_reference(&op, &arrays);
    ck_assert_msg(status == CLNORM_OK, "%s", clnorm_last_error());
    ck_assert_double_eq_tol(mean, 0.9 * 10 + 0.1 * 3, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operations");
    TCase *data = tcase_create("data");
    tcase_add_loop_test(data, table, 0, (int)test_operation_count());
    tcase_add_test(data, lookups);
    tcase_add_test(data, nothing_given);
    tcase_add_test(data, tensors);
    tcase_add_test(data, older_program);
    suite_add_tcase(suite, data);
    return run_suite(suite);
}
