#include "layers/transfer.h"
#include "base/json_text.h"
#include "layers/similar.h"
#include "layers/variable.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- What is there ---- */

enum { SHOWN_SHAPE = 32 * CLNORM_MAX_RANK };

/* "[784, 100]" */
static const char *shown_shape(const clnorm_tensor *tensor, char shape[SHOWN_SHAPE])
{
    int length = snprintf(shape, SHOWN_SHAPE, "[%zu", tensor->dims[0]);
    for (unsigned axis = 1; axis < tensor->rank; axis++)
        length += snprintf(shape + length, SHOWN_SHAPE - (size_t)length, ", %zu", tensor->dims[axis]);
    snprintf(shape + length, SHOWN_SHAPE - (size_t)length, "]");
    return shape;
}

static bool fits(const transfer *t)
{
    return tensor_entry_has_shape(t->entry, t->variable->tensor.rank, t->variable->tensor.dims);
}

/* Finds the tensors, and adds those that are missing or have another shape to the report. */
static clnorm_status find_all(const tensor_file *file, transfer *transfers, size_t count,
                              clnorm_load_report *report)
{
    clnorm_status status = CLNORM_OK;
    for (size_t i = 0; status == CLNORM_OK && i < count; i++) {
        transfer *t = &transfers[i];
        t->entry = tensor_file_find(file, t->tensor);
        if (t->entry == NULL)
            status = report_add(&report->missing, t->tensor);
        else if (!fits(t))
            status = report_add(&report->wrong_shape, t->tensor);
    }
    return status;
}

static clnorm_status refuse_shape(const tensor_file *file, const transfer *t)
{
    char name[SHOWN_NAME], shape[SHOWN_SHAPE];
    char *theirs = json_write(t->entry->shape, JSON_COMPACT); /* however long: the file's */
    const clnorm_status status =
        fail(CLNORM_INVALID_FILE, "%s: \"%s\" has the shape %.64s, not %s as %s", file->path,
             shown_name(t->tensor, name), theirs != NULL ? theirs : "of another rank",
             shown_shape(&t->variable->tensor, shape), t->variable->name);
    free(theirs);
    return status;
}

static clnorm_status refuse_missing(const tensor_file *file, size_t count, const clnorm_load_report *report)
{
    char name[SHOWN_NAME], there[2 * SHOWN_NAME];
    similar best = {.wanted = report->missing.names[0]};
    for (size_t i = 0; i < file->count; i++)
        similar_offer(&best, file->entries[i].name);
    if (file->count == 0)
        snprintf(there, sizeof there, "the file has none");
    else if (best.name == NULL)
        snprintf(there, sizeof there, "none of the %zu there is like it, such as \"%s\"", file->count,
                 shown_name(file->entries[0].name, name));
    else
        snprintf(there, sizeof there, "like it there is \"%s\"", shown_name(best.name, name));
    return fail(CLNORM_INVALID_FILE,
                "%s: %zu of the %zu tensors that are wanted are missing, first \"%s\"; %s", file->path,
                report->missing.count, count, shown_name(best.wanted, name), there);
}

static clnorm_status judge(const tensor_file *file, const transfer *transfers, size_t count,
                           const clnorm_load_report *report)
{
    if (report->missing.count > 0)
        return refuse_missing(file, count, report);
    for (size_t i = 0; i < count; i++) {
        if (!fits(&transfers[i]))
            return refuse_shape(file, &transfers[i]);
    }
    return CLNORM_OK;
}

/* ---- Values ---- */

static clnorm_status read_values(const clnorm_model *model, const tensor_file *file, transfer *t)
{
    const size_t count = variable_elements(t->variable);
    t->values = malloc(count * sizeof *t->values);
    t->old = malloc(count * sizeof *t->old);
    if (t->values == NULL || t->old == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for %zu values of %s", count, t->variable->name);
    const clnorm_status status = tensor_file_read(file, t->entry, t->values, count);
    return status == CLNORM_OK ? variable_download(model, t->variable->value, t->old, count) : status;
}

/* Writes the old values of the first `count` variables back. Ignores errors: nothing more can be done. */
static void put_back(const clnorm_model *model, const transfer *transfers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        variable_upload(model, transfers[i].variable->value, transfers[i].old,
                        variable_elements(transfers[i].variable));
}

static clnorm_status write_all(const clnorm_model *model, const transfer *transfers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const transfer *t = &transfers[i];
        const clnorm_status status =
            variable_upload(model, t->variable->value, t->values, variable_elements(t->variable));
        if (status != CLNORM_OK) {
            char reason[512];
            snprintf(reason, sizeof reason, "%s", clnorm_last_error());
            put_back(model, transfers, i + 1);
            return fail(status, "%s: %s", t->variable->name, reason);
        }
    }
    return CLNORM_OK;
}

clnorm_status transfer_all(const clnorm_model *model, const tensor_file *file, transfer *transfers,
                           size_t count, clnorm_load_report *report)
{
    clnorm_status status = find_all(file, transfers, count, report);
    if (status == CLNORM_OK)
        status = judge(file, transfers, count, report);
    for (size_t i = 0; status == CLNORM_OK && i < count; i++)
        status = read_values(model, file, &transfers[i]);
    for (size_t i = 0; status == CLNORM_OK && i < count; i++)
        status = report_add(&report->loaded, transfers[i].variable->name);
    if (status == CLNORM_OK)
        status = write_all(model, transfers, count);
    if (status != CLNORM_OK)
        report_clear(&report->loaded);
    for (size_t i = 0; i < count; i++) {
        free(transfers[i].values);
        free(transfers[i].old);
    }
    return status;
}
