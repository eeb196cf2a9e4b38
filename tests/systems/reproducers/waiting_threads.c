/*
 * Driver:   Intel's CPU runtime 2025.0 and 2026.2, on two cores
 * Should:   print "done", within seconds
 * Happens:  hangs, 10 times of 12. Three threads wait for commands of one out-of-order queue; a fourth waits
 * for its own, in-order queue. A thread of the driver's that runs the out-of-order queue takes over the wait
 * of one of the three, and so waits for itself. Without the fourth thread, or with two threads in all, it was
 * never seen. Run:      cc waiting_threads.c -o waiting_threads -lOpenCL -pthread && timeout 60
 * ./waiting_threads
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 300 };

static const char *const source =
    "__kernel void work(__global float *x) { for (int i = 0; i < 200; i++) x[get_global_id(0)] += 1; }";
static cl_context context;
static cl_program program;
static cl_command_queue in_order, out_of_order;

static void *run(void *queue)
{
    const size_t items = 65536, group = 64;
    cl_kernel kernel = clCreateKernel(program, "work", NULL);
    cl_mem x = clCreateBuffer(context, CL_MEM_READ_WRITE, items * sizeof(float), NULL, NULL);
    clSetKernelArg(kernel, 0, sizeof x, &x);
    for (int i = 0; i < ROUNDS; i++) {
        cl_event done;
        clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, &group, 0, NULL, &done);
        clWaitForEvents(1, &done);
        clReleaseEvent(done);
    }
    return NULL;
}

int main(void)
{
    cl_platform_id platform;
    cl_device_id device;
    pthread_t threads[THREADS];
    if (clGetPlatformIDs(1, &platform, NULL) != CL_SUCCESS ||
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) != CL_SUCCESS)
        return 2;
    context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    in_order = clCreateCommandQueue(context, device, 0, NULL);
    out_of_order = clCreateCommandQueue(context, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    program = clCreateProgramWithSource(context, 1, (const char **)&source, NULL, NULL);
    if (clBuildProgram(program, 1, &device, "", NULL, NULL) != CL_SUCCESS)
        return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, i == 0 ? in_order : out_of_order);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    puts("done");
    return 0;
}
