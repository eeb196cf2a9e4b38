#include "checkpoint_rig.h"
#include <math.h>

char checkpoint_directory[FILES_PATH_SIZE], checkpoint_path[FILES_PATH_SIZE];

void checkpoint_set_up(void)
{
    files_make_directory(checkpoint_directory);
    files_join(checkpoint_path, checkpoint_directory, "model.safetensors");
}

void checkpoint_tear_down(void)
{
    files_remove(checkpoint_directory);
}

rig checkpoint_model(unsigned long long seed)
{
    rig r = rig_open(seed);
    rig_layer(&r, "one", 3);
    rig_layer(&r, "net/two", 2);
    return r;
}

image take(const rig *r)
{
    image all;
    memset(&all, 0, sizeof all);
    for (size_t i = 0; i < clnorm_model_variable_count(r->model) && i < 8; i++) {
        const clnorm_variable *v = clnorm_model_variable(r->model, i);
        memcpy(all.values[i], rig_read(r, v->name), v->tensor.dims[0] * sizeof(float));
    }
    return all;
}

void fill(const rig *r)
{
    float values[8] = {0};
    for (size_t i = 0; i < clnorm_model_variable_count(r->model); i++) {
        const clnorm_variable *v = clnorm_model_variable(r->model, i);
        for (size_t k = 0; k < v->tensor.dims[0]; k++)
            values[k] = (float)(10 * i + k) + 0.125F;
        values[0] = i == 0 ? NAN : i == 1 ? -INFINITY : i == 2 ? 1e-45F : i == 3 ? -0.0F : values[0];
        must(clnorm_variable_write(r->model, v, values, v->tensor.dims[0]));
    }
}

void lists(const clnorm_names *names, size_t count, const char *first)
{
    ck_assert_uint_eq(names->count, count);
    if (count > 0)
        ck_assert_str_eq(names->names[0], first);
}
