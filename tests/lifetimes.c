/* Makes one of everything and destroys it again, for a tool that watches memory: a context, a plan of every
 * mode of every operation, executed, a model with its layers, both ways, a checkpoint, saved and loaded.
 * `lifetimes DIRECTORY` puts the checkpoint there. Whether results are right is the business of others. */
#include "operations/operation.h"
#include <clnorm/cache.h>
#include <clnorm/tuning.h>
#include <clnorm/layers.h>
#include <clnorm/ops.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPERANDS = 16, ELEMENTS = 4 * 6 * 5 };

static void must(clnorm_status status)
{
    if (status == CLNORM_OK)
        return;
    fprintf(stderr, "%s: %s\n", clnorm_status_name(status), clnorm_last_error());
    exit(EXIT_FAILURE);
}

static cl_mem ones(clnorm_context *context, size_t count)
{
    cl_int error = CL_SUCCESS;
    float *values = malloc(count * sizeof *values);
    if (values == NULL)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < count; i++)
        values[i] = 1;
    cl_mem mem = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                count * sizeof *values, values, &error);
    free(values);
    if (mem == NULL)
        exit(EXIT_FAILURE);
    return mem;
}

static void run_plan(clnorm_context *context, clnorm_op_kind kind, const clnorm_mode_info *mode)
{
    clnorm_plan *plan = NULL;
    clnorm_op op = test_operation_op(test_operation_of(kind), clnorm_tensor_4d(CLNORM_F32, 2, 2, 6, 5), -1);
    cl_mem mems[OPERANDS];
    clnorm_buffers buffers = clnorm_buffers_none();
    cl_event event = NULL;
    op.mode = mode->mode;
    must(clnorm_plan_create(&plan, context, &op));
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_tensor tensor = clnorm_op_buffer_tensor(&op, mode->buffers[i]);
        mems[i] = ones(context, clnorm_tensor_span(&tensor));
        *clnorm_buffers_field(&buffers, mode->buffers[i]) = (clnorm_buffer){mems[i], 0};
    }
    must(clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, &event));
    clWaitForEvents(1, &event);
    clReleaseEvent(event);
    for (size_t i = 0; i < mode->buffer_count; i++)
        clReleaseMemObject(mems[i]);
    clnorm_plan_destroy(plan);
    op.axis = 17; /* and one that is refused */
    op.dim = 17;
    if (clnorm_plan_create(&plan, context, &op) == CLNORM_OK)
        exit(EXIT_FAILURE);
}

static void run_plans(clnorm_context *context)
{
    const clnorm_op_info *info;
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++)
        for (size_t k = 0; k < info->mode_count; k++)
            run_plan(context, info->kind, info->modes[k]);
}

static void run_layer(clnorm_context *context, clnorm_layer *layer)
{
    const clnorm_tensor shape = clnorm_tensor_4d(CLNORM_F32, 2, 2, 6, 5);
    const clnorm_buffer x = {ones(context, ELEMENTS), 0}, y = {ones(context, ELEMENTS), 0};
    const clnorm_buffer dx = {ones(context, ELEMENTS), 0};
    must(clnorm_layer_forward(layer, &shape, x, y, NULL, 0, NULL, NULL));
    must(clnorm_layer_backward(layer, x, y, dx, NULL, 0, NULL, NULL));
    clFinish(clnorm_context_cl_queue(context));
    clReleaseMemObject(x.mem);
    clReleaseMemObject(y.mem);
    clReleaseMemObject(dx.mem);
}

static void run_model(clnorm_context *context, const char *path)
{
    clnorm_model *model = NULL;
    clnorm_layer *batch = NULL, *square = NULL, *window = NULL;
    clnorm_load_report *report = NULL;
    must(clnorm_model_create(&model, context, 1));
    must(clnorm_model_set_training(model, true));
    must(clnorm_batch_normalization_layer(&batch, model, 5, NULL));
    must(clnorm_l2_normalize_layer(&square, model, 1, NULL));
    must(clnorm_local_response_normalization_layer(&window, model, NULL));
    run_layer(context, batch);
    run_layer(context, square);
    run_layer(context, window);
    must(clnorm_model_save(model, path));
    must(clnorm_model_load(model, path, &report));
    clnorm_load_report_free(report);
    if (clnorm_model_load(model, "/dev/null", NULL) == CLNORM_OK)
        exit(EXIT_FAILURE);
    clnorm_model_destroy(model);
}

static void run_tuning(clnorm_context *context)
{
    size_t value;
    must(clnorm_tuning_set(context, "pieces_per_unit", 5));
    must(clnorm_tuning_save(context));
    must(clnorm_tuning_get(context, "pieces_per_unit", &value, NULL));
    must(clnorm_tuning_reset(context));
}

int main(int count, char **words)
{
    clnorm_context *context = NULL;
    clnorm_cache_summary summary = clnorm_cache_summary_none();
    char path[4096];
    if (count != 2 || snprintf(path, sizeof path, "%s/model.safetensors", words[1]) >= (int)sizeof path)
        return EXIT_FAILURE;
    must(clnorm_context_create(&context, NULL));
    run_plans(context);
    run_model(context, path);
    run_tuning(context);
    clnorm_context_destroy(context);
    must(clnorm_cache_info(&summary));
    clnorm_cache_summary_free(&summary);
    remove(path);
    return EXIT_SUCCESS;
}
