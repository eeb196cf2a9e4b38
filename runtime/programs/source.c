/* Expands kernel sources to one text, with #line so that a build log names file and line. */
#include "programs/source.h"

#include "programs/source_table.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAXIMUM_DEPTH = 16,
    MAXIMUM_NAME = 255,
    MAXIMUM_TEXT = 16 << 20, /* stops includes that multiply before they use up memory */
};

typedef struct text {
    char *bytes; /* ends in a zero byte once anything was appended */
    size_t size, capacity;
} text;

/* The including_line that names a file: an #include, or (file NULL) the caller. */
typedef struct including_line {
    const char *file;
    size_t line;
    unsigned depth;
} including_line;

static clnorm_status text_reserve(text *out, size_t more)
{
    if (more > MAXIMUM_TEXT - out->size)
        return fail(CLNORM_IO_ERROR, "a kernel source is larger than %d MiB", MAXIMUM_TEXT >> 20);

    const size_t needed = out->size + more + 1;
    if (needed <= out->capacity)
        return CLNORM_OK;

    size_t capacity = out->capacity > 0 ? out->capacity : 4096;
    while (capacity < needed)
        capacity *= 2; /* cannot overflow: needed <= MAXIMUM_TEXT + 1 */
    char *bytes = realloc(out->bytes, capacity);
    if (bytes == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a kernel source of %zu bytes", needed);
    out->bytes = bytes;
    out->capacity = capacity;
    return CLNORM_OK;
}

static clnorm_status text_append(text *out, const char *bytes, size_t size)
{
    const clnorm_status status = text_reserve(out, size);
    if (status != CLNORM_OK)
        return status;
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    out->bytes[out->size] = '\0';
    return CLNORM_OK;
}

static clnorm_status append_line_directive(text *out, size_t line, const char *name)
{
    char directive[MAXIMUM_NAME + 64];
    const bool at_line_start = out->size == 0 || out->bytes[out->size - 1] == '\n';
    const int length =
        snprintf(directive, sizeof directive, "%s#line %zu \"%s\"\n", at_line_start ? "" : "\n", line, name);
    return text_append(out, directive, (size_t)length);
}

static clnorm_status fail_name(const char *name, const including_line *from, const char *why)
{
    if (from->file == NULL)
        return fail(CLNORM_IO_ERROR, "kernel source \"%s\": %s", name, why);
    return fail(CLNORM_IO_ERROR, "kernel source \"%s\", included at %s:%zu: %s", name, from->file, from->line,
                why);
}

static clnorm_status read_stream(FILE *file, const char *name, const including_line *from, text *out)
{
    for (;;) {
        clnorm_status status = text_reserve(out, 4096);
        if (status != CLNORM_OK)
            return status;
        const size_t count = fread(out->bytes + out->size, 1, out->capacity - out->size - 1, file);
        if (count == 0)
            break;
        out->size += count;
    }
    if (ferror(file))
        return fail_name(name, from, strerror(errno));
    out->bytes[out->size] = '\0';
    if (memchr(out->bytes, '\0', out->size) != NULL)
        return fail_name(name, from, "not a text, it holds a zero byte");
    return CLNORM_OK;
}

/* A name that has no part "..", and does not begin at the root. */
static bool stays_below(const char *name)
{
    const char *part = name;
    if (*name == '/')
        return false;
    while (part != NULL) {
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
        part = strchr(part, '/');
        part = part != NULL ? part + 1 : NULL;
    }
    return true;
}

/* The file `name` of `directory`, to be freed by the caller. */
static clnorm_status read_file(const char *directory, const char *name, const including_line *from, text *out)
{
    clnorm_status status = CLNORM_OK;
    FILE *file = NULL;
    if (!stays_below(name))
        return fail_name(name, from, "leads out of CLNORM_KERNEL_DIR");
    const size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a path of %zu bytes", size);
    snprintf(path, size, "%s/%s", directory, name);

    file = fopen(path, "r");
    if (file == NULL) {
        char why[128];
        snprintf(why, sizeof why, "%s in CLNORM_KERNEL_DIR", strerror(errno));
        status = fail_name(name, from, why);
        goto cleanup;
    }
    status = read_stream(file, name, from, out);

cleanup:
    if (file != NULL)
        fclose(file);
    free(path);
    return status;
}

static const source_file *embedded_file(const char *name)
{
    for (size_t i = 0; i < source_table_count; i++)
        if (strcmp(source_table[i].name, name) == 0)
            return &source_table[i];
    return NULL;
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* Where the name in `#include "name"` begins, and how long it is; NULL if the line is no such include. */
static const char *included_name(const char *line, size_t *length)
{
    static const char include[] = "include";
    const char *at = skip_blanks(line);
    if (*at != '#')
        return NULL;
    at = skip_blanks(at + 1);
    if (strncmp(at, include, sizeof include - 1) != 0)
        return NULL;
    at = skip_blanks(at + sizeof include - 1);
    if (*at != '"')
        return NULL;
    *length = strcspn(at + 1, "\"\r\n");
    return at[1 + *length] == '"' ? at + 1 : NULL;
}

static clnorm_status expand_file(text *out, const char *directory, const char *name,
                                 const including_line *from);

static clnorm_status expand_include(text *out, const char *directory, const char *name, size_t length,
                                    const including_line *from)
{
    char copy[MAXIMUM_NAME + 1];
    if (length > MAXIMUM_NAME)
        return fail(CLNORM_IO_ERROR, "the name included at %s:%zu is longer than %d bytes", from->file,
                    from->line, MAXIMUM_NAME);
    memcpy(copy, name, length);
    copy[length] = '\0';

    const clnorm_status status = expand_file(out, directory, copy, from);
    if (status != CLNORM_OK)
        return status;
    return append_line_directive(out, from->line + 1, from->file);
}

static clnorm_status expand_text(text *out, const char *directory, const char *name, const char *content,
                                 unsigned depth)
{
    clnorm_status status = append_line_directive(out, 1, name);
    including_line here = {name, 1, depth};
    const char *pending = content; /* lines without an include are appended together */
    const char *line = content;
    while (status == CLNORM_OK && *line != '\0') {
        const char *newline = strchr(line, '\n');
        const char *next = newline != NULL ? newline + 1 : line + strlen(line);
        size_t length = 0;
        const char *included = included_name(line, &length);
        if (included != NULL) {
            status = text_append(out, pending, (size_t)(line - pending));
            if (status == CLNORM_OK)
                status = expand_include(out, directory, included, length, &here);
            pending = next;
        }
        line = next;
        here.line++;
    }
    if (status != CLNORM_OK)
        return status;
    return text_append(out, pending, (size_t)(line - pending));
}

static clnorm_status expand_file(text *out, const char *directory, const char *name,
                                 const including_line *from)
{
    clnorm_status status = CLNORM_OK;
    text file = {NULL, 0, 0};
    if (from->depth >= MAXIMUM_DEPTH)
        return fail(CLNORM_IO_ERROR, "kernel source \"%s\", included at %s:%zu: includes nest deeper than %d",
                    name, from->file, from->line, MAXIMUM_DEPTH);
    if (strlen(name) > MAXIMUM_NAME)
        return fail(CLNORM_IO_ERROR, "the name of a kernel source is longer than %d bytes", MAXIMUM_NAME);

    const char *content = NULL;
    const source_file *embedded = embedded_file(name);
    if (directory == NULL && embedded == NULL)
        return fail_name(name, from, "not among the embedded files");
    if (directory == NULL || (embedded != NULL && embedded->generated)) {
        content = embedded->text;
    } else {
        status = read_file(directory, name, from, &file);
        if (status != CLNORM_OK)
            goto cleanup;
        content = file.bytes;
    }
    status = expand_text(out, directory, name, content, from->depth + 1);

cleanup:
    free(file.bytes);
    return status;
}

clnorm_status source_expand(const char *const *names, size_t count, const char *directory, char **result)
{
    const including_line caller = {NULL, 0, 0};
    text out = {NULL, 0, 0};
    clnorm_status status = text_append(&out, "", 0);
    for (size_t i = 0; i < count && status == CLNORM_OK; i++)
        status = expand_file(&out, directory, names[i], &caller);
    if (status != CLNORM_OK) {
        free(out.bytes);
        return status;
    }
    *result = out.bytes;
    return CLNORM_OK;
}
