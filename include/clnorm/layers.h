/*
 * tflearn's normalization layers over the operations: variables by name, training, checkpoints.
 *
 *   clnorm_model *model;
 *   clnorm_model_create(&model, context, 42);                   42 seeds the variables
 *
 *   clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
 *   clnorm_layer *layer;
 *   clnorm_batch_normalization_layer(&layer, model, channels, &options);    "BatchNormalization/gamma", ...
 *
 *   clnorm_model_set_training(model, true);
 *   clnorm_layer_forward(layer, &shape, x, y, queue, 0, NULL, NULL);        updates the moving averages
 *   clnorm_layer_backward(layer, x, dy, dx, queue, 0, NULL, NULL);          adds to the gradients
 *   ... an optimizer goes over clnorm_model_variable(model, 0), (model, 1), ...
 *   clnorm_model_zero_gradients(model, queue, 0, NULL, NULL);
 *   clnorm_model_save(model, "model.safetensors");
 *
 * A model owns its layers and variables; destroying the model destroys them. Its context may be destroyed
 * before it: the model keeps what it needs of the context.
 *
 * Every function may be called from any thread, also on the same model or layer. The caller only has to make
 * sure that no thread still uses a model while another one destroys it. The order on the device is as usual
 * in OpenCL: commands on one in-order queue run one after the other, all others are ordered by events only. A
 * training forward writes the moving averages and the statistics that its layer keeps for backward. Backward
 * reads these statistics and adds to the gradients. Layers that share variables share moving averages and
 * gradients, too. Functions whose comment says "waits" use the context's own queue; commands on other queues
 * that use the variables must have completed before.
 *
 * docs/layers.md has the rules of names, the file format and examples.
 */
#ifndef CLNORM_LAYERS_H
#define CLNORM_LAYERS_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Models ---------------------------------------------------------------------------------- */

typedef struct clnorm_model clnorm_model;

/* A model without layers, in inference mode. The same seed gives variables of the same name the same initial
 * bits, on every machine and in whatever order they are made. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_model_create(clnorm_model **model, clnorm_context *context,
                                             unsigned long long seed);

/* With its layers and variables. Safe while executions are still in flight. NULL is allowed. */
CLNORM_API void clnorm_model_destroy(clnorm_model *model);

/* What forward passes do from now on. Errors: INVALID_ARGUMENT. */
CLNORM_API clnorm_status clnorm_model_set_training(clnorm_model *model, bool training);
CLNORM_API bool clnorm_model_is_training(const clnorm_model *model);

/* ---- Variables ------------------------------------------------------------------------------- */

/* A parameter or a moving average of a model. The model owns the struct, everything it points to, and its
 * OpenCL buffers. The buffers hold dense values of `tensor` from their first byte on. An optimizer reads
 * `gradient` and updates `value`. */
typedef struct clnorm_variable {
    const char *name;     /* "BatchNormalization/gamma" */
    clnorm_tensor tensor; /* f32, dense; [channels] for those of layers */
    bool trainable;       /* has a gradient */
    bool restore;         /* clnorm_model_load loads it */
    cl_mem value;
    cl_mem gradient; /* the sum over all backward passes since it was zeroed; NULL if not trainable */
} clnorm_variable;

typedef struct clnorm_variable_options {
    size_t size;         /* set by clnorm_variable_defaults */
    double mean, stddev; /* initial values are drawn from normal(mean, stddev); stddev 0: all are mean.
                            Finite, stddev >= 0. */
    bool trainable, restore;
} clnorm_variable_options;

static inline clnorm_variable_options clnorm_variable_defaults(void)
{
    clnorm_variable_options options = {sizeof(clnorm_variable_options), 0.0, 0.0, true, true};
    return options;
}

/*
 * Adds a variable of the application's own, such as the weights of a dense layer, so that one optimizer loop
 * covers all parameters of the network and one checkpoint holds them. `tensor` is f32 and dense. `options`
 * NULL: the defaults. `*variable` receives it, unless `variable` is NULL. Errors: INVALID_ARGUMENT;
 * INVALID_NAME: malformed, or taken; INVALID_RANK, INVALID_SHAPE, INVALID_STRIDES, UNSUPPORTED_TYPE;
 * INVALID_ATTRIBUTE; OPENCL_ERROR; OUT_OF_MEMORY.
 */
CLNORM_API clnorm_status clnorm_variable_create(const clnorm_variable **variable, clnorm_model *model,
                                                const char *name, const clnorm_tensor *tensor,
                                                const clnorm_variable_options *options);

/* The model's variables, in the order in which they were made; a batch normalization makes beta, gamma,
 * moving_mean and moving_variance. NULL beyond the last. Pointers stay valid as long as the model. */
CLNORM_API size_t clnorm_model_variable_count(clnorm_model *model);
CLNORM_API const clnorm_variable *clnorm_model_variable(clnorm_model *model, size_t index);

/* By name. NULL if there is none. */
CLNORM_API const clnorm_variable *clnorm_model_find_variable(clnorm_model *model, const char *name);

/* Reads the value or the gradient of a variable of `model`, or writes its value; waits until it is done.
 * `count` is the number of elements, for safety. Errors: INVALID_ARGUMENT, INVALID_NAME (a variable of
 * another model), INVALID_SHAPE (`count` is not the variable's), MISSING_BUFFER (no gradient), OPENCL_ERROR,
 * OUT_OF_MEMORY. After a failed write the value is undefined. */
CLNORM_API clnorm_status clnorm_variable_read(clnorm_model *model, const clnorm_variable *variable,
                                              float *values, size_t count);
CLNORM_API clnorm_status clnorm_variable_read_gradient(clnorm_model *model, const clnorm_variable *variable,
                                                       float *values, size_t count);
CLNORM_API clnorm_status clnorm_variable_write(clnorm_model *model, const clnorm_variable *variable,
                                               const float *values, size_t count);

/* Enqueues zeros for all gradients. `queue` NULL is the context's own; waits and events as in
 * clnorm_plan_execute. When it fails the gradients are undefined. Errors: INVALID_ARGUMENT, INVALID_QUEUE,
 * OPENCL_ERROR, OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_model_zero_gradients(clnorm_model *model, cl_command_queue queue,
                                                     cl_uint n_wait, const cl_event *wait_list,
                                                     cl_event *event);

/* ---- Layers ---------------------------------------------------------------------------------- */

typedef struct clnorm_layer clnorm_layer;

/*
 * tflearn.layers.normalization.batch_normalization. Its variables are <scope>/beta, /gamma, /moving_mean and
 * /moving_variance, f32, [channels]: beta is constant, gamma is drawn from normal(gamma, stddev), the moving
 * averages start at 0 and 1.
 */
typedef struct clnorm_batch_normalization_options {
    size_t size; /* of this struct in the caller's program; set by clnorm_batch_normalization_defaults */
    double beta, gamma; /* initial values (of gamma: their mean); finite */
    double epsilon;     /* >= 0 */
    double decay;       /* 0 ... 1: the weight of the OLD moving average */
    double stddev;      /* >= 0 */
    bool trainable; /* false: beta and gamma have no gradients. Moving averages are updated all the same. */
    bool restore;   /* false: loading does not change the four variables; saving still writes them */
    bool reuse;     /* share the variables of `scope`, which must exist */
    const char *scope; /* NULL: made from `name`. Copied. */
    const char *name;  /* the scope if `scope` is NULL, with _1, _2, ... appended if taken. Copied. */
    int axis;          /* the channels; negative counts from the end */
} clnorm_batch_normalization_options;

static inline clnorm_batch_normalization_options clnorm_batch_normalization_defaults(void)
{
    clnorm_batch_normalization_options options = {sizeof(clnorm_batch_normalization_options),
                                                  0.0,
                                                  1.0,
                                                  1e-5,
                                                  0.9,
                                                  0.002,
                                                  true,
                                                  true,
                                                  false,
                                                  NULL,
                                                  "BatchNormalization",
                                                  -1};
    return options;
}

/*
 * A layer for any x that has `channels` along the axis; `options` NULL: the defaults. Layers that share a
 * scope share all four variables: each updates the moving averages and adds to the gradients. A layer that
 * reuses a scope ignores its own beta, gamma, stddev and trainable. If any layer of the scope has restore
 * false, loading does not change the scope's variables.
 * Errors: INVALID_ARGUMENT; INVALID_NAME: a malformed name, a scope that is taken (without reuse), reuse
 * without a scope or of one that does not exist; INVALID_SHAPE: no channels, or reuse with another number of
 * them; INVALID_AXIS; INVALID_ATTRIBUTE; OPENCL_ERROR; OUT_OF_MEMORY.
 */
CLNORM_API clnorm_status clnorm_batch_normalization_layer(clnorm_layer **layer, clnorm_model *model,
                                                          size_t channels,
                                                          const clnorm_batch_normalization_options *options);

/* tflearn.layers.normalization.local_response_normalization: rank 4, no variables. */
typedef struct clnorm_local_response_normalization_options {
    size_t size;      /* set by clnorm_local_response_normalization_defaults */
    int depth_radius; /* >= 0 */
    double bias, alpha, beta;
    const char *name; /* _1, _2, ... is appended if it is taken. Copied. */
    int axis;         /* the channels; negative counts from the end */
} clnorm_local_response_normalization_options;

static inline clnorm_local_response_normalization_options clnorm_local_response_normalization_defaults(void)
{
    clnorm_local_response_normalization_options options = {
        sizeof(clnorm_local_response_normalization_options),
        5,
        1.0,
        1e-4,
        0.75,
        "LocalResponseNormalization",
        -1};
    return options;
}

/* `options` NULL: the defaults. Errors: INVALID_ARGUMENT, INVALID_NAME, INVALID_AXIS, INVALID_ATTRIBUTE,
 * OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_local_response_normalization_layer(
    clnorm_layer **layer, clnorm_model *model, const clnorm_local_response_normalization_options *options);

/* tflearn.layers.normalization.l2_normalize: any rank, no variables. */
typedef struct clnorm_l2_normalize_options {
    size_t size;      /* set by clnorm_l2_normalize_defaults */
    double epsilon;   /* >= 0 */
    const char *name; /* _1, _2, ... is appended if it is taken. Copied. */
} clnorm_l2_normalize_options;

static inline clnorm_l2_normalize_options clnorm_l2_normalize_defaults(void)
{
    clnorm_l2_normalize_options options = {sizeof(clnorm_l2_normalize_options), 1e-12, "l2_normalize"};
    return options;
}

/* Normalizes along `dim`; negative counts from the end. `options` NULL: the defaults. Errors as above. */
CLNORM_API clnorm_status clnorm_l2_normalize_layer(clnorm_layer **layer, clnorm_model *model, int dim,
                                                   const clnorm_l2_normalize_options *options);

/* The scope of a batch normalization, the name of any other layer; owned by the layer. "" for NULL. */
CLNORM_API const char *clnorm_layer_name(const clnorm_layer *layer);

/*
 * Enqueues the computation of y from x, as clnorm_plan_execute does. `shape` describes x; y has the same
 * shape and strides. The first call for a shape and mode makes a plan, which may compile; the layer keeps the
 * last 16 plans. In training mode a batch normalization uses the batch's statistics, updates the moving
 * averages, and saves the batch's mean and inverse deviation in buffers of its own, for backward. In
 * inference mode it changes nothing but y. When it fails, the layer is unchanged. Errors: INVALID_SHAPE
 * (x has not the layer's number of channels), INVALID_RANK, and those of clnorm_plan_create and
 * clnorm_plan_execute.
 */
CLNORM_API clnorm_status clnorm_layer_forward(clnorm_layer *layer, const clnorm_tensor *shape,
                                              clnorm_buffer x, clnorm_buffer y, cl_command_queue queue,
                                              cl_uint n_wait, const cl_event *wait_list, cl_event *event);

/*
 * Enqueues the computation of dx, the gradient of the layer's last forward. x must still hold the values of
 * that forward; dy and dx have the shape and strides of x. After a training forward, the gradient includes
 * the dependence of the batch's statistics on x. After an inference forward, the moving averages count as
 * constants, and must not have changed since. The gradients of gamma and beta are added to those of the
 * variables if these are trainable. If dx is not given (mem NULL) it is not computed; a layer without
 * trainable variables then has nothing to compute and fails with MISSING_BUFFER. Errors: INVALID_STATE (no
 * forward yet), and those of clnorm_plan_create and clnorm_plan_execute.
 */
CLNORM_API clnorm_status clnorm_layer_backward(clnorm_layer *layer, clnorm_buffer x, clnorm_buffer dy,
                                               clnorm_buffer dx, cl_command_queue queue, cl_uint n_wait,
                                               const cl_event *wait_list, cl_event *event);

/* ---- Checkpoints ----------------------------------------------------------------------------- */

/*
 * Writes all variables to a safetensors file; waits. The file is written under a temporary name beside `path`
 * (path.<process>-<number>.tmp), synced to disk and then renamed, so that `path` is always the complete old
 * file or the complete new one, even if the process is killed. A killed process may leave its temporary file.
 * A file that is replaced keeps its mode. If `path` is not a regular file (a directory, a device, a pipe, a
 * link to one of these), or may not be written, it is refused with IO_ERROR. Errors: INVALID_ARGUMENT,
 * IO_ERROR, OPENCL_ERROR, OUT_OF_MEMORY.
 */
CLNORM_API clnorm_status clnorm_model_save(clnorm_model *model, const char *path);

typedef struct clnorm_names {
    size_t count;
    char **names;
} clnorm_names;

/* The result of a load or an import. Made by the library, freed by clnorm_load_report_free. */
typedef struct clnorm_load_report {
    clnorm_names loaded;      /* variables that have new values */
    clnorm_names missing;     /* tensors that the file lacks */
    clnorm_names unexpected;  /* for a load only: tensors of the file that have no variable in the model */
    clnorm_names wrong_shape; /* names in the file whose shape is not the variable's */
} clnorm_load_report;

CLNORM_API void clnorm_load_report_free(clnorm_load_report *report); /* NULL is allowed */

/*
 * Reads the values of all variables (except those with restore false) from a safetensors file; waits. The
 * file must have all of them, in f32 and in the variable's shape; other tensors are ignored. When it fails,
 * no variable has changed, unless the device fails while values are written and again while the old values
 * are put back. `report`, if given, receives a report, also when tensors are missing or have the wrong shape,
 * or NULL if the load failed before tensors were compared; the caller frees it. Errors: INVALID_ARGUMENT;
 * IO_ERROR; INVALID_FILE: malformed, names missing, shapes wrong; UNSUPPORTED_TYPE; OPENCL_ERROR;
 * OUT_OF_MEMORY.
 */
CLNORM_API clnorm_status clnorm_model_load(clnorm_model *model, const char *path,
                                           clnorm_load_report **report);

/* ---- Import ---------------------------------------------------------------------------------- */

typedef struct clnorm_import_name {
    const char *tensor;   /* in the file: "features.1.running_var" */
    const char *variable; /* of the model: "BatchNormalization/moving_variance" */
} clnorm_import_name;

/*
 * Loads tensors under other names, from a safetensors file of any library. `names` has `count` pairs of a
 * tensor in the file and the variable that receives its values, even if the variable's restore is false. All
 * other tensors of the file are ignored, whatever their type. Errors: as clnorm_model_load, and INVALID_NAME:
 * a variable that does not exist or is named twice.
 */
CLNORM_API clnorm_status clnorm_model_import(clnorm_model *model, const char *path,
                                             const clnorm_import_name *names, size_t count,
                                             clnorm_load_report **report);

typedef enum clnorm_convention {
    CLNORM_PYTORCH = 1, /* weight, bias, running_mean, running_var */
    CLNORM_KERAS        /* gamma, beta, moving_mean, moving_variance */
} clnorm_convention;

/*
 * Loads the four tensors of one batch normalization into the variables of `scope`. In the file they are named
 * `prefix` followed by the convention's name. The prefix includes its separator, such as "features.1." or
 * "batch_normalization/"; "" is allowed. Such files do not hold epsilon and decay: give the layer the values
 * of the other library (PyTorch: 1e-5 and 1 - momentum = 0.9; Keras: 1e-3 and 0.99). Errors: as
 * clnorm_model_import.
 */
CLNORM_API clnorm_status clnorm_model_import_batch_normalization(clnorm_model *model, const char *path,
                                                                 const char *prefix,
                                                                 clnorm_convention convention,
                                                                 const char *scope,
                                                                 clnorm_load_report **report);

#ifdef __cplusplus
}
#endif

#endif
