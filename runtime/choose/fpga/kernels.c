#include "choose/fpga/kernels.h"

#include <stdio.h>
#include <string.h>

typedef enum direction { FORWARD, BACKWARD } direction;

typedef struct row {
    const char *formula;
    work_kind work;
    direction direction;
    const char *fpga, *defines; /* "NAME=VALUE ..." */
    fpga_kernels kernels;
} row;

#define KERNELS_MAP_FORWARD(name)                                                                            \
    {                                                                                                        \
        .map = name "_map"                                                                                   \
    }
#define KERNELS_REDUCE_FORWARD(name)                                                                         \
    {                                                                                                        \
        .reduce = name "_reduce", .save = name "_save_sets"                                                  \
    }
#define KERNELS_REDUCE_BACKWARD(name) KERNELS_REDUCE_FORWARD(name)
#define KERNELS_REDUCE_MAP_FORWARD(name)                                                                     \
    {                                                                                                        \
        .reduce = name "_reduce", .map = name "_map"                                                         \
    }
#define KERNELS_REDUCE_MAP_BACKWARD(name)                                                                    \
    {                                                                                                        \
        .reduce = name "_reduce", .map = name "_map"                                                         \
    }
#define KERNELS_WINDOW_FORWARD(name)                                                                         \
    {                                                                                                        \
        .window = name "_window", .window_long = name "_window_long"                                         \
    }
#define KERNELS_WINDOW_BACKWARD(name)                                                                        \
    {                                                                                                        \
        .window = name "_window", .window_direct = name "_window_direct",                                    \
        .window_collect = name "_window_collect"                                                             \
    }

#define PROGRAM(formula, work, direction, fpga, defines)                                                     \
    {"ops/" #formula ".cl", WORK_##work, direction, #fpga, defines, KERNELS_##work##_##direction(#fpga)},

static const row rows[] = {
#include "../../../kernels-cl/programs.def"
};
#undef PROGRAM
enum { ROWS = sizeof rows / sizeof *rows };

static bool is_in_image(const row *r)
{
    return strcmp(r->fpga, "NONE") != 0;
}

static bool defines(const problem *p, const char *wanted, size_t length)
{
    for (size_t i = 0; i < p->define_count; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s=%ld", p->defines[i].name, p->defines[i].value);
        if (strlen(text) == length && strncmp(text, wanted, length) == 0)
            return true;
    }
    return false;
}

/* How many defines a row has, or -1: the problem lacks one of them. */
static int defines_met(const row *r, const problem *p)
{
    int count = 0;
    for (const char *at = r->defines; *at != '\0'; count++) {
        const size_t length = strcspn(at, " ");
        if (!defines(p, at, length))
            return -1;
        at += length;
        at += *at == ' ';
    }
    return count;
}

/* Whether the row's kernels do the problem's kind of work. Sums alone (WORK_REDUCE) may also be found by
 * kernels that normalize, too. */
static bool is_of_kind(const row *r, const problem *p)
{
    return is_in_image(r) && (r->work == p->work || (r->work == WORK_REDUCE_MAP && p->work == WORK_REDUCE)) &&
           (r->direction == BACKWARD) == p->backward && strcmp(r->formula, p->formula) == 0;
}

const fpga_kernels *fpga_kernels_of(const problem *p)
{
    const row *best = NULL;
    int most_met = -1;
    for (size_t i = 0; i < ROWS; i++) {
        const int met = is_of_kind(&rows[i], p) ? defines_met(&rows[i], p) : -1;
        if (met > most_met) {
            best = &rows[i];
            most_met = met;
        }
    }
    return best != NULL ? &best->kernels : NULL;
}

const char *fpga_kernel_name(size_t index)
{
    if (index-- == 0)
        return "rearrange";
    for (size_t i = 0; i < ROWS; i++) {
        const fpga_kernels *k = &rows[i].kernels;
        const char *const names[] = {k->reduce,      k->map,           k->save,          k->window,
                                     k->window_long, k->window_direct, k->window_collect};
        for (size_t n = 0; is_in_image(&rows[i]) && n < sizeof names / sizeof *names; n++) {
            if (names[n] != NULL && index-- == 0)
                return names[n];
        }
    }
    return NULL;
}
