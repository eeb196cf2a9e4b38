/* Compiles a kernel on the device that CLNORM_DEVICE names: what tests/no_compiler_layer.c has to prevent.
 * Exit status 0 if it could, 3 if the driver says that it has no compiler. */
#include <clnorm/clnorm.h>
#include <stdio.h>

int main(void)
{
    const char *source = "__kernel void nothing(__global float *x) { x[0] = 0.0f; }";
    clnorm_context *context;
    if (clnorm_context_create(&context, NULL) != CLNORM_OK)
        return fprintf(stderr, "%s\n", clnorm_last_error()), 1;
    cl_device_id device = clnorm_context_cl_device(context);
    cl_program program =
        clCreateProgramWithSource(clnorm_context_cl_context(context), 1, &source, NULL, NULL);
    const cl_int error = clBuildProgram(program, 1, &device, "", NULL, NULL);
    clReleaseProgram(program);
    clnorm_context_destroy(context);
    return error == CL_SUCCESS ? 0 : error == CL_COMPILER_NOT_AVAILABLE ? 3 : 1;
}
