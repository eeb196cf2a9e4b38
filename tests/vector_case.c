#include "vector_case.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *vector_path(char path[VECTOR_PATH_SIZE], const char *file)
{
    const char *directory = getenv("CLNORM_TEST_VECTORS");
    snprintf(path, VECTOR_PATH_SIZE, "%s/%s", directory && *directory ? directory : TEST_VECTORS, file);
    return path;
}

bool vector_file_open(vector_file *file, const char *name)
{
    char base[VECTOR_PATH_SIZE], path[VECTOR_PATH_SIZE + sizeof ".safetensors"];
    vector_path(base, name);
    snprintf(path, sizeof path, "%s.json", base);
    file->json = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s.safetensors", base);
    file->tensors = safetensors_open(path);
    return file->json && file->tensors;
}

void vector_file_close(vector_file *file)
{
    json_decref(file->json);
    safetensors_close(file->tensors);
}

/* What other libraries call our buffers. */
static const char *buffer_name(const char *name)
{
    static const char *const aliases[][2] = {
        {"X", "x"},
        {"input", "x"},
        {"Y", "y"},
        {"output", "y"},
        {"scale", "gamma"},
        {"weight", "gamma"},
        {"B", "beta"},
        {"bias", "beta"},
        {"input_mean", "moving_mean"},
        {"running_mean", "moving_mean"},
        {"new_running_mean", "moving_mean"},
        {"new_moving_mean", "moving_mean"},
        {"input_var", "moving_variance"},
        {"running_var", "moving_variance"},
        {"new_running_var", "moving_variance"},
        {"new_moving_variance", "moving_variance"},
        {"dweight", "dgamma"},
        {"dbias", "dbeta"},
    };
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            return aliases[i][1];
    return name;
}

const char *vector_case_key(const json_t *vector, const char *group, const char *buffer, const char *suffix)
{
    char stem[64];
    size_t tail = strlen(suffix);
    json_t *names = json_object_get(vector, group);
    for (void *at = json_object_iter(names); at; at = json_object_iter_next(names, at)) {
        const char *key = json_object_iter_key(at);
        size_t length = strlen(key);
        if (length <= tail || strcmp(key + length - tail, suffix) != 0)
            continue;
        snprintf(stem, sizeof stem, "%.*s", (int)(length - tail), key);
        if (strcmp(buffer_name(stem), buffer) == 0)
            return key;
    }
    return NULL;
}

bool vector_case_entry(const vector_file *file, const json_t *vector, const char *group, const char *key,
                       safetensors_entry *entry)
{
    const char *name = json_string_value(json_object_get(json_object_get(vector, group), key));
    return name && safetensors_find(file->tensors, name, entry);
}

static double number(const json_t *vector, const char *name)
{
    return json_number_value(json_object_get(json_object_get(vector, "attrs"), name));
}

static int integer(const json_t *vector, const char *name)
{
    return (int)number(vector, name);
}

static bool truth(const json_t *vector, const char *name)
{
    const json_t *value = json_object_get(json_object_get(vector, "attrs"), name);
    return json_is_true(value) || json_integer_value(value) != 0;
}

static clnorm_op tflearn_batch_normalization(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = truth(vector, "training") ? CLNORM_TRAIN : CLNORM_INFER;
    op.axis = integer(vector, "axis");
    op.epsilon = number(vector, "epsilon");
    op.decay = number(vector, "decay");
    return op;
}

static clnorm_op onnx_batch_normalization(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = truth(vector, "training_mode") ? CLNORM_TRAIN : CLNORM_INFER;
    op.axis = 1;
    op.epsilon = number(vector, "epsilon");
    op.decay = number(vector, "momentum");
    return op;
}

/* PyTorch's momentum weights the new value, and its moving variance is unbiased. */
static clnorm_op torch_batch_norm(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_batch_normalization(x);
    op.mode = truth(vector, "training") ? CLNORM_TRAIN : CLNORM_INFER;
    op.axis = integer(vector, "axis");
    op.epsilon = number(vector, "epsilon");
    op.decay = 1.0 - number(vector, "momentum");
    op.unbiased_moving_variance = true;
    return op;
}

static clnorm_op tflearn_local_response(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = integer(vector, "axis");
    op.depth_radius = integer(vector, "depth_radius");
    op.bias = number(vector, "bias");
    op.alpha = number(vector, "alpha");
    op.beta = number(vector, "beta");
    return op;
}

/* An even size leans forward in ONNX and backward in PyTorch. */
static clnorm_op onnx_lrn(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = 1;
    op.window_before = (integer(vector, "size") - 1) / 2;
    op.window_after = integer(vector, "size") / 2;
    op.alpha_scaled_by_size = true;
    op.bias = number(vector, "bias");
    op.alpha = number(vector, "alpha");
    op.beta = number(vector, "beta");
    return op;
}

static clnorm_op torch_local_response(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_local_response_normalization(x);
    op.axis = integer(vector, "axis");
    op.window_before = integer(vector, "size") / 2;
    op.window_after = (integer(vector, "size") - 1) / 2;
    op.alpha_scaled_by_size = true;
    op.bias = number(vector, "k");
    op.alpha = number(vector, "alpha");
    op.beta = number(vector, "beta");
    return op;
}

static clnorm_op tflearn_l2(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_l2_normalize(x, integer(vector, "dim"));
    op.epsilon = number(vector, "epsilon");
    return op;
}

static clnorm_op onnx_lp(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_l2_normalize(x, integer(vector, "axis"));
    op.epsilon = 0.0;
    return op;
}

/* PyTorch's epsilon is a floor of the norm, ours of its square. */
static clnorm_op torch_lp(clnorm_tensor x, const json_t *vector)
{
    clnorm_op op = clnorm_l2_normalize(x, integer(vector, "dim"));
    op.epsilon = number(vector, "epsilon") * number(vector, "epsilon");
    return op;
}

typedef clnorm_op translation(clnorm_tensor x, const json_t *vector);

static translation *find_translation(const char *name)
{
    static const struct {
        const char *name;
        translation *translate;
    } table[] = {
        {"batch_normalization", tflearn_batch_normalization},
        {"batch_normalization_steps", tflearn_batch_normalization},
        {"local_response_normalization", tflearn_local_response},
        {"l2_normalize", tflearn_l2},
        {"BatchNormalization", onnx_batch_normalization},
        {"LRN", onnx_lrn},
        {"LpNormalization", onnx_lp},
        {"batch_norm", torch_batch_norm},
        {"local_response_norm", torch_local_response},
        {"lp_normalize", torch_lp},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(name, table[i].name) == 0)
            return table[i].translate;
    return NULL;
}

vector_verdict vector_case_op(const vector_file *file, const json_t *vector, clnorm_op *op)
{
    safetensors_entry x;
    const char *name = json_string_value(json_object_get(vector, "op"));
    char forward[64];
    snprintf(forward, sizeof forward, "%s", name ? name : "");
    char *suffix = strstr(forward, "_grad");
    if (suffix)
        *suffix = '\0';
    translation *translate = find_translation(forward);
    if (!translate)
        return VECTOR_OTHER_OP;
    if (json_object_get(json_object_get(vector, "attrs"), "p") && number(vector, "p") != 2.0)
        return VECTOR_OTHER_EXPONENT;
    const char *key = vector_case_key(vector, "inputs", "x", "");
    key = key ? key : vector_case_key(vector, "inputs", "x", "_0");
    if (!key || !vector_case_entry(file, vector, "inputs", key, &x) || strcmp(x.dtype, "F32") != 0)
        return VECTOR_OTHER_TYPE;
    *op = translate(clnorm_tensor_dense(CLNORM_F32, x.rank, x.dims), vector);
    bool constant = op->kind == CLNORM_BATCH_NORMALIZATION && op->mode == CLNORM_INFER;
    if (suffix)
        op->mode = constant ? CLNORM_BACKWARD_INFER : CLNORM_BACKWARD;
    return VECTOR_RUNS;
}
