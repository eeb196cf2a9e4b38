/* Lists of pointers, and copies of names. */
#ifndef CLNORM_LAYERS_LIST_H
#define CLNORM_LAYERS_LIST_H

#include "base/status.h"

/* Appends a pointer; `list` is the address of the array. If there is no memory, the list is unchanged. */
clnorm_status list_append(void *list, size_t *count, void *item);

/* strdup with a status. */
clnorm_status copy_text(const char *text, char **copy);

/* The three texts concatenated. To be freed by free_text, which takes NULL, too. */
clnorm_status join_text(const char *front, const char *middle, const char *back, const char **joined);
void free_text(const char *text);

#endif
