/*
 * JSON from text and to text, by jansson; and, in one place, what jansson 2.14 does where memory runs out:
 * its reader aborts the process (lex_scan_string asserts), and its writer leaves a key out and says nothing.
 */
#ifndef CLNORM_BASE_JSON_TEXT_H
#define CLNORM_BASE_JSON_TEXT_H

#include <jansson.h>

/* As json_loadb and json_load_file, but what the reader may need is asked for before: without it the error is
 * json_error_out_of_memory. */
json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *error);
json_t *json_read_file(const char *path, size_t flags, json_error_t *error);

/* As json_dumps, but whole or NULL: without memory, or if `json` is NULL. The caller frees the text. */
char *json_write(const json_t *json, size_t flags);

#endif
