#include "base/tensor.h"

#include <clnorm/ops.h>
#include <stdint.h>

bool checked_multiply(size_t a, size_t b, size_t *product)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *product = a * b;
    return true;
}

bool checked_add(size_t a, size_t b, size_t *sum)
{
    if (a > SIZE_MAX - b)
        return false;
    *sum = a + b;
    return true;
}

size_t dtype_size(clnorm_dtype dtype)
{
    switch (dtype) {
    case CLNORM_F32:
        return 4;
    case CLNORM_F16:
    case CLNORM_BF16:
        return 2;
    case CLNORM_F64:
        return 8;
    }
    return 0;
}

const char *dtype_name(clnorm_dtype dtype)
{
    switch (dtype) {
    case CLNORM_F32:
        return "f32";
    case CLNORM_F16:
        return "f16";
    case CLNORM_BF16:
        return "bf16";
    case CLNORM_F64:
        return "f64";
    }
    return "unknown";
}

size_t tensor_elements(const clnorm_tensor *tensor)
{
    size_t elements = 1;
    for (unsigned axis = 0; axis < tensor->rank; axis++)
        elements *= tensor->dims[axis];
    return elements;
}

size_t clnorm_tensor_span(const clnorm_tensor *tensor)
{
    size_t last = 0;
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        if (tensor->dims[axis] == 0)
            return 0;
        last += (tensor->dims[axis] - 1) * tensor->strides[axis];
    }
    return last + 1;
}

/* With strides of 0 a tensor can have more elements than fit into memory. The limit is more than anybody
 * could wait for, and small enough that numbers computed from it, such as work-items, do not overflow. */
static const uint64_t MOST_ELEMENTS = UINT64_C(1) << 52;

/* The number of elements, and the bytes from the first to the last, fit size_t. */
static bool sizes_fit(const clnorm_tensor *tensor)
{
    size_t elements = 1, last = 0, reach, bytes;
    for (unsigned axis = 0; axis < tensor->rank; axis++) {
        const size_t dim = tensor->dims[axis];
        if (dim == 0)
            continue; /* an empty tensor; still check the other dims */
        if (!checked_multiply(elements, dim, &elements) ||
            !checked_multiply(dim - 1, tensor->strides[axis], &reach) || !checked_add(last, reach, &last))
            return false;
    }
    return elements <= MOST_ELEMENTS && checked_add(last, 1, &last) &&
           checked_multiply(last, dtype_size(tensor->dtype), &bytes) &&
           checked_multiply(elements, dtype_size(tensor->dtype), &bytes);
}

clnorm_status tensor_check(const clnorm_tensor *tensor, const char *name)
{
    if (tensor->rank < 1 || tensor->rank > CLNORM_MAX_RANK)
        return fail(CLNORM_INVALID_RANK, "%s has rank %u; 1 to %d are allowed", name, tensor->rank,
                    CLNORM_MAX_RANK);
    if (dtype_size(tensor->dtype) == 0)
        return fail(CLNORM_INVALID_ARGUMENT, "%s has dtype %d, which is none", name, (int)tensor->dtype);
    if (tensor->dtype != CLNORM_F32)
        return fail(CLNORM_UNSUPPORTED_TYPE, "%s has dtype %s; this version computes f32 only", name,
                    dtype_name(tensor->dtype));
    if (!sizes_fit(tensor))
        return fail(
            CLNORM_INVALID_SHAPE,
            "%s is larger than memory can be: its bytes overflow size_t, or it has more than 2^52 elements",
            name);
    return CLNORM_OK;
}

/* Goes through the axes by ascending stride: each stride must exceed the largest offset that the axes before
 * reach. This also refuses a few interleaved layouts that do not overlap; they are not used for outputs. */
bool tensor_overlaps_itself(const clnorm_tensor *tensor)
{
    bool used[CLNORM_MAX_RANK] = {false};
    size_t covered = 0; /* the furthest offset that the axes so far reach */
    for (unsigned round = 0; round < tensor->rank; round++) {
        unsigned next = CLNORM_MAX_RANK;
        for (unsigned axis = 0; axis < tensor->rank; axis++) {
            if (tensor->dims[axis] == 0)
                return false;
            if (!used[axis] && tensor->dims[axis] > 1 &&
                (next == CLNORM_MAX_RANK || tensor->strides[axis] < tensor->strides[next]))
                next = axis;
        }
        if (next == CLNORM_MAX_RANK)
            return false;
        if (tensor->strides[next] <= covered)
            return true;
        used[next] = true;
        covered += (tensor->dims[next] - 1) * tensor->strides[next];
    }
    return false;
}

size_t tensor_offset(const clnorm_tensor *tensor, size_t linear)
{
    size_t offset = 0;
    for (unsigned axis = tensor->rank; linear > 0 && axis-- > 0;) {
        const size_t size = tensor->dims[axis];
        if (size == 1) /* saves a division, which costs as much as all the rest */
            continue;
        offset += linear % size * tensor->strides[axis];
        linear /= size;
    }
    return offset;
}

bool tensor_axis(const clnorm_tensor *tensor, int axis, unsigned *index)
{
    const int rank = (int)tensor->rank;
    if (axis < -rank || axis >= rank)
        return false;
    *index = (unsigned)(axis < 0 ? axis + rank : axis);
    return true;
}
