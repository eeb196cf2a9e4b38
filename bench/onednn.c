#include "onednn.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

/* ---- Which cases there are ---- */

bool onednn_has(const bench_case *c, onednn_layout *layout)
{
    const clnorm_op *op = &c->op;
    int rank = (int)op->x.rank;
    int axis = op->axis < 0 ? op->axis + rank : op->axis;
    bool batch = op->kind == CLNORM_BATCH_NORMALIZATION &&
                 (op->mode == CLNORM_INFER || op->mode == CLNORM_TRAIN || op->mode == CLNORM_BACKWARD);
    bool response =
        op->kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION && op->window_before < 0 && op->window_after < 0;
    if (!batch && !response)
        return false;
    if (rank == 2 && batch && axis == 1) {
        *layout = LAYOUT_MATRIX;
        return true;
    }
    *layout = axis == 1 ? LAYOUT_FIRST : LAYOUT_LAST;
    return rank == 4 && (axis == 1 || axis == 3);
}

/* oneDNN names sizes as N, C, H, W wherever the channels lie. */
static dnnl_status_t describe_x(dnnl_memory_desc_t *desc, const bench_case *c, onednn_layout layout)
{
    static const dnnl_format_tag_t tags[] = {
        [LAYOUT_FIRST] = dnnl_nchw, [LAYOUT_LAST] = dnnl_nhwc, [LAYOUT_MATRIX] = dnnl_nc};
    static const int order_first[] = {0, 1, 2, 3}, order_last[] = {0, 3, 1, 2};
    const int *order = layout == LAYOUT_LAST ? order_last : order_first;
    dnnl_dims_t dims = {0};
    int rank = (int)c->op.x.rank;
    for (int i = 0; i < rank; i++)
        dims[i] = (dnnl_dim_t)c->op.x.dims[order[i]];
    return dnnl_memory_desc_init_by_tag(desc, rank, dims, dnnl_f32, tags[layout]);
}

/* ---- Memory ---- */

enum { ALIGNMENT = 4096 / sizeof(float) }; /* floats: where every tensor begins */

static size_t padded(size_t count)
{
    return (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool is_backward(const bench_case *c)
{
    return c->op.mode == CLNORM_BACKWARD;
}

static dnnl_status_t add_memory(onednn_op *op, int index, const dnnl_memory_desc_t *desc, void *values)
{
    dnnl_memory_t memory;
    dnnl_status_t status = dnnl_memory_create(&memory, desc, op->engine, values);
    if (status == dnnl_success)
        op->arguments[op->argument_count++] = (dnnl_exec_arg_t){index, memory};
    return status;
}

static dnnl_status_t add_channels(onednn_op *op, const bench_case *c, size_t channels,
                                  const onednn_input *input, float *place)
{
    dnnl_memory_desc_t vector, pair;
    dnnl_dims_t one = {(dnnl_dim_t)channels}, two = {2, (dnnl_dim_t)channels};
    float *mean = place, *variance = place + padded(channels), *scale_shift = variance + padded(channels);
    float *gradients = scale_shift + padded(2 * channels);
    memcpy(mean, input->mean, channels * sizeof *mean);
    memcpy(variance, input->variance, channels * sizeof *variance);
    memcpy(scale_shift, input->gamma, channels * sizeof *scale_shift);
    memset(scale_shift + channels, 0, channels * sizeof *scale_shift);
    if (input->beta)
        memcpy(scale_shift + channels, input->beta, channels * sizeof *scale_shift);

    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&vector, 1, one, dnnl_f32, dnnl_a);
    if (status == dnnl_success)
        status = dnnl_memory_desc_init_by_tag(&pair, 2, two, dnnl_f32, dnnl_ab);
    if (status == dnnl_success)
        status = add_memory(op, DNNL_ARG_MEAN, &vector, mean);
    if (status == dnnl_success)
        status = add_memory(op, DNNL_ARG_VARIANCE, &vector, variance);
    if (status == dnnl_success)
        status = add_memory(op, DNNL_ARG_SCALE_SHIFT, &pair, scale_shift);
    if (status == dnnl_success && is_backward(c))
        status = add_memory(op, DNNL_ARG_DIFF_SCALE_SHIFT, &pair, gradients);
    return status;
}

static dnnl_status_t add_tensors(onednn_op *op, const bench_case *c, const dnnl_memory_desc_t *desc,
                                 const onednn_input *input, size_t channels)
{
    float *dy = op->storage + padded(op->elements);
    op->result = dy + padded(op->elements);
    memcpy(op->storage, input->x, op->elements * sizeof *op->storage);
    memset(op->result, 0, op->elements * sizeof *op->result); /* maps the memory before anything is timed */
    dnnl_status_t status = add_memory(op, DNNL_ARG_SRC, desc, op->storage);
    if (status == dnnl_success)
        status = add_memory(op, is_backward(c) ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, desc, op->result);
    if (status == dnnl_success && is_backward(c)) {
        memcpy(dy, input->dy, op->elements * sizeof *dy);
        status = add_memory(op, DNNL_ARG_DIFF_DST, desc, dy);
    }
    if (status == dnnl_success && c->op.kind == CLNORM_BATCH_NORMALIZATION)
        status = add_channels(op, c, channels, input, op->result + padded(op->elements));
    return status;
}

/* What local response normalization keeps of its forward run for the gradients, which begin with one. */
static dnnl_status_t add_workspace(onednn_op *op)
{
    dnnl_primitive_t forward;
    const dnnl_memory_desc_t *workspace =
        dnnl_primitive_desc_query_md(op->forward, dnnl_query_workspace_md, 0);
    dnnl_status_t status = dnnl_success;
    if (workspace && dnnl_memory_desc_get_size(workspace) > 0)
        status = add_memory(op, DNNL_ARG_WORKSPACE, workspace, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&forward, op->forward);
    if (status != dnnl_success)
        return status;
    dnnl_exec_arg_t arguments[MOST_ARGUMENTS];
    memcpy(arguments, op->arguments, sizeof arguments);
    for (int i = 0; i < op->argument_count; i++)
        if (arguments[i].arg == DNNL_ARG_DIFF_SRC)
            arguments[i].arg = DNNL_ARG_DST;
    status = dnnl_primitive_execute(forward, op->stream, op->argument_count, arguments);
    if (status == dnnl_success)
        status = dnnl_stream_wait(op->stream);
    dnnl_primitive_destroy(forward);
    return status;
}

/* ---- The primitive ---- */

/* Training finds mean and variance, as clnorm does; the moving averages are left to the caller by oneDNN. */
static dnnl_status_t describe_batch(onednn_op *op, const bench_case *c, const dnnl_memory_desc_t *x,
                                    dnnl_primitive_desc_t *description)
{
    dnnl_batch_normalization_desc_t desc;
    bool infer = c->op.mode == CLNORM_INFER;
    unsigned flags = (unsigned)dnnl_use_scaleshift | (infer ? (unsigned)dnnl_use_global_stats : 0U);
    dnnl_status_t status = dnnl_batch_normalization_forward_desc_init(
        &desc, infer ? dnnl_forward_inference : dnnl_forward_training, x, (float)c->op.epsilon, flags);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(description, &desc, NULL, op->engine, NULL);
    return status;
}

static dnnl_status_t describe_batch_backward(onednn_op *op, const bench_case *c, const dnnl_memory_desc_t *x)
{
    dnnl_batch_normalization_desc_t desc;
    dnnl_status_t status = describe_batch(op, c, x, &op->forward);
    if (status == dnnl_success)
        status = dnnl_batch_normalization_backward_desc_init(&desc, dnnl_backward, x, x, (float)c->op.epsilon,
                                                             dnnl_use_scaleshift);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&op->description, &desc, NULL, op->engine, op->forward);
    return status;
}

/* oneDNN divides alpha by the size of the window. */
static float scaled_alpha(const bench_case *c, int size)
{
    return (float)(c->op.alpha_scaled_by_size ? c->op.alpha : c->op.alpha * size);
}

static dnnl_status_t describe_response(onednn_op *op, const bench_case *c, const dnnl_memory_desc_t *x,
                                       dnnl_primitive_desc_t *description)
{
    dnnl_lrn_desc_t desc;
    const int size = 2 * c->op.depth_radius + 1;
    dnnl_status_t status = dnnl_lrn_forward_desc_init(
        &desc, is_backward(c) ? dnnl_forward_training : dnnl_forward_inference, dnnl_lrn_across_channels, x,
        size, scaled_alpha(c, size), (float)c->op.beta, (float)c->op.bias);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(description, &desc, NULL, op->engine, NULL);
    return status;
}

static dnnl_status_t describe_response_backward(onednn_op *op, const bench_case *c,
                                                const dnnl_memory_desc_t *x)
{
    dnnl_lrn_desc_t desc;
    const int size = 2 * c->op.depth_radius + 1;
    dnnl_status_t status = describe_response(op, c, x, &op->forward);
    if (status == dnnl_success)
        status = dnnl_lrn_backward_desc_init(&desc, dnnl_lrn_across_channels, x, x, size,
                                             scaled_alpha(c, size), (float)c->op.beta, (float)c->op.bias);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&op->description, &desc, NULL, op->engine, op->forward);
    return status;
}

static dnnl_status_t describe(onednn_op *op, const bench_case *c, const dnnl_memory_desc_t *x)
{
    if (c->op.kind == CLNORM_BATCH_NORMALIZATION)
        return is_backward(c) ? describe_batch_backward(op, c, x)
                              : describe_batch(op, c, x, &op->description);
    return is_backward(c) ? describe_response_backward(op, c, x)
                          : describe_response(op, c, x, &op->description);
}

static dnnl_status_t create(onednn_op *op, const bench_case *c, const onednn_input *input,
                            onednn_layout layout)
{
    dnnl_memory_desc_t x;
    dnnl_status_t status = dnnl_engine_create(&op->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&op->stream, op->engine, dnnl_stream_default_flags);
    if (status == dnnl_success)
        status = describe_x(&x, c, layout);
    if (status == dnnl_success)
        status = describe(op, c, &x);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&op->primitive, op->description);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_query(op->description, dnnl_query_impl_info_str, 0, &op->implementation);
    if (status == dnnl_success)
        status = add_tensors(op, c, &x, input, (size_t)x.dims[1]);
    if (status == dnnl_success && is_backward(c) && c->op.kind == CLNORM_LOCAL_RESPONSE_NORMALIZATION)
        status = add_workspace(op);
    return status;
}

int onednn_create(onednn_op *op, const bench_case *c, const onednn_input *input)
{
    onednn_layout layout;
    *op = (onednn_op){.elements = clnorm_tensor_span(&c->op.x)};
    if (!onednn_has(c, &layout))
        return complain(EXIT_FAILED, "case \"%s\" is none of oneDNN's", c->text);
    size_t channels = c->op.x.dims[layout == LAYOUT_LAST ? 3 : 1];
    size_t floats = 3 * padded(op->elements) + 2 * padded(channels) + 2 * padded(2 * channels);
    void *storage;
    if (posix_memalign(&storage, ALIGNMENT * sizeof(float), floats * sizeof(float)) != 0)
        return complain(EXIT_FAILED, "out of memory");
    op->storage = storage;
    dnnl_status_t status = create(op, c, input, layout);
    if (status == dnnl_success)
        return EXIT_DONE;
    onednn_destroy(op);
    return complain(EXIT_FAILED, "case \"%s\": oneDNN refuses it with status %d", c->text, (int)status);
}

int onednn_execute(onednn_op *op)
{
    dnnl_status_t status =
        dnnl_primitive_execute(op->primitive, op->stream, op->argument_count, op->arguments);
    if (status == dnnl_success)
        status = dnnl_stream_wait(op->stream);
    return status == dnnl_success ? EXIT_DONE
                                  : complain(EXIT_FAILED, "oneDNN failed with status %d", (int)status);
}

void onednn_destroy(onednn_op *op)
{
    for (int i = 0; i < op->argument_count; i++)
        dnnl_memory_destroy(op->arguments[i].memory);
    if (op->primitive)
        dnnl_primitive_destroy(op->primitive);
    if (op->description)
        dnnl_primitive_desc_destroy(op->description);
    if (op->forward)
        dnnl_primitive_desc_destroy(op->forward);
    if (op->stream)
        dnnl_stream_destroy(op->stream);
    if (op->engine)
        dnnl_engine_destroy(op->engine);
    free(op->storage);
    *op = (onednn_op){.engine = NULL};
}
