/* Lists of pointers, and copies of names. */
#ifndef CLNORM_LAYERS_LIST_H
#define CLNORM_LAYERS_LIST_H

#include "base/status.h"

/* A pointer more at the end; `list` is the address of the array. Without memory the list is as it was. */
clnorm_status list_append(void *list, size_t *count, void *item);

/* strdup with a status. */
clnorm_status copy_text(const char *text, char **copy);

/* Three in a row, for those who only read it; free_text frees it, and takes NULL. */
clnorm_status join_text(const char *front, const char *middle, const char *back, const char **joined);
void free_text(const char *text);

#endif
