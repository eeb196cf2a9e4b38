/* Buffers, wait lists and scratch that are wrong; and some that only look so. */
#include "bad_input.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>

typedef enum base_call {
    TRAIN,
    INFER,
    STATISTICS,
    APPLY,
    GRADIENT,
    L2,
    L2_GRADIENT,
    LRN,
    LRN_GRADIENT
} base_call;

typedef enum buffer_change {
    WITHOUT,    /* `name` is not given */
    GIVEN,      /* `name` is given, with memory of its own */
    MISALIGNED, /* its offset is not a multiple of 4 */
    BEYOND,     /* one element too far back for its end */
    FAR_BEYOND, /* an offset that overflows when anything is added */
    FOREIGN,    /* a buffer of another context */
    NO_BUFFER,  /* an image */
    READ_ONLY,  /* memory of its own, made with CL_MEM_READ_ONLY */
    WRITE_ONLY, /* with CL_MEM_WRITE_ONLY */
    ON,         /* where `other` lies */
    ON_TAIL,    /* on the last element of `other` */
    SUB_BUFFER, /* a sub-buffer of the memory of `other` that begins where it does */
    SMALL_SIZE, /* buffers.size is 0 */
    NULL_LIST,  /* three events to wait for, and no list */
} buffer_change;

static const struct {
    base_call call;
    buffer_change change;
    const char *name, *other;
    clnorm_status status;
    const char *pieces[PIECES];
} buffer_rows[] = {
    {TRAIN, WITHOUT, "x", NULL, CLNORM_MISSING_BUFFER, {"x"}},
    {TRAIN, WITHOUT, "y", NULL, CLNORM_MISSING_BUFFER, {"y"}},
    {TRAIN, WITHOUT, "moving_mean", NULL, CLNORM_MISSING_BUFFER, {"moving_mean", "moving_variance"}},
    {TRAIN, WITHOUT, "moving_variance", NULL, CLNORM_MISSING_BUFFER, {"moving_variance", "moving_mean"}},
    {INFER, WITHOUT, "moving_mean", NULL, CLNORM_MISSING_BUFFER, {"moving_mean"}},
    {INFER, WITHOUT, "moving_variance", NULL, CLNORM_MISSING_BUFFER, {"moving_variance"}},
    {STATISTICS, WITHOUT, "x", NULL, CLNORM_MISSING_BUFFER, {"x"}},
    {APPLY, WITHOUT, "batch_mean", NULL, CLNORM_MISSING_BUFFER, {"batch_mean"}},
    {APPLY, WITHOUT, "batch_variance", NULL, CLNORM_MISSING_BUFFER, {"batch_variance"}},
    {L2, WITHOUT, "x", NULL, CLNORM_MISSING_BUFFER, {"x"}},
    {LRN, WITHOUT, "y", NULL, CLNORM_MISSING_BUFFER, {"y"}},
    {TRAIN, GIVEN, "count", NULL, CLNORM_UNEXPECTED_BUFFER, {"count", "train"}},
    {INFER, GIVEN, "batch_mean", NULL, CLNORM_UNEXPECTED_BUFFER, {"batch_mean", "infer"}},
    {INFER, GIVEN, "inverse_deviation", NULL, CLNORM_UNEXPECTED_BUFFER, {"inverse_deviation", "infer"}},
    {STATISTICS, GIVEN, "y", NULL, CLNORM_UNEXPECTED_BUFFER, {"y", "statistics"}},
    {STATISTICS, GIVEN, "gamma", NULL, CLNORM_UNEXPECTED_BUFFER, {"gamma", "statistics"}},
    {APPLY, GIVEN, "moving_mean", NULL, CLNORM_UNEXPECTED_BUFFER, {"moving_mean", "apply"}},
    {L2, GIVEN, "gamma", NULL, CLNORM_UNEXPECTED_BUFFER, {"gamma", "l2_normalize"}},
    {LRN, GIVEN, "beta", NULL, CLNORM_UNEXPECTED_BUFFER, {"beta", "local_response_normalization"}},
    {TRAIN, MISALIGNED, "x", NULL, CLNORM_INVALID_OFFSET, {"x", "258", "4"}},
    {TRAIN, MISALIGNED, "moving_mean", NULL, CLNORM_INVALID_OFFSET, {"moving_mean", "258", "4"}},
    {L2, MISALIGNED, "y", NULL, CLNORM_INVALID_OFFSET, {"y", "258", "4"}},
    {TRAIN, BEYOND, "x", NULL, CLNORM_BUFFER_TOO_SMALL, {"x", "420"}},
    {TRAIN, BEYOND, "y", NULL, CLNORM_BUFFER_TOO_SMALL, {"y", "420"}},
    {TRAIN, BEYOND, "gamma", NULL, CLNORM_BUFFER_TOO_SMALL, {"gamma", "12"}},
    {TRAIN, BEYOND, "moving_variance", NULL, CLNORM_BUFFER_TOO_SMALL, {"moving_variance", "12"}},
    {TRAIN, BEYOND, "batch_mean_residual", NULL, CLNORM_BUFFER_TOO_SMALL, {"batch_mean_residual", "12"}},
    {STATISTICS, BEYOND, "count", NULL, CLNORM_BUFFER_TOO_SMALL, {"count", "4"}},
    {L2, FAR_BEYOND, "x", NULL, CLNORM_BUFFER_TOO_SMALL, {"x"}},
    {LRN, FAR_BEYOND, "y", NULL, CLNORM_BUFFER_TOO_SMALL, {"y"}},
    {INFER, FOREIGN, "x", NULL, CLNORM_INVALID_BUFFER, {"x", "context"}},
    {INFER, FOREIGN, "beta", NULL, CLNORM_INVALID_BUFFER, {"beta", "context"}},
    {L2, FOREIGN, "scratch", NULL, CLNORM_INVALID_BUFFER, {"scratch", "context"}},
    {INFER, NO_BUFFER, "y", NULL, CLNORM_INVALID_BUFFER, {"y"}},
    {INFER, READ_ONLY, "y", NULL, CLNORM_INVALID_BUFFER, {"y", "written", "CL_MEM_READ_ONLY"}},
    {TRAIN, READ_ONLY, "moving_mean", NULL, CLNORM_INVALID_BUFFER, {"moving_mean", "CL_MEM_READ_ONLY"}},
    {TRAIN,
     WRITE_ONLY,
     "moving_mean",
     NULL,
     CLNORM_INVALID_BUFFER,
     {"moving_mean", "read", "CL_MEM_WRITE_ONLY"}},
    {GRADIENT, WRITE_ONLY, "dy", NULL, CLNORM_INVALID_BUFFER, {"dy", "CL_MEM_WRITE_ONLY"}},
    {L2, WRITE_ONLY, "x", NULL, CLNORM_INVALID_BUFFER, {"x", "CL_MEM_WRITE_ONLY"}},
    {LRN, ON, "y", "x", CLNORM_BUFFER_OVERLAP, {"y", "x"}},
    {TRAIN, ON_TAIL, "y", "x", CLNORM_BUFFER_OVERLAP, {"y", "x"}},
    {L2, ON_TAIL, "y", "x", CLNORM_BUFFER_OVERLAP, {"y", "x"}},
    {TRAIN, ON, "y", "gamma", CLNORM_BUFFER_OVERLAP, {"y", "gamma"}},
    {TRAIN, ON, "gamma", "moving_mean", CLNORM_BUFFER_OVERLAP, {"gamma", "moving_mean"}},
    {TRAIN, ON, "moving_mean", "moving_variance", CLNORM_BUFFER_OVERLAP, {"moving_mean", "moving_variance"}},
    {TRAIN, ON_TAIL, "batch_mean", "batch_variance", CLNORM_BUFFER_OVERLAP, {"batch_mean", "batch_variance"}},
    {TRAIN, ON, "batch_mean", "moving_mean", CLNORM_BUFFER_OVERLAP, {"batch_mean", "moving_mean"}},
    {INFER, ON_TAIL, "y", "moving_mean", CLNORM_BUFFER_OVERLAP, {"y", "moving_mean"}},
    {INFER, SUB_BUFFER, "y", "beta", CLNORM_BUFFER_OVERLAP, {"y", "beta"}},
    {LRN, SUB_BUFFER, "y", "x", CLNORM_BUFFER_OVERLAP, {"y", "x"}},
    {GRADIENT, WITHOUT, "dy", NULL, CLNORM_MISSING_BUFFER, {"dy", "backward"}},
    {GRADIENT, WITHOUT, "inverse_deviation", NULL, CLNORM_MISSING_BUFFER, {"inverse_deviation"}},
    {L2_GRADIENT, WITHOUT, "dx", NULL, CLNORM_MISSING_BUFFER, {"dx"}},
    {GRADIENT, GIVEN, "y", NULL, CLNORM_UNEXPECTED_BUFFER, {"y", "backward"}},
    {L2, GIVEN, "dy", NULL, CLNORM_UNEXPECTED_BUFFER, {"dy", "infer"}},
    {L2_GRADIENT, GIVEN, "dgamma", NULL, CLNORM_UNEXPECTED_BUFFER, {"dgamma", "l2_normalize"}},
    {GRADIENT, BEYOND, "dy", NULL, CLNORM_BUFFER_TOO_SMALL, {"dy", "420"}},
    {GRADIENT, BEYOND, "dx", NULL, CLNORM_BUFFER_TOO_SMALL, {"dx", "420"}},
    {GRADIENT, BEYOND, "dbeta", NULL, CLNORM_BUFFER_TOO_SMALL, {"dbeta", "12"}},
    {LRN_GRADIENT, ON, "dx", "x", CLNORM_BUFFER_OVERLAP, {"dx", "x"}},
    {LRN_GRADIENT, ON, "dx", "dy", CLNORM_BUFFER_OVERLAP, {"dx", "dy"}},
    {L2_GRADIENT, ON_TAIL, "dx", "dy", CLNORM_BUFFER_OVERLAP, {"dx", "dy"}},
    {GRADIENT, ON, "dx", "gamma", CLNORM_BUFFER_OVERLAP, {"dx", "gamma"}},
    {GRADIENT, ON, "dgamma", "gamma", CLNORM_BUFFER_OVERLAP, {"dgamma", "gamma"}},
    {GRADIENT, ON, "dgamma", "dbeta", CLNORM_BUFFER_OVERLAP, {"dgamma", "dbeta"}},
    {L2, SMALL_SIZE, NULL, NULL, CLNORM_INVALID_ARGUMENT, {"buffers", "size"}},
    {L2, NULL_LIST, NULL, NULL, CLNORM_INVALID_ARGUMENT, {"wait"}},
};
enum { BUFFER_ROWS = sizeof buffer_rows / sizeof buffer_rows[0] };

static clnorm_op op_of_call(base_call call)
{
    static const struct {
        clnorm_op_kind kind;
        clnorm_mode mode;
    } calls[] = {
        [TRAIN] = {CLNORM_BATCH_NORMALIZATION, CLNORM_TRAIN},
        [INFER] = {CLNORM_BATCH_NORMALIZATION, CLNORM_INFER},
        [STATISTICS] = {CLNORM_BATCH_NORMALIZATION, CLNORM_STATISTICS},
        [APPLY] = {CLNORM_BATCH_NORMALIZATION, CLNORM_APPLY},
        [GRADIENT] = {CLNORM_BATCH_NORMALIZATION, CLNORM_BACKWARD},
        [L2] = {CLNORM_L2_NORMALIZE, CLNORM_INFER},
        [L2_GRADIENT] = {CLNORM_L2_NORMALIZE, CLNORM_BACKWARD},
        [LRN] = {CLNORM_LOCAL_RESPONSE_NORMALIZATION, CLNORM_INFER},
        [LRN_GRADIENT] = {CLNORM_LOCAL_RESPONSE_NORMALIZATION, CLNORM_BACKWARD},
    };
    clnorm_op op = base_op(calls[call].kind);
    op.mode = calls[call].mode;
    return op;
}

/* A field of the buffers, whether or not the op knows it. */
static clnorm_buffer *field(clnorm_buffers *buffers, const char *name)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        {"x", offsetof(clnorm_buffers, x)},
        {"y", offsetof(clnorm_buffers, y)},
        {"dy", offsetof(clnorm_buffers, dy)},
        {"dx", offsetof(clnorm_buffers, dx)},
        {"gamma", offsetof(clnorm_buffers, gamma)},
        {"beta", offsetof(clnorm_buffers, beta)},
        {"dgamma", offsetof(clnorm_buffers, dgamma)},
        {"dbeta", offsetof(clnorm_buffers, dbeta)},
        {"moving_mean", offsetof(clnorm_buffers, moving_mean)},
        {"moving_variance", offsetof(clnorm_buffers, moving_variance)},
        {"batch_mean", offsetof(clnorm_buffers, batch_mean)},
        {"batch_variance", offsetof(clnorm_buffers, batch_variance)},
        {"batch_mean_residual", offsetof(clnorm_buffers, batch_mean_residual)},
        {"inverse_deviation", offsetof(clnorm_buffers, inverse_deviation)},
        {"count", offsetof(clnorm_buffers, count)},
        {"scratch", offsetof(clnorm_buffers, scratch)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].name, name) == 0)
            return (clnorm_buffer *)(void *)((char *)buffers + fields[i].offset);
    ck_abort_msg("no field %s", name);
    return NULL;
}

/* A call of clnorm_plan_execute, and what must be released after it. */
typedef struct call {
    clnorm_buffers buffers;
    cl_uint n_wait;
    cl_context foreign;
    cl_mem extra;
} call;

static size_t memory_size(cl_mem mem)
{
    size_t size = 0;
    ck_assert_int_eq(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof size, &size, NULL), CL_SUCCESS);
    return size;
}

/* Devices without images have no memory objects but buffers. */
static bool has_images(const clnorm_context *context)
{
    cl_bool images = CL_FALSE;
    cl_device_id device = clnorm_context_cl_device(context);
    ck_assert_int_eq(clGetDeviceInfo(device, CL_DEVICE_IMAGE_SUPPORT, sizeof images, &images, NULL),
                     CL_SUCCESS);
    return images == CL_TRUE;
}

static cl_mem image_of(cl_context context)
{
    const cl_image_format format = {CL_RGBA, CL_FLOAT};
    const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 32, .image_height = 32};
    return clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, NULL);
}

static void give_foreign(call *c, clnorm_context *context, clnorm_buffer *buffer)
{
    cl_device_id device = clnorm_context_cl_device(context);
    c->foreign = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    c->extra = clCreateBuffer(c->foreign, CL_MEM_READ_WRITE, 4096, NULL, NULL);
    *buffer = (clnorm_buffer){c->extra, 0};
}

static void give_sub_buffer(call *c, clnorm_buffer *buffer, const clnorm_buffer *other)
{
    cl_int error = CL_SUCCESS;
    size_t origin = other->offset / 128 * 128;
    cl_buffer_region region = {origin, memory_size(other->mem) - origin};
    c->extra =
        clCreateSubBuffer(other->mem, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
    ck_assert_int_eq(error, CL_SUCCESS);
    *buffer = (clnorm_buffer){c->extra, other->offset - origin};
}

static void change_buffer(call *c, clnorm_context *context, buffer_change change, clnorm_buffer *buffer,
                          const clnorm_buffer *other, size_t span, size_t other_span)
{
    switch (change) {
    case WITHOUT:
        *buffer = (clnorm_buffer){NULL, 0};
        break;
    case GIVEN:
        c->extra = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE, 4096, NULL, NULL);
        *buffer = (clnorm_buffer){c->extra, 0};
        break;
    case READ_ONLY:
    case WRITE_ONLY:
        c->extra =
            clCreateBuffer(clnorm_context_cl_context(context),
                           change == READ_ONLY ? CL_MEM_READ_ONLY : CL_MEM_WRITE_ONLY, 4096, NULL, NULL);
        *buffer = (clnorm_buffer){c->extra, 0};
        break;
    case MISALIGNED:
        buffer->offset += 2;
        break;
    case BEYOND:
        buffer->offset = memory_size(buffer->mem) - span * sizeof(float) + sizeof(float);
        break;
    case FAR_BEYOND:
        buffer->offset = SIZE_MAX - 3;
        break;
    case NO_BUFFER:
        c->extra = image_of(clnorm_context_cl_context(context));
        *buffer = (clnorm_buffer){c->extra, 0};
        break;
    case ON:
        *buffer = *other;
        break;
    case ON_TAIL:
        *buffer = (clnorm_buffer){other->mem, other->offset + (other_span - 1) * sizeof(float)};
        break;
    case SUB_BUFFER:
        give_sub_buffer(c, buffer, other);
        break;
    default:
        give_foreign(c, context, buffer);
        break;
    }
}

static void end_call(call *c)
{
    if (c->extra)
        clReleaseMemObject(c->extra);
    if (c->foreign)
        clReleaseContext(c->foreign);
}

static void prepare_call(call *c, trial *t, clnorm_context *context, int row)
{
    const char *name = buffer_rows[row].name;
    const char *other = buffer_rows[row].other;
    operand *o = name ? trial_operand(t, name) : NULL;
    operand *p = other ? trial_operand(t, other) : NULL;
    t->one_buffer = buffer_rows[row].change == ON_TAIL; /* or the tail would end beyond its memory */
    trial_fill(t, DATA_NORMAL, 1);
    trial_upload(t, clnorm_context_cl_context(context), &c->buffers);
    if (buffer_rows[row].change == SMALL_SIZE)
        c->buffers.size = 0;
    else if (buffer_rows[row].change == NULL_LIST)
        c->n_wait = 3;
    else
        change_buffer(c, context, buffer_rows[row].change, name ? field(&c->buffers, name) : NULL,
                      other ? field(&c->buffers, other) : NULL, o ? o->span : 0, p ? p->span : 0);
}

START_TEST(bad_buffers)
{
    char label[128];
    trial t;
    call c = {.n_wait = 0};
    clnorm_plan *plan = NULL;
    cl_event event = NULL;
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    if (buffer_rows[_i].change == NO_BUFFER && !has_images(context)) {
        clnorm_context_destroy(context);
        return;
    }
    clnorm_op op = op_of_call(buffer_rows[_i].call);
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    trial_begin(&t, &op);
    prepare_call(&c, &t, context, _i);
    snprintf(label, sizeof label, "row %d, %s", _i, buffer_rows[_i].name ? buffer_rows[_i].name : "");
    expect(label, clnorm_plan_execute(plan, &c.buffers, NULL, c.n_wait, NULL, &event), buffer_rows[_i].status,
           buffer_rows[_i].pieces);
    ck_assert_ptr_null(event);
    trial_download(&t, clnorm_context_cl_queue(context));
    ck_assert_msg(memcmp(t.before, t.after, t.size * sizeof(float)) == 0, "%s: something was written", label);
    trial_run(&t, context, plan);
    trial_judge(&t);
    trial_end(&t);
    end_call(&c);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* In place is the same place: another offset or other strides are an overlap. */
START_TEST(not_quite_in_place)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    for (int test = 0; test < 4; test++) {
        clnorm_op op = op_of_call(test % 2 ? L2 : INFER);
        trial t;
        clnorm_plan *plan = NULL;
        clnorm_buffers buffers;
        if (test / 2) {
            op.y = op.x;
            op.y.strides[0] += 1;
        }
        trial_begin(&t, &op);
        t.one_buffer = true;
        trial_fill(&t, DATA_NORMAL, 2);
        ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
        trial_upload(&t, clnorm_context_cl_context(context), &buffers);
        buffers.y = buffers.x;
        buffers.y.offset += test / 2 ? 0 : sizeof(float);
        expect("in place", clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL), CLNORM_BUFFER_OVERLAP,
               (const char *const[PIECES]){"y", "x"});
        trial_download(&t, clnorm_context_cl_queue(context));
        ck_assert_mem_eq(t.before, t.after, t.size * sizeof(float));
        trial_end(&t);
        clnorm_plan_destroy(plan);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* Scratch of the caller's that is one byte short, off its alignment, or lies on an operand. */
START_TEST(bad_scratch)
{
    clnorm_context *context = harness_context(harness_schedules[_i]);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_3d(CLNORM_F32, 2, 2, 70021));
    op.axis = 1;
    op.mode = CLNORM_TRAIN;
    clnorm_plan *plan = NULL;
    clnorm_buffers buffers;
    trial t;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    trial_begin(&t, &op);
    trial_fill(&t, DATA_NORMAL, 3);
    trial_upload(&t, clnorm_context_cl_context(context), &buffers);
    size_t bytes = clnorm_plan_scratch_bytes(plan);
    cl_mem mem =
        clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE, bytes + 255, NULL, NULL);
    buffers.scratch = (clnorm_buffer){mem, 256};
    expect("short", clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL), CLNORM_BUFFER_TOO_SMALL,
           (const char *const[PIECES]){"scratch", "256"});
    buffers.scratch = (clnorm_buffer){mem, 2};
    expect("misaligned", clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL), CLNORM_INVALID_OFFSET,
           (const char *const[PIECES]){"scratch", "2"});
    buffers.scratch = buffers.x;
    expect("on x", clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL), CLNORM_BUFFER_OVERLAP,
           (const char *const[PIECES]){"scratch", "x"});
    trial_download(&t, clnorm_context_cl_queue(context));
    ck_assert_mem_eq(t.before, t.after, t.size * sizeof(float));
    trial_run(&t, context, plan);
    trial_judge(&t);
    trial_end(&t);
    clReleaseMemObject(mem);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* What no device has is refused with what this one has. (PoCL counts the gpu schedule's groups of this in 32
 * bits.) */
START_TEST(scratch_beyond_the_device)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_CPU);
    clnorm_op op = clnorm_batch_normalization(clnorm_tensor_2d(CLNORM_F32, (size_t)1 << 16, (size_t)1 << 30));
    clnorm_plan *plan = NULL;
    op.mode = CLNORM_TRAIN;
    expect("scratch", clnorm_plan_create(&plan, context, &op), CLNORM_OUT_OF_MEMORY,
           (const char *const[PIECES]){"scratch needs ", "; the device allows ", " bytes of memory"});
    ck_assert_ptr_null(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* Statistics that nobody wants are a mistake. */
START_TEST(no_output)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    clnorm_op op = op_of_call(STATISTICS);
    clnorm_plan *plan = NULL;
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    cl_mem mem = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE, 420, NULL, NULL);
    expect("no output", clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {mem, 0}), NULL, 0, NULL, NULL),
           CLNORM_MISSING_BUFFER, (const char *const[PIECES]){"output", "statistics"});
    clReleaseMemObject(mem);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* What only looks wrong: inputs that share memory, buffers that end with their tensor, touching
 * neighbours. */
START_TEST(not_bad)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    cl_context cl = clnorm_context_cl_context(context);
    clnorm_op op = op_of_call(INFER);
    clnorm_plan *plan = NULL;
    float image[3 + 2 * 105];
    for (int i = 0; i < 3 + 2 * 105; i++)
        image[i] = i < 3 ? 1.0f : (float)i;
    cl_mem mem = clCreateBuffer(cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof image, image, NULL);
    clnorm_buffer ones = {mem, 0};
    ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
    clnorm_status status =
        clnorm_plan_execute(plan,
                            &CLNORM_BUFFERS(.x = {mem, 12}, .y = {mem, 12 + 420}, .gamma = ones, .beta = ones,
                                            .moving_mean = ones, .moving_variance = ones),
                            NULL, 0, NULL, NULL);
    ck_assert_msg(status == CLNORM_OK, "%s", clnorm_last_error());
    float y[105];
    ck_assert_int_eq(clEnqueueReadBuffer(clnorm_context_cl_queue(context), mem, CL_TRUE, 12 + 420, sizeof y,
                                         y, 0, NULL, NULL),
                     CL_SUCCESS);
    for (int i = 0; i < 105; i++)
        ck_assert_double_eq_tol((double)y[i], (i + 2) / sqrt(1.00001) + 1.0, 1e-4);
    clReleaseMemObject(mem);
    clnorm_plan_destroy(plan);
    clnorm_context_destroy(context);
}
END_TEST

/* ---- Parts of one buffer ---- */

/* [2,12,5,7] channels first and [2,5,7,12] channels last, of which each tensor is a third. */
enum { PARTS = 3, PART = 4, WHOLE = 2 * PARTS * PART * 5 * 7, LAYOUTS = 2 };

static clnorm_tensor part_tensor(int layout)
{
    const size_t first[] = {2, PARTS * PART, 5, 7}, last[] = {2, 5, 7, PARTS * PART};
    clnorm_tensor tensor = clnorm_tensor_dense(CLNORM_F32, 4, layout ? last : first);
    tensor.dims[layout ? 3 : 1] = PART;
    return tensor;
}

static size_t part_offset(int layout, size_t part)
{
    return part * PART * (layout ? 1 : 5 * 7) * sizeof(float);
}

/* Which part a buffer of the mode is; PARTS: a parameter. */
static size_t part_of(const clnorm_buffer_info *info)
{
    switch (info->shape) {
    case CLNORM_SHAPE_X:
        return 0;
    case CLNORM_SHAPE_DY:
        return 1;
    case CLNORM_SHAPE_Y:
    case CLNORM_SHAPE_DX:
        return 2;
    default:
        return PARTS;
    }
}

/* What the buffers hold after the operation, in parts of one buffer or of one each. */
static void run_parts(clnorm_plan *plan, clnorm_context *context, const clnorm_op *op, int layout, bool one,
                      const float before[WHOLE], float after[WHOLE])
{
    static const float ones[PART] = {1, 1, 1, 1};
    cl_context cl = clnorm_context_cl_context(context);
    cl_mem mems[PARTS + 1];
    clnorm_buffers buffers = clnorm_buffers_none();
    for (size_t i = 0; i <= PARTS; i++) {
        float copy[WHOLE];
        memcpy(copy, before, sizeof copy);
        if (i == PARTS)
            memcpy(copy, ones, sizeof ones);
        mems[i] = clCreateBuffer(cl, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, sizeof copy, copy, NULL);
        ck_assert_ptr_nonnull(mems[i]);
    }
    const clnorm_mode_info *mode = clnorm_op_info_mode(info_of(op->kind), op->mode);
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const size_t part = part_of(mode->buffers[i]);
        if (mode->buffers[i]->required || part == 2)
            *clnorm_buffers_field(&buffers, mode->buffers[i]) = (clnorm_buffer){
                mems[part == PARTS || !one ? part : 0], part == PARTS ? 0 : part_offset(layout, part)};
    }
    ck_assert_msg(clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL) == CLNORM_OK, "%s",
                  clnorm_last_error());
    ck_assert_int_eq(clEnqueueReadBuffer(clnorm_context_cl_queue(context), mems[one ? 0 : 2], CL_TRUE, 0,
                                         WHOLE * sizeof(float), after, 0, NULL, NULL),
                     CL_SUCCESS);
    for (size_t i = 0; i <= PARTS; i++)
        clReleaseMemObject(mems[i]);
}

/* x, dy and the result as channels of one buffer give the same bits as in three, and leave the rest alone. */
START_TEST(parts_of_one_buffer)
{
    static const base_call calls[] = {TRAIN, INFER, APPLY, GRADIENT, L2, L2_GRADIENT, LRN, LRN_GRADIENT};
    clnorm_context *context =
        harness_context(_i < HARNESS_SCHEDULES ? harness_schedules[_i] : CLNORM_KERNELS_FPGA);
    for (size_t i = 0; i < LAYOUTS * (sizeof calls / sizeof *calls); i++) {
        const int layout = i % LAYOUTS;
        float before[WHOLE], one[WHOLE], three[WHOLE];
        clnorm_op op = op_of_call(calls[i / LAYOUTS]);
        clnorm_plan *plan = NULL;
        op.x = part_tensor(layout);
        op.axis = op.dim = layout ? 3 : 1;
        for (int k = 0; k < WHOLE; k++)
            before[k] = (float)(k * 37 % 101) / 16 - 3;
        ck_assert_msg(clnorm_plan_create(&plan, context, &op) == CLNORM_OK, "%s", clnorm_last_error());
        run_parts(plan, context, &op, layout, true, before, one);
        run_parts(plan, context, &op, layout, false, before, three);
        ck_assert_msg(memcmp(one, three, sizeof one) == 0, "call %zu differs", i);
        ck_assert(memcmp(one, before, sizeof one) != 0);
        clnorm_plan_destroy(plan);
    }
    clnorm_context_destroy(context);
}
END_TEST

/* One channel in common is too much, also through a sub-buffer. */
START_TEST(parts_that_overlap)
{
    clnorm_context *context = harness_context(CLNORM_KERNELS_AUTO);
    for (int layout = 0; layout < LAYOUTS; layout++) {
        clnorm_op op = op_of_call(L2);
        clnorm_plan *plan = NULL;
        op.x = part_tensor(layout);
        ck_assert_int_eq(clnorm_plan_create(&plan, context, &op), CLNORM_OK);
        cl_mem mem = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE,
                                    WHOLE * sizeof(float), NULL, NULL);
        const size_t channel = part_offset(layout, 1) / PART;
        for (size_t channels = 0; channels < 2 * PART; channels++) {
            const clnorm_buffers buffers =
                CLNORM_BUFFERS(.x = {mem, channels * channel}, .y = {mem, PART * channel});
            const clnorm_status status = clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL);
            ck_assert_int_eq(status, channels == 0 || channels == PART ? CLNORM_OK : CLNORM_BUFFER_OVERLAP);
        }
        clFinish(clnorm_context_cl_queue(context));
        clReleaseMemObject(mem);
        clnorm_plan_destroy(plan);
    }
    clnorm_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bad buffers");
    TCase *buffers = tcase_create("buffers");
    tcase_set_timeout(buffers, 120);
    tcase_add_loop_test(buffers, bad_buffers, 0, BUFFER_ROWS);
    tcase_add_test(buffers, not_quite_in_place);
    tcase_add_loop_test(buffers, bad_scratch, 0, HARNESS_SCHEDULES);
    tcase_add_test(buffers, scratch_beyond_the_device);
    tcase_add_test(buffers, no_output);
    tcase_add_test(buffers, not_bad);
    tcase_add_loop_test(buffers, parts_of_one_buffer, 0, HARNESS_SCHEDULES + 1);
    tcase_add_test(buffers, parts_that_overlap);
    suite_add_tcase(suite, buffers);
    return run_suite(suite);
}
