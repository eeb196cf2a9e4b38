#include "fake_opencl.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_ARGUMENTS = 64, MOST_BYTES = 64 };

typedef struct argument {
    size_t size;
    unsigned char bytes[MOST_BYTES];
} argument;

/* All objects are of this type. `dispatch` would be the loader's. */
typedef struct object {
    void *dispatch;
    atomic_int references;
    pthread_mutex_t lock;
    struct object *context, *program;
    char *text; /* a program's source or binary, a kernel's name */
    size_t size;
    unsigned char *bytes; /* of a buffer */
    uint64_t tag, chain;
    bool built;
    argument arguments[MOST_ARGUMENTS];
} object;

enum { MOST_BUFFERS = 1024 };

static object platform, device;
static object buffers[MOST_BUFFERS]; /* known by their addresses, without a lock */
static atomic_bool taken[MOST_BUFFERS];
static atomic_long alive;
static atomic_uint builds;

static object *of(const void *handle)
{
    return (object *)(uintptr_t)handle;
}

/* Here, and not by a library: ThreadSanitizer has to see who reads the arguments. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3; /* FNV-1a */
    return hash;
}

static bool is_buffer(const object *o)
{
    return o >= buffers && o < buffers + MOST_BUFFERS;
}

static object *take_buffer(void)
{
    for (size_t i = 0; i < MOST_BUFFERS; i++) {
        bool free_one = false;
        if (atomic_compare_exchange_strong(&taken[i], &free_one, true)) {
            memset(&buffers[i], 0, sizeof buffers[i]);
            return &buffers[i];
        }
    }
    fprintf(stderr, "fake_opencl: more than %d buffers\n", MOST_BUFFERS);
    abort();
}

static object *begin(object *made, object *context)
{
    atomic_init(&made->references, 1);
    pthread_mutex_init(&made->lock, NULL);
    made->context = context;
    atomic_fetch_add(&alive, 1);
    if (context != NULL)
        atomic_fetch_add(&context->references, 1);
    return made;
}

static object *make(object *context)
{
    return begin(calloc(1, sizeof(object)), context);
}

static cl_int retain(void *handle)
{
    atomic_fetch_add(&of(handle)->references, 1);
    atomic_fetch_add(&alive, 1);
    return CL_SUCCESS;
}

static void drop(object *held)
{
    if (held == NULL || atomic_fetch_sub(&held->references, 1) > 1)
        return;
    drop(held->program);
    drop(held->context);
    pthread_mutex_destroy(&held->lock);
    free(held->text);
    free(held->bytes);
    if (is_buffer(held))
        atomic_store(&taken[held - buffers], false);
    else
        free(held);
}

static cl_int release(void *handle)
{
    atomic_fetch_sub(&alive, 1);
    drop(of(handle));
    return CL_SUCCESS;
}

#define COUNTED(type, name)                                                                                  \
    cl_int clRetain##name(type handle)                                                                       \
    {                                                                                                        \
        return retain(handle);                                                                               \
    }                                                                                                        \
    cl_int clRelease##name(type handle)                                                                      \
    {                                                                                                        \
        return release(handle);                                                                              \
    }
COUNTED(cl_context, Context)
COUNTED(cl_command_queue, CommandQueue)
COUNTED(cl_mem, MemObject)
COUNTED(cl_program, Program)
COUNTED(cl_kernel, Kernel)
COUNTED(cl_event, Event)

/* ---- For tests ---- */

void fake_tag(cl_mem mem, uint64_t tag)
{
    of(mem)->tag = tag;
}

uint64_t fake_chain(cl_command_queue queue)
{
    object *q = of(queue);
    pthread_mutex_lock(&q->lock);
    const uint64_t chain = q->chain;
    q->chain = 0;
    pthread_mutex_unlock(&q->lock);
    return chain;
}

long fake_alive(void)
{
    return atomic_load(&alive);
}

unsigned fake_builds(void)
{
    return atomic_load(&builds);
}

/* ---- Answers ---- */

static cl_int answer(const void *from, size_t size, size_t room, void *value, size_t *needed)
{
    if (value != NULL && room < size)
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, from, size);
    if (needed != NULL)
        *needed = size;
    return CL_SUCCESS;
}

#define ANSWER(type, ...)                                                                                    \
    do {                                                                                                     \
        const type from_this = __VA_ARGS__;                                                                  \
        return answer(&from_this, sizeof from_this, size, value, needed);                                    \
    } while (0)

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *ids, cl_uint *found)
{
    if (ids != NULL && room > 0)
        ids[0] = (cl_platform_id)&platform;
    if (found != NULL)
        *found = 1;
    return CL_SUCCESS;
}

cl_int clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t size, void *value, size_t *needed)
{
    static const char text[] = "a platform for threads";
    (void)id, (void)what;
    return answer(text, sizeof text, size, value, needed);
}

cl_int clGetDeviceIDs(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *ids, cl_uint *found)
{
    (void)id, (void)type;
    if (ids != NULL && room > 0)
        ids[0] = (cl_device_id)&device;
    if (found != NULL)
        *found = 1;
    return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t size, void *value, size_t *needed)
{
    static const char text[] = "a device for threads";
    (void)id;
    switch (what) {
    case CL_DEVICE_TYPE:
        ANSWER(cl_device_type, CL_DEVICE_TYPE_CPU);
    case CL_DEVICE_PLATFORM:
        ANSWER(cl_platform_id, (cl_platform_id)&platform);
    case CL_DEVICE_COMPILER_AVAILABLE:
        ANSWER(cl_bool, CL_TRUE);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        ANSWER(cl_uint, 4);
    case CL_DEVICE_SINGLE_FP_CONFIG:
        ANSWER(cl_device_fp_config, CL_FP_ROUND_TO_NEAREST);
    case CL_DEVICE_ADDRESS_BITS:
        ANSWER(cl_uint, 64);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        ANSWER(size_t, 256);
    case CL_DEVICE_MAX_PARAMETER_SIZE:
        ANSWER(size_t, 1024);
    case CL_DEVICE_LOCAL_MEM_SIZE:
    case CL_DEVICE_GLOBAL_MEM_CACHE_SIZE:
        ANSWER(cl_ulong, 65536);
    case CL_DEVICE_MAX_WORK_ITEM_SIZES: {
        static const size_t sizes[3] = {256, 256, 256};
        return answer(sizes, sizeof sizes, size, value, needed);
    }
    default:
        return answer(text, sizeof text, size, value, needed);
    }
}

cl_int clGetCommandQueueInfo(cl_command_queue queue, cl_command_queue_info what, size_t size, void *value,
                             size_t *needed)
{
    if (what == CL_QUEUE_CONTEXT)
        ANSWER(cl_context, (cl_context)of(queue)->context);
    if (what == CL_QUEUE_DEVICE)
        ANSWER(cl_device_id, (cl_device_id)&device);
    ANSWER(cl_command_queue_properties, 0);
}

cl_int clGetMemObjectInfo(cl_mem mem, cl_mem_info what, size_t size, void *value, size_t *needed)
{
    switch (what) {
    case CL_MEM_TYPE:
        ANSWER(cl_mem_object_type, CL_MEM_OBJECT_BUFFER);
    case CL_MEM_CONTEXT:
        ANSWER(cl_context, (cl_context)of(mem)->context);
    case CL_MEM_FLAGS:
        ANSWER(cl_mem_flags, CL_MEM_READ_WRITE);
    case CL_MEM_ASSOCIATED_MEMOBJECT:
        ANSWER(cl_mem, NULL);
    default:
        ANSWER(size_t, of(mem)->size);
    }
}

/* Commands are never through, so that others always have something to wait for. */
cl_int clGetEventInfo(cl_event event, cl_event_info what, size_t size, void *value, size_t *needed)
{
    (void)event, (void)what;
    ANSWER(cl_int, CL_RUNNING);
}

cl_int clGetEventProfilingInfo(cl_event event, cl_profiling_info what, size_t size, void *value,
                               size_t *needed)
{
    (void)event, (void)what;
    ANSWER(cl_ulong, 0);
}

/* ---- Objects ---- */

#define MADE(type, made)                                                                                     \
    do {                                                                                                     \
        if (error != NULL)                                                                                   \
            *error = CL_SUCCESS;                                                                             \
        return (type)(made);                                                                                 \
    } while (0)

cl_context clCreateContext(const cl_context_properties *properties, cl_uint count,
                           const cl_device_id *devices,
                           void (*notify)(const char *, const void *, size_t, void *), void *user,
                           cl_int *error)
{
    (void)properties, (void)count, (void)devices, (void)notify, (void)user;
    MADE(cl_context, make(NULL));
}

cl_command_queue clCreateCommandQueue(cl_context context, cl_device_id id,
                                      cl_command_queue_properties properties, cl_int *error)
{
    (void)id, (void)properties;
    MADE(cl_command_queue, make(of(context)));
}

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *error)
{
    object *made = begin(take_buffer(), of(context));
    (void)flags;
    made->size = size;
    made->tag = size;
    made->bytes = calloc(size, 1);
    if (host != NULL)
        memcpy(made->bytes, host, size);
    MADE(cl_mem, made);
}

static object *make_program(cl_context context, const void *text, size_t size)
{
    object *made = make(of(context));
    made->text = calloc(size + 1, 1);
    memcpy(made->text, text, size);
    made->size = size;
    return made;
}

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **strings,
                                     const size_t *lengths, cl_int *error)
{
    (void)count, (void)lengths;
    MADE(cl_program, make_program(context, strings[0], strlen(strings[0])));
}

cl_program clCreateProgramWithBinary(cl_context context, cl_uint count, const cl_device_id *devices,
                                     const size_t *lengths, const unsigned char **binaries, cl_int *status,
                                     cl_int *error)
{
    (void)count, (void)devices;
    object *made = make_program(context, binaries[0], lengths[0]);
    made->built = true;
    if (status != NULL)
        *status = CL_SUCCESS;
    MADE(cl_program, made);
}

/* Takes its time, as compilers do. */
cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
                      void (*notify)(cl_program, void *), void *user)
{
    static const struct timespec pause = {0, 2000000};
    object *p = of(program);
    (void)count, (void)devices, (void)options, (void)notify, (void)user;
    pthread_mutex_lock(&p->lock);
    if (!p->built) {
        nanosleep(&pause, NULL);
        atomic_fetch_add(&builds, 1);
    }
    p->built = true;
    pthread_mutex_unlock(&p->lock);
    return CL_SUCCESS;
}

cl_int clGetProgramInfo(cl_program program, cl_program_info what, size_t size, void *value, size_t *needed)
{
    const object *p = of(program);
    if (what == CL_PROGRAM_BINARY_SIZES)
        ANSWER(size_t, p->size);
    if (what == CL_PROGRAM_DEVICES)
        ANSWER(cl_device_id, (cl_device_id)&device);
    memcpy(*(unsigned char **)value, p->text, p->size);
    return CL_SUCCESS;
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id id, cl_program_build_info what, size_t size,
                             void *value, size_t *needed)
{
    (void)program, (void)id, (void)what;
    return answer("", 1, size, value, needed);
}

cl_kernel clCreateKernel(cl_program program, const char *name, cl_int *error)
{
    object *made = make(of(program)->context);
    made->program = of(program);
    atomic_fetch_add(&made->program->references, 1);
    made->text = calloc(strlen(name) + 1, 1);
    strcpy(made->text, name);
    MADE(cl_kernel, made);
}

cl_int clGetKernelInfo(cl_kernel kernel, cl_kernel_info what, size_t size, void *value, size_t *needed)
{
    (void)kernel, (void)what;
    ANSWER(cl_uint, 1);
}

/* ---- Commands ---- */

static void give_event(cl_event *event, object *context)
{
    if (event != NULL)
        *event = (cl_event)make(context);
}

/* A buffer stands for itself by its tag, which says the same in every thread and process. */
cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size, const void *value)
{
    if (index >= MOST_ARGUMENTS || size > MOST_BYTES)
        return CL_INVALID_ARG_INDEX;
    argument *a = &of(kernel)->arguments[index];
    sched_yield(); /* gives others a chance to be in the way */
    a->size = size;
    memset(a->bytes, 0, sizeof a->bytes);
    if (value != NULL)
        memcpy(a->bytes, value, size);
    const object *pointed = NULL;
    if (size == sizeof pointed)
        memcpy(&pointed, a->bytes, sizeof pointed);
    if (is_buffer(pointed))
        memcpy(a->bytes, &pointed->tag, sizeof pointed->tag);
    return CL_SUCCESS;
}

static uint64_t hash_launch(uint64_t chain, const object *kernel, const size_t *global, const size_t *local,
                            cl_uint dimensions)
{
    chain = mix(chain, kernel->text, strlen(kernel->text));
    for (size_t i = 0; i < MOST_ARGUMENTS; i++) {
        const argument *a = &kernel->arguments[i];
        chain = mix(chain, a->bytes, a->size);
    }
    chain = mix(chain, global, dimensions * sizeof *global);
    return local != NULL ? mix(chain, local, dimensions * sizeof *local) : chain;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                              const size_t *offset, const size_t *global, const size_t *local,
                              cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    object *q = of(queue);
    (void)offset, (void)wait_count, (void)wait_list;
    pthread_mutex_lock(&q->lock);
    q->chain = hash_launch(q->chain, of(kernel), global, local, dimensions);
    pthread_mutex_unlock(&q->lock);
    give_event(event, q->context);
    return CL_SUCCESS;
}

cl_int clEnqueueReadBuffer(cl_command_queue queue, cl_mem mem, cl_bool waits, size_t offset, size_t size,
                           void *to, cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    object *m = of(mem);
    (void)waits, (void)wait_count, (void)wait_list;
    pthread_mutex_lock(&m->lock);
    memcpy(to, m->bytes + offset, size);
    pthread_mutex_unlock(&m->lock);
    give_event(event, of(queue)->context);
    return CL_SUCCESS;
}

cl_int clEnqueueWriteBuffer(cl_command_queue queue, cl_mem mem, cl_bool waits, size_t offset, size_t size,
                            const void *from, cl_uint wait_count, const cl_event *wait_list, cl_event *event)
{
    object *m = of(mem);
    (void)waits, (void)wait_count, (void)wait_list;
    pthread_mutex_lock(&m->lock);
    memcpy(m->bytes + offset, from, size);
    pthread_mutex_unlock(&m->lock);
    give_event(event, of(queue)->context);
    return CL_SUCCESS;
}

cl_int clEnqueueFillBuffer(cl_command_queue queue, cl_mem mem, const void *pattern, size_t pattern_size,
                           size_t offset, size_t size, cl_uint wait_count, const cl_event *wait_list,
                           cl_event *event)
{
    object *m = of(mem);
    (void)wait_count, (void)wait_list;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i + pattern_size <= size; i += pattern_size)
        memcpy(m->bytes + offset + i, pattern, pattern_size);
    pthread_mutex_unlock(&m->lock);
    give_event(event, of(queue)->context);
    return CL_SUCCESS;
}

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint wait_count, const cl_event *wait_list,
                                   cl_event *event)
{
    (void)wait_count, (void)wait_list;
    give_event(event, of(queue)->context);
    return CL_SUCCESS;
}

cl_int clSetEventCallback(cl_event event, cl_int when, void (*notify)(cl_event, cl_int, void *), void *user)
{
    notify(event, when, user);
    return CL_SUCCESS;
}

cl_int clFlush(cl_command_queue queue)
{
    (void)queue;
    return CL_SUCCESS;
}

cl_int clFinish(cl_command_queue queue)
{
    (void)queue;
    return CL_SUCCESS;
}
