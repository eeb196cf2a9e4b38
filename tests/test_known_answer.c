/* Small problems for the programs of large ones: each choice has one, of the same programs. */
#include "choose/known_answer.h"

#include "chosen.h"
#include "gpu_devices.h"
#include "operations/operation.h"
#include "random_op.h"
#include "choose/variants.h"
#include "base/tensor.h"

#include <stdio.h>
#include <string.h>

enum { OPS = 400, MOST_VALUES = 2500000, LANES = 16 };

/* ---- Devices ---- */

static caps cpu_device(unsigned units, size_t group)
{
    return (caps){.type = CL_DEVICE_TYPE_CPU,
                  .compute_units = units,
                  .max_work_group_size = group,
                  .max_work_item_size = group,
                  .local_memory = 65536,
                  .cache = 1 << 20,
                  .address_bits = 64,
                  .compiler = true,
                  .nearest = true,
                  .subnormals = true};
}

/* Each value is the usual one, or one end of its range. */
static void tune(generator *random, tuning *values)
{
    static const size_t ends[] = {0, 1, SIZE_MAX};
    for (size_t i = 0; i < TUNING_COUNT; i++)
        values->values[i] = ends[generator_below(random, COUNT_OF(ends))];
}

/* One of those that exist, or one with a limit that few have. */
static caps any_device(generator *random, clnorm_kernels schedule)
{
    static const unsigned units[] = {1, 2, 64};
    static const size_t groups[] = {1, 16, 64, 256};
    caps device = cpu_device(units[generator_below(random, COUNT_OF(units))],
                             groups[generator_below(random, COUNT_OF(groups))]);
    if (schedule == CLNORM_KERNELS_FPGA) {
        device.type = CL_DEVICE_TYPE_ACCELERATOR;
    } else if (schedule == CLNORM_KERNELS_GPU && generator_below(random, 2)) {
        device = gpu_devices[generator_below(random, GPU_DEVICES)].caps;
    } else if (schedule == CLNORM_KERNELS_GPU && generator_below(random, 2)) {
        device.type = CL_DEVICE_TYPE_GPU;
        device.local_memory = generator_below(random, 2) ? 1024 : 4096;
        device.sub_groups = generator_below(random, 2) ? SUB_GROUPS_KHR : SUB_GROUPS_NONE;
    }
    return device;
}

/* ---- Programs ---- */

/* The options with MANY_GROUPS taken out, on which only PoCL's code depends, and that not in what it
 * computes. */
static void copy_options(const char *options, char copy[512])
{
    const char *many = strstr(options, "-DMANY_GROUPS=");
    ck_assert_uint_lt(strlen(options), 512);
    strcpy(copy, options);
    if (many != NULL) {
        const char *rest = strchr(many, ' ');
        strcpy(copy + (many - options), rest != NULL ? rest + 1 : "");
    }
}

static void assert_same_programs(const choice *small, const choice *large, const char *what)
{
    char options[2][512];
    ck_assert_str_eq(small->variant, large->variant);
    ck_assert_uint_eq(small->step_count, large->step_count);
    for (size_t i = 0; i < small->step_count; i++) {
        const step *a = &small->steps[i], *b = &large->steps[i];
        ck_assert_str_eq(a->kernel, b->kernel);
        ck_assert_uint_eq(a->source_count, b->source_count);
        for (size_t k = 0; k < a->source_count; k++)
            ck_assert_str_eq(a->sources[k], b->sources[k]);
        copy_options(a->options, options[0]);
        copy_options(b->options, options[1]);
        ck_assert_msg(strcmp(options[0], options[1]) == 0, "%s: \"%s\" and \"%s\"", what, options[0],
                      options[1]);
        ck_assert_uint_eq(a->index_bits, b->index_bits);
        ck_assert_uint_eq(a->sub_groups, b->sub_groups);
        ck_assert_uint_eq(a->local[0], b->local[0]);
        ck_assert_uint_eq(a->arguments.count, b->arguments.count);
        for (size_t k = 0; k < a->arguments.count; k++)
            ck_assert_int_eq(a->arguments.items[k].kind, b->arguments.items[k].kind);
    }
}

/* ---- One choice ---- */

static size_t largest, choices, in_parts, few_parts, whole_vectors;

/* The op that is given, with what makes it an invented device's problem. */
static bool lower(const clnorm_op *op, const op_definition *definition, size_t index, clnorm_kernels schedule,
                  problem *p)
{
    *p = (problem){.one_path = schedule == CLNORM_KERNELS_FPGA};
    return definition->lower(op, index, p);
}

static void name_choice(const clnorm_op *op, const problem *p, const caps *device, const choice *chosen,
                        char *what, size_t size)
{
    snprintf(what, size,
             "%s mode %d %s [%zux%zux%zux%zu] elements %zu dense %d, %u units, groups of %zu, by %s",
             op_find(op->kind)->info.name, (int)op->mode, p->formula, p->batch, p->outer, p->kept, p->inner,
             p->elements, p->dense, device->compute_units, device->max_work_group_size, chosen->variant);
}

static void check_choice(const known_answer_wanted *wanted, clnorm_kernels schedule)
{
    static known_answer known;
    const clnorm_op *op = wanted->op;
    const problem *p = wanted->p;
    const choice *chosen = wanted->chosen;
    clnorm_op again;
    const op_definition *same;
    problem small;
    char what[512];
    name_choice(op, p, wanted->device, chosen, what, sizeof what);
    ck_assert_msg((strstr(chosen->variant, "window") != NULL) == (p->work == WORK_WINDOW), "%s", what);
    ck_assert_msg(known_answer_find(wanted, &known), "%s: none", what);
    ck_assert_msg(op_import(&known.op, &again, &same) == CLNORM_OK, "%s: %s", what, clnorm_last_error());
    ck_assert_ptr_eq(same, wanted->definition);
    ck_assert(lower(&known.op, same, wanted->index, schedule, &small));
    ck_assert(p->operand_count > 0 || small.dense == p->dense);
    assert_same_programs(&known.steps, chosen, what);

    const size_t values = tensor_elements(&known.op.x);
    ck_assert_msg(values <= MOST_VALUES, "%s: %zu values", what, values);
    largest = most(largest, values);
    choices++;
    if (chosen->parts > 0) {
        in_parts++;
        few_parts += known.steps.parts < 3;
        if (known.steps.parts < 3 && chosen->parts >= 3)
            ck_abort_msg("%s: %zu parts, not %zu", what, known.steps.parts, chosen->parts);
    }
    /* What a kernel is told of sizes may be that there are no ends; those for CPUs are told nothing. So they
     * show all that they do, however small the operation is that comes first. */
    const size_t run = small.inner > 1 ? small.inner : small.kept;
    /* These have programs of their own. */
    const bool narrow = p->work == WORK_WINDOW && p->inner > 1 && p->inner < LANES;
    const bool rows = strstr(chosen->steps[0].options, "-DROW=") != NULL;
    if (p->work != WORK_WINDOW && p->sums == 0) /* a gradient of one number has one group */
        ck_assert_msg(small.groups > 1 && small.group_size > 1, "%s: %zu groups of %zu values", what,
                      small.groups, small.group_size);
    if (rows) {
        ck_assert_msg(small.group_size == p->group_size && small.groups > LANES && small.groups % LANES != 0,
                      "%s: %zu rows of %zu", what, small.groups, small.group_size);
    } else if (schedule == CLNORM_KERNELS_CPU && small.dense) {
        ck_assert_msg(run % LANES != 0 && (narrow || run > LANES), "%s: runs of %zu", what, run);
        ck_assert_msg(p->work == WORK_WINDOW || p->sums != 0 || small.group_size > LANES,
                      "%s: groups of %zu values", what, small.group_size);
    }
    whole_vectors += small.dense && run % LANES == 0;
}

/* And for each variant that is left when the driver failed with those before. */
static void check_problem(known_answer_wanted wanted, clnorm_kernels schedule)
{
    static exclusions excluded;
    choice chosen;
    clnorm_status status;
    excluded.count = 0;
    wanted.chosen = &chosen;
    while ((status = choose_except(wanted.p, wanted.device, schedule, &excluded, &chosen)) == CLNORM_OK) {
        check_choice(&wanted, schedule);
        ck_assert_uint_lt(excluded.count, MAX_EXCLUDED);
        strcpy(excluded.names[excluded.count++], chosen.variant);
    }
    ck_assert_int_eq(status, CLNORM_UNTRUSTED_DRIVER);
    ck_assert_uint_gt(excluded.count, 0);
}

static void check(const clnorm_op *given, const caps *device, clnorm_kernels schedule)
{
    clnorm_op op;
    const op_definition *definition;
    problem p;
    ck_assert_int_eq(op_import(given, &op, &definition), CLNORM_OK);
    for (size_t index = 0; lower(&op, definition, index, schedule, &p); index++)
        check_problem((known_answer_wanted){&op, definition, index, &p, device, NULL}, schedule);
}

static const clnorm_kernels schedules[] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU, CLNORM_KERNELS_FPGA};

/* Some with gaps: between all values, which strided kernels take, or between runs of the innermost axis. */
static void spread(generator *random, clnorm_op *op)
{
    const size_t gap = 1 + generator_below(random, 3);
    const bool runs = generator_below(random, 2);
    clnorm_tensor *tensors[] = {&op->x, &op->y, &op->dy, &op->dx};
    for (size_t t = 0; t < COUNT_OF(tensors); t++) {
        if (tensors[t]->rank == 0)
            *tensors[t] = op->x;
    }
    for (size_t t = 0; t < COUNT_OF(tensors); t++)
        for (unsigned i = 0; i < tensors[t]->rank; i++)
            tensors[t]->strides[i] *= runs && tensors[t]->strides[i] == 1 ? 1 : gap + 1;
}

START_TEST(every_choice_has_one)
{
    const test_subject subject = test_subject_get((size_t)_i);
    for (size_t s = 0; s < COUNT_OF(schedules); s++) {
        generator random = generator_seeded(71 + (uint64_t)_i), values = generator_seeded(7);
        largest = choices = in_parts = few_parts = whole_vectors = 0;
        for (size_t i = 0; i < OPS; i++) {
            const bool tiny = generator_below(&random, 10) == 0;
            const clnorm_tensor x = random_tensor(
                &random, subject.operation->minimum_rank,
                (size_t)1 << (tiny ? generator_below(&random, 5) : 8 + generator_below(&random, 24)));
            clnorm_op op = random_op(&random, subject.operation->kind, subject.mode, x);
            if (generator_below(&random, 8) == 0)
                spread(&random, &op);
            caps device = any_device(&random, schedules[s]);
            if (i % 2 == 1)
                tune(&values, &device.tuning);
            check(&op, &device, schedules[s]);
        }
        printf(
            "%s, mode %d, schedule %d: %zu choices, at most %zu values; %zu in parts, %zu in fewer than 3; "
            "%zu without ends\n",
            subject.operation->name, (int)subject.mode, (int)schedules[s], choices, largest, in_parts,
            few_parts, whole_vectors);
        fflush(stdout);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("known_answer");
    TCase *test = tcase_create("known answer");
    tcase_set_timeout(test, 300);
    tcase_add_loop_test(test, every_choice_has_one, 0, (int)test_subject_count());
    suite_add_tcase(suite, test);
    return run_suite(suite);
}
