/* The compiled programs that clnorm keeps on disk: where they are, how big, and how to be rid of them; and
 * which programs it avoids on this machine. */
#ifndef CLNORM_CACHE_H
#define CLNORM_CACHE_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct clnorm_cache_summary {
    size_t size;              /* of this struct in the caller's program; set by clnorm_cache_summary_none */
    char *directory;          /* NULL: nothing is kept (CLNORM_CACHE_DIR is "off", or there is no home) */
    size_t files;             /* compiled programs */
    unsigned long long bytes; /* all of them together */
} clnorm_cache_summary;

static inline clnorm_cache_summary clnorm_cache_summary_none(void)
{
    clnorm_cache_summary summary = {sizeof(clnorm_cache_summary), NULL, 0, 0};
    return summary;
}

/* Looks. A directory that does not exist yet holds nothing. Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT,
 * IO_ERROR, OUT_OF_MEMORY. The caller made the summary by the function above, and
 * frees it; it is untouched where this fails. */
CLNORM_API clnorm_status clnorm_cache_info(clnorm_cache_summary *summary);
CLNORM_API void clnorm_cache_summary_free(clnorm_cache_summary *summary);

/* Removes the compiled programs, what is remembered of programs (below), and what interrupted processes left
 * of either; no other file. `removed`, if given, receives how many files. Safe while others use the cache:
 * they compile again. Errors as above. */
CLNORM_API clnorm_status clnorm_cache_clear(size_t *removed);

/*
 * What is remembered of programs with which the device's driver cannot be trusted: those at which a process
 * ended while they were built or tried, as it does when a compiler crashes, or hangs and is killed; and those
 * whose results were wrong. Two ends, or wrong results, and the program is avoided: others that do the same
 * are taken. It is forgotten after 7 days, with another version of the library or the driver, when the
 * program works after all, and by clnorm_cache_clear.
 */
typedef struct clnorm_verdict {
    const char *program;    /* its sources and options */
    const char *reason;     /* "processes ended while it was built or tried", "its results were wrong: ..." */
    unsigned ends;          /* of processes */
    bool wrong;             /* its results were */
    bool avoided;           /* false: once more, and it is */
    long long seconds_left; /* until it is forgotten */
} clnorm_verdict;

typedef struct clnorm_verdict_list clnorm_verdict_list;

/* Lists them, by program. A directory that does not exist yet, or a cache that is off, gives an empty list.
 * Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT, IO_ERROR, OUT_OF_MEMORY. The caller destroys the list. */
CLNORM_API clnorm_status clnorm_verdict_list_create(clnorm_verdict_list **list);
CLNORM_API size_t clnorm_verdict_list_count(const clnorm_verdict_list *list);
/* The list owns what is returned. NULL beyond the end. */
CLNORM_API const clnorm_verdict *clnorm_verdict_list_get(const clnorm_verdict_list *list, size_t index);
CLNORM_API void clnorm_verdict_list_destroy(clnorm_verdict_list *list);

#ifdef __cplusplus
}
#endif

#endif
