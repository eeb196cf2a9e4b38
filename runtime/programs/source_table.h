/* The .cl files that the build embeds. */
#ifndef CLNORM_PROGRAMS_SOURCE_TABLE_H
#define CLNORM_PROGRAMS_SOURCE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct source_file {
    const char *name; /* relative to kernels-cl: "cpu/plane.cl" */
    const char *text; /* ends in a zero byte */
    bool generated;   /* the build wrote it: it is in no directory of sources */
} source_file;

extern const source_file source_table[];
extern const size_t source_table_count;

#endif
