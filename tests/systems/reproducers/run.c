/*
 * Builds one OpenCL C file and launches its kernel:
 *
 *   run FILE.cl [GLOBAL LOCAL] [BUILD OPTIONS]
 *
 * on the first device there is (OCL_ICD_VENDORS picks the driver). Each pointer to global memory gets a
 * buffer of 65536 floats, each pointer to local memory 16 KiB, everything else zeros. A reproducer's kernel
 * takes
 * `__global float *right` first and stores 1 in right[item] where the item found what it should have. Exit
 * status: 0 all did, 1 some did not, 2 an OpenCL call failed; a driver that crashes ends it by a signal.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOATS = 65536, SOURCE_SIZE = 1 << 20 };

static float values[FLOATS];

static void check(cl_int error, const char *call)
{
    if (error == CL_SUCCESS)
        return;
    fprintf(stderr, "%s: error %d\n", call, error);
    exit(2);
}

static char *read_file(const char *path)
{
    char *text = calloc(SOURCE_SIZE, 1);
    FILE *file = fopen(path, "r");
    if (text == NULL || file == NULL || fread(text, 1, SOURCE_SIZE - 1, file) == 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

/* What is no pointer gets zeros, of the first size that the driver takes. */
static void set_zeros(cl_kernel kernel, cl_uint index)
{
    static const char zeros[128];
    cl_int error = CL_INVALID_ARG_SIZE;
    for (size_t size = 4; error != CL_SUCCESS && size <= sizeof zeros; size *= 2)
        error = clSetKernelArg(kernel, index, size, zeros);
    check(error, "clSetKernelArg");
}

static void set_argument(cl_context context, cl_kernel kernel, cl_uint index, cl_mem *first)
{
    cl_kernel_arg_address_qualifier space;
    cl_int error;
    check(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space, &space, NULL),
          "clGetKernelArgInfo");
    if (space == CL_KERNEL_ARG_ADDRESS_LOCAL) {
        check(clSetKernelArg(kernel, index, 16384, NULL), "clSetKernelArg");
    } else if (space == CL_KERNEL_ARG_ADDRESS_GLOBAL) {
        cl_mem buffer = clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof values, values, &error);
        check(error, "clCreateBuffer");
        *first = index == 0 ? buffer : *first;
        check(clSetKernelArg(kernel, index, sizeof buffer, &buffer), "clSetKernelArg");
    } else {
        set_zeros(kernel, index);
    }
}

static int count_wrong(cl_command_queue queue, cl_mem right, size_t items)
{
    int wrong = 0;
    check(clEnqueueReadBuffer(queue, right, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL),
          "clEnqueueReadBuffer");
    for (size_t i = 0; i < items; i++) {
        if (values[i] != 1 && wrong++ < 4)
            printf("item %zu: %g\n", i, (double)values[i]);
    }
    return wrong;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc == 3) {
        fprintf(stderr, "usage: run FILE.cl [GLOBAL LOCAL] [BUILD OPTIONS]\n");
        return 2;
    }
    size_t local = argc > 3 ? strtoul(argv[3], NULL, 10) : 1, required[3] = {0};
    size_t global = argc > 3 ? strtoul(argv[2], NULL, 10) : 1;
    char options[4096], name[256], driver[256], log[8192] = "";
    cl_platform_id platform;
    cl_device_id device;
    cl_kernel kernel;
    cl_int error;
    check(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    check(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL), "clGetDeviceInfo");
    check(clGetDeviceInfo(device, CL_DRIVER_VERSION, sizeof driver, driver, NULL), "clGetDeviceInfo");
    printf("%s, driver %s\n", name, driver);
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    check(error, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &error);
    check(error, "clCreateCommandQueue");
    const char *text = read_file(argv[1]);
    cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
    check(error, "clCreateProgramWithSource");
    snprintf(options, sizeof options, "-cl-std=CL1.2 -cl-kernel-arg-info %s", argc > 4 ? argv[4] : "");
    error = clBuildProgram(program, 1, &device, options, NULL, NULL);
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log, log, NULL);
    if (error != CL_SUCCESS)
        fprintf(stderr, "%s\n", log);
    check(error, "clBuildProgram");
    printf("built\n");
    fflush(stdout);
    check(clCreateKernelsInProgram(program, 1, &kernel, NULL), "clCreateKernelsInProgram");
    check(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof required,
                                   required, NULL),
          "clGetKernelWorkGroupInfo");
    if (required[0] > 0) {
        local = required[0];
        global = argc > 3 ? global : 4 * local;
    }
    cl_uint arguments;
    cl_mem right = NULL;
    check(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, NULL), "clGetKernelInfo");
    for (cl_uint i = 0; i < arguments; i++)
        set_argument(context, kernel, i, &right);
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL),
          "clEnqueueNDRangeKernel");
    check(clFinish(queue), "clFinish");
    if (right == NULL) {
        printf("finished\n");
        return 0;
    }
    const int wrong = count_wrong(queue, right, global);
    printf("%d of %zu items found something else than they should have\n", wrong, global);
    return wrong > 0;
}
