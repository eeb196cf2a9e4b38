#include "npy_header.h"

#include <stdint.h>
#include <string.h>

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_space(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

/* Takes `sign`, with space around it. */
static bool take(cursor *c, char sign)
{
    skip_space(c);
    if (c->at == c->end || *c->at != sign)
        return false;
    c->at++;
    skip_space(c);
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* A string in single or double quotes, without escapes. */
static bool take_string(cursor *c, char *string, size_t size)
{
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return false;
    char quote = *c->at++;
    size_t length = 0;
    for (; c->at < c->end && *c->at != quote; c->at++) {
        unsigned char byte = (unsigned char)*c->at;
        if (byte < ' ' || byte > '~' || byte == '\\' || length + 1 >= size)
            return false;
        string[length++] = (char)byte;
    }
    string[length] = '\0';
    return take(c, quote);
}

/* NULL, or what is wrong. */
static const char *take_size(cursor *c, size_t *size)
{
    if (c->at == c->end || *c->at < '0' || *c->at > '9')
        return "has a shape that is no tuple of sizes";
    size_t value = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        size_t digit = (size_t)(*c->at - '0');
        if (value > (SIZE_MAX - digit) / 10)
            return "has a size in its shape that is too large for this machine";
        value = value * 10 + digit;
    }
    take_word(c, "L"); /* as Python 2 wrote it */
    *size = value;
    return NULL;
}

static const char *take_shape(cursor *c, npy_header *header)
{
    static const char no_tuple[] = "has a shape that is no tuple of sizes";
    bool comma = false;
    if (!take(c, '('))
        return no_tuple;
    header->rank = 0;
    while (!take(c, ')')) {
        if (header->rank > 0 && !comma)
            return no_tuple;
        size_t size;
        const char *wrong = take_size(c, &size);
        if (wrong)
            return wrong;
        if (header->rank < NPY_MAX_RANK)
            header->dims[header->rank] = size;
        header->rank++;
        comma = take(c, ',');
    }
    /* "(3)" is a number in Python, not a tuple. */
    return header->rank == 1 && !comma ? no_tuple : NULL;
}

static const char *take_descr(cursor *c, npy_header *header)
{
    header->descr[0] = '\0';
    if (c->at < c->end && *c->at == '[')
        return "describes a structured type; only '<f4' (float32) can be read";
    return take_string(c, header->descr, sizeof header->descr) ? NULL : "has a descr that is no string";
}

static const char *take_order(cursor *c, npy_header *header)
{
    header->fortran_order = take_word(c, "True");
    if (!header->fortran_order && !take_word(c, "False"))
        return "has a fortran_order that is neither True nor False";
    return NULL;
}

static const char *take_entry(cursor *c, npy_header *header, unsigned *seen)
{
    static const struct {
        const char *key;
        const char *(*take)(cursor *, npy_header *);
    } keys[] = {{"descr", take_descr}, {"fortran_order", take_order}, {"shape", take_shape}};
    char key[32];
    if (!take_string(c, key, sizeof key) || !take(c, ':'))
        return "is no Python dictionary";
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(key, keys[i].key) != 0)
            continue;
        if (*seen & 1u << i)
            return "has a key twice";
        *seen |= 1u << i;
        return keys[i].take(c, header);
    }
    return "has a key other than descr, fortran_order and shape";
}

const char *npy_header_parse(const char *text, size_t size, npy_header *header)
{
    cursor c = {text, text + size};
    unsigned seen = 0;
    bool comma = true;
    *header = (npy_header){.rank = 0};
    if (!take(&c, '{'))
        return "is no Python dictionary";
    while (!take(&c, '}')) {
        if (!comma)
            return "is no Python dictionary";
        const char *wrong = take_entry(&c, header, &seen);
        if (wrong)
            return wrong;
        comma = take(&c, ',');
    }
    if (seen != 7)
        return "lacks one of descr, fortran_order and shape";
    return c.at == c.end ? NULL : "goes on behind its dictionary";
}
