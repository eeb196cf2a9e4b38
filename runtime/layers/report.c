#include "layers/report.h"
#include "layers/list.h"

#include <stdlib.h>

clnorm_status report_create(clnorm_load_report **report)
{
    *report = calloc(1, sizeof **report);
    return *report != NULL ? CLNORM_OK : fail(CLNORM_OUT_OF_MEMORY, "no memory for a report");
}

clnorm_status report_add(clnorm_names *list, const char *name)
{
    char *copy;
    clnorm_status status = copy_text(name, &copy);
    if (status != CLNORM_OK)
        return status;
    status = list_append(&list->names, &list->count, copy);
    if (status != CLNORM_OK)
        free(copy);
    return status;
}

void report_clear(clnorm_names *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (clnorm_names){0, NULL};
}

void clnorm_load_report_free(clnorm_load_report *report)
{
    if (report == NULL)
        return;
    report_clear(&report->loaded);
    report_clear(&report->missing);
    report_clear(&report->unexpected);
    report_clear(&report->wrong_shape);
    free(report);
}
