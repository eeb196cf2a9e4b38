/*
 * Reads and writes JSON by jansson, and works around what jansson 2.14 does when memory runs out: its reader
 * aborts the process (an assertion in lex_scan_string), and its writer silently leaves out a key.
 */
#ifndef CLNORM_BASE_JSON_TEXT_H
#define CLNORM_BASE_JSON_TEXT_H

#include <jansson.h>

/* As json_loadb and json_load_file, but they first check that the memory for the worst case can be allocated;
 * if not, the error is json_error_out_of_memory. */
json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *error);
json_t *json_read_file(const char *path, size_t flags, json_error_t *error);

/* As json_dumps, but the text is never incomplete: NULL without memory, or if `json` is NULL. The caller
 * frees the text. */
char *json_write(const json_t *json, size_t flags);

/* Copies a driver's text, which may be no UTF-8, as far as there is room: '?' for all that is not printable
 * ASCII. */
void json_copy_ascii(const char *text, char *ascii, size_t size);

#endif
