/* Inputs for a trial: x of the kind asked for, parameters and statistics that suit it. */
#include "harness.h"
#include "walk.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

data_groups trial_groups(const clnorm_op *op)
{
    bool along = op->kind != CLNORM_BATCH_NORMALIZATION;
    int axis = op->kind == CLNORM_L2_NORMALIZE ? op->dim : op->axis;
    return (data_groups){(unsigned)(axis < 0 ? axis + (int)op->x.rank : axis), along};
}

static float first_of_channel(const trial *t, size_t channel)
{
    const operand *x = &t->operands[0];
    size_t stride = x->tensor.strides[trial_groups(&t->op).axis];
    return x->span ? t->before[x->start + channel * stride] : 0.0f;
}

/* Means lie near the data, as running means do; a residual is less than half an ulp of its mean. */
static void fill_parameter(trial *t, const operand *o, generator *random)
{
    const char *name = o->info->name;
    bool mean = strcmp(name, "moving_mean") == 0 || strcmp(name, "batch_mean") == 0;
    bool residual = strcmp(name, "batch_mean_residual") == 0;
    bool variance = strstr(name, "variance") != NULL;
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

void trial_fill(trial *t, data_kind kind, uint64_t seed)
{
    generator random = generator_seeded(seed + 1);
    if (!t->before)
        trial_lay_out(t);
    ck_assert_str_eq(t->operands[0].info->name, "x");
    t->referenced = false;
    snprintf(t->note, sizeof t->note, "%s, seed %llu", data_kind_name(kind), (unsigned long long)seed);
    data_fill(trial_input(t, "x"), &t->op.x, trial_groups(&t->op), kind, seed);
    for (size_t i = 0; i < t->count; i++) {
        const operand *o = &t->operands[i];
        if (o->given && o->info->role != CLNORM_ROLE_OUTPUT && strcmp(o->info->name, "x") != 0)
            fill_parameter(t, o, &random);
    }
}
