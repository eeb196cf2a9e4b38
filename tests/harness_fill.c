/* Inputs for a trial: x of the kind asked for, parameters and statistics that suit it. */
#include "harness.h"
#include "walk.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static float first_of_channel(const trial *t, size_t channel)
{
    const operand *x = &t->operands[0];
    const unsigned axis = test_op_groups(&t->op).axis;
    const size_t stride = channel < x->tensor.dims[axis] ? x->tensor.strides[axis] : 0;
    return x->span ? t->before[x->start + channel * stride] : 0.0f;
}

/* Means lie near the data, as moving means do; a residual is less than half an ulp of its mean. */
static void fill_parameter(trial *t, const operand *o, generator *random)
{
    const char *name = o->info->name;
    bool mean = strcmp(name, "moving_mean") == 0 || strcmp(name, "batch_mean") == 0;
    bool residual = strcmp(name, "batch_mean_residual") == 0;
    bool variance = strstr(name, "variance") || strstr(name, "deviation");
    for (size_t c = 0; c < o->span; c++) {
        float first = first_of_channel(t, c);
        float uniform = (float)generator_uniform(random);
        float normal = (float)generator_normal(random);
        float value = variance ? 0.05f + 3.0f * uniform : 1.0f + normal;
        if (mean)
            value = first + (fabsf(first) > 0.01f ? normal : normal * first);
        t->before[o->start + c] = residual ? (uniform - 0.5f) * 1e-7f * first : value;
    }
}

static bool is_saved_by_training(const char *name)
{
    return strncmp(name, "batch_mean", 10) == 0 || strcmp(name, "inverse_deviation") == 0;
}

static bool has_saved(const trial *t)
{
    for (size_t i = 0; i < t->count; i++) {
        if (is_saved_by_training(t->operands[i].info->name))
            return true;
    }
    return false;
}

/* What training saves of x, for its gradients. */
static void fill_saved(trial *t)
{
    char text[512];
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    clnorm_op op = t->op;
    op.mode = CLNORM_TRAIN;
    op.y = t->op.dx;
    size_t span = clnorm_tensor_span(&op.x), y_span = op.y.rank ? clnorm_tensor_span(&op.y) : span;
    double *x = malloc((span + 1) * sizeof *x), *y = malloc((y_span + 1) * sizeof *y);
    double *saved[HARNESS_MAX_OPERANDS] = {NULL};
    ck_assert_msg(x && y, "the test is out of memory");
    for (size_t i = 0; i < span; i++)
        x[i] = (double)trial_input(t, "x")[i];
    arrays.x.values = x;
    arrays.y.values = y;
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        if (!o->given || !is_saved_by_training(o->info->name))
            continue;
        saved[i] = malloc((o->span + 1) * sizeof *saved[i]);
        ck_assert_msg(saved[i] != NULL, "the test is out of memory");
        clnorm_reference_field(&arrays, o->info)->values = saved[i];
    }
    clnorm_status status = clnorm_reference(&op, &arrays);
    ck_assert_msg(status == CLNORM_OK, "statistics of %s: %s", trial_describe(t, text, sizeof text),
                  clnorm_last_error());
    for (size_t i = 0; i < t->count; i++) {
        for (size_t c = 0; saved[i] && c < t->operands[i].span; c++)
            t->before[t->operands[i].start + c] = (float)saved[i][c];
        free(saved[i]);
    }
    free(x);
    free(y);
}

void trial_fill(trial *t, data_kind kind, uint64_t seed)
{
    generator random = generator_seeded(seed + 1);
    if (!t->before)
        trial_lay_out(t);
    ck_assert_str_eq(t->operands[0].info->name, "x");
    t->referenced = false;
    snprintf(t->note, sizeof t->note, "%s, seed %llu", data_kind_name(kind), (unsigned long long)seed);
    data_fill(trial_input(t, "x"), &t->op.x, test_op_groups(&t->op), kind, seed);
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        if (!o->given || !clnorm_op_reads(&t->op, o->info) || strcmp(o->info->name, "x") == 0)
            continue;
        if (o->info->shape == CLNORM_SHAPE_DY || o->info->shape == CLNORM_SHAPE_DX)
            data_fill(t->before + o->start, &o->tensor, test_op_groups(&t->op), DATA_NORMAL, seed + i);
        else
            fill_parameter(t, o, &random);
    }
    if (t->op.mode == CLNORM_BACKWARD && has_saved(t) && t->op.x.dims[0])
        fill_saved(t);
}
