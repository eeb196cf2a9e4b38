/* Visits the elements of a tensor in logical order: for (walk w = walk_begin(&t); w.left; walk_next(&w)). */
#ifndef CLNORM_TESTS_WALK_H
#define CLNORM_TESTS_WALK_H

#include <clnorm/clnorm.h>

typedef struct walk {
    const clnorm_tensor *tensor;
    size_t index[CLNORM_MAX_RANK];
    size_t place; /* of the element in memory, from the tensor's first */
    size_t left;  /* elements not yet visited, this one included */
} walk;

static inline walk walk_begin(const clnorm_tensor *tensor)
{
    walk w = {tensor, {0}, 0, 1};
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        w.left *= tensor->dims[axis];
    return w;
}

static inline void walk_next(walk *w)
{
    const clnorm_tensor *tensor = w->tensor;
    w->left--;
    for (unsigned axis = tensor->rank; axis-- > 0;) {
        w->place += tensor->strides[axis];
        if (++w->index[axis] < tensor->dims[axis])
            return;
        w->place -= tensor->strides[axis] * tensor->dims[axis];
        w->index[axis] = 0;
    }
}

#endif
