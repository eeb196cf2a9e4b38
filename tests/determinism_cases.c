#include "determinism_cases.h"

#include <stdbool.h>

typedef struct shape {
    clnorm_op_kind kind;
    unsigned rank;
    size_t dims[4];
    int axis; /* channels, or the axis that is summed over */
    bool strided;
    int radius; /* of a window; 0: the default */
} shape;

static const shape shapes[] = {
    /* planes: of usual length, split among work-items, several in a vector */
    {CLNORM_BATCH_NORMALIZATION, 3, {3, 5, 700}, 1, false, 0},
    {CLNORM_BATCH_NORMALIZATION, 3, {2, 2, 20011}, 1, false, 0},
    {CLNORM_BATCH_NORMALIZATION, 3, {64, 40, 3}, 1, false, 0},
    /* columns: many, long ones, wide ones */
    {CLNORM_BATCH_NORMALIZATION, 2, {700, 33}, -1, false, 0},
    {CLNORM_BATCH_NORMALIZATION, 2, {20011, 3}, -1, false, 0},
    {CLNORM_BATCH_NORMALIZATION, 2, {24, 600}, -1, false, 0},
    {CLNORM_BATCH_NORMALIZATION, 4, {3, 5, 7, 9}, 1, true, 0},
    /* rows, then columns */
    {CLNORM_L2_NORMALIZE, 2, {33, 301}, -1, false, 0},
    {CLNORM_L2_NORMALIZE, 2, {3, 40007}, -1, false, 0},
    {CLNORM_L2_NORMALIZE, 2, {2000, 3}, -1, false, 0},
    {CLNORM_L2_NORMALIZE, 2, {301, 33}, 0, false, 0},
    {CLNORM_L2_NORMALIZE, 3, {5, 70, 19}, 1, false, 0},
    {CLNORM_L2_NORMALIZE, 4, {3, 5, 7, 9}, 2, true, 0},
    /* windows along what lies side by side, and across it */
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, 2, {300, 40}, -1, false, 0},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, 3, {2, 24, 63}, 1, false, 0},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, 3, {2, 50, 63}, 1, false, 9},
    {CLNORM_LOCAL_RESPONSE_NORMALIZATION, 4, {3, 5, 7, 9}, 2, true, 0},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* With a gap behind each row, plane and so on. */
static clnorm_tensor spread(clnorm_tensor tensor)
{
    size_t stride = 1;
    for (unsigned axis = tensor.rank; axis-- > 0;) {
        tensor.strides[axis] = stride;
        stride *= tensor.dims[axis] + 1;
    }
    return tensor;
}

static clnorm_op op_of(const shape *s, clnorm_mode mode)
{
    clnorm_tensor x = clnorm_tensor_dense(CLNORM_F32, s->rank, s->dims);
    if (s->strided)
        x = spread(x);
    clnorm_op op = s->kind == CLNORM_BATCH_NORMALIZATION ? clnorm_batch_normalization(x)
                   : s->kind == CLNORM_L2_NORMALIZE      ? clnorm_l2_normalize(x, s->axis)
                                                         : clnorm_local_response_normalization(x);
    op.mode = mode;
    if (s->kind != CLNORM_L2_NORMALIZE)
        op.axis = s->axis;
    if (s->radius > 0)
        op.depth_radius = s->radius;
    return op;
}

static const clnorm_op_info *info_of(clnorm_op_kind kind)
{
    const clnorm_op_info *info = clnorm_op_info_get(0);
    for (size_t i = 1; info && info->kind != kind; i++)
        info = clnorm_op_info_get(i);
    return info;
}

size_t determinism_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < SHAPES; i++)
        count += info_of(shapes[i].kind)->mode_count;
    return count;
}

clnorm_op determinism_op(size_t number)
{
    size_t i = 0;
    for (; number >= info_of(shapes[i].kind)->mode_count; i++)
        number -= info_of(shapes[i].kind)->mode_count;
    return op_of(&shapes[i], info_of(shapes[i].kind)->modes[number].mode);
}

unsigned determinism_apart(const clnorm_op *op)
{
    const bool channels = op->kind == CLNORM_BATCH_NORMALIZATION;
    const int given = op->kind == CLNORM_L2_NORMALIZE ? op->dim : op->axis;
    const unsigned axis = (unsigned)(given < 0 ? given + (int)op->x.rank : given);
    return channels ? axis : axis == 0 ? 1 : 0;
}
