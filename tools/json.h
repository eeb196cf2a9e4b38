/* What jansson does not bring. */
#ifndef CLNORM_TOOLS_JSON_H
#define CLNORM_TOOLS_JSON_H

#include <jansson.h>

/* A string from a driver or a path: bytes that are no UTF-8 become '?'. NULL is JSON's null. */
json_t *json_text(const char *text);

/* Prints `json` and a newline, and drops the reference. Returns the exit status; NULL is out of memory. */
int print_json(json_t *json, size_t flags);

#endif
