/* A program that an application's author might write: as C and as C++, against the installed library. */
#include <clnorm/clnorm.h>
#include <math.h>
#include <stdio.h>

static int failed(clnorm_status status)
{
    if (status != CLNORM_OK)
        fprintf(stderr, "%s: %s\n", clnorm_status_name(status), clnorm_last_error());
    return status != CLNORM_OK;
}

static int normalize(clnorm_context *context, float *values)
{
    cl_int error = CL_SUCCESS;
    clnorm_plan *plan = NULL;
    clnorm_op op = clnorm_l2_normalize(clnorm_tensor_2d(CLNORM_F32, 2, 2), -1);
    cl_mem mem = clCreateBuffer(clnorm_context_cl_context(context), CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                4 * sizeof(float), values, &error);
    clnorm_buffers buffers = clnorm_buffers_none();
    buffers.x.mem = mem;
    buffers.y.mem = mem;
    if (error != CL_SUCCESS || failed(clnorm_plan_create(&plan, context, &op)) ||
        failed(clnorm_plan_execute(plan, &buffers, NULL, 0, NULL, NULL)))
        return 1;
    error = clEnqueueReadBuffer(clnorm_context_cl_queue(context), mem, CL_TRUE, 0, 4 * sizeof(float), values,
                                0, NULL, NULL);
    clnorm_plan_destroy(plan);
    clReleaseMemObject(mem);
    return error != CL_SUCCESS;
}

int main(void)
{
    const double expected[] = {0.6, 0.8, -1.0, 0.0};
    float values[] = {3, 4, -2, 0};
    clnorm_context *context = NULL;
    if (failed(clnorm_context_create(&context, NULL)))
        return 1;
    int wrong = normalize(context, values);
    for (int i = 0; i < 4; i++)
        wrong |= !(fabs((double)values[i] - expected[i]) < 1e-6);
    clnorm_context_destroy(context);
    return wrong;
}
