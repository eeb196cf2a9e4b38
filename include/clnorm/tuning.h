/*
 * The few values that decide how fast a device computes, and nothing else: results have the same bits with
 * all of them. A context has the usual values, unless `clnorm tune` measured others on its device before:
 * these are in tuning.json, in the directory of the program cache, and a context reads them when it is made.
 * They count for one device, one version of its driver and one of the library.
 *
 * Plans take the values that their context has when they are created, and never measure anything. A file that
 * is damaged, or that somebody else could have written, is ignored, with a line in the log.
 */
#ifndef CLNORM_TUNING_H
#define CLNORM_TUNING_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of the values. The structs and their strings are constants of the library. */
typedef struct clnorm_tuning_info {
    const char *name;          /* "pieces_per_unit" */
    const char *meaning;       /* in a sentence */
    clnorm_kernels kernels;    /* whose kernels it is for: CPU or GPU */
    size_t usual, least, most; /* usual 0: what is known of the device decides */
} clnorm_tuning_info;

CLNORM_API size_t clnorm_tuning_count(void);
/* NULL if `index` is beyond the end. */
CLNORM_API const clnorm_tuning_info *clnorm_tuning_info_get(size_t index);

/* Where a context's value comes from. */
typedef enum clnorm_tuning_origin {
    CLNORM_TUNING_USUAL, /* it is the usual one */
    CLNORM_TUNING_FILE,  /* it stands in tuning.json */
    CLNORM_TUNING_SET,   /* it was set, and not saved */
} clnorm_tuning_origin;

/* The value of this name that plans take; `origin` may be NULL. Errors: INVALID_ARGUMENT, INVALID_NAME. */
CLNORM_API clnorm_status clnorm_tuning_get(const clnorm_context *context, const char *name, size_t *value,
                                           clnorm_tuning_origin *origin);

/* Sets it, for plans of this context that are created from now on; 0: the usual one. Errors:
 * INVALID_ARGUMENT (also for a value that is not between least and most), INVALID_NAME. */
CLNORM_API clnorm_status clnorm_tuning_set(clnorm_context *context, const char *name, size_t value);

/* Writes those of the context's values that are not the usual ones to the file, in place of what stands there
 * for the device. The file is replaced as a whole: whoever reads it meanwhile finds the old one or the new
 * one. Errors: INVALID_ARGUMENT, INVALID_STATE (the context has no cache directory), IO_ERROR,
 * OUT_OF_MEMORY. */
CLNORM_API clnorm_status clnorm_tuning_save(clnorm_context *context);

/* Gives the context the usual values again, and removes from the file what stands there for the device. If it
 * fails, neither was done. Errors: as above. */
CLNORM_API clnorm_status clnorm_tuning_reset(clnorm_context *context);

#ifdef __cplusplus
}
#endif

#endif
