/* The compiled programs that clnorm keeps on disk: their directory, their size, and how to remove them. Also
 * the programs that clnorm avoids on this machine. */
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

/* Fills `summary`, which clnorm_cache_summary_none has made, and which the caller frees by
 * clnorm_cache_summary_free. A directory that does not exist yet counts as empty. Errors: INVALID_ARGUMENT,
 * INVALID_ENVIRONMENT, IO_ERROR, OUT_OF_MEMORY; `summary` is then untouched. */
CLNORM_API clnorm_status clnorm_cache_info(clnorm_cache_summary *summary);
CLNORM_API void clnorm_cache_summary_free(clnorm_cache_summary *summary);

/* Removes the compiled programs, the verdicts on programs (below), and the temporary files that interrupted
 * processes left; no other file, and not what was measured (clnorm/tuning.h). `removed`, if given, receives
 * the number of files. Safe while other processes use the cache: they compile again. Errors as above. */
CLNORM_API clnorm_status clnorm_cache_clear(size_t *removed);

/*
 * A record of a program that the device's driver failed with. There are two kinds of failure: a process ended
 * while the program was built or tried (because the compiler crashed, or hung and was killed), or the
 * program's results were wrong. After two ended processes, or one wrong result, clnorm avoids the program and
 * uses others that compute the same. The record is dropped after 7 days, with another version of the library
 * or the driver, when the program works after all (if its results were not wrong), and by clnorm_cache_clear.
 */
typedef struct clnorm_verdict {
    const char *program;    /* its sources and options */
    const char *reason;     /* "processes ended while it was built or tried", "its results were wrong: ..." */
    unsigned ends;          /* how many processes ended */
    bool wrong;             /* its results were wrong */
    bool avoided;           /* false: it will be avoided after one more failure */
    long long seconds_left; /* until the record is dropped */
} clnorm_verdict;

typedef struct clnorm_verdict_list clnorm_verdict_list;

/* Lists all verdicts, sorted by program. Without a cache, or before its directory exists, the list is empty.
 * Errors: INVALID_ARGUMENT, INVALID_ENVIRONMENT, IO_ERROR, OUT_OF_MEMORY. The caller destroys the list. */
CLNORM_API clnorm_status clnorm_verdict_list_create(clnorm_verdict_list **list);
CLNORM_API size_t clnorm_verdict_list_count(const clnorm_verdict_list *list);
/* The verdict belongs to the list. NULL if `index` is beyond the end. */
CLNORM_API const clnorm_verdict *clnorm_verdict_list_get(const clnorm_verdict_list *list, size_t index);
CLNORM_API void clnorm_verdict_list_destroy(clnorm_verdict_list *list);

#ifdef __cplusplus
}
#endif

#endif
