/*
 * gpu_traffic CASE: runs a case, written as for `clnorm bench`, once by the gpu schedule and compares its
 * results with the reference. Before that it prints the variant and what the execution must at least move, in
 * bytes: to load and to store, every buffer once; and how much of it are x and dy. The execution lies between
 * two lines, `executes` and `executed`: for gpu_traffic.py, which reads what oclgrind counted there.
 */
#include "bench_cases.h"
#include "command.h"
#include "harness.h"

#include <stdio.h>

static bench_case subject;

static void print_least(const trial *t, const clnorm_plan *plan)
{
    size_t loaded = 0, stored = 0, tensors = 0;
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        const size_t bytes = o->span * sizeof(float);
        const bool is_read = clnorm_op_reads(&t->op, o->info);
        const bool is_input = o->info->role == CLNORM_ROLE_INPUT;
        const bool is_tensor = o->info->shape == CLNORM_SHAPE_X || o->info->shape == CLNORM_SHAPE_DY;
        loaded += is_read ? bytes : 0;
        stored += is_input ? 0 : bytes;
        tensors += is_input && is_tensor ? bytes : 0;
    }
    printf("variant %s\nleast_loaded %zu\nleast_stored %zu\ntensors %zu\n", clnorm_plan_variant(plan), loaded,
           stored, tensors);
}

static void print_mark(const char *mark)
{
    printf("%s\n", mark);
    fflush(stdout);
}

START_TEST(traffic)
{
    trial t;
    clnorm_plan *plan = NULL;
    clnorm_context *context = harness_context(CLNORM_KERNELS_GPU);
    const clnorm_status status = clnorm_plan_create(&plan, context, &subject.op);
    ck_assert_msg(status == CLNORM_OK, "plan_create of %s: %s", subject.text, clnorm_last_error());
    trial_begin(&t, &subject.op);
    trial_fill(&t, DATA_NORMAL, 1);
    print_least(&t, plan);
    print_mark("executes");
    trial_run(&t, context, plan);
    print_mark("executed");
    trial_judge(&t);
    trial_end(&t);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gpu_traffic OP:MODE:DIMS[:ATTRIBUTE=VALUE]...\n");
        return EXIT_USAGE;
    }
    const int status = bench_case_parse(&subject, argv[1]);
    if (status != EXIT_DONE)
        return status;
    Suite *suite = suite_create("gpu traffic");
    TCase *run = tcase_create("run");
    tcase_set_timeout(run, 600);
    tcase_add_test(run, traffic);
    suite_add_tcase(suite, run);
    return run_suite(suite);
}
