/*
 * gpu_programs DIR: writes each program that the gpu schedule can choose, its text as a driver gets it, to
 * DIR/<number>.cl, and to DIR/list.json what it is: kernel, options, work-group size, variant, and a case
 * that needs it. Prints how many.
 *
 * The choice is a function of the problem and of the device's limits: every mode, every class of attributes,
 * shapes of every regime and the devices of gpu_devices.h are put to it. Left out are programs for
 * work-groups of fewer than 64 items, which differ from others in their LOCAL_SIZE alone, and those that
 * differ in MANY_GROUPS, of which no kernel makes anything.
 */
#include "choose/choose.h"
#include "gpu_devices.h"
#include "operations/op.h"
#include "operations/operation.h"
#include "programs/source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PROGRAMS = 4096, LEAST_GROUP = 64, TEXT = 1024 };

typedef struct collection {
    const char *directory;
    char *keys[MOST_PROGRAMS];
    size_t count;
    json_t *list;
} collection;

static void must(clnorm_status status)
{
    if (status == CLNORM_OK)
        return;
    fprintf(stderr, "gpu_programs: %s: %s\n", clnorm_status_name(status), clnorm_last_error());
    exit(1);
}

static bool is_known(const collection *all, const char *key)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->keys[i], key) == 0)
            return true;
    }
    return false;
}

static void write_text(const collection *all, const step *s)
{
    char path[TEXT], *text;
    must(source_expand(s->sources, s->source_count, NULL, &text));
    snprintf(path, sizeof path, "%s/%zu.cl", all->directory, all->count);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    free(text);
}

static void collect(collection *all, const choice *chosen, const step *s, const char *need)
{
    char key[TEXT] = "";
    for (size_t i = 0; i < s->source_count; i++)
        snprintf(key + strlen(key), sizeof key - strlen(key), "%s ", s->sources[i]);
    snprintf(key + strlen(key), sizeof key - strlen(key), "%s", s->options);
    *strstr(key, " -DMANY_GROUPS=") = '\0';
    if (s->local[0] < LEAST_GROUP || is_known(all, key))
        return;
    if (all->count == MOST_PROGRAMS) {
        fprintf(stderr, "gpu_programs: more than %d programs\n", MOST_PROGRAMS);
        exit(1);
    }
    write_text(all, s);
    json_array_append_new(all->list,
                          json_pack("{s:I, s:s, s:s, s:I, s:s, s:s}", "number", (json_int_t)all->count,
                                    "kernel", s->kernel, "options", s->options, "local_size",
                                    (json_int_t)s->local[0], "variant", chosen->variant, "needed_by", need));
    all->keys[all->count++] = strdup(key);
}

static void visit_problem(collection *all, const clnorm_op *op, const problem *p)
{
    for (size_t d = 0; d < GPU_DEVICES; d++) {
        choice chosen;
        char need[TEXT];
        must(choose(p, &gpu_devices[d].caps, CLNORM_KERNELS_GPU, &chosen));
        snprintf(need, sizeof need, "%s, mode %d, [%zux%zux%zux%zu] on %s", op_find(op->kind)->info.name,
                 (int)op->mode, p->batch, p->outer, p->kept, p->inner, gpu_devices[d].name);
        for (size_t i = 0; i < chosen.step_count; i++)
            collect(all, &chosen, &chosen.steps[i], need);
    }
}

/* What the case needs on each device. */
static void visit(collection *all, const clnorm_op *given)
{
    const op_definition *definition;
    clnorm_op op;
    must(op_import(given, &op, &definition));
    for (size_t index = 0;; index++) {
        problem p = {0};
        if (!definition->lower(&op, index, &p))
            break;
        visit_problem(all, &op, &p);
    }
}

/* ---- Cases ---- */

/* Planes, columns, rows; few and many groups, short and long ones, those whose sizes nothing divides, and one
 * that 32 bits cannot count. */
static const struct {
    unsigned rank;
    size_t dims[4];
    int axis;
} shapes[] = {
    {4, {32, 64, 112, 112}, 1}, {4, {32, 112, 112, 64}, 3},  {4, {8, 512, 7, 7}, 1},
    {4, {8, 7, 7, 512}, 3},     {4, {31, 61, 13, 13}, 1},    {4, {31, 13, 13, 61}, 3},
    {4, {2, 3, 1024, 1024}, 1}, {4, {2, 1024, 1024, 3}, 3},  {2, {4096, 1000}, 1},
    {2, {8192, 1024}, 0},       {2, {100000, 64}, 0},        {2, {1000003, 3}, 0},
    {2, {1000003, 3}, 1},       {2, {1, 4096}, 0},           {2, {10000000, 2}, 1},
    {3, {2, 2, 10000000}, 1},   {4, {512, 64, 512, 512}, 1}, {4, {512, 512, 512, 64}, 3},
};

static bool is_along(const clnorm_op *op)
{
    return test_operation_of(op->kind)->groups == GROUPS_ALONG;
}

static void visit_shapes(collection *all, const clnorm_op *like)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        clnorm_op op = *like;
        const clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, shapes[i].rank, shapes[i].dims);
        op.x = x;
        for (int axis = 0; axis < (int)x.rank; axis++) {
            /* groups along each axis; channels where they are usual */
            if (!is_along(&op) && axis != shapes[i].axis)
                continue;
            test_op_set_axis(&op, axis);
            visit(all, &op);
        }
    }
}

/* Gaps between rows, and parameters with an element for each of x: the strided kernels. */
static void visit_strided(collection *all, const clnorm_op *like)
{
    clnorm_op op = *like;
    op.x = clnorm_tensor_4d(CLNORM_F32, 4, 8, 16, 32);
    op.x.strides[0] *= 2;
    test_op_set_axis(&op, 1);
    visit(all, &op);
    op.gamma_tensor = op.beta_tensor = op.x;
    visit(all, &op);
}

static void visit_modes(collection *all, clnorm_op op)
{
    const clnorm_op_info *info = &op_find(op.kind)->info;
    for (size_t m = 0; m < info->mode_count; m++) {
        op.mode = info->modes[m]->mode;
        for (int adds = 0; adds < (op_is_backward(&op) ? 2 : 1); adds++) {
            op.accumulate_dx = adds;
            visit_shapes(all, &op);
            visit_strided(all, &op);
        }
    }
}

static void visit_classes(collection *all, const test_operation *operation)
{
    clnorm_op op = test_operation_op(operation, clnorm_tensor_1d(CLNORM_F32, 1), 0);
    if (operation->classes == 0)
        visit_modes(all, op);
    for (size_t i = 0; i < operation->classes; i++) {
        operation->set_class(&op, i);
        visit_modes(all, op);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gpu_programs DIR\n");
        return 2;
    }
    static collection all;
    all.directory = argv[1];
    all.list = json_array();
    for (size_t i = 0; i < test_operation_count(); i++)
        visit_classes(&all, test_operation_get(i));
    char path[TEXT];
    snprintf(path, sizeof path, "%s/list.json", all.directory);
    if (json_dump_file(all.list, path, JSON_INDENT(1)) != 0) {
        perror(path);
        return 1;
    }
    printf("%zu programs\n", all.count);
    for (size_t i = 0; i < all.count; i++)
        free(all.keys[i]);
    json_decref(all.list);
    return 0;
}
