#include "json.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *text)
{
    if (!text)
        return json_null();
    json_t *string = json_string(text);
    if (string)
        return string;
    char *copy = malloc(strlen(text) + 1);
    if (!copy)
        return NULL;
    strcpy(copy, text);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    string = json_string(copy);
    free(copy);
    return string;
}

void json_append(json_t **array, json_t *element)
{
    if (json_array_append_new(*array, element) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

void json_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

int print_json(json_t *json, size_t flags)
{
    if (!json)
        return complain(EXIT_FAILED, "out of memory");
    int failed = json_dumpf(json, stdout, flags);
    json_decref(json);
    putchar('\n');
    return failed ? complain(EXIT_FAILED, "cannot write JSON to standard output") : EXIT_DONE;
}
