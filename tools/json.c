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

int print_json(json_t *json, size_t flags)
{
    if (!json)
        return complain(EXIT_FAILED, "out of memory");
    int failed = json_dumpf(json, stdout, flags);
    json_decref(json);
    putchar('\n');
    return failed ? complain(EXIT_FAILED, "cannot write JSON to standard output") : EXIT_DONE;
}
