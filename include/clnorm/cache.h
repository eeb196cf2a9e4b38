/* The compiled programs that clnorm keeps on disk: where they are, how big, and how to be rid of them. */
#ifndef CLNORM_CACHE_H
#define CLNORM_CACHE_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct clnorm_cache_summary {
    char *directory;          /* NULL: nothing is kept (CLNORM_CACHE_DIR is "off", or there is no home) */
    size_t files;             /* compiled programs */
    unsigned long long bytes; /* all of them together */
} clnorm_cache_summary;

/* Looks. A directory that does not exist yet holds nothing. Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT,
 * IO_ERROR, OUT_OF_MEMORY. The caller frees the summary. */
CLNORM_API clnorm_status clnorm_cache_info(clnorm_cache_summary *summary);
CLNORM_API void clnorm_cache_summary_free(clnorm_cache_summary *summary);

/* Removes the compiled programs, and what interrupted processes left of them; no other file. `removed`, if
 * given, receives how many files. Safe while others use the cache: they compile again. Errors as above. */
CLNORM_API clnorm_status clnorm_cache_clear(size_t *removed);

#ifdef __cplusplus
}
#endif

#endif
