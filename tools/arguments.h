/* Walks over a command line: "--name value", "--name=value", "--flag" and words. */
#ifndef CLNORM_TOOLS_ARGUMENTS_H
#define CLNORM_TOOLS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct argument_list {
    char **words;
    int count;
    int next;
} argument_list;

enum { ARGUMENT_NAME_SIZE = 64 };

typedef struct argument {
    char name[ARGUMENT_NAME_SIZE]; /* of an option, without dashes in front; "" for a word */
    const char *word;              /* as it was written */
    const char *inline_value;      /* what stands behind '=', or NULL */
} argument;

/* Takes the next argument. False at the end. */
bool arguments_next(argument_list *args, argument *arg);

/* The value of the option just taken: behind its '=', or the next word, which is taken too. NULL if there
 * is none: what begins with "--" is an option, never a value. */
const char *arguments_value(argument_list *args, const argument *arg);

/* Whether `written` is `name`, a dash being as good as an underscore, and an underscore as a dash. */
bool name_matches(const char *written, const char *name);

/* The first `length` characters of `written` as the library's tables spell names: with underscores. */
const char *table_name(const char *written, size_t length, char name[ARGUMENT_NAME_SIZE]);

/* `name` as it is written on a command line: with dashes. */
void option_name(const char *name, char option[ARGUMENT_NAME_SIZE]);

/* A whole word as a decimal number. False for anything else: spaces, hexadecimal, "inf", "1e999". */
bool parse_number(const char *word, double *value);

/* A whole word of decimal digits, with a sign or without. False for anything else: "2.5", "1e3". */
bool parse_integer(const char *word, double *value);

/* "true" or "false". */
bool parse_switch(const char *word, double *value);

#endif
