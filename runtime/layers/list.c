#include "layers/list.h"

#include <stdio.h>
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

clnorm_status join_text(const char *front, const char *middle, const char *back, const char **joined)
{
    const size_t size = strlen(front) + strlen(middle) + strlen(back) + 1;
    char *text = malloc(size);
    if (text == NULL)
        return fail(CLNORM_OUT_OF_MEMORY, "no memory for a name of %zu bytes", size);
    snprintf(text, size, "%s%s%s", front, middle, back);
    *joined = text;
    return CLNORM_OK;
}

void free_text(const char *text)
{
    union {
        const char *shown;
        void *owned;
    } name = {.shown = text};
    free(name.owned);
}
