#include "list.h"

#include <stdlib.h>
#include <string.h>

clnorm_status copy_text(const char *text, char **copy)
{
    const size_t size = strlen(text) + 1;
    *copy = malloc(size);
    if (*copy == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a name of %zu bytes", size);
    memcpy(*copy, text, size);
    return CLNORM_OK;
}

clnorm_status list_append(void *list, size_t *count, void *item)
{
    void **items;
    memcpy(&items, list, sizeof items);
    void **longer = realloc(items, (*count + 1) * sizeof *longer);
    if (longer == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a list of %zu entries", *count + 1);
    longer[(*count)++] = item;
    memcpy(list, &longer, sizeof longer);
    return CLNORM_OK;
}
