#include "selftest_run.h"

#include "devices/device_limits.h"

#include <clnorm/reference.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A NaN that fills the gaps between elements, the memory around each buffer's tensor, and results beforehand,
 * to detect elements that are not written and writes to other places. */
#define CANARY UINT32_C(0x7fc5a5a5)

enum { CANARY_WORDS = 16, MAX_OFFSET_WORDS = 8 };

typedef struct probe {
    const clnorm_buffer_info *info;
    clnorm_tensor tensor;
    size_t front, span, words; /* words before the tensor, within it, in the whole buffer */
    float least;               /* what is smaller counts as 0 on the device */
    uint32_t *before, *after;  /* the whole buffer */
    double *values, *bound;    /* of the reference, at the tensor's strides */
    cl_mem mem;
    struct probe *shared; /* in place: the probe whose memory this one uses */
} probe;

static bool fault(selftest_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fault(selftest_result *result, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(result->fault, sizeof result->fault, format, list);
    va_end(list);
    return false;
}

/* ---- Elements of a tensor ---- */

/* Steps to the next element; its place in memory is kept in `at`. False behind the last. */
static bool next_element(const clnorm_tensor *tensor, size_t index[CLNORM_MAX_RANK], size_t *at)
{
    for (unsigned axis = tensor->rank; axis-- > 0;) {
        *at += tensor->strides[axis];
        if (++index[axis] < tensor->dims[axis])
            return true;
        *at -= tensor->strides[axis] * tensor->dims[axis];
        index[axis] = 0;
    }
    return false;
}

static bool is_empty(const clnorm_tensor *tensor)
{
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        if (tensor->dims[axis] == 0)
            return true;
    return false;
}

static uint32_t word_of(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

static float float_of(uint32_t word)
{
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* ---- Setting up ---- */

bool selftest_has_subnormals(clnorm_context *context)
{
    cl_device_fp_config config = 0;
    const cl_int error = clGetDeviceInfo(clnorm_context_cl_device(context), CL_DEVICE_SINGLE_FP_CONFIG,
                                         sizeof config, &config, NULL);
    return error != CL_SUCCESS || (config & CL_FP_DENORM) != 0;
}

/* The bits of an input value: 0 if the device would treat it as 0, so that the reference does the same. */
static uint32_t input_word(const probe *p, float value)
{
    return word_of(fabsf(value) < p->least ? copysignf(0, value) : value);
}

static void fill(probe *p, const selftest_case *test, random_state *random)
{
    size_t index[CLNORM_MAX_RANK] = {0}, at = 0, count = 0;
    float intruder;
    if (!clnorm_op_reads(&test->op, p->info) || is_empty(&p->tensor))
        return;
    do {
        p->before[p->front + at] = input_word(p, data_value(random, p->info, test->data));
        count++;
    } while (next_element(&p->tensor, index, &at));

    size_t chosen = (size_t)(random_next(random) % count);
    if (strcmp(p->info->name, "x") == 0 && data_intruder(test->data, &intruder)) {
        at = 0;
        while (chosen-- > 0)
            next_element(&p->tensor, index, &at);
        p->before[p->front + at] = word_of(intruder);
    }
    for (size_t i = 0; i < p->span; i++)
        p->values[i] = float_of(p->before[p->front + i]);
}

static bool prepare(probe *p, const selftest_case *test, float least, random_state *random)
{
    p->least = least;
    p->tensor = clnorm_op_buffer_tensor(&test->op, p->info);
    p->span = clnorm_tensor_span(&p->tensor);
    /* In place, y has x's offset. */
    p->front =
        CANARY_WORDS + (size_t)((test->in_place ? test->seed : random_next(random)) % MAX_OFFSET_WORDS);
    p->words = p->front + p->span + CANARY_WORDS;
    p->before = malloc(p->words * sizeof *p->before);
    p->after = malloc(p->words * sizeof *p->after);
    p->values = calloc(p->span + 1, sizeof *p->values);
    p->bound = calloc(p->span + 1, sizeof *p->bound);
    if (!p->before || !p->after || !p->values || !p->bound)
        return false;
    for (size_t i = 0; i < p->words; i++)
        p->before[i] = CANARY;
    fill(p, test, random);
    return true;
}

static void clear(probe *p)
{
    if (p->mem && !p->shared)
        clReleaseMemObject(p->mem);
    free(p->before);
    free(p->after);
    free(p->values);
    free(p->bound);
}

/* Whether a case gives the buffer: by its seed, a case gives all buffers, only the required ones, or some.
 * Updated buffers are given all or none. */
static bool is_chosen(const clnorm_buffer_info *buffer, const selftest_case *test, unsigned index)
{
    uint64_t some = random_next(&(random_state){test->seed});
    if (buffer->required || test->seed % 3 == 0)
        return true;
    if (test->seed % 3 == 1)
        return false;
    return some >> (buffer->role == CLNORM_ROLE_UPDATED ? 63 : index % 63) & 1;
}

static size_t choose_buffers(const selftest_case *test, probe *probes)
{
    const clnorm_mode_info *mode = test->mode;
    bool any_result = false;
    size_t count = 0;
    for (unsigned i = 0; i < mode->buffer_count; i++)
        any_result = any_result ||
                     (mode->buffers[i]->role != CLNORM_ROLE_INPUT && is_chosen(mode->buffers[i], test, i));
    for (unsigned i = 0; i < mode->buffer_count; i++)
        if (!any_result || is_chosen(mode->buffers[i], test, i))
            probes[count++].info = mode->buffers[i];
    return count;
}

static bool is_saved_by_training(const selftest_case *test, const clnorm_buffer_info *buffer)
{
    const clnorm_mode_info *train = clnorm_op_info_mode(test->info, CLNORM_TRAIN);
    for (size_t i = 0; test->op.mode == CLNORM_BACKWARD && i < train->buffer_count; i++)
        if (train->buffers[i]->offset == buffer->offset && train->buffers[i]->role == CLNORM_ROLE_OUTPUT)
            return buffer->role == CLNORM_ROLE_INPUT;
    return false;
}

bool selftest_reads_saved(const selftest_case *test)
{
    for (size_t i = 0; i < test->mode->buffer_count; i++)
        if (is_saved_by_training(test, test->mode->buffers[i]))
            return true;
    return false;
}

/* For gradients, sets the statistics to those that training would have saved for x, which the formulas and
 * the error bounds assume. */
static bool fill_saved(const selftest_case *test, probe *probes, size_t count)
{
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    clnorm_op train = test->op;
    size_t found = 0;
    train.mode = CLNORM_TRAIN;
    train.y = clnorm_tensor_dense(CLNORM_F32, train.x.rank, train.x.dims);
    for (size_t i = 0; i < count; i++) {
        const bool saved = is_saved_by_training(test, probes[i].info);
        if (saved || strcmp(probes[i].info->name, "x") == 0)
            clnorm_reference_field(&arrays, probes[i].info)->values = probes[i].values;
        found += saved;
    }
    if (found == 0 || is_empty(&train.x))
        return true;
    arrays.y.values = calloc(clnorm_tensor_span(&train.y) + 1, sizeof *arrays.y.values);
    const bool done = arrays.y.values && clnorm_reference(&train, &arrays) == CLNORM_OK;
    free(arrays.y.values);
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; is_saved_by_training(test, probes[i].info) && c < probes[i].span; c++) {
            const uint32_t word = input_word(&probes[i], (float)probes[i].values[c]);
            probes[i].before[probes[i].front + c] = word;
            probes[i].values[c] = (double)float_of(word);
        }
    }
    return done;
}

static probe *find_probe(probe *probes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(probes[i].info->name, name) == 0)
            return &probes[i];
    return NULL;
}

/* The second takes the first's memory, if both are there. */
static void share_memory(probe *source, probe *result)
{
    if (!source || !result)
        return;
    result->shared = source;
    memcpy(result->before, source->before, source->words * sizeof *source->before);
    memcpy(result->values, source->values, source->span * sizeof *source->values);
}

/* ---- Running ---- */

static bool run_reference(const selftest_case *test, probe *probes, size_t count, selftest_result *result)
{
    clnorm_reference_arrays arrays = {.size = sizeof arrays};
    for (size_t i = 0; i < count; i++)
        *clnorm_reference_field(&arrays, probes[i].info) =
            (clnorm_reference_array){probes[i].values, probes[i].bound};
    if (clnorm_reference(&test->op, &arrays) != CLNORM_OK)
        return fault(result, "the reference failed: %s", clnorm_last_error());
    return true;
}

static bool upload(clnorm_context *context, probe *p, selftest_result *result)
{
    cl_int error = CL_SUCCESS;
    char limits[DEVICE_LIMITS_SIZE];
    if (p->shared)
        p->mem = p->shared->mem;
    else
        p->mem = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                p->words * sizeof *p->before, p->before, &error);
    return p->mem
               ? true
               : fault(result, "%zu bytes cannot be had (OpenCL error %d); %s", p->words * sizeof *p->before,
                       error, device_limits(clnorm_context_cl_device(context), limits));
}

static bool run_device(clnorm_context *context, const selftest_case *test, probe *probes, size_t count,
                       selftest_result *result)
{
    cl_command_queue queue = clnorm_context_cl_queue(context);
    clnorm_buffers buffers = clnorm_buffers_none();
    clnorm_plan *plan;
    for (size_t i = 0; i < count; i++) {
        if (!upload(context, &probes[i], result))
            return false;
        *clnorm_buffers_field(&buffers, probes[i].info) =
            (clnorm_buffer){probes[i].mem, probes[i].front * sizeof(float)};
    }
    clnorm_status status = clnorm_plan_create(&plan, context, &test->op);
    result->lacking = status == CLNORM_NOT_IN_IMAGE;
    if (status != CLNORM_OK)
        return fault(result, "%s", clnorm_last_error());
    snprintf(result->variant, sizeof result->variant, "%s", clnorm_plan_variant(plan));
    snprintf(result->refusals, sizeof result->refusals, "%s", clnorm_plan_refusals(plan));
    status = clnorm_plan_execute(plan, &buffers, queue, 0, NULL, NULL);
    clnorm_plan_destroy(plan);
    if (status != CLNORM_OK)
        return fault(result, "%s", clnorm_last_error());

    for (size_t i = 0; i < count; i++) {
        cl_int error =
            clEnqueueReadBuffer(queue, probes[i].mem, CL_TRUE, 0, probes[i].words * sizeof(uint32_t),
                                probes[i].after, 0, NULL, NULL);
        if (error != CL_SUCCESS)
            return fault(result, "clEnqueueReadBuffer failed (%d)", error);
    }
    return true;
}

/* ---- Comparing ---- */

/* The error as a fraction of the bound; INFINITY if the bound does not apply (a NaN or an infinity that must
 * not be there). An infinite result is right if the expected value, or that plus the bound, is too large for
 * fp32. */
static double error_of(float found, double wanted, double bound)
{
    if (isnan(found) || isnan(wanted))
        return isnan(found) && isnan(wanted) ? 0 : INFINITY;
    if ((double)found == wanted || found == (float)wanted)
        return 0;
    if (isinf(wanted) || !(bound > 0) || isinf(bound))
        return INFINITY;
    if (isinf(found))
        return (found > 0 ? wanted : -wanted) + bound > (double)FLT_MAX ? 0 : INFINITY;
    return fabs((double)found - wanted) / bound;
}

/* docs/ops.md, Accuracy: batch norm's dx where fp32 does not hold it, which need not be an infinity of its
 * sign. */
static bool is_too_large(const selftest_case *test, const probe *p, double wanted)
{
    return selftest_reads_saved(test) && strcmp(p->info->name, "dx") == 0 && isfinite(wanted) &&
           fabs(wanted) > (double)FLT_MAX;
}

static bool compare_results(const selftest_case *test, const probe *p, selftest_result *result)
{
    size_t index[CLNORM_MAX_RANK] = {0}, at = 0, count = 0;
    do {
        uint32_t word = p->after[p->front + at];
        if (word == CANARY)
            return fault(result, "%s: element %zu was not written", p->info->name, count);
        const double bound = p->bound[at] + 2 * (double)p->least;
        const bool excused = !isfinite(float_of(word)) && is_too_large(test, p, p->values[at]);
        const double error = excused ? 0 : error_of(float_of(word), p->values[at], bound);
        if (error > result->error)
            result->error = error;
        if (error > 1)
            return fault(result, "%s: element %zu is %.9g instead of %.9g (+- %.3g)", p->info->name, count,
                         (double)float_of(word), p->values[at], bound);
        count++;
    } while (next_element(&p->tensor, index, &at));
    return true;
}

/* Everything that is no element of a result must be as it was. */
static bool check_untouched(const probe *p, bool is_result, selftest_result *result)
{
    size_t index[CLNORM_MAX_RANK] = {0}, at = 0;
    if (is_result && !is_empty(&p->tensor)) {
        do
            p->after[p->front + at] = p->before[p->front + at];
        while (next_element(&p->tensor, index, &at));
    }
    for (size_t i = 0; i < p->words; i++)
        if (p->after[i] != p->before[i])
            return fault(result, "%s: memory that is no result was written, %td elements from its start",
                         p->info->name, (ptrdiff_t)i - (ptrdiff_t)p->front);
    return true;
}

static bool compare(const selftest_case *test, probe *probes, size_t count, selftest_result *result)
{
    for (size_t i = 0; i < count; i++) {
        probe *p = &probes[i];
        bool overwritten = false; /* in place: checked as y */
        for (size_t j = 0; j < count; j++)
            overwritten = overwritten || probes[j].shared == p;
        const bool is_result = p->info->role != CLNORM_ROLE_INPUT && !is_empty(&p->tensor);
        if (is_result && !compare_results(test, p, result))
            return false;
        if (!overwritten && !check_untouched(p, is_result, result))
            return false;
    }
    return true;
}

void selftest_run(clnorm_context *context, bool subnormals, const selftest_case *test,
                  selftest_result *result)
{
    random_state random = {test->seed * 1000003};
    const float least = subnormals ? 0 : FLT_MIN;
    *result = (selftest_result){.error = 0};
    probe *probes = calloc(test->mode->buffer_count, sizeof *probes);
    size_t count = probes ? choose_buffers(test, probes) : 0;
    bool ready = probes != NULL;
    for (size_t i = 0; ready && i < count; i++)
        ready = prepare(&probes[i], test, least, &random);
    ready = ready && fill_saved(test, probes, count);
    if (!ready) {
        fault(result, "out of memory");
        goto cleanup;
    }
    if (test->in_place)
        share_memory(find_probe(probes, count, "x"), find_probe(probes, count, "y"));
    if (test->in_place)
        share_memory(find_probe(probes, count, "dy"), find_probe(probes, count, "dx"));
    if (run_reference(test, probes, count, result) && run_device(context, test, probes, count, result))
        compare(test, probes, count, result);

cleanup:
    for (size_t i = 0; i < count; i++)
        clear(&probes[i]);
    free(probes);
}
