#include "execute/plan_build.h"

#include "base/log.h"
#include "base/tensor.h"
#include "choose/choose.h"
#include "choose/known_answer.h"
#include "execute/processor.h"
#include "execute/tuning.h"
#include "execute/verify.h"
#include "programs/verdict.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct builder {
    clnorm_context *context;
    const clnorm_op *op;
    const op_definition *definition;
    clnorm_kernels schedule;
    size_t index; /* of the problem */
    problem problem;
    tuning tuning;
    caps device; /* the context's; without sub-groups once the driver has failed with them */
    exclusions excluded;
    choice chosen; /* the variant that is tried */
    program_handle programs[MAX_STEPS];
    plan_kernels *made;
    plan_part *part;
    size_t refused, unbuilt; /* variants that were not used; those of them that do not compile */
    bool distrusted;         /* the variant that is tried must not be used, as `reason` says */
    char reason[VERDICT_SENTENCE_SIZE];
} builder;

/* ---- Variants that are not used ---- */

static void distrust(builder *b, const char *reason)
{
    b->distrusted = true;
    snprintf(b->reason, sizeof b->reason, "%s", reason);
}

static bool uses_sub_groups(const choice *chosen)
{
    for (size_t i = 0; i < chosen->step_count; i++)
        if (chosen->steps[i].sub_groups)
            return true;
    return false;
}

/* A line for the person: the log has it, and the plan. */
static clnorm_status note_refusal(builder *b, bool shuffles)
{
    char line[VERDICT_SENTENCE_SIZE + 128];
    snprintf(line, sizeof line, "%s%s is not used: %s", b->chosen.variant, shuffles ? " with sub-groups" : "",
             b->reason);
    log_line(CLNORM_LOG_INFO, "%s: %s", b->definition->info.name, line);
    if (b->made->refusals == NULL)
        b->made->refusals = calloc(1, PLAN_REFUSALS_SIZE);
    if (b->made->refusals == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %d characters", PLAN_REFUSALS_SIZE);
    const size_t length = strlen(b->made->refusals);
    snprintf(b->made->refusals + length, PLAN_REFUSALS_SIZE - length, "%s%s", length > 0 ? "\n" : "", line);
    return CLNORM_OK;
}

/* The same variant without sub-groups is tried before the next one. */
static clnorm_status exclude(builder *b)
{
    const bool shuffles = uses_sub_groups(&b->chosen);
    b->refused++;
    const clnorm_status status = note_refusal(b, shuffles);
    if (shuffles) {
        b->device.sub_groups = SUB_GROUPS_NONE;
        return status;
    }
    assert(b->excluded.count < MAX_EXCLUDED); /* no schedule has so many variants */
    memcpy(b->excluded.names[b->excluded.count++], b->chosen.variant, sizeof b->chosen.variant);
    return status;
}

/* ---- Programs ---- */

static program_request request_of(const step *s)
{
    return (program_request){s->sources, s->source_count, s->options, s->kernel};
}

static void release_programs(builder *b)
{
    for (size_t i = 0; i < MAX_STEPS; i++)
        program_release(&b->programs[i]);
}

/* A program that is missing is not proven. */
static clnorm_status find_programs(builder *b, bool *all, bool *proven)
{
    *all = *proven = true;
    for (size_t i = 0; i < b->chosen.step_count; i++) {
        const program_request request = request_of(&b->chosen.steps[i]);
        const clnorm_status status = program_find(b->context->programs, &request, &b->programs[i]);
        if (status != CLNORM_OK)
            return status;
        *all &= b->programs[i].program != NULL;
        *proven &= b->programs[i].proven;
    }
    return CLNORM_OK;
}

/* A key for all programs of the variant together, for wrong results: it is not known which program is wrong.
 * It includes the kernels' names, since one program may hold the kernels of many variants. */
static cache_key combined_key(const builder *b)
{
    char texts[MAX_STEPS][2 * sizeof b->programs->key.bytes + 1];
    const char *fields[2 * MAX_STEPS];
    for (size_t i = 0; i < b->chosen.step_count; i++) {
        for (size_t j = 0; j < sizeof b->programs->key.bytes; j++)
            snprintf(texts[i] + 2 * j, 3, "%02x", b->programs[i].key.bytes[j]);
        fields[2 * i] = texts[i];
        fields[2 * i + 1] = b->chosen.steps[i].kernel;
    }
    return cache_key_of(fields, 2 * b->chosen.step_count);
}

/* Distrusts the variant if there is a verdict against it or against one of its unproven programs. */
static void ask_verdicts(builder *b)
{
    const char *directory = program_store_verdicts(b->context->programs);
    const cache_key all = combined_key(b);
    char sentence[VERDICT_SENTENCE_SIZE];
    if (verdict_avoided(directory, &all, sentence, sizeof sentence)) {
        distrust(b, sentence);
        return;
    }
    for (size_t i = 0; i < b->chosen.step_count; i++) {
        if (!b->programs[i].proven &&
            verdict_avoided(directory, &b->programs[i].key, sentence, sizeof sentence)) {
            distrust(b, sentence);
            return;
        }
    }
}

/* If the compiler refuses a program, the next variant is tried. But if the user edits kernels
 * (CLNORM_KERNEL_DIR), the error is returned, so that it is seen. */
static clnorm_status build_programs(builder *b)
{
    for (size_t i = 0; i < b->chosen.step_count; i++) {
        if (b->programs[i].program != NULL)
            continue;
        const program_request request = request_of(&b->chosen.steps[i]);
        const clnorm_status status = program_build(b->context->programs, &request, &b->programs[i]);
        if (status == CLNORM_BUILD_FAILED && !program_store_is_edited(b->context->programs)) {
            distrust(b, clnorm_last_error());
            b->unbuilt++;
            return CLNORM_OK;
        }
        if (status != CLNORM_OK)
            return status;
    }
    return CLNORM_OK;
}

/* ---- Kernels ---- */

/* Makes the launches and warms them up. Programs that are not proven are watched meanwhile (verdict.h), in
 * case the driver ends the process. */
static clnorm_status create_launches(builder *b)
{
    const char *verdicts = program_store_verdicts(b->context->programs);
    if (b->chosen.step_count == 0)
        return CLNORM_OK;
    b->part->launches = calloc(b->chosen.step_count, sizeof *b->part->launches);
    if (b->part->launches == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu kernels", b->chosen.step_count);
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < b->chosen.step_count; i++) {
        const program_handle *program = &b->programs[i];
        verdict_watch watch;
        verdict_watch_begin(&watch, program->proven ? NULL : verdicts, &program->key, program->name);
        launch *made = &b->part->launches[b->part->launch_count++];
        status = launch_create(made, program->program, &b->chosen.steps[i]);
        if (status == CLNORM_OK)
            status = launch_warm_up(made, &b->chosen.steps[i], b->context);
        verdict_watch_end(&watch, false);
    }
    return status;
}

static void destroy_launches(plan_part *part)
{
    for (size_t i = 0; i < part->launch_count; i++)
        launch_destroy(&part->launches[i]);
    free(part->launches);
    part->launches = NULL;
    part->launch_count = 0;
}

static void record_wrong(builder *b, const char *sentence)
{
    const cache_key all = combined_key(b);
    char reason[VERDICT_SENTENCE_SIZE];
    snprintf(reason, sizeof reason, "its results are wrong: %s", sentence);
    verdict_record_wrong(program_store_verdicts(b->context->programs), &all, b->chosen.variant, sentence);
    for (size_t i = 0; i < b->chosen.step_count; i++)
        program_disprove(b->context->programs, &b->programs[i]);
    distrust(b, reason);
}

/* Verifies, and logs the time that it took. */
static clnorm_status verify_logged(builder *b, const known_answer *known, verification *result)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    const clnorm_status status = verify(b->context, known, b->programs, result);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (status == CLNORM_OK)
        log_line(CLNORM_LOG_INFO, "%s %s with %zu values in %.1f ms", result->wrong ? "refused" : "verified",
                 b->chosen.variant, tensor_elements(&known->op.x),
                 (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) * 1e-6);
    return status;
}

static clnorm_status prove(builder *b)
{
    known_answer *known = malloc(sizeof *known);
    verification result = {.wrong = false};
    if (known == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes", sizeof *known);
    clnorm_status status = CLNORM_OK;
    const known_answer_wanted wanted = {b->op, b->definition, b->index, &b->problem, &b->device, &b->chosen};
    if (known_answer_find(&wanted, known))
        status = verify_logged(b, known, &result);
    else
        log_line(CLNORM_LOG_INFO, "%s: no known answer for %s; it is used as it is", b->definition->info.name,
                 b->chosen.variant);
    free(known);
    if (status == CLNORM_OK && result.wrong)
        record_wrong(b, result.sentence);
    return status;
}

/* Sets distrusted where the variant cannot be used. */
static clnorm_status try_variant(builder *b)
{
    bool all, proven;
    clnorm_status status = find_programs(b, &all, &proven);
    if (status == CLNORM_OK && !proven)
        ask_verdicts(b);
    if (status == CLNORM_OK && !b->distrusted && !proven && b->context->verify != CLNORM_VERIFY_OFF)
        status = processor_check(b->context);
    if (status == CLNORM_OK && !b->distrusted && !all)
        status = build_programs(b);
    if (status == CLNORM_OK && !b->distrusted)
        status = create_launches(b);
    if (status == CLNORM_OK && !b->distrusted && !proven && b->context->verify != CLNORM_VERIFY_OFF)
        status = prove(b);
    for (size_t i = 0; status == CLNORM_OK && !b->distrusted && i < b->chosen.step_count; i++)
        program_prove(b->context->programs, &b->programs[i]);
    if (b->distrusted)
        destroy_launches(b->part);
    release_programs(b);
    return status;
}

/* ---- All of it ---- */

/* False: the operation has no problem at this index. */
static bool pose(builder *b, clnorm_kernels schedule)
{
    b->schedule = schedule;
    b->excluded.count = 0;
    memset(&b->problem, 0, sizeof b->problem);
    b->problem.one_path = schedule == CLNORM_KERNELS_FPGA;
    return tensor_elements(&b->op->x) > 0 ? b->definition->lower(b->op, b->index, &b->problem)
                                          : b->index == 0;
}

/* If the driver fails with all variants of the schedule, the fpga schedule is tried: slow on other devices,
 * but its kernels are written differently, and take every problem. */
static clnorm_status choose_next(builder *b)
{
    clnorm_status status = choose_except(&b->problem, &b->device, b->schedule, &b->excluded, &b->chosen);
    if (status == CLNORM_UNTRUSTED_DRIVER && b->schedule != CLNORM_KERNELS_FPGA) {
        pose(b, CLNORM_KERNELS_FPGA);
        status = choose_except(&b->problem, &b->device, b->schedule, &b->excluded, &b->chosen);
    }
    if (status == CLNORM_UNTRUSTED_DRIVER && b->unbuilt == b->refused)
        return fail(CLNORM_BUILD_FAILED, "%s", b->reason);
    if (status == CLNORM_UNTRUSTED_DRIVER)
        return fail(
            status,
            "%s\n`clnorm cache --clear` forgets what was found; CLNORM_VERIFY=off uses it all the same",
            b->made->refusals);
    return status;
}

static clnorm_status choose_and_try(builder *b)
{
    b->distrusted = false;
    clnorm_status status = choose_next(b);
    if (status != CLNORM_OK)
        return status;
    log_line(CLNORM_LOG_DISPATCH, "%s: %s%s%s", b->definition->info.name, b->chosen.variant,
             b->chosen.refusals[0] != '\0' ? "; refused " : "", b->chosen.refusals);
    status = try_variant(b);
    return status == CLNORM_OK && b->distrusted ? exclude(b) : status;
}

/* The buffers that a part writes. */
static void note_outputs(builder *b)
{
    const clnorm_mode_info *mode = clnorm_op_info_mode(&b->definition->info, b->op->mode);
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = mode->buffers[i];
        if (buffer->role == CLNORM_ROLE_INPUT || !choice_has_buffer(&b->chosen, buffer->offset))
            continue;
        assert(b->part->output_count < MAX_OUTPUTS);
        b->part->outputs[b->part->output_count++] = buffer->offset;
    }
}

static clnorm_status build_part(builder *b)
{
    clnorm_status status = CLNORM_OK;
    plan_kernels *made = b->made;
    b->part = &made->parts[made->part_count++];
    b->device = b->context->caps;
    b->device.tuning = b->tuning;
    b->refused = b->unbuilt = 0;
    do
        status = choose_and_try(b);
    while (status == CLNORM_OK && b->distrusted);
    if (status != CLNORM_OK)
        return status;
    note_outputs(b);
    if (b->index > 0)
        strcat(made->variant, " + ");
    strcat(made->variant, b->chosen.variant);
    if (b->chosen.scratch_bytes > made->scratch_bytes)
        made->scratch_bytes = b->chosen.scratch_bytes;
    return CLNORM_OK;
}

clnorm_status plan_build(plan_kernels *made, clnorm_context *context, const clnorm_op *op,
                         const op_definition *definition)
{
    clnorm_kernels schedule;
    clnorm_status status = context_schedule(context, &schedule);
    if (status != CLNORM_OK)
        return status;
    builder *b = calloc(1, sizeof *b);
    if (b == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu bytes", sizeof *b);
    b->context = context;
    b->op = op;
    b->definition = definition;
    b->made = made;
    b->tuning = context_tuning(context);
    for (; status == CLNORM_OK && pose(b, schedule); b->index++)
        status = build_part(b);
    free(b);
    return status;
}

void plan_kernels_destroy(plan_kernels *made)
{
    for (size_t i = 0; i < made->part_count; i++)
        destroy_launches(&made->parts[i]);
    free(made->refusals);
    made->refusals = NULL;
}
