/* clnorm ops: what the library can do, straight from its tables. */
#include "command.h"
#include "json.h"

#include <math.h>
#include <stdio.h>

static const char *type_name(clnorm_attribute_type type)
{
    switch (type) {
    case CLNORM_ATTRIBUTE_INTEGER:
        return "integer";
    case CLNORM_ATTRIBUTE_AXIS:
        return "axis";
    case CLNORM_ATTRIBUTE_SWITCH:
        return "switch";
    case CLNORM_ATTRIBUTE_REAL:
        break;
    }
    return "real";
}

static const char *shape_name(clnorm_buffer_shape shape)
{
    switch (shape) {
    case CLNORM_SHAPE_X:
        return "x";
    case CLNORM_SHAPE_Y:
        return "y";
    case CLNORM_SHAPE_DY:
        return "dy";
    case CLNORM_SHAPE_DX:
        return "dx";
    case CLNORM_SHAPE_CHANNEL:
        return "channel";
    case CLNORM_SHAPE_GAMMA:
    case CLNORM_SHAPE_BETA:
        return "parameter";
    case CLNORM_SHAPE_SCALAR:
        break;
    }
    return "scalar";
}

static bool is_input(const clnorm_buffer_info *buffer)
{
    return buffer->role == CLNORM_ROLE_INPUT || buffer->role == CLNORM_ROLE_UPDATED;
}

static bool is_output(const clnorm_buffer_info *buffer)
{
    return buffer->role != CLNORM_ROLE_INPUT;
}

static bool is_parameter(const clnorm_buffer_info *buffer)
{
    return buffer->shape == CLNORM_SHAPE_GAMMA || buffer->shape == CLNORM_SHAPE_BETA;
}

/* ---- Text ---- */

/* "-rank ... rank-1", "true or false", "0 ... 1", ">= 0", "any" */
static void range_text(const clnorm_attribute_info *attribute, char *text, size_t size)
{
    bool below = isfinite(attribute->minimum), above = isfinite(attribute->maximum);
    if (attribute->type == CLNORM_ATTRIBUTE_AXIS)
        snprintf(text, size, "-rank ... rank-1");
    else if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        snprintf(text, size, "true or false");
    else if (below && above)
        snprintf(text, size, "%.10g ... %.10g", attribute->minimum, attribute->maximum);
    else if (below)
        snprintf(text, size, ">= %.10g", attribute->minimum);
    else if (above)
        snprintf(text, size, "<= %.10g", attribute->maximum);
    else
        snprintf(text, size, "any");
}

static void print_attribute(const clnorm_attribute_info *attribute)
{
    char range[64], name[ARGUMENT_NAME_SIZE];
    range_text(attribute, range, sizeof range);
    option_name(attribute->name, name);
    printf("    --%s  %s, %s, ", name, type_name(attribute->type), range);
    if (attribute->required)
        printf("required");
    else
        printf("default %s", attribute->default_text);
    printf("\n        %s\n", attribute->help);
}

static void print_buffers(const clnorm_mode_info *mode, const char *direction,
                          bool (*belongs)(const clnorm_buffer_info *))
{
    printf("        %s", direction);
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = mode->buffers[i];
        if (!belongs(buffer))
            continue;
        printf(buffer->required ? " %s" : " [%s]", buffer->name);
        if (buffer->shape == CLNORM_SHAPE_CHANNEL)
            printf("(C)");
        else if (is_parameter(buffer))
            printf("(C*)");
        else if (buffer->shape == CLNORM_SHAPE_SCALAR)
            printf("(1)");
    }
    putchar('\n');
}

void print_op(const clnorm_op_info *info)
{
    printf("%s\n    %s\n    ranks %u to %u%s\n", info->name, info->formula, info->minimum_rank,
           info->maximum_rank, info->in_place ? ", also in place" : "");
    for (size_t i = 0; i < info->attribute_count; i++)
        print_attribute(info->attributes[i]);
    for (size_t i = 0; i < info->mode_count; i++) {
        printf("    --mode %s\n", info->modes[i]->name);
        print_buffers(info->modes[i], "in: ", is_input);
        print_buffers(info->modes[i], "out:", is_output);
    }
}

static void print_ops(void)
{
    const clnorm_op_info *info;
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++)
        print_op(info);
    puts("[optional]  (C): one value for each index of the axis  (C*): the same, or any shape that is "
         "broadcast against x  (1): one value  others: the shape of x");
}

/* ---- JSON ---- */

/* A limit; an infinite one is null. */
static json_t *json_limit(const clnorm_attribute_info *attribute, double limit)
{
    if (!isfinite(limit))
        return json_null();
    return attribute->type == CLNORM_ATTRIBUTE_REAL ? json_real(limit) : json_integer((json_int_t)limit);
}

static json_t *json_default(const clnorm_attribute_info *attribute)
{
    double number;
    if (attribute->required)
        return json_null();
    if (attribute->type == CLNORM_ATTRIBUTE_SWITCH)
        return json_boolean(attribute->default_value != 0);
    if (!parse_number(attribute->default_text, &number))
        return json_string(attribute->default_text); /* taken from another attribute */
    if (attribute->type == CLNORM_ATTRIBUTE_REAL)
        return json_real(attribute->default_value);
    return json_integer((json_int_t)attribute->default_value);
}

static json_t *json_attributes(const clnorm_op_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->attribute_count; i++) {
        const clnorm_attribute_info *attribute = info->attributes[i];
        json_t *object = json_pack("{s:s, s:s, s:b, s:o, s:s}", "name", attribute->name, "type",
                                   type_name(attribute->type), "required", attribute->required, "default",
                                   json_default(attribute), "help", attribute->help);
        if (attribute->type == CLNORM_ATTRIBUTE_REAL || attribute->type == CLNORM_ATTRIBUTE_INTEGER) {
            json_put(&object, "minimum", json_limit(attribute, attribute->minimum));
            json_put(&object, "maximum", json_limit(attribute, attribute->maximum));
        }
        json_append(&array, object);
    }
    return array;
}

static json_t *json_buffers(const clnorm_mode_info *mode, bool (*belongs)(const clnorm_buffer_info *))
{
    json_t *array = json_array();
    for (size_t i = 0; i < mode->buffer_count; i++) {
        const clnorm_buffer_info *buffer = mode->buffers[i];
        if (belongs(buffer))
            json_append(&array, json_pack("{s:s, s:s, s:b, s:b, s:b}", "name", buffer->name, "shape",
                                          shape_name(buffer->shape), "required", buffer->required, "updated",
                                          buffer->role == CLNORM_ROLE_UPDATED, "accumulates",
                                          buffer->role == CLNORM_ROLE_GRADIENT));
    }
    return array;
}

static json_t *json_modes(const clnorm_op_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->mode_count; i++) {
        const clnorm_mode_info *mode = info->modes[i];
        json_append(&array,
                    json_pack("{s:s, s:o, s:o}", "name", mode->name, "inputs", json_buffers(mode, is_input),
                              "outputs", json_buffers(mode, is_output)));
    }
    return array;
}

static int print_ops_json(void)
{
    json_t *array = json_array();
    const clnorm_op_info *info;
    for (size_t i = 0; (info = clnorm_op_info_get(i)) != NULL; i++) {
        json_append(&array, json_pack("{s:s, s:s, s:i, s:i, s:b, s:o, s:o}", "name", info->name, "formula",
                                      info->formula, "minimum_rank", (int)info->minimum_rank, "maximum_rank",
                                      (int)info->maximum_rank, "in_place", info->in_place, "attributes",
                                      json_attributes(info), "modes", json_modes(info)));
    }
    /* As many digits as every decimal number keeps: 1e-5, not 1.0000000000000001e-5. */
    return print_json(array, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
}

int command_ops(const global_options *options, argument_list rest)
{
    int status = refuse_rest("ops", rest);
    if (status != EXIT_DONE)
        return status;
    if (options->json)
        return print_ops_json();
    print_ops();
    return EXIT_DONE;
}
