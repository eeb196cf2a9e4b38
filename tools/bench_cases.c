#include "bench_cases.h"

#include "command.h"
#include "op_words.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- One case ---- */

/* "32x64x112x112" */
static bool parse_dims(char *text, clnorm_tensor *tensor)
{
    size_t dims[CLNORM_MAX_RANK];
    unsigned rank = 0;
    for (char *next = text; next; rank++) {
        char *digits = next;
        next = strchr(digits, 'x');
        if (next)
            *next++ = '\0';
        size_t length = strlen(digits);
        if (rank == CLNORM_MAX_RANK || length == 0 || length > 18 || strspn(digits, "0123456789") != length)
            return false;
        dims[rank] = (size_t)strtoull(digits, NULL, 10);
        if (dims[rank] == 0)
            return false;
    }
    *tensor = clnorm_tensor_dense(CLNORM_F32, rank, dims);
    return true;
}

static int take_dtype(const bench_case *c, const char *word)
{
    static const char *const later[] = {"f16", "bf16", "f64"};
    if (strcmp(word, "f32") == 0)
        return EXIT_DONE;
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (strcmp(word, later[i]) == 0)
            return complain(EXIT_FAILED, "case \"%s\": %s is not computed by this version; f32 is", c->text,
                            word);
    return complain(EXIT_USAGE, "case \"%s\": \"%s\" is neither a data type (f32) nor ATTRIBUTE=VALUE",
                    c->text, word);
}

static int refuse_attribute(const bench_case *c, const char *name)
{
    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < c->info->attribute_count; i++)
        append_name(list, "", c->info->attributes[i]->name);
    return complain(EXIT_USAGE, "case \"%s\": %s has no attribute \"%s\"; it has %s", c->text, c->info->name,
                    name, list);
}

/* "axis=1" or "f32" */
static int take_part(bench_case *c, char *part, uint64_t *seen)
{
    char *equals = strchr(part, '=');
    if (!equals)
        return take_dtype(c, part);
    *equals = '\0';

    size_t index;
    const clnorm_attribute_info *attribute = find_attribute(c->info, part, &index);
    if (!attribute)
        return refuse_attribute(c, part);
    if (*seen & UINT64_C(1) << index % 64)
        return complain(EXIT_USAGE, "case \"%s\": %s is given twice", c->text, attribute->name);
    *seen |= UINT64_C(1) << index % 64;
    if (set_attribute(&c->op, attribute, equals + 1))
        return EXIT_DONE;
    char needed[NEEDED_SIZE];
    return complain(EXIT_USAGE, "case \"%s\": %s is \"%s\"; it must be %s", c->text, attribute->name,
                    equals + 1, needed_value(attribute, needed));
}

static int check(const bench_case *c, uint64_t seen)
{
    for (size_t i = 0; i < c->info->attribute_count; i++)
        if (c->info->attributes[i]->required && !(seen & UINT64_C(1) << i % 64))
            return complain(EXIT_USAGE, "case \"%s\": %s needs %s=VALUE", c->text, c->info->name,
                            c->info->attributes[i]->name);
    if (clnorm_op_check(&c->op) != CLNORM_OK)
        return complain(EXIT_FAILED, "case \"%s\": %s", c->text, clnorm_last_error());
    return EXIT_DONE;
}

/* Cuts the next part off, at a colon. NULL behind the last. */
static char *next_part(char **rest)
{
    char *part = *rest;
    if (!part)
        return NULL;
    *rest = strchr(part, ':');
    if (*rest)
        *(*rest)++ = '\0';
    return part;
}

int bench_case_parse(bench_case *c, const char *text)
{
    *c = (bench_case){.info = NULL};
    if (strlen(text) >= sizeof c->text)
        return complain(EXIT_USAGE, "case \"%.40s...\" is longer than %zu characters", text,
                        sizeof c->text - 1);
    strcpy(c->text, text);

    char words[BENCH_CASE_SIZE], *rest = words;
    strcpy(words, text);
    const char *op = next_part(&rest), *mode = next_part(&rest);
    char *dims = next_part(&rest);
    int status = find_op(op, &c->info);
    if (status != EXIT_DONE)
        return status;
    if (!mode || !dims)
        return complain(EXIT_USAGE, "case \"%s\" is cut short; it must be OP:MODE:DIMS[:ATTRIBUTE=VALUE]...",
                        text);
    clnorm_op_initialize(&c->op, sizeof c->op, c->info->kind);
    status = find_mode(c->info, mode, &c->op.mode, &c->mode);
    if (status != EXIT_DONE)
        return status;
    if (!parse_dims(dims, &c->op.x))
        return complain(EXIT_USAGE,
                        "case \"%s\": the third part must be one to %d sizes such as 32x64x112x112", text,
                        CLNORM_MAX_RANK);

    uint64_t seen = 0;
    for (char *part; status == EXIT_DONE && (part = next_part(&rest)) != NULL;)
        status = take_part(c, part, &seen);
    return status == EXIT_DONE ? check(c, seen) : status;
}

/* ---- Lists ---- */

int bench_cases_add(bench_case_list *list, const char *text)
{
    bench_case *grown = realloc(list->cases, (list->count + 1) * sizeof *grown);
    if (!grown)
        return complain(EXIT_FAILED, "out of memory");
    list->cases = grown;
    int status = bench_case_parse(&grown[list->count], text);
    if (status == EXIT_DONE)
        list->count++;
    return status;
}

void bench_cases_clear(bench_case_list *list)
{
    free(list->cases);
    *list = (bench_case_list){NULL, 0};
}

/* The same image channels-first and channels-last. A shape that is no image has one text only. */
typedef struct shape_pair {
    const char *first, *last;
} shape_pair;

/* Adds a case "op:mode" + shape + `tail` for each shape, in both layouts if it is an image. */
static int add_product(bench_case_list *list, const char *op_and_mode, const shape_pair *shapes, size_t count,
                       const char *tail)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < 2 * count && status == EXIT_DONE; i++) {
        char text[BENCH_CASE_SIZE];
        const char *shape = i % 2 == 0 ? shapes[i / 2].first : shapes[i / 2].last;
        if (!shape)
            continue;
        snprintf(text, sizeof text, "%s:%s%s%s", op_and_mode, shape,
                 i % 2 == 0 && shapes[i / 2].last ? ":axis=1" : "", tail);
        status = bench_cases_add(list, text);
    }
    return status;
}

int bench_cases_add_usual(bench_case_list *list)
{
    static const shape_pair batch_shapes[] = {
        {"32x64x112x112", "32x112x112x64"}, {"32x256x14x14", "32x14x14x256"}, {"1x64x56x56", "1x56x56x64"},
        {"8x512x7x7", "8x7x7x512"},         {"31x61x13x13", "31x13x13x61"},   {"4096x1000", NULL},
        {"2x3x1024x1024", "2x1024x1024x3"},
    };
    static const shape_pair response_shapes[] = {
        {"32x64x112x112", "32x112x112x64"},
        {"32x256x14x14", "32x14x14x256"},
        {"1x64x56x56", "1x56x56x64"},
        {"31x61x13x13", "31x13x13x61"},
    };
    static const struct {
        const char *op_and_mode;
        const shape_pair *shapes;
        size_t count;
        const char *tail;
    } products[] = {
        {"batch_normalization:infer", batch_shapes, 7, ""},
        {"batch_normalization:train", batch_shapes, 7, ""},
        {"local_response_normalization:infer", response_shapes, 4, ":depth_radius=2:beta=0.75"},
        {"local_response_normalization:infer", response_shapes, 4, ":depth_radius=5:beta=0.75"},
        {"local_response_normalization:infer", response_shapes, 4, ":depth_radius=2:beta=0.5"},
        {"local_response_normalization:infer", response_shapes, 4, ":depth_radius=2:beta=0.6"},
        {"batch_normalization:backward", batch_shapes, 7, ""},
        {"local_response_normalization:backward", response_shapes, 4, ":depth_radius=2:beta=0.75"},
        {"local_response_normalization:backward", response_shapes, 4, ":depth_radius=5:beta=0.75"},
    };
    static const char *const lengths[] = {
        "8192x1024:dim=-1", "512x4096:dim=-1",      "100000x64:dim=-1",
        "1x4096:dim=-1",    "32x64x112x112:dim=-1", "32x64x112x112:dim=1",
        "1000003x3:dim=-1", "8192x1024:dim=0",      "1000003x3:dim=0",
    };
    int status = EXIT_DONE;
    for (size_t i = 0; i < sizeof products / sizeof products[0] && status == EXIT_DONE; i++)
        status = add_product(list, products[i].op_and_mode, products[i].shapes, products[i].count,
                             products[i].tail);
    const size_t count = sizeof lengths / sizeof lengths[0];
    for (size_t i = 0; i < 2 * count && status == EXIT_DONE; i++) {
        char text[BENCH_CASE_SIZE];
        snprintf(text, sizeof text, "l2_normalize:%s:%s", i < count ? "infer" : "backward",
                 lengths[i % count]);
        status = bench_cases_add(list, text);
    }
    return status;
}
