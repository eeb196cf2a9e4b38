#include "isolate_table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

isolate_row *isolate_table_row(isolate_table *table, const clnorm_op_info *info, const clnorm_mode_info *mode,
                               const char *variant)
{
    for (size_t i = 0; i < table->count; i++) {
        isolate_row *row = &table->rows[i];
        if (row->info == info && row->mode == mode && strcmp(row->variant, variant) == 0)
            return row;
    }
    if (table->count == table->room) {
        const size_t room = table->room > 0 ? 2 * table->room : 32;
        isolate_row *grown =
            room <= SIZE_MAX / sizeof *grown ? realloc(table->rows, room * sizeof *grown) : NULL;
        table->failed = table->failed || !grown;
        if (!grown)
            return NULL;
        table->rows = grown;
        table->room = room;
    }
    isolate_row *row = &table->rows[table->count++];
    *row = (isolate_row){.info = info, .mode = mode};
    snprintf(row->variant, sizeof row->variant, "%s", variant);
    return row;
}

void isolate_table_clear(isolate_table *table)
{
    free(table->rows);
    *table = (isolate_table){0};
}

bool isolate_row_fails(const isolate_row *row)
{
    return row->wrong > 0 || row->unrecorded > 0;
}

static const char *verdict_of(const isolate_row *row)
{
    if (row->wrong > 0)
        return "wrong";
    if (row->unrecorded > 0)
        return "ends";
    if (row->avoided > 0)
        return row->works > 0 ? "avoided in part" : "avoided";
    return "works";
}

static void print_row(const isolate_row *row)
{
    char where[128];
    snprintf(where, sizeof where, "%s %s", row->info->name, row->mode->name);
    printf("%-28s %-40s ", row->variant, where);
    if (row->wrong > 0)
        printf("FAILS, and is not avoided: %s\n", row->reason);
    else if (row->unrecorded > 0)
        printf("FAILS, and cannot be avoided: it %s\n", row->ending);
    else if (row->avoided > 0 && row->works > 0)
        printf("works in %zu problems, avoided in %zu: %s\n", row->works, row->avoided, row->reason);
    else if (row->avoided > 0)
        printf("avoided: %s\n", row->reason);
    else if (row->ends > 0)
        printf("works, though a process that tried it %s\n", row->ending);
    else
        printf("works\n");
}

void isolate_table_print(const isolate_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        print_row(&table->rows[i]);
}

json_t *isolate_table_json(const isolate_table *table)
{
    json_t *array = json_array();
    for (size_t i = 0; i < table->count; i++) {
        const isolate_row *row = &table->rows[i];
        json_append(&array,
                    json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "op", row->info->name, "mode",
                              row->mode->name, "variant", row->variant, "verdict", verdict_of(row), "reason",
                              json_text(row->reason[0]   ? row->reason
                                        : row->ending[0] ? row->ending
                                                         : NULL),
                              "works", (json_int_t)row->works, "avoided", (json_int_t)row->avoided, "wrong",
                              (json_int_t)row->wrong, "ends", (json_int_t)row->ends));
    }
    return array;
}
