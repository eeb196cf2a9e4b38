#include "harness.h"
#include "walk.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double worst_ratio;

double harness_worst(void)
{
    return worst_ratio;
}

void trial_reference(trial *t)
{
    char text[512];
    double *inputs[HARNESS_MAX_OPERANDS] = {NULL};
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    for (size_t i = 0; i < t->count; i++) {
        operand *o = &t->operands[i];
        if (!o->given)
            continue;
        bool input = o->info->role == CLNORM_ROLE_INPUT;
        double *values = malloc((o->span + 1) * sizeof *values);
        double *bound = input ? NULL : malloc((o->span + 1) * sizeof *bound);
        ck_assert_msg(values && (input || bound), "the test is out of memory");
        for (size_t k = 0; k < o->span; k++)
            values[k] = (double)t->before[o->start + k];
        *clnorm_reference_field(&arrays, o->info) = (clnorm_reference_array){values, bound};
        if (input) {
            inputs[i] = values;
            continue;
        }
        free(o->expected);
        free(o->bound);
        o->expected = values;
        o->bound = bound;
    }
    clnorm_status status = clnorm_reference(&t->op, &arrays);
    ck_assert_msg(status == CLNORM_OK, "reference of %s: %s", trial_describe(t, text, sizeof text),
                  clnorm_last_error());
    t->referenced = true;
    for (size_t i = 0; i < t->count; i++)
        free(inputs[i]);
}

/* How far `got` is from `expected`, as a share of `bound`. A NaN is met by a NaN only, and an infinity by
 * what is too large for fp32, or may be by the bound. */
static double ratio_of(double got, double expected, double bound)
{
    if (isnan(expected))
        return isnan(got) ? 0.0 : INFINITY;
    if (got == expected || got == (double)(float)expected)
        return 0.0;
    if (isinf(got))
        return (got > 0 ? expected : -expected) + bound > (double)FLT_MAX ? 0.0 : INFINITY;
    double ratio = fabs(got - expected) / bound;
    return isnan(ratio) ? INFINITY : ratio;
}

static void compare_operand(const trial *t, const operand *o, deviation *worst)
{
    for (walk w = walk_begin(&o->tensor); w.left; walk_next(&w)) {
        double got = (double)t->after[o->start + w.place];
        double expected = o->expected[w.place];
        double bound = o->bound[w.place];
        double ratio = ratio_of(got, expected, bound);
        if (ratio > worst->ratio || worst->name[0] == '\0')
            *worst = (deviation){ratio, o->info->name, w.place, got, expected, bound};
    }
}

deviation trial_compare(trial *t)
{
    deviation worst = {.ratio = 0.0, .name = ""};
    if (!t->referenced)
        trial_reference(t);
    for (size_t i = 0; i < t->count; i++)
        if (t->operands[i].given && t->operands[i].info->role != CLNORM_ROLE_INPUT)
            compare_operand(t, &t->operands[i], &worst);
    return worst;
}

void trial_judge(trial *t)
{
    char text[512];
    trial_verify_memory(t);
    deviation worst = trial_compare(t);
    if (worst.ratio > worst_ratio)
        worst_ratio = worst.ratio;
    ck_assert_msg(worst.ratio <= 1.0, "%s: %s at %zu is %.9g, not %.9g: %.3g times the bound %.3g",
                  trial_describe(t, text, sizeof text), worst.name, worst.place, worst.got, worst.expected,
                  worst.ratio, worst.bound);
}

void trial_check(trial *t, clnorm_context *context)
{
    trial_run(t, context, NULL);
    trial_judge(t);
}

static size_t describe_list(char *text, size_t size, const size_t *values, unsigned rank)
{
    size_t length = 0;
    for (unsigned axis = 0; axis < rank && length < size; axis++)
        length += (size_t)snprintf(text + length, size - length, "%s%zu", axis ? "," : "", values[axis]);
    return length < size ? length : size - 1;
}

/* " gamma [3,1,1,6]" */
static size_t describe_parameter(char *text, size_t size, const char *name, const clnorm_tensor *tensor)
{
    char dims[128];
    if (tensor->rank == 0)
        return 0;
    describe_list(dims, sizeof dims, tensor->dims, tensor->rank);
    const size_t length = (size_t)snprintf(text, size, " %s [%s]", name, dims);
    return length < size ? length : size - 1;
}

static size_t describe_attributes(const trial *t, char *text, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < t->info->attribute_count && length < size; i++) {
        const clnorm_attribute_info *attribute = t->info->attributes[i];
        double value = clnorm_op_get(&t->op, attribute);
        if (attribute->required || value != attribute->default_value)
            length += (size_t)snprintf(text + length, size - length, " %s=%g", attribute->name, value);
    }
    length = length < size ? length : size - 1;
    length += describe_parameter(text + length, size - length, "gamma", &t->op.gamma_tensor);
    return length + describe_parameter(text + length, size - length, "beta", &t->op.beta_tensor);
}

const char *trial_describe(const trial *t, char *text, size_t size)
{
    char dims[128];
    char strides[128];
    char attributes[192];
    const clnorm_mode_info *mode = clnorm_op_info_mode(t->info, t->op.mode);
    describe_list(dims, sizeof dims, t->op.x.dims, t->op.x.rank);
    describe_list(strides, sizeof strides, t->op.x.strides, t->op.x.rank);
    attributes[0] = '\0';
    describe_attributes(t, attributes, sizeof attributes);
    snprintf(text, size, "%s %s [%s] strides [%s]%s%s%s%s shift=%zu, %s", t->info->name, mode->name, dims,
             strides, attributes, t->op.y.rank ? " y strided" : "", t->in_place ? " in place" : "",
             t->one_buffer ? " one buffer" : "", t->shift, t->note);
    return text;
}
