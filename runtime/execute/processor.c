#include "execute/processor.h"

#include "execute/queue.h"
#include "programs/program_build.h"

#include <math.h>

enum { LANES = 16, UNKNOWN = 0, RIGHT, WRONG };

static const char source[] = "__kernel void roots(__global float *values)\n"
                             "{\n"
                             "    vstore16(rsqrt(vload16(0, values)), 0, values);\n"
                             "}\n";

static bool are_roots(const float *values)
{
    for (int i = 0; i < LANES; i++) {
        if (!(fabs((double)values[i] * sqrt(i + 1.0) - 1) < 1e-3))
            return false;
    }
    return true;
}

/* values: 1 ... 16, of which it makes inverse roots. */
static clnorm_status compute(clnorm_context *context, cl_program program, float values[LANES])
{
    const size_t one = 1, bytes = LANES * sizeof *values;
    cl_int error = CL_SUCCESS;
    clnorm_status status = CLNORM_OK;
    cl_mem memory = NULL;
    cl_kernel kernel = clCreateKernel(program, "roots", &error);
    if (kernel == NULL)
        return fail_opencl(error, "clCreateKernel");
    memory = clCreateBuffer(context->context, CL_MEM_READ_WRITE, bytes, NULL, &error);
    if (memory == NULL) {
        status = fail_opencl(error, "clCreateBuffer");
        goto cleanup;
    }
    status = queue_write(context, context->own_queue, memory, bytes, values, "numbers");
    if (status != CLNORM_OK)
        goto cleanup;
    error = clSetKernelArg(kernel, 0, sizeof memory, &memory);
    if (error == CL_SUCCESS)
        error = clEnqueueNDRangeKernel(context->own_queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL);
    status = error == CL_SUCCESS
                 ? queue_read(context, context->own_queue, memory, bytes, values, "inverse roots")
                 : fail_opencl(error, "clEnqueueNDRangeKernel");

cleanup:
    if (memory != NULL)
        clReleaseMemObject(memory);
    clReleaseKernel(kernel);
    return status;
}

static clnorm_status find_out(clnorm_context *context, int *found)
{
    float values[LANES];
    cl_program program = NULL;
    for (int i = 0; i < LANES; i++)
        values[i] = (float)(i + 1);
    clnorm_status status = program_build_source(context->context, context->device, source, "-cl-std=CL1.2",
                                                "a test of the processor", &program);
    if (status != CLNORM_OK)
        return status;
    status = compute(context, program, values);
    clReleaseProgram(program);
    *found = are_roots(values) ? RIGHT : WRONG;
    return status;
}

clnorm_status processor_check(clnorm_context *context)
{
    if (!context->caps.may_not_know_processor || !context->caps.compiler)
        return CLNORM_OK;
    int found = atomic_load(&context->processor);
    if (found == UNKNOWN) { /* two threads may both find it out */
        const clnorm_status status = find_out(context, &found);
        if (status != CLNORM_OK)
            return status;
        atomic_store(&context->processor, found);
    }
    if (found == RIGHT)
        return CLNORM_OK;
    return fail(CLNORM_UNTRUSTED_DRIVER,
                "the driver does not know this processor, and computes wrongly on it: set "
                "CL_CONFIG_CPU_TARGET_ARCH=core-avx2, or use Intel's runtime 2026 or later");
}
