/*
 * y = sigmoid(normalize(x W)) for each hidden layer, y = x W + bias for the last; without batch
 * normalization y = sigmoid(x W + bias). The products are CLBlast's, the normalization is clnorm's, what is
 * left is in network.cl. All variables live in one clnorm_model, so that one loop trains them all.
 */
#include "network.h"
#include "check.h"
#include "device.h"
#include "fashion.h"
#include "products.h"

#include <clnorm/ops.h> /* clnorm_tensor_span */
#include <math.h>

enum { HIDDEN = 3, WIDTH = 100, LAYERS = HIDDEN + 1 };

typedef struct dense {
    size_t inputs, outputs;
    const clnorm_variable *weights; /* [inputs][outputs] */
    const clnorm_variable *bias;    /* [outputs]; NULL: the normalization's beta does its work */
    clnorm_layer *norm;             /* NULL: none */
    cl_mem z;                       /* x W, which backward reads again where there is a normalization */
    cl_mem y;                       /* the layer's output; the same as z where there is none */
    cl_mem dy;                      /* its gradient, and on the way back z's */
} dense;

enum kernel { TAKE_IMAGES, ADD_BIAS, SIGMOID, SIGMOID_GRADIENT, SOFTMAX, ADD_COLUMN_SUMS, DESCEND, KERNELS };
static const char *const kernel_names[KERNELS] = {
    "take_images", "add_bias", "sigmoid", "sigmoid_gradient", "softmax", "add_column_sums", "descend"};

struct network {
    clnorm_context *context;
    clnorm_model *model;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernels[KERNELS];
    cl_mem x; /* the images of a batch */
    dense layers[LAYERS];
};

/* ---- Making ---- */

static void add_layer(network *it, size_t i, bool batch_norm)
{
    dense *layer = &it->layers[i];
    const bool last = i == LAYERS - 1;
    layer->inputs = i == 0 ? PIXELS : WIDTH;
    layer->outputs = last ? CLASSES : WIDTH;

    char name[32];
    snprintf(name, sizeof name, "dense_%zu/W", i);
    clnorm_variable_options options = clnorm_variable_defaults();
    options.stddev = 1 / sqrt((double)layer->inputs);
    const clnorm_tensor matrix = clnorm_tensor_2d(CLNORM_F32, layer->inputs, layer->outputs);
    CHECK(clnorm_variable_create(&layer->weights, it->model, name, &matrix, &options));

    const size_t bytes = BATCH * layer->outputs * sizeof(float);
    layer->z = create_buffer(it->context, bytes, NULL);
    layer->dy = create_buffer(it->context, bytes, NULL);
    if (batch_norm && !last) {
        CHECK(clnorm_batch_normalization_layer(&layer->norm, it->model, layer->outputs, NULL));
        layer->y = create_buffer(it->context, bytes, NULL);
    } else {
        const clnorm_tensor vector = clnorm_tensor_1d(CLNORM_F32, layer->outputs);
        snprintf(name, sizeof name, "dense_%zu/b", i);
        CHECK(clnorm_variable_create(&layer->bias, it->model, name, &vector, NULL));
        layer->y = layer->z;
    }
}

network *network_create(clnorm_context *context, bool batch_norm, unsigned long long seed)
{
    network *it = must_allocate(sizeof *it);
    *it = (network){.context = context, .queue = clnorm_context_cl_queue(context)};
    it->program = build_program(context, NETWORK_CL);
    for (size_t i = 0; i < KERNELS; i++) {
        cl_int error;
        it->kernels[i] = clCreateKernel(it->program, kernel_names[i], &error);
        CHECK_CL(error);
    }
    it->x = create_buffer(context, BATCH * PIXELS * sizeof(float), NULL);
    CHECK(clnorm_model_create(&it->model, context, seed));
    for (size_t i = 0; i < LAYERS; i++)
        add_layer(it, i, batch_norm);
    return it;
}

void network_destroy(network *it)
{
    if (it == NULL)
        return;
    for (size_t i = 0; i < LAYERS; i++) {
        const dense *layer = &it->layers[i];
        if (layer->y != layer->z)
            clReleaseMemObject(layer->y);
        clReleaseMemObject(layer->z);
        clReleaseMemObject(layer->dy);
    }
    clnorm_model_destroy(it->model);
    clReleaseMemObject(it->x);
    for (size_t i = 0; i < KERNELS; i++)
        clReleaseKernel(it->kernels[i]);
    clReleaseProgram(it->program);
    free(it);
}

clnorm_model *network_model(network *it)
{
    return it->model;
}

/* ---- Commands: all on one in-order queue, so that each finds what the last one left ---- */

typedef struct argument {
    size_t size;
    const void *value;
} argument;

#define BUFFER(memory)                                                                                       \
    {                                                                                                        \
        sizeof(cl_mem), &(memory)                                                                            \
    }
#define NUMBER(type, number)                                                                                 \
    {                                                                                                        \
        sizeof(type), &(type)                                                                                \
        {                                                                                                    \
            number                                                                                           \
        }                                                                                                    \
    }
#define LAUNCH(it, kernel, columns, rows, ...)                                                               \
    launch(it, kernel, (const size_t[]){columns, rows}, (const argument[]){__VA_ARGS__, {0, NULL}})

static void launch(network *it, enum kernel kernel, const size_t *items, const argument *arguments)
{
    for (cl_uint i = 0; arguments[i].size > 0; i++)
        CHECK_CL(clSetKernelArg(it->kernels[kernel], i, arguments[i].size, arguments[i].value));
    CHECK_CL(clEnqueueNDRangeKernel(it->queue, it->kernels[kernel], 2, NULL, items, NULL, 0, NULL, NULL));
}

static cl_mem input_of(const network *it, size_t layer)
{
    return layer == 0 ? it->x : it->layers[layer - 1].y;
}

static void forward_layer(network *it, size_t i)
{
    dense *layer = &it->layers[i];
    multiply(it->queue, &(product){.rows = BATCH,
                                   .inner = layer->inputs,
                                   .columns = layer->outputs,
                                   .a = input_of(it, i),
                                   .b = layer->weights->value,
                                   .c = layer->z});
    if (layer->norm != NULL) {
        const clnorm_tensor shape = clnorm_tensor_2d(CLNORM_F32, BATCH, layer->outputs);
        CHECK(clnorm_layer_forward(layer->norm, &shape, (clnorm_buffer){layer->z, 0},
                                   (clnorm_buffer){layer->y, 0}, it->queue, 0, NULL, NULL));
    } else {
        LAUNCH(it, ADD_BIAS, layer->outputs, BATCH, BUFFER(layer->bias->value), BUFFER(layer->y));
    }
    if (i < HIDDEN)
        LAUNCH(it, SIGMOID, layer->outputs, BATCH, BUFFER(layer->y));
}

/* From the gradient of its output to those of its variables, and of the output of the layer before. */
static void backward_layer(network *it, size_t i)
{
    dense *layer = &it->layers[i];
    const clnorm_buffer dy = {layer->dy, 0};
    if (i < HIDDEN)
        LAUNCH(it, SIGMOID_GRADIENT, layer->outputs, BATCH, BUFFER(layer->y), BUFFER(layer->dy));
    if (layer->norm != NULL)
        CHECK(clnorm_layer_backward(layer->norm, (clnorm_buffer){layer->z, 0}, dy, dy, it->queue, 0, NULL,
                                    NULL));
    else
        LAUNCH(it, ADD_COLUMN_SUMS, layer->outputs, 1, BUFFER(layer->dy), NUMBER(cl_uint, BATCH),
               BUFFER(layer->bias->gradient));
    multiply(it->queue, &(product){.rows = layer->inputs,
                                   .inner = BATCH,
                                   .columns = layer->outputs,
                                   .a = input_of(it, i),
                                   .a_transposed = true,
                                   .b = layer->dy,
                                   .c = layer->weights->gradient,
                                   .beta = 1});
    if (i > 0)
        multiply(it->queue, &(product){.rows = BATCH,
                                       .inner = layer->outputs,
                                       .columns = layer->inputs,
                                       .a = layer->dy,
                                       .b = layer->weights->value,
                                       .b_transposed = true,
                                       .c = it->layers[i - 1].dy});
}

/* The losses and hits of a batch, and the gradient of its mean loss by the network's output. */
static void forward(network *it, const dataset *from, size_t first)
{
    dense *output = &it->layers[LAYERS - 1];
    LAUNCH(it, TAKE_IMAGES, PIXELS, BATCH, BUFFER(from->images), BUFFER(from->order),
           NUMBER(cl_uint, (cl_uint)first), BUFFER(it->x));
    for (size_t i = 0; i < LAYERS; i++)
        forward_layer(it, i);
    LAUNCH(it, SOFTMAX, 1, BATCH, BUFFER(output->y), BUFFER(from->labels), BUFFER(from->order),
           NUMBER(cl_uint, (cl_uint)first), NUMBER(cl_uint, CLASSES), BUFFER(output->dy),
           BUFFER(from->losses), BUFFER(from->hits));
    CHECK_CL(clFinish(it->queue)); /* drivers slow down where thousands of commands wait */
}

void network_train(network *it, const dataset *from, size_t first, float rate)
{
    CHECK(clnorm_model_set_training(it->model, true));
    CHECK(clnorm_model_zero_gradients(it->model, it->queue, 0, NULL, NULL));
    forward(it, from, first);
    for (size_t i = LAYERS; i-- > 0;)
        backward_layer(it, i);
    for (size_t i = 0; i < clnorm_model_variable_count(it->model); i++) {
        const clnorm_variable *v = clnorm_model_variable(it->model, i);
        if (v->trainable)
            LAUNCH(it, DESCEND, clnorm_tensor_span(&v->tensor), 1, BUFFER(v->value), BUFFER(v->gradient),
                   NUMBER(float, rate));
    }
}

/* ---- Figures ---- */

static double mean(const network *it, cl_mem of, size_t first, size_t count)
{
    float *values = must_allocate(count * sizeof *values);
    double sum = 0;
    CHECK_CL(clEnqueueReadBuffer(it->queue, of, CL_TRUE, first * sizeof *values, count * sizeof *values,
                                 values, 0, NULL, NULL));
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    free(values);
    return sum / (double)count;
}

double network_accuracy(network *it, const dataset *of)
{
    CHECK(clnorm_model_set_training(it->model, false));
    for (size_t first = 0; first < of->count; first += BATCH)
        forward(it, of, first);
    return mean(it, of->hits, 0, of->count);
}

double network_loss(network *it, const dataset *of, size_t first)
{
    return mean(it, of->losses, first, BATCH);
}
