/*
 * Lets another program see checkpoints as clnorm does.
 *   checkpoint_program save FILE                            writes a model of two layers
 *   checkpoint_program load FILE                            reads such a model and prints it
 *   checkpoint_program import FILE PREFIX pytorch|keras     reads one layer's variables, and prints all
 * Each value is printed as "name index bits", the bits in hexadecimal.
 */
#include <clnorm/layers.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONE = 3, TWO = 5 };

static int failed(clnorm_status status)
{
    if (status != CLNORM_OK)
        fprintf(stderr, "%s: %s\n", clnorm_status_name(status), clnorm_last_error());
    return status != CLNORM_OK;
}

static int make_layer(clnorm_model *model, const char *scope, size_t channels)
{
    clnorm_layer *layer;
    clnorm_batch_normalization_options options = clnorm_batch_normalization_defaults();
    options.scope = scope;
    return failed(clnorm_batch_normalization_layer(&layer, model, channels, &options));
}

static int print(clnorm_model *model)
{
    float values[TWO];
    for (size_t i = 0; i < clnorm_model_variable_count(model); i++) {
        const clnorm_variable *variable = clnorm_model_variable(model, i);
        const size_t count = variable->tensor.dims[0];
        if (failed(clnorm_variable_read(model, variable, values, count)))
            return 1;
        for (size_t k = 0; k < count; k++) {
            uint32_t bits;
            memcpy(&bits, &values[k], sizeof bits);
            printf("%s %zu %08x\n", variable->name, k, (unsigned)bits);
        }
    }
    return 0;
}

static int run(clnorm_model *model, int count, char **words)
{
    if (make_layer(model, "one", ONE) || make_layer(model, "net/two", TWO))
        return 1;
    if (count == 3 && strcmp(words[1], "save") == 0)
        return failed(clnorm_model_save(model, words[2])) || print(model);
    if (count == 3 && strcmp(words[1], "load") == 0)
        return failed(clnorm_model_load(model, words[2], NULL)) || print(model);
    if (count == 5 && strcmp(words[1], "import") == 0) {
        const clnorm_convention convention = strcmp(words[4], "keras") == 0 ? CLNORM_KERAS : CLNORM_PYTORCH;
        return failed(clnorm_model_import_batch_normalization(model, words[2], words[3], convention,
                                                              "net/two", NULL)) ||
               print(model);
    }
    fprintf(stderr, "usage: %s save|load FILE | import FILE PREFIX pytorch|keras\n", words[0]);
    return 1;
}

int main(int count, char **words)
{
    clnorm_context *context = NULL;
    clnorm_model *model = NULL;
    if (failed(clnorm_context_create(&context, NULL)))
        return EXIT_FAILURE;
    int wrong = failed(clnorm_model_create(&model, context, 7)) || run(model, count, words);
    clnorm_model_destroy(model);
    clnorm_context_destroy(context);
    return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
