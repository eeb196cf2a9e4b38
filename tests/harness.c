#include "harness.h"
#include "walk.h"
#include <stdio.h>
#include <string.h>

#ifdef HARNESS_FPGA
const clnorm_kernels harness_schedules[HARNESS_SCHEDULES] = {CLNORM_KERNELS_FPGA};
#else
const clnorm_kernels harness_schedules[HARNESS_SCHEDULES] = {CLNORM_KERNELS_CPU, CLNORM_KERNELS_GPU};
#endif

/* A NaN that no arithmetic makes: what reads it spoils its result, what overwrites it is seen. */
static const uint32_t canary = 0x7fc0ffee;

clnorm_context *harness_context(clnorm_kernels kernels)
{
    clnorm_context *context = NULL;
    clnorm_status status = clnorm_context_create(&context, NULL);
    ck_assert_msg(status == CLNORM_OK, "no context: %s", clnorm_last_error());
    status = clnorm_context_set_kernels(context, kernels);
    ck_assert_msg(status == CLNORM_OK, "no schedule: %s", clnorm_last_error());
    return context;
}

static const clnorm_op_info *info_of(clnorm_op_kind kind)
{
    const clnorm_op_info *info = clnorm_op_info_get(0);
    for (size_t i = 1; info && info->kind != kind; i++)
        info = clnorm_op_info_get(i);
    ck_assert_msg(info != NULL, "no information about operation %d", (int)kind);
    return info;
}

void trial_begin(trial *t, const clnorm_op *op)
{
    clnorm_status status = clnorm_op_check(op);
    ck_assert_msg(status == CLNORM_OK, "a valid op was refused: %s", clnorm_last_error());
    *t = (trial){.op = *op, .info = info_of(op->kind)};
    const clnorm_mode_info *mode = clnorm_op_info_mode(t->info, op->mode);
    ck_assert_msg(mode != NULL, "no information about mode %d", (int)op->mode);
    ck_assert_uint_le(mode->buffer_count, HARNESS_MAX_OPERANDS);
    t->count = mode->buffer_count;
    for (size_t i = 0; i < t->count; i++) {
        operand *o = &t->operands[i];
        o->info = mode->buffers[i];
        o->given = true;
        o->tensor = clnorm_op_buffer_tensor(op, o->info);
        o->span = clnorm_tensor_span(&o->tensor);
    }
}

void trial_end(trial *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->operands[i].expected);
        free(t->operands[i].bound);
    }
    free(t->before);
    free(t->after);
    free(t->writable);
    *t = (trial){0};
}

static const operand *find_operand(const trial *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->operands[i].info->name, name) == 0)
            return &t->operands[i];
    return NULL;
}

operand *trial_operand(trial *t, const char *name)
{
    const operand *found = find_operand(t, name);
    return found ? &t->operands[found - t->operands] : NULL;
}

void trial_omit(trial *t, const char *name)
{
    operand *o = trial_operand(t, name);
    ck_assert_msg(o && !o->info->required, "%s cannot be left out", name);
    o->given = false;
}

float *trial_input(trial *t, const char *name)
{
    const operand *o = find_operand(t, name);
    ck_assert_msg(o && o->given, "no buffer %s", name);
    return t->before + o->start;
}

const float *trial_result(const trial *t, const char *name)
{
    const operand *o = find_operand(t, name);
    ck_assert_msg(o && o->given, "no buffer %s", name);
    return t->after + o->start;
}

static void mark_writable(trial *t, const operand *o)
{
    if (o->info->role == CLNORM_ROLE_INPUT)
        return;
    for (walk w = walk_begin(&o->tensor); w.left; walk_next(&w))
        t->writable[o->start + w.place] = true;
}

/* In place: the operand that this one overwrites. */
static const operand *shares_memory_of(const trial *t, const operand *o)
{
    if (t->in_place && strcmp(o->info->name, "y") == 0)
        return find_operand(t, "x");
    if ((t->in_place || t->in_place_of_x) && strcmp(o->info->name, "dx") == 0)
        return find_operand(t, t->in_place_of_x ? "x" : "dy");
    return NULL;
}

void trial_lay_out(trial *t)
{
    for (size_t i = 0; i < t->count; i++) {
        operand *o = &t->operands[i];
        if (!o->given)
            continue;
        o->region = t->size;
        o->start = o->region + HARNESS_CANARIES + t->shift;
        o->end = (o->start + o->span + 2 * HARNESS_CANARIES - 1) / HARNESS_CANARIES * HARNESS_CANARIES;
        t->size = o->end;
        const operand *source = shares_memory_of(t, o);
        if (source) {
            t->size = o->region;
            o->region = source->region;
            o->start = source->start;
            o->end = source->end;
        }
    }
    t->before = malloc((t->size + 1) * sizeof *t->before);
    t->after = malloc((t->size + 1) * sizeof *t->after);
    t->writable = calloc(t->size + 1, sizeof *t->writable);
    ck_assert_msg(t->before && t->after && t->writable, "the test is out of memory");
    for (size_t i = 0; i < t->size; i++)
        memcpy(&t->before[i], &canary, sizeof canary);
    for (size_t i = 0; i < t->count; i++)
        if (t->operands[i].given)
            mark_writable(t, &t->operands[i]);
}

static cl_mem make_buffer(trial *t, cl_context context, size_t first, size_t end)
{
    cl_int error = CL_SUCCESS;
    cl_mem mem = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                (end - first) * sizeof(float), t->before + first, &error);
    ck_assert_msg(error == CL_SUCCESS, "clCreateBuffer: %d", error);
    return mem;
}

void trial_upload(trial *t, cl_context context, clnorm_buffers *buffers)
{
    cl_mem whole = t->one_buffer ? make_buffer(t, context, 0, t->size) : NULL;
    *buffers = clnorm_buffers_none();
    for (size_t i = 0; i < t->count; i++) {
        operand *o = &t->operands[i];
        if (!o->given)
            continue;
        size_t origin = whole ? 0 : o->region;
        const operand *shared = shares_memory_of(t, o);
        o->mem = whole ? whole : shared ? shared->mem : make_buffer(t, context, o->region, o->end);
        if (whole || shared)
            clRetainMemObject(o->mem);
        o->offset = (o->start - origin) * sizeof(float);
        *clnorm_buffers_field(buffers, o->info) = (clnorm_buffer){o->mem, o->offset};
    }
    if (whole)
        clReleaseMemObject(whole);
}

void trial_download(trial *t, cl_command_queue queue)
{
    for (size_t i = 0; i < t->count; i++) {
        operand *o = &t->operands[i];
        if (!o->given)
            continue;
        size_t origin = o->start * sizeof(float) - o->offset;
        cl_int error =
            clEnqueueReadBuffer(queue, o->mem, CL_TRUE, o->region * sizeof(float) - origin,
                                (o->end - o->region) * sizeof(float), t->after + o->region, 0, NULL, NULL);
        ck_assert_msg(error == CL_SUCCESS, "clEnqueueReadBuffer: %d", error);
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->operands[i].given)
            clReleaseMemObject(t->operands[i].mem);
        t->operands[i].mem = NULL;
    }
}

void trial_run(trial *t, clnorm_context *context, clnorm_plan *plan)
{
    char text[512];
    clnorm_buffers buffers;
    clnorm_plan *own = NULL;
    clnorm_status status = plan ? CLNORM_OK : clnorm_plan_create(&own, context, &t->op);
    ck_assert_msg(status == CLNORM_OK, "plan_create of %s: %s: %s", trial_describe(t, text, sizeof text),
                  clnorm_status_name(status), clnorm_last_error());
    plan = plan ? plan : own;
    char *variant = strstr(t->note, " by ");
    snprintf(variant ? variant : t->note + strlen(t->note), 48, " by %s", clnorm_plan_variant(plan));
    trial_upload(t, clnorm_context_cl_context(context), &buffers);
    status = clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL);
    ck_assert_msg(status == CLNORM_OK, "plan_execute of %s: %s: %s", trial_describe(t, text, sizeof text),
                  clnorm_status_name(status), clnorm_last_error());
    trial_download(t, clnorm_context_cl_queue(context));
    clnorm_plan_destroy(own);
}

void trial_verify_memory(const trial *t)
{
    char text[512];
    for (size_t i = 0; i < t->size; i++) {
        if (t->writable[i] || memcmp(&t->before[i], &t->after[i], sizeof(float)) == 0)
            continue;
        for (size_t k = 0; k < t->count; k++) {
            const operand *o = &t->operands[k];
            if (o->given && i >= o->region && i < o->end)
                ck_abort_msg("%s: wrote element %td of %s (span %zu), which is no result: %g, was %g",
                             trial_describe(t, text, sizeof text), (ptrdiff_t)i - (ptrdiff_t)o->start,
                             o->info->name, o->span, (double)t->after[i], (double)t->before[i]);
        }
    }
}

bool trial_same_bits(const trial *a, const trial *b, const char *name)
{
    const operand *one = find_operand(a, name);
    const operand *other = find_operand(b, name);
    walk v = walk_begin(&other->tensor);
    for (walk w = walk_begin(&one->tensor); w.left && v.left; walk_next(&w), walk_next(&v))
        if (memcmp(a->after + one->start + w.place, b->after + other->start + v.place, sizeof(float)) != 0)
            return false;
    return true;
}
