#include "layers/scope.h"
#include "layers/layer.h"
#include "layers/list.h"
#include "layers/variable.h"
#include "operations/op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 512, SUFFIX = 64 };

static const char *const variable_names[] = {"beta", "gamma", "moving_mean", "moving_variance"};
#define FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789."

/* ---- Names ---- */

clnorm_status name_check(const char *name, const char *field)
{
    if (name == NULL || *name == '\0')
        return fail(CLNORM_INVALID_NAME, "%s is %s; a name is needed", field,
                    name == NULL ? "NULL" : "empty");
    const size_t length = strlen(name);
    if (length > LONGEST_NAME)
        return fail(CLNORM_INVALID_NAME, "%s is %zu bytes long; %d are allowed", field, length, LONGEST_NAME);
    if (strspn(name, FIRST) == 0 || strspn(name, FIRST "_-/") != length)
        return fail(CLNORM_INVALID_NAME,
                    "%s is \"%s\"; letters, digits, dots and, but for the first place, _ - / are allowed",
                    field, name);
    if (name[length - 1] == '/' || strstr(name, "//") != NULL)
        return fail(CLNORM_INVALID_NAME, "%s is \"%s\"; between slashes there must be something", field,
                    name);
    return CLNORM_OK;
}

static variable_scope *find_scope(const clnorm_model *model, const char *name)
{
    for (size_t i = 0; i < model->scope_count; i++) {
        if (strcmp(model->scopes[i]->name, name) == 0)
            return model->scopes[i];
    }
    return NULL;
}

static bool is_layer(const clnorm_model *model, const char *name)
{
    for (size_t i = 0; i < model->layer_count; i++) {
        if (strcmp(model->layers[i]->name, name) == 0)
            return true;
    }
    return false;
}

/* Whether a variable is there that a scope of this name would have. */
static bool is_taken(const clnorm_model *model, const char *scope)
{
    const size_t length = strlen(scope);
    for (size_t i = 0; i < model->variable_count; i++) {
        const char *name = model->variables[i]->name;
        if (strncmp(name, scope, length) != 0 || name[length] != '/')
            continue;
        for (size_t k = 0; k < COUNT_OF(variable_names); k++) {
            if (strcmp(name + length + 1, variable_names[k]) == 0)
                return true;
        }
    }
    return false;
}

/* Appends _1, _2, ... until the name is free of clashes with variables and, with `among_layers`, with names
 * of layers. Scopes do not pass `among_layers`: only their variables must be unique, so that a scope may have
 * the name of a layer without variables. */
static clnorm_status make_unique(const clnorm_model *model, const char *name, bool among_layers,
                                 char **unique)
{
    const size_t size = strlen(name) + SUFFIX;
    char *text = malloc(size);
    if (text == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a name of %zu bytes", size);
    snprintf(text, size, "%s", name);
    for (size_t i = 1; is_taken(model, text) || (among_layers && is_layer(model, text)); i++)
        snprintf(text, size, "%s_%zu", name, i);
    *unique = text;
    return CLNORM_OK;
}

clnorm_status name_of_layer(const clnorm_model *model, const char *name, char **unique)
{
    const clnorm_status status = name_check(name, "name");
    return status == CLNORM_OK ? make_unique(model, name, true, unique) : status;
}

/* ---- Scopes ---- */

static void destroy_scope(variable_scope *scope)
{
    variable_destroy(scope->beta);
    variable_destroy(scope->gamma);
    variable_destroy(scope->moving_mean);
    variable_destroy(scope->moving_variance);
    free(scope->name);
    free(scope);
}

static clnorm_status make_variable(clnorm_variable **variable, const variable_scope *scope,
                                   const clnorm_model *model, const char *name, double mean, double stddev,
                                   bool trainable, bool restore)
{
    char whole[LONGEST_NAME + 2 * SUFFIX];
    snprintf(whole, sizeof whole, "%s/%s", scope->name, name);
    const clnorm_tensor tensor = clnorm_tensor_1d(CLNORM_F32, scope->channels);
    return variable_create(variable, model, whole, &tensor, mean, stddev, trainable, restore);
}

static clnorm_status make_variables(variable_scope *scope, const clnorm_model *model,
                                    const clnorm_batch_normalization_options *options)
{
    const bool trainable = options->trainable, restore = options->restore;
    clnorm_status status =
        make_variable(&scope->beta, scope, model, "beta", options->beta, 0, trainable, restore);
    if (status == CLNORM_OK)
        status = make_variable(&scope->gamma, scope, model, "gamma", options->gamma, options->stddev,
                               trainable, restore);
    if (status == CLNORM_OK)
        status = make_variable(&scope->moving_mean, scope, model, "moving_mean", 0, 0, false, restore);
    if (status == CLNORM_OK)
        status =
            make_variable(&scope->moving_variance, scope, model, "moving_variance", 1, 0, false, restore);
    return status;
}

/* All five go into the model's lists, or none. */
static clnorm_status enlist(clnorm_model *model, variable_scope *scope)
{
    const size_t variable_count = model->variable_count;
    clnorm_variable *const variables[] = {scope->beta, scope->gamma, scope->moving_mean,
                                          scope->moving_variance};
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < COUNT_OF(variables); i++)
        status = list_append(&model->variables, &model->variable_count, variables[i]);
    if (status == CLNORM_OK)
        status = list_append(&model->scopes, &model->scope_count, scope);
    if (status != CLNORM_OK)
        model->variable_count = variable_count;
    return status;
}

/* Takes `name` over, also when it fails. */
static clnorm_status make_scope(clnorm_model *model, char *name, size_t channels,
                                const clnorm_batch_normalization_options *options, variable_scope **scope)
{
    variable_scope *made = calloc(1, sizeof *made);
    if (made == NULL) {
        free(name);
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a scope of %zu bytes", sizeof *made);
    }
    made->name = name;
    made->channels = channels;
    clnorm_status status = make_variables(made, model, options);
    if (status == CLNORM_OK)
        status = enlist(model, made);
    if (status != CLNORM_OK) {
        destroy_scope(made);
        return status;
    }
    *scope = made;
    return CLNORM_OK;
}

static clnorm_status reuse_scope(const clnorm_model *model, size_t channels,
                                 const clnorm_batch_normalization_options *options, variable_scope **scope)
{
    if (options->scope == NULL)
        return fail(CLNORM_INVALID_NAME, "reuse is true, but scope is NULL; reuse needs the scope to share");
    variable_scope *found = find_scope(model, options->scope);
    if (found == NULL)
        return fail(CLNORM_INVALID_NAME,
                    "reuse is true, but there is no scope \"%s\"; a layer makes it first", options->scope);
    if (found->channels != channels)
        return fail(CLNORM_INVALID_SHAPE, "channels is %zu; scope \"%s\", which is reused, has %zu", channels,
                    found->name, found->channels);
    if (!options->restore)
        found->beta->restore = found->gamma->restore = found->moving_mean->restore =
            found->moving_variance->restore = false;
    *scope = found;
    return CLNORM_OK;
}

clnorm_status scope_get(clnorm_model *model, size_t channels,
                        const clnorm_batch_normalization_options *options, variable_scope **scope)
{
    char *name = NULL;
    clnorm_status status = options->scope != NULL ? name_check(options->scope, "scope")
                           : options->reuse       ? CLNORM_OK
                                                  : name_check(options->name, "name");
    if (status != CLNORM_OK)
        return status;
    if (options->reuse)
        return reuse_scope(model, channels, options, scope);
    if (options->scope != NULL && is_taken(model, options->scope))
        return fail(CLNORM_INVALID_NAME, "scope \"%s\" is taken%s, or give another scope", options->scope,
                    find_scope(model, options->scope) != NULL
                        ? "; set reuse to share its variables"
                        : " by a variable of the application's own; rename that");
    status = options->scope != NULL ? copy_text(options->scope, &name)
                                    : make_unique(model, options->name, false, &name);
    return status == CLNORM_OK ? make_scope(model, name, channels, options, scope) : status;
}
