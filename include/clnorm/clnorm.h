/*
 * clnorm: neural-network normalization on any OpenCL device.
 *
 *   clnorm_context *context;
 *   clnorm_context_create(&context, NULL);                  the device that CLNORM_DEVICE names
 *
 *   clnorm_op op = clnorm_batch_normalization(clnorm_tensor_4d(CLNORM_F32, n, h, w, c));
 *   clnorm_plan *plan;
 *   clnorm_plan_create(&plan, context, &op);                checks, chooses, compiles: all that is slow
 *   clnorm_plan_execute(plan, &CLNORM_BUFFERS(.x = {x, 0}, .y = {y, 0}, ...), queue, 0, NULL, NULL);
 *
 * Functions that can fail return a clnorm_status and put their result into an out-parameter. When they fail
 * they do not change the out-parameter. The library never exits, aborts or prints (but see CLNORM_VERBOSE
 * and clnorm_set_log). Every function may be called from any thread, also on the same context or plan. The
 * caller only has to make sure that no thread still uses an object while another one destroys it.
 *
 * OpenCL drivers do not work after a fork. If a process has created a context or listed devices and then
 * forks, clnorm cannot be used in the child until the child executes another program: every function that
 * would use OpenCL fails at once with CLNORM_INVALID_STATE, functions of layers.h without a status return 0
 * or NULL, and destroy functions do nothing. A process that forks before its first context may use clnorm in
 * both parent and child.
 */
#ifndef CLNORM_CLNORM_H
#define CLNORM_CLNORM_H

/* clnorm needs OpenCL 1.2. An application that wants another version of the OpenCL headers, or deprecated
 * functions, defines CL_TARGET_OPENCL_VERSION or CL_USE_DEPRECATED_OPENCL_1_2_APIS before its first include.
 * Without CL_TARGET_OPENCL_VERSION it gets all of OpenCL 3.0. */
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

#include <clnorm/version.h>

#if defined(__GNUC__)
#define CLNORM_API __attribute__((visibility("default")))
#else
#define CLNORM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* CLNORM_VERSION of the library in use at run time, which may be newer than this header. */
CLNORM_API unsigned clnorm_version(void);

/* ---- Status ---------------------------------------------------------------------------------- */

typedef enum clnorm_status {
    CLNORM_OK = 0,
    CLNORM_INVALID_ARGUMENT,    /* a null pointer, or a value outside its enumeration */
    CLNORM_INVALID_RANK,        /* a rank that the operation does not take */
    CLNORM_INVALID_AXIS,        /* axis or dim outside -rank ... rank-1 */
    CLNORM_INVALID_SHAPE,       /* sizes that do not match, or overflow size_t */
    CLNORM_INVALID_STRIDES,     /* an output that overlaps itself */
    CLNORM_INVALID_ATTRIBUTE,   /* not finite, out of range, or too small for fp32 where fp32 must hold it */
    CLNORM_INVALID_MODE,        /* a mode that the operation does not have */
    CLNORM_UNSUPPORTED_TYPE,    /* a data type that this device or version does not compute */
    CLNORM_MISSING_BUFFER,      /* a buffer that the mode needs was not given */
    CLNORM_UNEXPECTED_BUFFER,   /* a buffer that the mode does not know was given */
    CLNORM_INVALID_BUFFER,      /* not a buffer, of another context, or its flags forbid reading or writing */
    CLNORM_BUFFER_TOO_SMALL,    /* offset and tensor reach beyond the buffer's end */
    CLNORM_INVALID_OFFSET,      /* an offset that is no multiple of the element's size */
    CLNORM_BUFFER_OVERLAP,      /* buffers share elements in a way that the operation does not allow */
    CLNORM_INVALID_QUEUE,       /* a queue of another context or device than the plan's */
    CLNORM_INVALID_DEVICE,      /* a device string that cannot be read */
    CLNORM_DEVICE_NOT_FOUND,    /* no OpenCL device matches, or there is none at all */
    CLNORM_INVALID_ENVIRONMENT, /* a CLNORM_ variable has a value that it cannot have */
    CLNORM_NO_COMPILER,         /* the device cannot compile and no binary was found */
    CLNORM_BUILD_FAILED,        /* the driver refused a kernel source */
    CLNORM_OUT_OF_MEMORY,       /* host or device memory is used up */
    CLNORM_OPENCL_ERROR,        /* any other failure of an OpenCL call, named in the message */
    CLNORM_IO_ERROR,            /* a file that cannot be read or written */
    CLNORM_INVALID_NAME,        /* a name that is malformed, already taken, or not found */
    CLNORM_INVALID_FILE,        /* a file that is malformed, or does not fit what it is read for */
    CLNORM_INVALID_STATE,       /* a call that another one must precede, or a call in a forked process */
    CLNORM_UNSUPPORTED_DEVICE,  /* a device that lacks what the kernels need */
    CLNORM_NO_IMAGE,            /* no image of compiled kernels for this device, or one of another version */
    CLNORM_NOT_IN_IMAGE,        /* an image that does not hold the kernel */
    CLNORM_UNTRUSTED_DRIVER,    /* the driver failed with every variant: it crashed or gave wrong results */
} clnorm_status;

/* The status as it is spelled here, without CLNORM_: "OK", "INVALID_RANK". Never NULL. */
CLNORM_API const char *clnorm_status_name(clnorm_status status);

/* The error message of the calling thread's last failed clnorm call: one sentence (and, for a failed build,
 * the first error of its log). "" if none failed yet. Valid until the thread's next clnorm call. */
CLNORM_API const char *clnorm_last_error(void);

typedef enum clnorm_log_level {
    CLNORM_LOG_NONE = 0,
    CLNORM_LOG_ERROR,    /* failures, as they are returned */
    CLNORM_LOG_INFO,     /* devices, builds, the program cache */
    CLNORM_LOG_DISPATCH, /* which variant was chosen, and why others were not */
    CLNORM_LOG_PROFILE,  /* the time of each kernel, on queues that profile */
} clnorm_log_level;

typedef void clnorm_log_callback(clnorm_log_level level, const char *line, void *user);

/* Sends log lines up to `level` to `callback` instead of stderr; NULL goes back to CLNORM_VERBOSE.
 * Lines come from any thread, one call at a time; the callback must not call clnorm. */
CLNORM_API void clnorm_set_log(clnorm_log_callback *callback, clnorm_log_level level, void *user);

/* ---- Devices --------------------------------------------------------------------------------- */

typedef struct clnorm_device {
    unsigned platform; /* index of the platform, counted from 0 in the loader's order */
    unsigned device;   /* index of the device on its platform */
    const char *type;  /* "gpu", "cpu" or "accelerator", as CLNORM_DEVICE takes it. A device that reports
                          several types has the first of these three. */
    const char *name, *vendor, *version, *driver; /* as the driver says */
    const char *platform_name;
    bool compiler;   /* can compile OpenCL C at run time */
    bool is_default; /* clnorm_context_create would choose this device for the listing's `choice` */
    cl_platform_id platform_id;
    cl_device_id device_id;
    cl_device_type types; /* all types that the device reports; a device string may name any of them */
} clnorm_device;

typedef struct clnorm_device_list clnorm_device_list;

/* Lists all OpenCL devices, and sets is_default for the one that `choice` names (NULL: CLNORM_DEVICE, else
 * the best). A machine without any device gives an empty list. If `choice` names no device or cannot be
 * parsed, no device is the default; that is no error here. The caller destroys the list. Errors:
 * INVALID_ARGUMENT, INVALID_STATE, OUT_OF_MEMORY, OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_device_list_create(clnorm_device_list **list, const char *choice);
CLNORM_API size_t clnorm_device_list_count(const clnorm_device_list *list);
/* The device belongs to the list. NULL if `index` is beyond the end. */
CLNORM_API const clnorm_device *clnorm_device_list_get(const clnorm_device_list *list, size_t index);
CLNORM_API void clnorm_device_list_destroy(clnorm_device_list *list);

/* A known fault of a driver. clnorm works around it on all devices of that driver. The structs and their
 * strings are constants of the library. */
typedef struct clnorm_quirk {
    const char *driver, *versions; /* the driver and the versions of it that have the fault */
    const char *fault;             /* what happens, in a sentence */
    const char *avoided;           /* what clnorm does not use because of it */
    const char *reproducer; /* a file in tests/systems/reproducers that shows it; NULL: others reported it */
} clnorm_quirk;

/* The `index`th known fault of a device's driver; NULL beyond the last one, and for a NULL device. Looks at
 * the names in `device` only, and does not call OpenCL; may be called from any thread. */
CLNORM_API const clnorm_quirk *clnorm_device_quirk(const clnorm_device *device, size_t index);

/* The features of a device that clnorm uses: those that it has, without those that its driver's faults rule
 * out. */
typedef struct clnorm_device_use {
    size_t size;            /* of this struct in the caller's program; set by clnorm_device_use_none */
    size_t work_group_size; /* items, at most */
    size_t local_memory;    /* bytes */
    const char *sub_groups; /* "none", or the extension through which items of a sub-group exchange values */
    bool clang_builtins;    /* kernels may use clang's built-in functions; false: only OpenCL C 1.2 */
} clnorm_device_use;

static inline clnorm_device_use clnorm_device_use_none(void)
{
    clnorm_device_use use = {sizeof(clnorm_device_use), 0, 0, NULL, false};
    return use;
}

/* Fills `use`, which clnorm_device_use_none has made, for a device of a listing. Errors: INVALID_ARGUMENT,
 * OUT_OF_MEMORY, OPENCL_ERROR; `use` is then untouched. */
CLNORM_API clnorm_status clnorm_device_use_get(const clnorm_device *device, clnorm_device_use *use);

/* ---- Context --------------------------------------------------------------------------------- */

typedef struct clnorm_context clnorm_context;

/*
 * A context with an OpenCL context and an in-order queue of its own, on the device that `device` names:
 *   NULL                     CLNORM_DEVICE; if that is unset or empty: the first GPU, else the first CPU
 *   "cpu", "gpu", "fpga"     the first device of that type ("accelerator" is "fpga")
 *   "1:0"                    platform 1, device 0, as clnorm_device_list_create numbers them
 *   "intel"                  case-insensitive part of a device's or platform's name
 *   "platform:type:device"   all that is given must match; each is an index, a part of a name or empty
 * Errors: INVALID_ARGUMENT, INVALID_DEVICE, DEVICE_NOT_FOUND (the message lists the devices there are),
 * UNSUPPORTED_DEVICE (it cannot round to nearest), INVALID_ENVIRONMENT, INVALID_STATE (a forked process, see
 * above), OUT_OF_MEMORY, OPENCL_ERROR.
 */
CLNORM_API clnorm_status clnorm_context_create(clnorm_context **context, const char *device);

/* A context on the application's own queue: its OpenCL context and device are used, and retained. Errors:
 * INVALID_ARGUMENT, INVALID_QUEUE, UNSUPPORTED_DEVICE, INVALID_ENVIRONMENT, INVALID_STATE, OUT_OF_MEMORY,
 * OPENCL_ERROR. */
CLNORM_API clnorm_status clnorm_context_from_queue(clnorm_context **context, cl_command_queue queue);

/* Schedules: the sets of kernels, each written for one class of devices. */
typedef enum clnorm_kernels {
    CLNORM_KERNELS_AUTO = 0, /* what CLNORM_KERNELS says; if unset, chosen by the type of the device */
    CLNORM_KERNELS_CPU,
    CLNORM_KERNELS_GPU,
    CLNORM_KERNELS_FPGA,
} clnorm_kernels;

/* Which compiled programs are verified before they are used or cached: they compute a small problem, and the
 * results are compared with those of the host. */
typedef enum clnorm_verify {
    CLNORM_VERIFY_DEFAULT = 0, /* what CLNORM_VERIFY says; if unset, NEW */
    CLNORM_VERIFY_OFF,         /* none; also, programs that ended a process before are used all the same */
    CLNORM_VERIFY_NEW,         /* programs that were just built from source */
    CLNORM_VERIFY_ALWAYS,      /* also programs that come from the cache */
} clnorm_verify;

/*
 * Options of a context, for applications that do not want to be configured by environment variables. Call
 * clnorm_context_defaults, then set fields. A field that is set takes precedence over its environment
 * variable; for a field left at its default the variable is read, unless ignore_environment is set. The
 * struct and its strings are only needed during the call that makes the context.
 */
typedef struct clnorm_context_options {
    size_t size;                  /* of this struct in the caller's program; set by clnorm_context_defaults */
    const char *device;           /* as for clnorm_context_create. NULL: CLNORM_DEVICE; "": the best */
    cl_command_queue queue;       /* the application's, instead of a device. NULL: one of our own */
    const char *cache_directory;  /* a path. NULL: CLNORM_CACHE_DIR and its default; "": nothing is kept */
    const char *kernel_directory; /* NULL: CLNORM_KERNEL_DIR; "": the sources in the library */
    const char *binary_directory; /* NULL: CLNORM_BINARY_DIR; "": no images */
    clnorm_kernels kernels;       /* as clnorm_context_set_kernels sets them */
    clnorm_verify verify;
    bool ignore_environment; /* read no variable: a field left at its default then means the same as if its
                                variable were unset, and without cache_directory nothing is kept */
    /* If given, passed to clnorm_set_log before anything else is done. There is one log for the process, not
     * one for each context: the callback stays when the context is destroyed. */
    clnorm_log_callback *log_callback;
    clnorm_log_level log_level;
    void *log_user;
} clnorm_context_options;

static inline clnorm_context_options clnorm_context_defaults(void)
{
    clnorm_context_options options = {sizeof(clnorm_context_options),
                                      NULL,
                                      NULL,
                                      NULL,
                                      NULL,
                                      NULL,
                                      CLNORM_KERNELS_AUTO,
                                      CLNORM_VERIFY_DEFAULT,
                                      false,
                                      NULL,
                                      CLNORM_LOG_NONE,
                                      NULL};
    return options;
}

/*
 * A context with these options; NULL: the defaults. The two functions above do the same with only a device
 * or a queue. Errors: those of both, and INVALID_ARGUMENT if size is not set, a value is outside its
 * enumeration, both a device and a queue are given, a log_level is given without a log_callback, or a path is
 * not a directory (the cache directory is made when it is needed; the other two must exist).
 */
CLNORM_API clnorm_status clnorm_context_create_with(clnorm_context **context,
                                                    const clnorm_context_options *options);

/* A context may be destroyed before its plans: they keep what they need of it. NULL is allowed. */
CLNORM_API void clnorm_context_destroy(clnorm_context *context);

/* The context's OpenCL objects. They are not retained for the caller. */
CLNORM_API cl_context clnorm_context_cl_context(const clnorm_context *context);
CLNORM_API cl_device_id clnorm_context_cl_device(const clnorm_context *context);
CLNORM_API cl_command_queue clnorm_context_cl_queue(const clnorm_context *context);

/* Plans created from now on use this schedule. AUTO goes back to the environment and the device. Errors:
 * INVALID_ARGUMENT. */
CLNORM_API clnorm_status clnorm_context_set_kernels(clnorm_context *context, clnorm_kernels kernels);

/* ---- Tensors --------------------------------------------------------------------------------- */

#define CLNORM_MAX_RANK 8

typedef enum clnorm_dtype {
    CLNORM_F32 = 0, /* the only one that this version computes */
    CLNORM_F16,
    CLNORM_BF16,
    CLNORM_F64,
} clnorm_dtype;

/* A shape and the layout of its elements in memory. Sizes and strides count elements, the last axis last. */
typedef struct clnorm_tensor {
    clnorm_dtype dtype;
    unsigned rank; /* 1 ... 8; 0 in an op's other tensors means "like x" */
    size_t dims[CLNORM_MAX_RANK];
    size_t strides[CLNORM_MAX_RANK];
} clnorm_tensor;

/* A tensor without gaps, the last axis contiguous. A rank outside 1 ... 8 is no error here; functions that
 * take the tensor refuse it with INVALID_RANK. */
static inline clnorm_tensor clnorm_tensor_dense(clnorm_dtype dtype, unsigned rank, const size_t *dims)
{
    clnorm_tensor tensor = {dtype, rank, {0}, {0}};
    size_t stride = 1;
    unsigned axis = rank <= CLNORM_MAX_RANK ? rank : 0;
    while (axis-- > 0) {
        tensor.dims[axis] = dims[axis];
        tensor.strides[axis] = stride;
        stride *= dims[axis] > 0 ? dims[axis] : 1;
    }
    return tensor;
}

/* A tensor with strides of the caller's. An input may have stride 0. */
static inline clnorm_tensor clnorm_tensor_strided(clnorm_dtype dtype, unsigned rank, const size_t *dims,
                                                  const size_t *strides)
{
    clnorm_tensor tensor = clnorm_tensor_dense(dtype, rank, dims);
    for (unsigned axis = 0; axis < rank && axis < CLNORM_MAX_RANK; axis++)
        tensor.strides[axis] = strides[axis];
    return tensor;
}

static inline clnorm_tensor clnorm_tensor_1d(clnorm_dtype dtype, size_t a)
{
    const size_t dims[] = {a};
    return clnorm_tensor_dense(dtype, 1, dims);
}

static inline clnorm_tensor clnorm_tensor_2d(clnorm_dtype dtype, size_t a, size_t b)
{
    const size_t dims[] = {a, b};
    return clnorm_tensor_dense(dtype, 2, dims);
}

static inline clnorm_tensor clnorm_tensor_3d(clnorm_dtype dtype, size_t a, size_t b, size_t c)
{
    const size_t dims[] = {a, b, c};
    return clnorm_tensor_dense(dtype, 3, dims);
}

static inline clnorm_tensor clnorm_tensor_4d(clnorm_dtype dtype, size_t a, size_t b, size_t c, size_t d)
{
    const size_t dims[] = {a, b, c, d};
    return clnorm_tensor_dense(dtype, 4, dims);
}

static inline clnorm_tensor clnorm_tensor_5d(clnorm_dtype dtype, size_t a, size_t b, size_t c, size_t d,
                                             size_t e)
{
    const size_t dims[] = {a, b, c, d, e};
    return clnorm_tensor_dense(dtype, 5, dims);
}

/* ---- Operations ------------------------------------------------------------------------------ */

typedef enum clnorm_op_kind {
    CLNORM_BATCH_NORMALIZATION = 1,
    CLNORM_LOCAL_RESPONSE_NORMALIZATION,
    CLNORM_L2_NORMALIZE,
} clnorm_op_kind;

typedef enum clnorm_mode {
    CLNORM_INFER = 0,
    CLNORM_TRAIN,
    CLNORM_BACKWARD,
    CLNORM_BACKWARD_INFER,
    CLNORM_STATISTICS,
    CLNORM_APPLY,
} clnorm_mode;

/*
 * What to compute: an operation, its mode, its tensors and its attributes. Made by one of the functions
 * below, which set every default; then changed field by field. Plain data: copy it, keep it, drop it.
 */
typedef struct clnorm_op {
    size_t size; /* of this struct in the caller's program; set by the functions below */
    clnorm_op_kind kind;
    clnorm_mode mode;
    clnorm_tensor x;
    clnorm_tensor y; /* rank 0: the shape and strides of x, including gaps and strides of 0 */

    int axis; /* the channels; negative counts from the end */
    int dim;  /* l2_normalize: the axis that is summed over; negative counts from the end */
    int depth_radius;
    int window_before; /* -1: depth_radius */
    int window_after;  /* -1: depth_radius */
    bool alpha_scaled_by_size;
    bool unbiased_moving_variance;
    double epsilon;
    double decay;
    double bias;
    double alpha;
    double beta;

    clnorm_tensor dy, dx; /* backward modes; rank 0: the shape and strides of x */
    bool accumulate_dx;   /* backward modes: add to what the buffer holds */
    bool accumulate_dgamma;
    bool accumulate_dbeta;

    /* The tensors of gamma and dgamma, and of beta and dbeta, if they do not have one value for each channel:
     * they have x's rank, and are broadcast against x along the axes where their size is 1, or their stride
     * 0. Rank 0: the operation's usual one. */
    clnorm_tensor gamma_tensor, beta_tensor;
} clnorm_op;

/* Fills `op` with the defaults of `kind`. `size` is sizeof(clnorm_op) in the caller's program; no more bytes
 * are written. The functions below call it. */
CLNORM_API void clnorm_op_initialize(clnorm_op *op, size_t size, clnorm_op_kind kind);

/*
 * y = (x - mean) * gamma / sqrt(variance + epsilon) + beta for each index of `axis` (a channel), over all
 * other axes (Ioffe and Szegedy 2015, as tflearn.layers.normalization.batch_normalization has it).
 * Ranks 2 to 8. Modes:
 *   infer       mean and variance are read from the buffers moving_mean and moving_variance
 *   train       mean and variance are those of the batch, the variance divided by N; then
 *               moving = decay * moving + (1 - decay) * batch
 *   statistics  only computes batch_mean, batch_variance, batch_mean_residual, count
 *   apply       y from x and these statistics
 *   backward    dx, dgamma, dbeta of train, from x, dy and what train saved: batch_mean,
 *               batch_mean_residual, inverse_deviation
 *   backward_infer  dx, dgamma, dbeta of infer: mean and variance do not depend on x
 * Any of dx, dgamma and dbeta may be left out, or added to the buffer's old values (accumulate_dx, ...).
 * gamma and beta may have any shape that is broadcast against x (gamma_tensor, beta_tensor), for instance a
 * value for each sample and channel; dgamma and dbeta have the same shape, and sum over the axes that it
 * lacks. If x has no elements: the batch's statistics are 0, inverse_deviation is 1 / sqrt(epsilon), the
 * moving averages do not change, and dgamma and dbeta are 0 (unchanged if they are accumulated). axis -1;
 * epsilon 1e-5, 0 ... FLT_MAX; decay 0.9, 0 ... 1: the weight of the OLD moving average;
 * unbiased_moving_variance false: true puts N/(N-1) into the moving average, as PyTorch does (N = 1: the
 * raw value).
 */
static inline clnorm_op clnorm_batch_normalization(clnorm_tensor x)
{
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, CLNORM_BATCH_NORMALIZATION);
    op.x = x;
    return op;
}

/*
 * y = x / (bias + alpha * S)^beta, S the sum of x^2 over the channels c - window_before ...
 * c + window_after that exist (Krizhevsky et al. 2012, as tflearn's local_response_normalization).
 * Ranks 2 to 8, never in place. axis -1; depth_radius 5, >= 0; bias 1, alpha 1e-4, beta 0.75, finite,
 * bias and beta within -FLT_MAX ... FLT_MAX;
 * window_before and window_after override depth_radius on their side; alpha_scaled_by_size false: true
 * divides alpha by window_before + window_after + 1, as ONNX, PyTorch and cuDNN do.
 * Mode backward: dx = dy / z^beta - 2 alpha beta x T, z = bias + alpha * S, T the sum of
 * dy * x / z^(beta + 1) over the channels whose window contains this channel.
 */
static inline clnorm_op clnorm_local_response_normalization(clnorm_tensor x)
{
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, CLNORM_LOCAL_RESPONSE_NORMALIZATION);
    op.x = x;
    return op;
}

/*
 * y = x / sqrt(max(sum(x^2), epsilon)) along `dim` (as tflearn's l2_normalize). Ranks 1 to 8.
 * epsilon 1e-12, >= 0: compared with the squared norm. Sums neither overflow nor underflow. A vector of zeros
 * gives zeros. In a vector with an infinity, finite elements give 0 and infinite ones NaN.
 * Mode backward: dx = (dy - y * sum(y * dy)) / norm; where sum(x^2) < epsilon, dx = dy / sqrt(epsilon).
 */
static inline clnorm_op clnorm_l2_normalize(clnorm_tensor x, int dim)
{
    clnorm_op op;
    clnorm_op_initialize(&op, sizeof op, CLNORM_L2_NORMALIZE);
    op.x = x;
    op.dim = dim;
    return op;
}

/* ---- Buffers --------------------------------------------------------------------------------- */

/* A place in device memory: a buffer and an offset in bytes, a multiple of the element's size. */
typedef struct clnorm_buffer {
    cl_mem mem; /* NULL: not given */
    size_t offset;
} clnorm_buffer;

/* The buffers that an execution reads and writes. Parameters and statistics are dense arrays with one fp32
 * for each channel (parameters may have other shapes: op.gamma_tensor); `count` is a single fp32. docs/ops.md
 * says which mode takes which buffers. */
typedef struct clnorm_buffers {
    size_t size; /* of this struct in the caller's program; set by CLNORM_BUFFERS */
    clnorm_buffer x, y;
    clnorm_buffer dy, dx; /* the gradient of y (an input) and of x (a result) */
    clnorm_buffer gamma, beta;
    clnorm_buffer dgamma, dbeta;
    clnorm_buffer moving_mean, moving_variance;
    clnorm_buffer batch_mean, batch_variance;
    clnorm_buffer batch_mean_residual; /* the mean minus its fp32 rounding */
    clnorm_buffer inverse_deviation;   /* 1 / sqrt(batch_variance + epsilon) */
    clnorm_buffer count;               /* the number of elements of x in each channel */
    clnorm_buffer scratch;             /* optional: the caller's own, of clnorm_plan_scratch_bytes or more */
} clnorm_buffers;

#ifndef __cplusplus
/* CLNORM_BUFFERS(.x = {x, 0}, .y = {y, offset}): the buffers named, all others not given. */
#define CLNORM_BUFFERS(...) ((clnorm_buffers){.size = sizeof(clnorm_buffers), __VA_ARGS__})
#endif

/* A clnorm_buffers with no buffer given, for C++ and for setting fields one by one. */
static inline clnorm_buffers clnorm_buffers_none(void)
{
    clnorm_buffers buffers = {sizeof(clnorm_buffers),
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0},
                              {NULL, 0}};
    return buffers;
}

/* ---- Plans ----------------------------------------------------------------------------------- */

typedef struct clnorm_plan clnorm_plan;

/* Checks `op` without any device; clnorm_last_error says what is wrong. clnorm_plan_create does this first.
 * Errors: INVALID_ARGUMENT, INVALID_RANK, INVALID_AXIS, INVALID_SHAPE, INVALID_STRIDES,
 * INVALID_ATTRIBUTE, INVALID_MODE, UNSUPPORTED_TYPE. */
CLNORM_API clnorm_status clnorm_op_check(const clnorm_op *op);

/*
 * Checks `op`, chooses the kernels, compiles or loads them, and launches each once without work, so that
 * executions are fast and rarely fail. Errors: those of clnorm_op_check, and INVALID_ENVIRONMENT,
 * INVALID_STATE, NO_COMPILER, BUILD_FAILED, UNTRUSTED_DRIVER (no variant gives right results), IO_ERROR,
 * OUT_OF_MEMORY, OPENCL_ERROR; with fpga kernels and images (docs/fpga.md) also UNSUPPORTED_DEVICE, NO_IMAGE,
 * INVALID_FILE, NOT_IN_IMAGE.
 */
CLNORM_API clnorm_status clnorm_plan_create(clnorm_plan **plan, clnorm_context *context, const clnorm_op *op);

/*
 * Enqueues the operation and returns at once. `queue` must belong to the plan's context and device, and may
 * be in order or out of order; NULL is the context's own. The first kernel waits for `wait_list`. `event`, if
 * given, receives the event of the last kernel; the caller releases it. As for any OpenCL command, the
 * buffers must live until the last kernel has ended.
 * `queue` is not flushed. If this execution has to wait for an earlier one of the plan that uses the plan's
 * own scratch on another queue, that other queue is flushed.
 * In place (y = x, dx = dy or dx = x: same buffer, offset and strides) is allowed for all operations except
 * local_response_normalization. Otherwise an output must not share elements with any other buffer. Their
 * elements may be interleaved, such as different channels of one image.
 * If x has no elements, only outputs with at least one byte are checked and written; other buffers are
 * ignored.
 * When it fails, nothing was enqueued; only after a failed OpenCL call y and dx are undefined, while
 * moving averages, saved statistics, dgamma and dbeta are as before (if gamma or beta has a tensor of its
 * own, dgamma may have been written). Errors: MISSING_BUFFER, UNEXPECTED_BUFFER, INVALID_BUFFER,
 * BUFFER_TOO_SMALL, INVALID_OFFSET, BUFFER_OVERLAP, INVALID_QUEUE, INVALID_ARGUMENT, INVALID_STATE,
 * OPENCL_ERROR, OUT_OF_MEMORY.
 */
CLNORM_API clnorm_status clnorm_plan_execute(clnorm_plan *plan, const clnorm_buffers *buffers,
                                             cl_command_queue queue, cl_uint n_wait,
                                             const cl_event *wait_list, cl_event *event);

/* Safe while an execution is still in flight. NULL is allowed. */
CLNORM_API void clnorm_plan_destroy(clnorm_plan *plan);

/* The variant that was chosen, such as "cpu/plane/fused"; owned by the plan. If dgamma, dbeta and dx are
 * found one after the other, theirs are joined by " + ". */
CLNORM_API const char *clnorm_plan_variant(const clnorm_plan *plan);

/* The faster variants that could not be used because of the driver, one line for each with the reason: a
 * process ended while the driver compiled or ran it, the driver does not compile it, or its results were
 * wrong when the plan verified it. "" if there are none. Owned by the plan. */
CLNORM_API const char *clnorm_plan_refusals(const clnorm_plan *plan);

/* The bytes of device memory that an execution needs for partial results; 0: none. The plan owns one such
 * block, so its executions run one after the other. Callers who want executions to overlap pass a block of
 * their own to each as .scratch. */
CLNORM_API size_t clnorm_plan_scratch_bytes(const clnorm_plan *plan);

/* The least number of bytes that the operation must move: each input read once, each output written once. */
CLNORM_API size_t clnorm_plan_least_bytes(const clnorm_plan *plan);

#ifdef __cplusplus
}
#endif

#endif
