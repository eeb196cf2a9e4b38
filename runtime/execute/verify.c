#include "execute/verify.h"

#include "base/tensor.h"
#include "devices/device_memory.h"
#include "execute/buffers.h"
#include "execute/launch.h"
#include "execute/queue.h"
#include "execute/scratch.h"
#include "programs/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A buffer of the small problem: its values on the host and on the device. */
typedef struct operand {
    const clnorm_buffer_info *info;
    size_t count;             /* of values, gaps included */
    float *values;            /* what the device is given, then what it returns */
    double *expected, *bound; /* what the reference is given, then what it returns */
    cl_mem mem;
} operand;

typedef struct run {
    clnorm_context *context;
    const known_answer *known;
    operand operands[MAX_BUFFERS];
    size_t operand_count;
    clnorm_buffers buffers;
    scratch scratch;
} run;

/* ---- Data ---- */

/* Above 0, below 1; always the same. */
static float next_value(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return ((float)(*state >> 9) + 0.5f) / (float)(1 << 23);
}

/* Values from 1 to 3: the mean is not 0, so that errors in it show, and they are positive, as variances must
 * be. For batch_mean_residual they are small, like the rounding errors of a mean. */
static void fill(const operand *o, uint32_t seed)
{
    uint32_t state = seed * 2654435761U + 1;
    const bool is_residual = strstr(o->info->name, "residual") != NULL;
    for (size_t i = 0; i < o->count; i++) {
        const float value = 1.0f + 2.0f * next_value(&state);
        o->values[i] = is_residual ? value * 1e-8f : value;
        o->expected[i] = (double)o->values[i];
    }
}

static clnorm_status make_operand(run *r, const clnorm_buffer_info *info)
{
    const clnorm_tensor tensor = clnorm_op_buffer_tensor(&r->known->op, info);
    operand *o = &r->operands[r->operand_count++];
    o->info = info;
    o->count = clnorm_tensor_span(&tensor);
    o->values = calloc(o->count, sizeof *o->values);
    o->expected = calloc(o->count, sizeof *o->expected);
    o->bound = calloc(o->count, sizeof *o->bound);
    if (o->values == NULL || o->expected == NULL || o->bound == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu values to verify programs with", o->count);
    fill(o, (uint32_t)r->operand_count);
    return CLNORM_OK;
}

/* The buffer of this name that `train` writes; NULL: it writes none. */
static const clnorm_buffer_info *saved_by_training(const clnorm_op_info *info, const char *name)
{
    const clnorm_mode_info *train = clnorm_op_info_mode(info, CLNORM_TRAIN);
    for (size_t i = 0; train != NULL && i < train->buffer_count; i++)
        if (train->buffers[i]->role == CLNORM_ROLE_OUTPUT && strcmp(train->buffers[i]->name, name) == 0)
            return train->buffers[i];
    return NULL;
}

/* Sets the statistics that a backward mode reads to those that training would have saved for x. With
 * arbitrary numbers, errors would be larger than the bounds, which are for matching statistics. Changes no
 * other operands. */
static clnorm_status fill_saved(run *r, const op_definition *definition)
{
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    clnorm_op train = r->known->op;
    bool any = false;
    train.mode = CLNORM_TRAIN;
    train.y = (clnorm_tensor){.rank = 0};
    for (size_t i = 0; i < r->operand_count; i++) {
        const operand *o = &r->operands[i];
        const bool is_x = o->info->shape == CLNORM_SHAPE_X;
        if (o->info->role != CLNORM_ROLE_INPUT ||
            (!is_x && saved_by_training(&definition->info, o->info->name) == NULL))
            continue;
        clnorm_reference_field(&arrays, o->info)->values = o->expected;
        any |= !is_x;
    }
    if (!any)
        return CLNORM_OK;
    const size_t count = clnorm_tensor_span(&train.x);
    arrays.y.values = calloc(count, sizeof *arrays.y.values);
    if (arrays.y.values == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu values to verify programs with", count);
    const clnorm_status status = clnorm_reference(&train, &arrays);
    free(arrays.y.values);
    for (size_t i = 0; i < r->operand_count; i++) {
        const operand *o = &r->operands[i];
        for (size_t at = 0; o->info->role == CLNORM_ROLE_INPUT && at < o->count; at++) {
            o->values[at] = (float)o->expected[at];
            o->expected[at] = (double)o->values[at];
        }
    }
    return status;
}

static clnorm_status upload(run *r, operand *o)
{
    const clnorm_status status =
        device_memory_create(r->context->context, r->context->device, "the verification of programs",
                             o->count * sizeof *o->values, o->values, &o->mem);
    if (status == CLNORM_OK)
        clnorm_buffers_field(&r->buffers, o->info)->mem = o->mem;
    return status;
}

static clnorm_status begin(run *r, clnorm_context *context, const known_answer *known,
                           const op_definition *definition)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(&definition->info, known->op.mode);
    memset(r, 0, sizeof *r);
    r->context = context;
    r->known = known;
    r->buffers.size = sizeof r->buffers;
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_status status = make_operand(r, mode->buffers[i]);
        if (status != CLNORM_OK)
            return status;
    }
    clnorm_status status = fill_saved(r, definition);
    for (size_t i = 0; status == CLNORM_OK && i < r->operand_count; i++)
        status = upload(r, &r->operands[i]);
    if (status != CLNORM_OK)
        return status;
    r->scratch.bytes = known->steps.scratch_bytes;
    return scratch_make(&r->scratch, context->context, context->device);
}

static void end(run *r)
{
    for (size_t i = 0; i < r->operand_count; i++) {
        free(r->operands[i].values);
        free(r->operands[i].expected);
        free(r->operands[i].bound);
        if (r->operands[i].mem != NULL)
            clReleaseMemObject(r->operands[i].mem);
    }
    scratch_abandon(&r->scratch);
}

/* ---- The device's answer ---- */

static clnorm_status launch_step(const run *r, const step *s, cl_program program)
{
    launch made = {.kernel = NULL};
    cl_command_queue queue = r->context->own_queue;
    clnorm_status status = launch_create(&made, program, s);
    if (status == CLNORM_OK)
        status = launch_bind(&made, &r->buffers, (clnorm_buffer){r->scratch.mem, 0});
    if (status == CLNORM_OK)
        status = launch_enqueue(&made, queue, 0, NULL, NULL);
    if (status == CLNORM_OK)
        status = queue_finish(r->context, queue);
    launch_destroy(&made);
    return status;
}

static clnorm_status run_steps(const run *r, const program_handle *programs)
{
    const char *verdicts = program_store_verdicts(r->context->programs);
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < r->known->steps.step_count; i++) {
        verdict_watch watch;
        verdict_watch_begin(&watch, verdicts, &programs[i].key, programs[i].name);
        status = launch_step(r, &r->known->steps.steps[i], programs[i].program);
        verdict_watch_end(&watch, false); /* not done yet: see program_prove */
    }
    return status;
}

static clnorm_status read_results(const run *r)
{
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < r->operand_count; i++) {
        const operand *o = &r->operands[i];
        if (o->info->role != CLNORM_ROLE_INPUT)
            status = queue_read(r->context, r->context->own_queue, o->mem, o->count * sizeof *o->values,
                                o->values, "verification");
    }
    return status;
}

/* ---- The right answer ---- */

static clnorm_status compute_expected(run *r, const op_definition *definition)
{
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    for (size_t i = 0; i < r->operand_count; i++) {
        const operand *o = &r->operands[i];
        *clnorm_reference_field(&arrays, o->info) = (clnorm_reference_array){o->expected, o->bound};
    }
    return definition->reference(&r->known->op, &arrays);
}

/* Compares the buffers that the steps write. Gaps between elements are expected to stay as they are, with no
 * bound. */
static void compare(const run *r, verification *result)
{
    for (size_t i = 0; i < r->operand_count && !result->wrong; i++) {
        const operand *o = &r->operands[i];
        const bool written =
            o->info->role != CLNORM_ROLE_INPUT && choice_has_buffer(&r->known->steps, o->info->offset);
        for (size_t at = 0; written && at < o->count; at++) {
            const double got = (double)o->values[at];
            if (fabs(got - o->expected[at]) <= o->bound[at])
                continue; /* a NaN fails this comparison */
            result->wrong = true;
            snprintf(result->sentence, sizeof result->sentence, "%s[%zu] is %.9g; %.9g is right",
                     o->info->name, at, got, o->expected[at]);
            break;
        }
    }
}

clnorm_status verify(clnorm_context *context, const known_answer *known, const program_handle *programs,
                     verification *result)
{
    run r;
    const op_definition *definition = op_find(known->op.kind);
    memset(result, 0, sizeof *result);
    clnorm_status status = begin(&r, context, known, definition);
    if (status == CLNORM_OK)
        status = run_steps(&r, programs);
    if (status == CLNORM_OK)
        status = read_results(&r);
    if (status == CLNORM_OK)
        status = compute_expected(&r, definition);
    if (status == CLNORM_OK)
        compare(&r, result);
    end(&r);
    return status;
}
