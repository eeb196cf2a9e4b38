#include "bench_copy.h"

#include "command.h"

#include <string.h>

enum {
    PIECES_PER_UNIT = 4,
    LEAST_PIECE = 16 << 10, /* bytes: less is not worth a work-group */
    LEAST_TO_SPLIT = 64 << 10,
    STEP = 64 /* floats: four vectors of 16 */
};

/* On a CPU an item copies a long run, bypassing the cache if the buffers do not fit into it; on other devices
 * neighbouring items copy neighbouring vectors. */
static const char source[] =
    "#ifdef __has_builtin\n"
    "#if __has_builtin(__builtin_nontemporal_store)\n"
    "#define STREAM(value, place) __builtin_nontemporal_store(value, place)\n"
    "#endif\n"
    "#endif\n"
    "#ifndef STREAM\n"
    "#define STREAM(value, place) (*(place) = (value))\n"
    "#endif\n"
    "#define KEEP(value, place) (*(place) = (value))\n"
    "#define DEFINE_COPY(NAME, STORE)                                                                     "
    "\\\n"
    "    kernel void NAME(global const float *from, global float *to, ulong count, ulong piece)           "
    "\\\n"
    "    {                                                                                                "
    "\\\n"
    "        const ulong begin = get_global_id(0) * piece, end = min(begin + piece, count);               "
    "\\\n"
    "        ulong i = begin;                                                                             "
    "\\\n"
    "        for (; i + 64 <= end; i += 64) {                                                             "
    "\\\n"
    "            global const float16 *f = (global const float16 *)(from + i);                            "
    "\\\n"
    "            global float16 *t = (global float16 *)(to + i);                                          "
    "\\\n"
    "            const float16 a = f[0], b = f[1], c = f[2], d = f[3];                                    "
    "\\\n"
    "            STORE(a, t);                                                                             "
    "\\\n"
    "            STORE(b, t + 1);                                                                         "
    "\\\n"
    "            STORE(c, t + 2);                                                                         "
    "\\\n"
    "            STORE(d, t + 3);                                                                         "
    "\\\n"
    "        }                                                                                            "
    "\\\n"
    "        for (; i < end; i++)                                                                         "
    "\\\n"
    "            to[i] = from[i];                                                                         "
    "\\\n"
    "    }\n"
    "DEFINE_COPY(copy_plain, KEEP)\n"
    "DEFINE_COPY(copy_stream, STREAM)\n"
    "kernel void copy_coalesced(global const float *from, global float *to, ulong count, ulong piece)\n"
    "{\n"
    "    const ulong i = get_global_id(0), vectors = count / 4;\n"
    "    if (i < vectors)\n"
    "        ((global float4 *)to)[i] = ((global const float4 *)from)[i];\n"
    "    if (i < count % 4)\n"
    "        to[4 * vectors + i] = from[4 * vectors + i];\n"
    "}\n"
    "kernel void empty(void)\n"
    "{\n"
    "}\n"
    "#define PLACE(I) global float *p##I, ulong offset##I\n"
    "kernel void idle(ulong n, PLACE(0), PLACE(1), PLACE(2), PLACE(3), PLACE(4), PLACE(5), ulong a, ulong "
    "b,\n"
    "                 ulong c, ulong d, float e, float f, float g)\n"
    "{\n"
    "    if (n > 0)\n"
    "        p0[offset0] = e;\n"
    "}\n";

/* Whether it can compile. */
static bool ask_device(bench_copy *copy, cl_device_id device)
{
    cl_bool compiler = CL_TRUE;
    cl_device_type type = 0;
    cl_uint units = 0;
    clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof copy->cache_bytes, &copy->cache_bytes,
                    NULL);
    copy->is_cpu = (type & CL_DEVICE_TYPE_CPU) != 0;
    copy->units = units > 0 ? units : 1;
    clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    return compiler == CL_TRUE;
}

static cl_int create_kernels(bench_copy *copy)
{
    const struct {
        const char *name;
        cl_kernel *kernel;
    } table[] = {{"empty", &copy->empty},
                 {"idle", &copy->idle},
                 {"copy_plain", &copy->plain},
                 {"copy_stream", &copy->stream},
                 {"copy_coalesced", &copy->coalesced}};
    cl_int error = CL_SUCCESS;
    for (size_t i = 0; i < sizeof table / sizeof table[0] && error == CL_SUCCESS; i++)
        *table[i].kernel = clCreateKernel(copy->program, table[i].name, &error);
    return error;
}

int bench_copy_create(bench_copy *copy, clnorm_context *context)
{
    cl_device_id device = clnorm_context_cl_device(context);
    const char *text = source;
    cl_int error;
    memset(copy, 0, sizeof *copy);
    if (!ask_device(copy, device))
        return EXIT_DONE;
    copy->program = clCreateProgramWithSource(clnorm_context_cl_context(context), 1, &text, NULL, &error);
    if (error == CL_SUCCESS)
        error = clBuildProgram(copy->program, 1, &device, "", NULL, NULL);
    if (error == CL_SUCCESS)
        error = create_kernels(copy);
    if (error == CL_SUCCESS)
        return EXIT_DONE;
    bench_copy_destroy(copy);
    return complain(EXIT_FAILED,
                    "the kernels to compare with cannot be built on this device (OpenCL error %d)", error);
}

void bench_copy_destroy(bench_copy *copy)
{
    const cl_kernel kernels[] = {copy->empty, copy->idle, copy->plain, copy->stream, copy->coalesced};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++)
        if (kernels[i])
            clReleaseKernel(kernels[i]);
    if (copy->program)
        clReleaseProgram(copy->program);
    memset(copy, 0, sizeof *copy);
}

static size_t round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/* Chooses the kernel and its range; returns the floats of a piece. */
static cl_ulong divide(bench_copy *copy, size_t count)
{
    if (!copy->is_cpu) {
        copy->kernel = copy->coalesced;
        copy->local = 0;
        copy->global = round_up(count / 4 + 1, 256);
        return 0;
    }
    size_t pieces = copy->bytes < LEAST_TO_SPLIT ? 1 : copy->bytes / LEAST_PIECE;
    if (pieces > PIECES_PER_UNIT * copy->units)
        pieces = PIECES_PER_UNIT * copy->units;
    size_t piece = round_up((count + pieces - 1) / pieces, STEP);
    copy->kernel = 2 * (cl_ulong)copy->bytes > copy->cache_bytes ? copy->stream : copy->plain;
    copy->local = 1;
    copy->global = (count + piece - 1) / piece;
    return piece;
}

int bench_copy_bind(bench_copy *copy, cl_mem from, cl_mem to, size_t bytes)
{
    copy->bytes = bytes;
    copy->from = from;
    copy->to = to;
    if (!copy->program)
        return EXIT_DONE;
    const cl_ulong count = bytes / sizeof(float), piece = divide(copy, (size_t)count);
    cl_int error = clSetKernelArg(copy->kernel, 0, sizeof from, &from);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(copy->kernel, 1, sizeof to, &to);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(copy->kernel, 2, sizeof count, &count);
    if (error == CL_SUCCESS)
        error = clSetKernelArg(copy->kernel, 3, sizeof piece, &piece);
    return error == CL_SUCCESS ? EXIT_DONE
                               : complain(EXIT_FAILED, "the copy cannot be set up (OpenCL error %d)", error);
}

cl_int bench_copy_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event)
{
    if (!copy->program)
        return clEnqueueCopyBuffer(queue, copy->from, copy->to, 0, 0, copy->bytes, 0, NULL, event);
    return clEnqueueNDRangeKernel(queue, copy->kernel, 1, NULL, &copy->global,
                                  copy->local > 0 ? &copy->local : NULL, 0, NULL, event);
}

cl_int bench_idle_bind(const bench_copy *copy, const cl_mem *buffers, size_t count)
{
    const cl_ulong zero = 0;
    const cl_float nothing = 0;
    cl_uint index = 0;
    if (!copy->program)
        return CL_SUCCESS;
    cl_int error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    for (size_t i = 0; i < BENCH_IDLE_BUFFERS && error == CL_SUCCESS; i++) {
        error = clSetKernelArg(copy->idle, index++, sizeof *buffers, i < count ? &buffers[i] : NULL);
        if (error == CL_SUCCESS)
            error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    }
    for (int i = 0; i < 4 && error == CL_SUCCESS; i++)
        error = clSetKernelArg(copy->idle, index++, sizeof zero, &zero);
    for (int i = 0; i < 3 && error == CL_SUCCESS; i++)
        error = clSetKernelArg(copy->idle, index++, sizeof nothing, &nothing);
    return error;
}

static cl_int enqueue_one(const bench_copy *copy, cl_kernel kernel, cl_command_queue queue, cl_event *event)
{
    const size_t one = 1;
    if (!copy->program)
        return clEnqueueMarkerWithWaitList(queue, 0, NULL, event);
    return clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, event);
}

cl_int bench_idle_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event)
{
    return enqueue_one(copy, copy->idle, queue, event);
}

cl_int bench_empty_enqueue(const bench_copy *copy, cl_command_queue queue, cl_event *event)
{
    return enqueue_one(copy, copy->empty, queue, event);
}
