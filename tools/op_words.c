#include "op_words.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

void append_name(char list[LIST_SIZE], const char *prefix, const char *name)
{
    size_t length = strlen(list);
    snprintf(list + length, LIST_SIZE - length, "%s%s%s", length > 0 ? ", " : "", prefix, name);
}

const clnorm_op_info *op_named(const char *written)
{
    char name[ARGUMENT_NAME_SIZE];
    return clnorm_op_info_find(table_name(written, strlen(written), name));
}

int find_op(const char *name, const clnorm_op_info **info)
{
    *info = op_named(name);
    if (*info)
        return EXIT_DONE;

    char list[LIST_SIZE] = "";
    const clnorm_op_info *known;
    for (size_t i = 0; (known = clnorm_op_info_get(i)) != NULL; i++)
        append_name(list, "", known->name);
    return complain(EXIT_USAGE, "unknown operation \"%s\"; it must be one of %s", name, list);
}

int find_mode(const clnorm_op_info *info, const char *name, clnorm_mode *mode,
              const clnorm_mode_info **mode_info)
{
    char known[ARGUMENT_NAME_SIZE];
    table_name(name, strlen(name), known);
    *mode_info = clnorm_mode_find(known, mode) ? clnorm_op_info_mode(info, *mode) : NULL;
    if (*mode_info)
        return EXIT_DONE;

    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < info->mode_count; i++)
        append_name(list, "", info->modes[i]->name);
    return complain(EXIT_USAGE, "%s has no mode \"%s\"; it must be one of %s", info->name, name, list);
}

const clnorm_attribute_info *find_attribute(const clnorm_op_info *info, const char *name, size_t *index)
{
    for (*index = 0; *index < info->attribute_count; (*index)++)
        if (name_matches(name, info->attributes[*index]->name))
            return info->attributes[*index];
    return NULL;
}

bool set_attribute(clnorm_op *op, const clnorm_attribute_info *attribute, const char *text)
{
    double value;
    bool read = attribute->type == CLNORM_ATTRIBUTE_SWITCH ? parse_switch(text, &value)
                : attribute->type == CLNORM_ATTRIBUTE_REAL ? parse_number(text, &value)
                                                           : parse_integer(text, &value);
    return read && clnorm_op_set(op, attribute, value) == CLNORM_OK;
}

const char *needed_value(const clnorm_attribute_info *attribute, char text[NEEDED_SIZE])
{
    switch (attribute->type) {
    case CLNORM_ATTRIBUTE_SWITCH:
        return "true or false";
    case CLNORM_ATTRIBUTE_INTEGER:
        snprintf(text, NEEDED_SIZE, "an integer from %.0f to %.0f", attribute->minimum, attribute->maximum);
        return text;
    case CLNORM_ATTRIBUTE_AXIS:
        return "an integer from -rank to rank-1";
    case CLNORM_ATTRIBUTE_REAL:
        break;
    }
    return "a finite decimal number";
}
