#include "arguments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_option(const char *word)
{
    return strncmp(word, "--", 2) == 0;
}

bool arguments_next(argument_list *args, argument *arg)
{
    if (args->next >= args->count)
        return false;
    *arg = (argument){.word = args->words[args->next++]};
    if (!is_option(arg->word))
        return true;

    const char *name = arg->word + 2;
    const char *equals = strchr(name, '=');
    arg->inline_value = equals ? equals + 1 : NULL;
    /* A name that is too long is cut. No option's name is so long, so that it still matches none. */
    snprintf(arg->name, sizeof arg->name, "%.*s", equals ? (int)(equals - name) : (int)strlen(name), name);
    if (arg->name[0] == '\0')
        strcpy(arg->name, "--");
    return true;
}

const char *arguments_value(argument_list *args, const argument *arg)
{
    if (arg->inline_value)
        return arg->inline_value;
    if (args->next >= args->count || is_option(args->words[args->next]))
        return NULL;
    return args->words[args->next++];
}

static char underscore_for_dash(char sign)
{
    return sign == '-' ? '_' : sign;
}

bool name_matches(const char *written, const char *name)
{
    while (*written && underscore_for_dash(*written) == underscore_for_dash(*name)) {
        written++;
        name++;
    }
    return *written == '\0' && *name == '\0';
}

const char *table_name(const char *written, size_t length, char name[ARGUMENT_NAME_SIZE])
{
    if (length >= ARGUMENT_NAME_SIZE)
        length = 0; /* too long for any name: "" is none */
    for (size_t i = 0; i < length; i++)
        name[i] = underscore_for_dash(written[i]);
    name[length] = '\0';
    return name;
}

void option_name(const char *name, char option[ARGUMENT_NAME_SIZE])
{
    snprintf(option, ARGUMENT_NAME_SIZE, "%s", name);
    for (char *c = option; *c; c++)
        if (*c == '_')
            *c = '-';
}

bool parse_number(const char *word, double *value)
{
    if (word[0] == '\0' || word[strspn(word, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    double number = strtod(word, &end);
    if (end == word || *end != '\0' || !isfinite(number))
        return false;
    *value = number;
    return true;
}

bool parse_integer(const char *word, double *value)
{
    const char *digits = word[0] == '-' || word[0] == '+' ? word + 1 : word;
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    return parse_number(word, value);
}

bool parse_switch(const char *word, double *value)
{
    bool on = strcmp(word, "true") == 0;
    if (!on && strcmp(word, "false") != 0)
        return false;
    *value = on ? 1 : 0;
    return true;
}
