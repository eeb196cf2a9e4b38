/*
 * Tables of the operations with their modes, attributes and buffers, for tools and language bindings that
 * look these up by name. Everything returned here is constant and lives as long as the library. Later
 * versions may add fields to the end of these structs, so lists hold pointers to structs.
 */
#ifndef CLNORM_OPS_H
#define CLNORM_OPS_H

#include <clnorm/clnorm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum clnorm_attribute_type {
    CLNORM_ATTRIBUTE_REAL,
    CLNORM_ATTRIBUTE_INTEGER,
    CLNORM_ATTRIBUTE_AXIS,  /* an integer, -rank ... rank-1 */
    CLNORM_ATTRIBUTE_SWITCH /* 0 or 1 */
} clnorm_attribute_type;

typedef struct clnorm_attribute_info {
    const char *name;
    clnorm_attribute_type type;
    bool required; /* has no default */
    double default_value;
    const char *default_text; /* how the default is written: "1e-05", or the attribute that it copies */
    double minimum, maximum;  /* inclusive; infinite: any finite value. Unused for an axis. A real with a
                                 finite maximum must also be 0 or have a magnitude >= FLT_TRUE_MIN. */
    const char *help;
    size_t offset; /* of the field in clnorm_op */
} clnorm_attribute_info;

typedef enum clnorm_buffer_role {
    CLNORM_ROLE_INPUT,
    CLNORM_ROLE_OUTPUT,
    CLNORM_ROLE_UPDATED, /* read and written in place */
    CLNORM_ROLE_GRADIENT /* written, or added to where op.accumulate_<name> is set */
} clnorm_buffer_role;

typedef enum clnorm_buffer_shape {
    CLNORM_SHAPE_X,       /* like x */
    CLNORM_SHAPE_Y,       /* like op.y, or like x if op.y has rank 0 */
    CLNORM_SHAPE_DY,      /* like op.dy, or like x if op.dy has rank 0 */
    CLNORM_SHAPE_DX,      /* like op.dx, or like x if op.dx has rank 0 */
    CLNORM_SHAPE_CHANNEL, /* one value for each index of the axis */
    CLNORM_SHAPE_SCALAR,  /* one value */
    CLNORM_SHAPE_GAMMA, /* like op.gamma_tensor, or, if its rank is 0, one value for each index of the axis */
    CLNORM_SHAPE_BETA   /* like op.beta_tensor, or, if its rank is 0, one value for each index of the axis */
} clnorm_buffer_shape;

typedef struct clnorm_buffer_info {
    const char *name;
    clnorm_buffer_role role;
    clnorm_buffer_shape shape;
    bool required;
    size_t offset;           /* of the field in clnorm_buffers */
    size_t reference_offset; /* of the field in clnorm_reference_arrays */
} clnorm_buffer_info;

typedef struct clnorm_mode_info {
    clnorm_mode mode;
    const char *name;
    size_t buffer_count;
    const clnorm_buffer_info *const *buffers;
} clnorm_mode_info;

typedef struct clnorm_op_info {
    clnorm_op_kind kind;
    const char *name;
    const char *formula;
    unsigned minimum_rank, maximum_rank;
    bool in_place; /* y may be x; dx may be x or dy */
    size_t attribute_count;
    const clnorm_attribute_info *const *attributes;
    size_t mode_count;
    const clnorm_mode_info *const *modes;
} clnorm_op_info;

/* The operations, counted from 0. NULL beyond the last. */
CLNORM_API const clnorm_op_info *clnorm_op_info_get(size_t index);

/* By name, as in docs/ops.md. NULL if there is none. */
CLNORM_API const clnorm_op_info *clnorm_op_info_find(const char *name);

/* The mode of `info`, or NULL if the operation does not have it. For an operation that computes the same in
 * training and inference, CLNORM_TRAIN gives the mode `infer`. */
CLNORM_API const clnorm_mode_info *clnorm_op_info_mode(const clnorm_op_info *info, clnorm_mode mode);

/* By name ("infer", "train", ...). False if there is no such mode. */
CLNORM_API bool clnorm_mode_find(const char *name, clnorm_mode *mode);

/* Sets and gets a field of `op` by its attribute. INVALID_ATTRIBUTE: a value that the field's type cannot
 * hold, such as 2.5 for an integer. Ranges are checked by clnorm_op_check. */
CLNORM_API clnorm_status clnorm_op_set(clnorm_op *op, const clnorm_attribute_info *attribute, double value);
CLNORM_API double clnorm_op_get(const clnorm_op *op, const clnorm_attribute_info *attribute);

/* The tensor that a buffer of `op` holds. One that is broadcast against x has length 1 along the axes that it
 * does not vary along. `op` must have passed clnorm_op_check. */
CLNORM_API clnorm_tensor clnorm_op_buffer_tensor(const clnorm_op *op, const clnorm_buffer_info *buffer);

/* Whether an execution of `op` reads what the buffer holds. */
CLNORM_API bool clnorm_op_reads(const clnorm_op *op, const clnorm_buffer_info *buffer);

/* The number of elements, gaps included, that a buffer needs to hold `tensor`. */
CLNORM_API size_t clnorm_tensor_span(const clnorm_tensor *tensor);

/* The field of `buffers` that `info` describes. */
static inline clnorm_buffer *clnorm_buffers_field(clnorm_buffers *buffers, const clnorm_buffer_info *info)
{
    return (clnorm_buffer *)(void *)((char *)buffers + info->offset);
}

#ifdef __cplusplus
}
#endif

#endif
