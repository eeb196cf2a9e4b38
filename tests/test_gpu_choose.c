/* What the gpu schedule chooses on GPUs that are not here: within their limits, and enough of it. */
#include "chosen.h"
#include "gpu_devices.h"
#include "operations/operation.h"
#include "random_op.h"

#include <stdio.h>
#include <string.h>

enum { BYTES_PER_GROUP = 65536, GROUPS_PER_UNIT = 2, SHAPES = 1000 };

static void check_limits(const step *s, const gpu_device *device, const char *what)
{
    size_t items = 1;
    for (cl_uint d = 0; d < s->dimensions; d++) {
        items *= s->local[d];
        ck_assert_msg(s->local[d] <= device->caps.max_work_item_size, "%s, %s: %zu items in dimension %u",
                      what, s->kernel, s->local[d], d);
        ck_assert_msg(s->global[d] > 0 && s->global[d] % s->local[d] == 0,
                      "%s, %s: %zu items in groups of %zu", what, s->kernel, s->global[d], s->local[d]);
    }
    ck_assert_msg(items <= device->caps.max_work_group_size, "%s, %s: work-groups of %zu", what, s->kernel,
                  items);
    ck_assert_msg(s->local_memory <= device->caps.local_memory, "%s, %s: %zu bytes of local memory", what,
                  s->kernel, s->local_memory);
}

/* Steps that pass over the tensor; merging partial statistics is little work. */
static void check_filled(const step *s, const gpu_device *device, size_t bytes, const char *what)
{
    const size_t wanted = GROUPS_PER_UNIT * (size_t)device->caps.compute_units;
    if (strstr(s->kernel, "merge") != NULL || bytes / BYTES_PER_GROUP < wanted)
        return;
    ck_assert_msg(work_groups(s) >= wanted, "%s, %s: %zu work-groups for %zu bytes; %zu are wanted", what,
                  s->kernel, work_groups(s), bytes, wanted);
}

static void check(const clnorm_op *given)
{
    const problem p = problem_of(given);
    for (size_t d = 0; d < GPU_DEVICES; d++) {
        const choice chosen = choose_of(&p, &gpu_devices[d].caps, CLNORM_KERNELS_GPU);
        char what[512];
        snprintf(what, sizeof what, "%s mode %d [%zux%zux%zux%zu] on %s by %s",
                 op_find(given->kind)->info.name, (int)given->mode, p.batch, p.outer, p.kept, p.inner,
                 gpu_devices[d].name, chosen.variant);
        for (size_t i = 0; i < chosen.step_count; i++) {
            check_limits(&chosen.steps[i], &gpu_devices[d], what);
            if (strstr(chosen.variant, "strided") == NULL) /* an item a group, however large it is */
                check_filled(&chosen.steps[i], &gpu_devices[d], p.elements * sizeof(float), what);
        }
    }
}

START_TEST(seeded_shapes)
{
    const test_subject subject = test_subject_get((size_t)_i);
    generator random = generator_seeded(2026 + (uint64_t)_i);
    for (size_t i = 0; i < SHAPES; i++) {
        const clnorm_tensor x = random_tensor(&random, subject.operation->minimum_rank,
                                              (size_t)1 << (10 + generator_below(&random, 20)));
        const clnorm_op op = random_op(&random, subject.operation->kind, subject.mode, x);
        check(&op);
    }
}
END_TEST

/* Those that are measured on CPUs. */
START_TEST(usual_cases)
{
    const test_subject subject = test_subject_get((size_t)_i);
    static const struct {
        size_t dims[4];
        int axis;
    } cases[] = {
        {{32, 64, 112, 112}, 1},  {{32, 112, 112, 64}, 3},  {{32, 256, 14, 14}, 1},  {{32, 14, 14, 256}, 3},
        {{1, 64, 56, 56}, 1},     {{1, 56, 56, 64}, 3},     {{8, 512, 7, 7}, 1},     {{8, 7, 7, 512}, 3},
        {{31, 61, 13, 13}, 1},    {{31, 13, 13, 61}, 3},    {{2, 3, 1024, 1024}, 1}, {{2, 1024, 1024, 3}, 3},
        {{1, 1, 4096, 1000}, 3},  {{1, 1, 8192, 1024}, 3},  {{1, 1, 512, 4096}, 3},  {{1, 1, 100000, 64}, 3},
        {{1, 1, 1, 4096}, 3},     {{1, 1, 1000003, 3}, 3},  {{1, 1, 1000003, 3}, 2}, {{1, 1, 8192, 1024}, 2},
        {{1, 1, 2, 10000000}, 2}, {{1, 1, 10000000, 2}, 3},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, 4, cases[i].dims);
        clnorm_op op = test_operation_op(subject.operation, x, cases[i].axis);
        op.mode = subject.mode;
        check(&op);
    }
}
END_TEST

/* Sums are cut by the problem and the work-group alone: the same steps whatever else the device has. */
START_TEST(units_do_not_change_sums)
{
    const test_subject subject = test_subject_get((size_t)_i);
    generator random = generator_seeded(77 + (uint64_t)_i);
    for (size_t i = 0; i < SHAPES; i++) {
        const clnorm_tensor x = random_tensor(&random, subject.operation->minimum_rank,
                                              (size_t)1 << (10 + generator_below(&random, 20)));
        const clnorm_op op = random_op(&random, subject.operation->kind, subject.mode, x);
        const problem p = problem_of(&op);
        if (p.work == WORK_WINDOW) /* no sums of one item need another's */
            continue;
        caps device = gpu_devices[i % GPU_DEVICES].caps;
        const choice one = choose_of(&p, &device, CLNORM_KERNELS_GPU);
        device.compute_units *= 7;
        device.cache += 1 << 20;
        const choice other = choose_of(&p, &device, CLNORM_KERNELS_GPU);
        ck_assert_mem_eq(&one, &other, sizeof one);
    }
}
END_TEST

/* A group is held or cut into parts for its own size, not for the number of groups. */
START_TEST(number_of_groups_does_not_change_sums)
{
    static const size_t shapes[][2] = {{3, 1},    {1000, 1}, {8192, 1}, {8193, 1},
                                       {100, 64}, {256, 64}, {257, 64}};
    static const size_t batches[] = {1, 64, 4096};
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        char first[sizeof((choice *)0)->variant] = "";
        for (size_t i = 0; i < COUNT_OF(batches); i++) {
            const clnorm_op op =
                clnorm_l2_normalize(clnorm_tensor_3d(CLNORM_F32, batches[i], shapes[s][0], shapes[s][1]), 1);
            const problem p = problem_of(&op);
            const choice chosen = choose_of(&p, &gpu_devices[GPU_DEVICES - 1].caps, CLNORM_KERNELS_GPU);
            if (i == 0)
                strcpy(first, chosen.variant);
            ck_assert_str_eq(chosen.variant, first);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gpu choose");
    TCase *cases = tcase_create("devices");
    tcase_add_loop_test(cases, usual_cases, 0, (int)test_subject_count());
    tcase_add_loop_test(cases, seeded_shapes, 0, (int)test_subject_count());
    tcase_add_loop_test(cases, units_do_not_change_sums, 0, (int)test_subject_count());
    tcase_add_test(cases, number_of_groups_does_not_change_sums);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
