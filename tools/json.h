/* Helpers for JSON that jansson lacks. */
#ifndef CLNORM_TOOLS_JSON_H
#define CLNORM_TOOLS_JSON_H

#include <jansson.h>

/* A string from a driver or a path: bytes that are no UTF-8 become '?'. NULL is JSON's null. */
json_t *json_text(const char *text);

/* Appends `element`, or puts `value` under `key`, and takes its reference. If that fails, or one of the two
 * is NULL, both are released and the array or object becomes NULL, so that no incomplete JSON is printed. */
void json_append(json_t **array, json_t *element);
void json_put(json_t **object, const char *key, json_t *value);

/* Prints `json` and a newline, and drops the reference. Returns the exit status; NULL is out of memory. */
int print_json(json_t *json, size_t flags);

#endif
