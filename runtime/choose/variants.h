/* Variants: the different ways in which a schedule can run a problem. Pure. */
#ifndef CLNORM_CHOOSE_VARIANTS_H
#define CLNORM_CHOOSE_VARIANTS_H

#include "choose/steps.h"
#include "devices/device_info.h"

/* What a variant is made for. GEOMETRY_ANY takes tensors of any strides. */
typedef enum geometry { GEOMETRY_PLANE, GEOMETRY_COLUMN, GEOMETRY_WINDOW, GEOMETRY_ANY } geometry;

typedef enum stages {
    STAGES_MAP,      /* y from known statistics */
    STAGES_FUSED,    /* statistics, and y, in one kernel */
    STAGES_SPLIT,    /* in several */
    STAGES_WINDOW,   /* y from a window */
    STAGES_GRADIENT, /* dx from two windows */
    STAGES_ANY,      /* all but the last two */
} stages;

typedef struct variant {
    const char *name;
    geometry geometry;
    stages stages;
    /* The reason why the variant does not take a problem of its kind on this device, or NULL. If this pointer
     * is NULL, it takes all of them. */
    const char *(*refuse)(const problem *p, const caps *device);
    /* Fills steps and scratch_bytes. */
    void (*fill)(const problem *p, const caps *device, choice *out);
} variant;

extern const variant cpu_variants[], gpu_variants[], fpga_variants[], strided_variants[];
extern const size_t cpu_variant_count, gpu_variant_count, fpga_variant_count, strided_variant_count;

/* Whether a variant belongs to a schedule, as its name begins: "cpu", "gpu", "fpga" or "strided". */
bool variant_is_of(const variant *v, const char *schedule);

/* Why a variant does not take this problem on this device; NULL: it does. */
const char *variant_refuses(const variant *v, const problem *p, const caps *device);

#endif
