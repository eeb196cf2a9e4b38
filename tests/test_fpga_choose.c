/* The fpga schedule's choices: one program for all, and what its pipelines are promised. */
#include "chosen.h"

#include "operations/operation.h"
#include "random_op.h"
#include <string.h>

static const caps board = {.type = CL_DEVICE_TYPE_ACCELERATOR,
                           .compute_units = 1,
                           .max_work_group_size = 1,
                           .max_work_item_size = 1,
                           .local_memory = 16384,
                           .address_bits = 64};

/* The image has one path for every value of an attribute. */
static choice choose_for(const clnorm_op *given, const caps *device)
{
    const problem p = problem_for(given, CLNORM_KERNELS_FPGA);
    return choose_of(&p, device, CLNORM_KERNELS_FPGA);
}

static clnorm_op batch_norm(clnorm_mode mode, clnorm_tensor x, int axis)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = mode;
    op.axis = axis;
    return op;
}

static void assert_kernels(const choice *chosen, const char *const *kernels)
{
    size_t count = 0;
    while (kernels[count] != NULL)
        count++;
    ck_assert_uint_eq(chosen->step_count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(chosen->steps[i].kernel, kernels[i]);
}

#define ASSERT_KERNELS(chosen, ...) assert_kernels(&(chosen), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(every_step_is_of_one_program)
{
    const step *first = NULL;
    choice kept;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        generator random = generator_seeded(seed);
        const clnorm_op_info *info = clnorm_op_info_get(seed % test_operation_count());
        const clnorm_mode mode = info->modes[generator_below(&random, info->mode_count)]->mode;
        const clnorm_op op = random_op(&random, info->kind, mode, random_tensor(&random, 2, 200000));
        const choice chosen = choose_for(&op, &board);
        if (first == NULL) {
            kept = chosen;
            first = &kept.steps[0];
        }
        ck_assert(strncmp(chosen.variant, "fpga/", 5) == 0);
        for (size_t i = 0; i < chosen.step_count; i++) {
            const step *s = &chosen.steps[i];
            ck_assert_uint_eq(s->source_count, first->source_count);
            for (size_t k = 0; k < s->source_count; k++)
                ck_assert_str_eq(s->sources[k], first->sources[k]);
            ck_assert_str_eq(s->options, first->options);
            ck_assert_uint_eq(s->global[0] * s->local[0] * s->dimensions, 1);
        }
    }
}
END_TEST

/* When an enqueue fails before it, they are as they were. */
START_TEST(statistics_are_saved_by_the_last_step)
{
    clnorm_op op = batch_norm(CLNORM_TRAIN, clnorm_tensor_3d(CLNORM_F32, 4, 5, 6), 1);
    choice chosen = choose_for(&op, &board);
    ck_assert_str_eq(chosen.variant, "fpga/groups");
    ASSERT_KERNELS(chosen, "batch_normalization_reduce", "batch_normalization_map");

    op.x.strides[0] = 31;
    op.y = op.x;
    op.y.strides[0] = 32;
    chosen = choose_for(&op, &board);
    ck_assert_str_eq(chosen.variant, "fpga/strided/groups");
    ASSERT_KERNELS(chosen, "rearrange", "batch_normalization_reduce", "batch_normalization_map", "rearrange",
                   "batch_normalization_map");
    size_t saving = 0; /* outputs of the caller's that each map binds: y is not among the last one's */
    for (size_t i = 0; i < chosen.steps[4].arguments.count; i++) {
        const argument *a = &chosen.steps[4].arguments.items[i];
        ck_assert(a->kind != ARGUMENT_BUFFER || a->field != offsetof(clnorm_buffers, y));
        saving += a->kind == ARGUMENT_BUFFER && a->field == offsetof(clnorm_buffers, batch_mean);
    }
    ck_assert_uint_eq(saving, 1);

    op.mode = CLNORM_STATISTICS;
    op.y.rank = 0;
    chosen = choose_for(&op, &board);
    ASSERT_KERNELS(chosen, "rearrange", "batch_normalization_reduce", "batch_normalization_map");
}
END_TEST

/* The number of the argument that comes `index`th. */
static size_t number(const step *s, size_t index)
{
    return (size_t)s->arguments.items[index].number;
}

/* A slot's next turn is 64 steps later, or never: fpga/pipeline.cl tells the compiler so. */
START_TEST(no_addition_waits_for_the_one_before)
{
    const size_t sizes[] = {1, 2, 3, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 5000};
    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(sizes) * 2; i++) {
        const size_t outer = sizes[i % COUNT_OF(sizes)], kept = sizes[i / COUNT_OF(sizes) % COUNT_OF(sizes)];
        const bool column = i < COUNT_OF(sizes) * COUNT_OF(sizes);
        const size_t inner = column ? 1 : 33;
        const clnorm_op op = batch_norm(CLNORM_TRAIN, clnorm_tensor_3d(CLNORM_F32, outer, kept, inner), 1);
        const choice chosen = choose_for(&op, &board);
        const step *reduce = &chosen.steps[0];
        const size_t groups = number(reduce, 1), slots = number(reduce, 2);
        const size_t depth = number(reduce, 3), breadth = number(reduce, 4), run = number(reduce, 5);
        const size_t tiles = run == 1 ? (depth + 15) / 16 : depth * ((run + 15) / 16);
        const size_t neighbours = run == 1 ? groups : 1;
        ck_assert_uint_eq(depth * breadth * run, outer * kept * inner);
        ck_assert_uint_le(groups * slots, 256);
        ck_assert_uint_ge(groups, 1);
        ck_assert_uint_eq(slots & (slots - 1), 0);
        ck_assert(slots >= tiles || slots * neighbours >= 64);
    }
}
END_TEST

START_TEST(windows_that_registers_do_not_hold_go_through_memory)
{
    clnorm_op op = clnorm_local_response_normalization(clnorm_tensor_2d(CLNORM_F32, 10, 64));
    op.depth_radius = 8;
    ck_assert_str_eq(choose_for(&op, &board).variant, "fpga/window");
    op.window_after = 9;
    ck_assert_str_eq(choose_for(&op, &board).variant, "fpga/long/window");
    op.x = clnorm_tensor_2d(CLNORM_F32, 10, 9); /* the window ends where the channels do */
    ck_assert_str_eq(choose_for(&op, &board).variant, "fpga/window");
    op.mode = CLNORM_BACKWARD;
    op.x.strides[0] = 10;
    op.accumulate_dx = true;
    choice chosen = choose_for(&op, &board);
    ck_assert_str_eq(chosen.variant, "fpga/strided/window_gradient");
    ASSERT_KERNELS(chosen, "rearrange", "rearrange", "rearrange",
                   "local_response_normalization_backward_window", "rearrange");
}
END_TEST

static void assert_refused(const clnorm_op *given, const caps *device, const char *why)
{
    const problem p = problem_of(given);
    choice chosen;
    ck_assert_int_eq(choose(&p, device, CLNORM_KERNELS_FPGA, &chosen), CLNORM_UNSUPPORTED_DEVICE);
    ck_assert_msg(strstr(clnorm_last_error(), why) != NULL, "%s", clnorm_last_error());
}

START_TEST(what_the_embedded_profile_may_lack_is_named)
{
    caps embedded = board;
    embedded.no_long = true;
    const clnorm_op op = batch_norm(CLNORM_TRAIN, clnorm_tensor_2d(CLNORM_F32, 10, 9), 1);
    assert_refused(&op, &embedded, "cles_khr_int64");
    embedded.no_long = false;
    embedded.parameter_bytes = 256;
    assert_refused(&op, &embedded,
                   "kernel batch_normalization_map takes 272 bytes of arguments; the device "
                   "allows 256");
    const clnorm_op small = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 10, 9), 1);
    ck_assert_str_eq(choose_for(&small, &embedded).variant, "fpga/groups");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fpga choose");
    TCase *cases = tcase_create("fpga choose");
    tcase_add_test(cases, every_step_is_of_one_program);
    tcase_add_test(cases, statistics_are_saved_by_the_last_step);
    tcase_add_test(cases, no_addition_waits_for_the_one_before);
    tcase_add_test(cases, windows_that_registers_do_not_hold_go_through_memory);
    tcase_add_test(cases, what_the_embedded_profile_may_lack_is_named);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
