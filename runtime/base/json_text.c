#include "base/json_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The most memory that jansson takes for each byte of text. The worst case is "{},": three bytes for an
 * object and its empty hash table. */
enum { BYTES_PER_BYTE = 96, BYTES_MORE = 4096 };

/* Whether there is enough memory to parse `size` bytes. The memory is not reserved: other threads may still
 * take it before the text is parsed. */
static bool has_memory(size_t size, json_error_t *error)
{
    void *block =
        size < SIZE_MAX / BYTES_PER_BYTE - BYTES_MORE ? malloc(size * BYTES_PER_BYTE + BYTES_MORE) : NULL;
    free(block);
    if (block != NULL)
        return true;
    memset(error, 0, sizeof *error);
    error->line = error->column = -1;
    snprintf(error->text, sizeof error->text - 1, "no memory to read %zu bytes of JSON", size);
    error->text[sizeof error->text - 1] = (char)json_error_out_of_memory; /* where json_error_code finds it */
    return false;
}

json_t *json_read(const char *text, size_t size, size_t flags, json_error_t *error)
{
    return has_memory(size, error) ? json_loadb(text, size, flags, error) : NULL;
}

json_t *json_read_file(const char *path, size_t flags, json_error_t *error)
{
    struct stat info;
    const size_t size = stat(path, &info) == 0 && info.st_size > 0 ? (size_t)info.st_size : 0;
    return has_memory(size, error) ? json_load_file(path, flags, error) : NULL;
}

char *json_write(const json_t *json, size_t flags)
{
    const size_t size = json_dumpb(json, NULL, 0, flags);
    char *text = size > 0 ? malloc(size + 1) : NULL;
    if (text == NULL)
        return NULL;
    if (json_dumpb(json, text, size, flags) != size) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

void json_copy_ascii(const char *text, char *ascii, size_t size)
{
    size_t i = 0;
    for (; i + 1 < size && text[i] != '\0'; i++)
        ascii[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
    ascii[i] = '\0';
}
